"""A blur before each subsampling, the modern remedy against aliasing, and what it costs (Zhang 2019)."""

from __future__ import annotations

import copy
from itertools import pairwise
from math import comb

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zflib.architecture import output_size
from zflib.arguments import whole
from zflib.network import ConvNet


class Blur(nn.Module):
    """A binomial low-pass of every map, of which each `stride`-th value is kept.

    Input (N, C, H, W), output (N, C, ceil(H / stride), ceil(W / stride)). At the border the weights that fall inside
    the map are scaled to sum to 1.

    The binomial of order n lets a wave of frequency f pass with cos(pi f)^n. n = stride^2 / 2, to the nearest even
    number, halves the amplitude at the Nyquist frequency of what is kept: 1 2 1 for stride 2, nine taps for stride 4.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        stride = whole("stride", stride, 1)
        order = 2 * round(stride**2 / 4)
        self.stride, self.kernel_size, self.padding = stride, order + 1, order // 2
        taps = torch.tensor([comb(order, k) for k in range(order + 1)]) / 2**order
        self.register_buffer("taps", taps, persistent=False)  # no weight: state dictionaries stay as they were

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or not x.is_floating_point() or not x.numel():
            raise ValueError(f"A blur takes floating-point maps (N, C, H, W), not {x.dtype} {tuple(x.shape)}.")
        return self._along(3, self._along(2, x))

    def _along(self, axis: int, x: Tensor) -> Tensor:
        """Blur and subsample rows (2) or columns (3)."""
        shape, stride, pad = [1, 1, 1, 1], [1, 1], [0, 0]
        shape[axis], stride[axis - 2], pad[axis - 2] = -1, self.stride, self.padding
        taps = self.taps.to(x.dtype).view(shape)
        inside = F.conv2d(torch.ones_like(x[:1, :1]), taps, stride=stride, padding=pad)
        blurred = F.conv2d(x, taps.expand(x.shape[1], -1, -1, -1), stride=stride, padding=pad, groups=x.shape[1])
        return blurred / inside

    def extra_repr(self) -> str:
        return f"side={self.kernel_size}, stride={self.stride}"


class DenseMaxPool(nn.MaxPool2d):
    """Max pooling at every position, from the first to the last that the subsampled pooling has: its stride is 1.

    A last window that hangs over the far border, as `ceil_mode` allows, is kept.
    """

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__(pool.kernel_size, stride=1)
        self.sparse = pool.stride, pool.ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        stride, ceil_mode = self.sparse
        beyond = []
        for side in (x.shape[3], x.shape[2]):
            out = output_size(side, self.kernel_size, stride, ceil_mode=ceil_mode)
            beyond += [0, max(0, (out - 1) * stride + self.kernel_size - side)]
        return super().forward(F.pad(x, beyond, value=-torch.inf) if any(beyond) else x)


def lowpass(net: ConvNet) -> ConvNet:
    """A copy of a network that blurs its maps before each subsampling; `net` itself is left alone.

    After Zhang (2019, "Making convolutional networks shift-invariant again"): a convolution with a stride computes
    every position, is rectified, blurred, then subsampled; max pooling takes its maxima at every position, which are
    blurred, then subsampled. Rectifying comes first for a reason: a filter tuned to 0.3 cycles per pixel answers with
    a wave of that frequency, which a blur for stride 4 would wipe out. The ReLU turns it into where and how strongly
    the filter answers, which varies slowly and survives.

    The steps keep their names, and the maps their sizes from each ReLU or pooling on; conv1 (and conv2, where it has a
    stride) is dense. Weights are the same and are not retrained; the copy can be trained like any `ConvNet`. Its price
    in multiply-adds: `multiply_adds`.
    """
    copied = copy.deepcopy(net)
    children = list(copied.named_children())
    for (name, module), (after, _) in pairwise(children):
        if isinstance(module, nn.Conv2d) and module.stride[0] > 1:
            setattr(copied, after, nn.Sequential(nn.ReLU(), Blur(module.stride[0])))
            module.stride = (1, 1)
        elif isinstance(module, nn.MaxPool2d) and module.stride > 1:
            setattr(copied, name, nn.Sequential(DenseMaxPool(module), Blur(module.stride)))
    return copied.to(net.mean.device).train(net.training)


@torch.inference_mode()
def multiply_adds(net: nn.Module, side: int) -> dict[str, int]:
    """Multiply-adds for one picture of side x side pixels, by layer: convolutions, linear layers and blurs.

    For a plain `ConvNet` they are those of `geometry()`; a low-pass network computes every position. Raises ValueError
    for a side that the network can't take.
    """
    counts, side = {}, whole("side", side, 1)

    def count(name: str):
        def after(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
            if isinstance(module, Blur):  # down the columns first, where all columns are still there
                done = module.kernel_size * output[0].numel() * (1 + inputs[0].shape[3] / output.shape[3])
            else:
                done = output[0].numel() * module.weight[0].numel()
            counts[name] = round(done)

        return after

    counted = [
        module.register_forward_hook(count(name))
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear | Blur)
    ]
    try:
        net(torch.zeros(1, 3, side, side))
    finally:
        for hook in counted:
            hook.remove()
    return counts
