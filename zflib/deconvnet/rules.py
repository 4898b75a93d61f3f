"""The rules for one layer (Section 2.1): pool and remember where, unpool, filter with the transposed filters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from zflib.architecture import output_size
from zflib.arguments import brief, whole

METHODS = ("deconvnet", "gradient", "guided")
OVERLAPS = ("sum", "last", "max")


def pool(
    x: Tensor, kernel: int, stride: int, pad: int = 0, ceil_mode: bool = False, dilation: int = 1
) -> tuple[Tensor, Tensor]:
    """Max pooling that remembers where each maximum was (Section 2.1, "Unpooling").

    x  (N, C, H, W)

    Returns the pooled values (N, C, h, w) and their switches, an int64 tensor of the same shape: the flat
    position of each maximum within its (H, W) map. Of equal maxima the first in row order counts, so a window
    of zeros points at its first position. NaN stays NaN. Raises ValueError for another shape or type, and for windows
    that don't fit: of no size, beyond the map, with more padding than half of one, or with nothing but padding in one.
    """
    if not isinstance(x, Tensor) or x.ndim != 4 or not x.is_floating_point() or not x.numel():
        found = f"{x.dtype} {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"Pooling takes a floating-point tensor of maps (N, C, H, W), not {found}.")
    kernel, stride, pad = whole("kernel", kernel, 1), whole("stride", stride, 1), whole("pad", pad, 0)
    span = (kernel - 1) * whole("dilation", dilation, 1) + 1
    if 2 * pad > span or output_size(min(x.shape[2:]), span, stride, pad, ceil_mode) < 1:
        raise ValueError(
            f"Pooling windows of {span} pixels with pad {pad} don't fit maps of {x.shape[2]} x {x.shape[3]}."
        )
    pooled, switches = F.max_pool2d(x, kernel, stride, pad, dilation, ceil_mode, return_indices=True)
    if dilation > 1 and pooled.isneginf().any():
        raise ValueError(
            f"With dilation {dilation} a pooling window has all its positions in the padding of a map of "
            f"{x.shape[2]} x {x.shape[3]}: it has no maximum and no switch."
        )
    if x.device.type not in ("cpu", "cuda"):  # these two are known to keep the first of equal maxima
        switches = _first_maxima(x, pooled, kernel, stride, pad, dilation)
    return pooled, switches


def _first_maxima(x: Tensor, pooled: Tensor, kernel: int, stride: int, pad: int, dilation: int) -> Tensor:
    """The switches of `pool` by comparison: last position first, so that the first one stands."""
    (height, width), (h, w) = x.shape[2:], pooled.shape[2:]
    row = torch.arange(h, device=x.device)[:, None] * stride - pad
    column = torch.arange(w, device=x.device) * stride - pad
    switches = torch.zeros_like(pooled, dtype=torch.int64)
    for offset in reversed(range(kernel * kernel)):
        i, j = row + offset // kernel * dilation, column + offset % kernel * dilation
        inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        flat = i.clamp(0, height - 1) * width + j.clamp(0, width - 1)
        same = (x.flatten(2)[:, :, flat.flatten()].view_as(pooled) == pooled) & inside
        switches = torch.where(same, flat, switches)
    return switches


def unpool(values: Tensor, switches: Tensor, size: tuple[int, int], overlap: str = "sum") -> Tensor:
    """Put pooled values back where their maxima came from (Section 2.1, "Unpooling").

    values    (N, C, h, w)  pooled activations, or a signal on its way down
    switches  (N, C, h, w)  flat position of each maximum within its (H, W) map, as `pool` returns it
    size      (H, W)        the map before pooling
    overlap   what happens where several windows claim one position, as 3x3/2 windows do: their values add up
              ("sum", the adjoint of pooling, for a signal), the last in row order stays ("last", for putting
              pooled values back), or the largest does ("max"). The paper leaves the case open.

    Returns (N, C, H, W), zero away from the switches; NaN stays NaN. `nn.MaxUnpool2d` is "last" without a promise of
    order. Raises ValueError for an unknown overlap, shapes that don't agree, and switches that point out of the map.
    """
    check_choice("overlap", overlap, OVERLAPS)
    if values.shape != switches.shape or values.ndim != 4:
        raise ValueError(
            f"Values {tuple(values.shape)} and switches {tuple(switches.shape)} must have one shape (N, C, h, w)."
        )
    if not isinstance(size, Sequence) or len(size) != 2:
        raise ValueError(f"size must be two whole numbers, height and width, not {brief(repr(size))}.")
    height, width = (whole("size", side, 1) for side in size)
    if switches.dtype != torch.int64 or ((switches < 0) | (switches >= height * width)).any():
        raise ValueError(
            f"Switches must be int64 positions from 0 to {height * width - 1} in a map of {height} x {width}."
        )
    return put_back(values, switches, (height, width), overlap)


def put_back(values: Tensor, switches: Tensor, size: Sequence[int], overlap: str) -> Tensor:
    """`unpool` of a trace's own switches, which need no looking at."""
    n, c = values.shape[:2]
    v, at = values.flatten(2), switches.flatten(2)
    flat = values.new_zeros(n, c, size[0] * size[1])
    if overlap == "max":  # over the claimants only, never with the empty position's 0
        flat.scatter_reduce_(2, at, v, "amax", include_self=False)
    else:
        if overlap == "last":
            order = torch.arange(at.shape[2], device=at.device).expand_as(at)
            last = torch.zeros_like(flat, dtype=torch.int64).scatter_reduce_(2, at, order, "amax")
            v = torch.where(last.gather(2, at) == order, v, 0)
        flat.scatter_add_(2, at, v)
    return flat.view(n, c, *size)


def transposed_by_phases(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """`F.conv_transpose2d(x, weight, stride=stride)`, as an ordinary convolution to stride x stride phases that
    are then interleaved. With three output channels torch's own kernel runs at a quarter of this speed, and its
    `pixel_shuffle` takes three times as long as the copy here."""
    maps, out, ky, kx = weight.shape
    my, mx = -(-ky // stride), -(-kx // stride)
    phases = F.pad(weight, (0, mx * stride - kx, 0, my * stride - ky)).view(maps, out, my, stride, mx, stride)
    phases = phases.permute(1, 3, 5, 0, 2, 4).reshape(out * stride**2, maps, my, mx).flip(2, 3)
    y = F.conv2d(x, phases, padding=(my - 1, mx - 1)).unflatten(1, (out, stride, stride))
    y = y.permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)
    return y[:, :, : (x.shape[2] - 1) * stride + ky, : (x.shape[3] - 1) * stride + kx]


def check_choice(what: str, choice: str, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {brief(repr(choice))}.")
