"""Units that see nothing beyond a picture's border, so that what padding adds stays out of a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from math import ceil, floor

from torch import Tensor, nn

from zflib.analysis.aliasing.blur import Blur
from zflib.arguments import whole
from zflib.network import ConvNet


@dataclass(frozen=True)
class Clear:
    """The clear units of a step: its rows, and columns, `first` to `last`, `jump` input pixels apart."""

    first: int
    last: int
    jump: int

    def __len__(self) -> int:
        return max(self.last - self.first + 1, 0)

    def of(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) as (N, C, n, n): the clear units of maps."""
        return maps[:, :, self.first : self.last + 1, self.first : self.last + 1]


def clear_units(layers: Iterable[nn.Module], side: int) -> Clear:
    """Which units of the last of these layers see nothing beyond a picture of `side` pixels a side.

    layers  in order, the first on the picture; a module that does not slide over its maps leaves the units as they are
    """
    first, last, jump = 0, side - 1, 1
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | Blur):
            kernel, stride, pad, dilation = (
                v[0] if isinstance(v, tuple) else v
                for v in (layer.kernel_size, layer.stride, layer.padding, getattr(layer, "dilation", 1))
            )
            reach = dilation * (kernel - 1)
            first, last = ceil((first + pad) / stride), floor((last + pad - reach) / stride)
            jump *= stride
    return Clear(first, last, jump)


def clear_steps(net: ConvNet, steps: Iterable[str], side: int) -> dict[str, Clear]:
    """The same for steps of a network, by name. Raises KeyError for a step without maps."""
    known = [name for name, _ in takewhile(lambda child: not isinstance(child[1], nn.Linear), net.named_children())]
    found = {}
    for step in steps:
        if step not in known:
            raise KeyError(f"There is no step {step!r} with maps; choose among {', '.join(known)}.")
        upto = known[: known.index(step) + 1]
        found[step] = clear_units((layer for name in upto for layer in net.get_submodule(name).modules()), side)
    return found


def wave_units(net: ConvNet, steps: Iterable[str], side: int) -> dict[str, Clear]:
    """The same where waves are to be found: ValueError for a step with fewer than four clear units a side."""
    clear = clear_steps(net, steps, whole("side", side, 1))
    for name, units in clear.items():
        if len(units) < 4:
            raise ValueError(f"{side} pixels leave {name} fewer than four units a side clear of the border.")
    return clear


def clear_maps(net: ConvNet, x: Tensor, clear: Mapping[str, Clear]) -> dict[str, Tensor]:
    """One pass of x (N, 3, side, side) up to the last of some steps: their clear units (N, C, n, n), by name."""
    found = {}
    for name, module in net.named_children():
        x = module(x)
        if name in clear:
            found[name] = clear[name].of(x)
        if len(found) == len(clear):
            break
    return found
