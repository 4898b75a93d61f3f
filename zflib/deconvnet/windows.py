"""The local way down: each unit carries a window of the current map, as large as what the unit can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zflib.arguments import whole
from zflib.deconvnet.rules import put_back, transposed_by_phases


@dataclass(frozen=True)
class Patches:
    """Projections of U units, each on its own window of the picture.

    pixels  (U, 3, h, w)  signed; zero beyond the picture's border
    top     (U,)          row of the picture at which each window starts; negative above its border
    left    (U,)          the same for columns
    size    (H, W)        of the picture
    """

    pixels: Tensor
    top: Tensor
    left: Tensor
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.pixels)

    def paste(self, index: int) -> Tensor:
        """(3, H, W): one projection on the whole picture, zero outside its window; ValueError for none."""
        if not -len(self) <= whole("index", index) < len(self):
            raise ValueError(f"There is no projection of index {index}; there are {len(self)}.")
        picture = self.pixels.new_zeros(self.pixels.shape[1], *self.size)
        top, left = int(self.top[index]), int(self.left[index])
        h, w = self.pixels.shape[2:]
        rows = slice(max(top, 0), max(min(top + h, self.size[0]), 0))
        columns = slice(max(left, 0), max(min(left + w, self.size[1]), 0))
        source = self.pixels[
            index, :, max(-top, 0) : max(self.size[0] - top, 0), max(-left, 0) : max(self.size[1] - left, 0)
        ]
        picture[:, rows, columns] = source
        return picture


@dataclass(frozen=True)
class Windows:
    """The signal on its way down: for each of U units a window of the current map.

    signal   (U, C, h, w)  zero beyond the map's border
    top      (U,)          row of the map at which each window starts; may lie beyond the border
    left     (U,)          the same for columns
    picture  (U,)          the picture that each unit belongs to
    whole    every window is its whole map, from the start on
    """

    signal: Tensor
    top: Tensor
    left: Tensor
    picture: Tensor
    whole: bool

    def under(self, maps: Tensor) -> Tensor:
        """What (N, C, H, W) maps hold under each window: (U, C, h, w). Beyond the border: the nearest value."""
        h, w = self.signal.shape[2:]
        if (h, w) == tuple(maps.shape[2:]):
            return maps[self.picture]
        rows = _span(self.top, h).clamp(0, maps.shape[2] - 1)
        columns = _span(self.left, w).clamp(0, maps.shape[3] - 1)
        channels = torch.arange(maps.shape[1], device=maps.device)
        picture = self.picture[:, None, None, None]
        return maps[picture, channels[:, None, None], rows[:, None, :, None], columns[:, None, None, :]]

    def cut(self, size: Sequence[int]) -> Windows:
        """Nothing lies beyond the border of an (H, W) map, and no window is larger than the map."""
        signal, starts = self.signal, []
        for dim, start, side in ((2, self.top, size[0]), (3, self.left, size[1])):
            if signal.shape[dim] >= side:
                source = torch.arange(side, device=start.device) - start[:, None]
                inside = (source >= 0) & (source < signal.shape[dim])
                source = _along(source.clamp(0, signal.shape[dim] - 1), dim)
                shape = list(signal.shape)
                shape[dim] = side
                signal, start = signal.gather(dim, source.expand(shape)), torch.zeros_like(start)
            else:
                position = _span(start, signal.shape[dim])
                inside = (position >= 0) & (position < side)
            if not inside.all():
                signal.mul_(_along(inside, dim))
            starts.append(start)
        return replace(self, signal=signal, top=starts[0], left=starts[1])


def start(values: Tensor, units: Tensor, seed: float | None, local: bool) -> Windows:
    """Every other activation of the layer is set to zero; the seed is the unit's own value."""
    values = as_maps(values)
    picture, channel, row, column = (*units.T, *torch.zeros(4 - units.shape[1], len(units)).to(units))
    value = values[picture, channel, row, column] if seed is None else values.new_full((len(units),), float(seed))
    zero = torch.zeros_like(row)
    size, top, left = ((1, 1), row, column) if local else (values.shape[2:], zero, zero)
    signal = values.new_zeros(len(units), values.shape[1], *size)
    signal[torch.arange(len(units)), channel, row - top, column - left] = value
    return Windows(signal, top, left, picture, not local)


def filter_back(windows: Windows, conv: nn.Conv2d, size: Sequence[int]) -> Windows:
    """Filter with the transposed filters; no bias."""
    (sy, sx), (py, px), (dy, dx), (ky, kx) = conv.stride, conv.padding, conv.dilation, conv.kernel_size
    h, w = windows.signal.shape[2:]
    if windows.whole:
        grown = (h - 1) * sy + (ky - 1) * dy + 1 - 2 * py, (w - 1) * sx + (kx - 1) * dx + 1 - 2 * px
        missing = size[0] - grown[0], size[1] - grown[1]  # pixels that the stride never reached
        return replace(
            windows,
            signal=F.conv_transpose2d(
                windows.signal, conv.weight, None, conv.stride, conv.padding, missing, conv.groups, conv.dilation
            ),
        )
    if sy == sx > 1 and conv.groups == dy == dx == 1:
        signal = transposed_by_phases(windows.signal, conv.weight, sy)
    else:
        signal = F.conv_transpose2d(
            windows.signal, conv.weight, None, conv.stride, groups=conv.groups, dilation=conv.dilation
        )
    return replace(windows, signal=signal, top=windows.top * sy - py, left=windows.left * sx - px).cut(size)


def unpool_back(
    windows: Windows, switches: Tensor, size: Sequence[int], span: int, stride: int, pad: int, overlap: str
) -> Windows:
    """Unpool under each window; `span` is the side of a pooling window on the map before pooling."""
    if windows.whole:
        return replace(windows, signal=put_back(windows.signal, switches[windows.picture], size, overlap))
    h, w = windows.signal.shape[2:]
    top, height = _at_most(size[0], windows.top * stride - pad, (h - 1) * stride + span)
    left, width = _at_most(size[1], windows.left * stride - pad, (w - 1) * stride + span)
    flat = windows.under(switches)
    # Position (row, column) of the map is row * W + column; in the window it is (row - top) * width + column - left.
    # Beyond the border the switch is a neighbour's and may point out of the window; the signal there is zero, and
    # so nothing needs cutting off.
    if width != size[1]:
        flat = flat + flat.div(size[1], rounding_mode="floor") * (width - size[1])
    within = (flat - (top * width + left)[:, None, None, None]).clamp_(0, height * width - 1)
    signal = put_back(windows.signal, within, (height, width), overlap)
    return replace(windows, signal=signal, top=top, left=left)


def _at_most(side: int, start: Tensor, length: int) -> tuple[Tensor, int]:
    """A window of this start and length along a map's side, or the whole side if the window would be larger."""
    return (torch.zeros_like(start), side) if length >= side else (start, length)


def _span(start: Tensor, length: int) -> Tensor:
    """(U, length): the positions from each start on."""
    return start[:, None] + torch.arange(length, device=start.device)


def _along(values: Tensor, dim: int) -> Tensor:
    """(U, L) values so that they broadcast along dimension `dim` of (U, C, h, w)."""
    return values[:, None, :, None] if dim == 2 else values[:, None, None, :]


def as_maps(activations: Tensor) -> Tensor:
    """(N, units) as maps of one unit each."""
    return activations[:, :, None, None] if activations.ndim == 2 else activations
