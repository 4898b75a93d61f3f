"""The two networks of the paper as plain facts, and the arithmetic of their sizes. No torch here.

An `Architecture` states paper-scale numbers; `mini()` only sets divisors. So `ZFNET.mini().with_units(2048)`
and `ZFNET.with_units(2048).mini()` are the same value, and every row of Table 3 has a mini twin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor
from numbers import Integral

from zflib.arguments import whole


@dataclass(frozen=True)
class Pool:
    """Max pooling. `ceil` keeps a last window that hangs over the border (`ceil_mode` in torch)."""

    kernel: int = 3
    stride: int = 2
    ceil: bool = False


@dataclass(frozen=True)
class Conv:
    """A convolutional layer: filter, rectify, then pool and normalise where the layer does so.

    Sides are in pixels of the map that the layer reads; `layer` is its number in the paper.
    """

    layer: int
    maps: int
    kernel: int
    stride: int = 1
    pad: int = 0
    pool: Pool | None = None
    norm: bool = False


@dataclass(frozen=True)
class Dense:
    """A fully connected layer of `units`, rectified and dropped out."""

    layer: int
    units: int


@dataclass(frozen=True)
class Step:
    """One named step of a network and where it stands on the picture; all lengths in input pixels.

    size             side of the square map after the step (1 for fully connected steps)
    receptive_field  side of the square of input pixels that one unit can see
    jump             distance between the receptive fields of two neighbouring units
    offset           centre of the first unit's receptive field; the first pixel's centre is 0
    parameters       weights and biases
    macs             multiply-adds for one picture
    """

    name: str
    maps: int
    size: int
    receptive_field: int
    jump: int
    offset: float
    parameters: int
    macs: int

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of a unit's receptive field in input pixels, bottom and right exclusive.

        The box is the theoretical one and may reach beyond the picture; clip it before cropping.
        """
        row, column = whole("row", row), whole("column", column)
        top, left = (floor(self.offset + at * self.jump - (self.receptive_field - 1) / 2) for at in (row, column))
        return top, left, top + self.receptive_field, left + self.receptive_field


def output_size(size: int, kernel: int, stride: int, pad: int = 0, ceil_mode: bool = False) -> int:
    """Side of the map that a convolution or pooling makes; less than 1 means that it does not fit.

    With `ceil_mode` the last window may hang over the far border but must start inside the map or its
    near padding, as in torch. Raises ValueError for what is no whole number, or no positive one.
    """
    size, kernel, stride = whole("size", size, 1), whole("kernel", kernel, 1), whole("stride", stride, 1)
    pad = whole("pad", pad, 0)
    steps = (size + 2 * pad - kernel) / stride
    out = (ceil(steps) if ceil_mode else floor(steps)) + 1
    if ceil_mode and (out - 1) * stride >= size + pad:
        out -= 1
    return out


@dataclass(frozen=True)
class Architecture:
    """An eight-layer network by its numbers (Figure 3). Frozen: every change returns a new value."""

    name: str
    convs: tuple[Conv, ...]
    dense: tuple[Dense, ...]
    classes: int = 1000
    input_size: int = 224
    maps_divisor: int = 1
    units_divisor: int = 1

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of the layers that the network has; 8 is the classifier."""
        return (*(c.layer for c in self.convs), *(d.layer for d in self.dense), 8)

    def maps(self, layer: int) -> int:
        """Feature maps (layers 1 to 5), units (6 and 7) or classes (8) at this architecture's scale."""
        if layer == 8:
            return self.classes
        for conv in self.convs:
            if conv.layer == layer:
                return conv.maps // self.maps_divisor
        for dense in self.dense:
            if dense.layer == layer:
                return dense.units // self.units_divisor
        raise ValueError(f"{self.name} has no layer {layer}; it has {', '.join(map(str, self.layers))}.")

    def without(self, *layers: int) -> Architecture:
        """The network with whole layers left out (Table 3); the others keep their numbers and names."""
        for layer in layers:
            if layer == 8:
                raise ValueError("Layer 8 is the classifier and can't be left out; choose among 1 to 7.")
            self.maps(layer)
        return replace(
            self,
            convs=tuple(c for c in self.convs if c.layer not in layers),
            dense=tuple(d for d in self.dense if d.layer not in layers),
        )

    def with_units(self, units: int) -> Architecture:
        """The network with `units` in each fully connected layer (Table 3), a paper-scale number."""
        _check_width(units, self.units_divisor, "units")
        if not self.dense:
            raise ValueError(f"{self.name} has no fully connected layer to change; layers 6 and 7 were left out.")
        return replace(self, dense=tuple(replace(d, units=int(units)) for d in self.dense))

    def with_maps(self, maps: Mapping[int, int]) -> Architecture:
        """The network with other numbers of feature maps, `{layer: maps}` at paper scale (Table 3)."""
        present = {c.layer for c in self.convs}
        for layer, count in maps.items():
            if layer not in present:
                raise ValueError(
                    f"Layer {layer} is not a convolutional layer of {self.name}; it has {sorted(present)}."
                )
            _check_width(count, self.maps_divisor, f"maps of layer {layer}")
        return replace(self, convs=tuple(replace(c, maps=int(maps.get(c.layer, c.maps))) for c in self.convs))

    def mini(self, classes: int = 10) -> Architecture:
        """The course's size: half the maps, a quarter of the units, 128 px, any number of classes."""
        classes = whole("classes", classes, 1)
        name = self.name if self.name.endswith("-mini") else f"{self.name}-mini"
        small = replace(self, name=name, classes=classes, input_size=128, maps_divisor=2, units_divisor=4)
        for conv in small.convs:
            _check_width(conv.maps, small.maps_divisor, f"maps of layer {conv.layer}")
        for dense in small.dense:
            _check_width(dense.units, small.units_divisor, "units")
        return small

    def geometry(self, input_size: int | None = None) -> tuple[Step, ...]:
        """Every step with its size, receptive field, jump, offset, parameters and multiply-adds.

        input_size  side of the square picture in pixels; the architecture's own when left out

        Raises ValueError, naming the step and the sizes, where a kernel does not fit its map.
        """
        size = self.input_size if input_size is None else input_size
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(f"input_size must be a whole number of pixels, not {size!r}.")
        for name in ("classes", "maps_divisor", "units_divisor"):
            whole(name, getattr(self, name), 1)
        size = int(size)
        maps, field, jump, offset = 3, 1, 1, 0.0
        steps: list[Step] = []

        def add(name: str, parameters: int = 0, macs: int = 0) -> None:
            steps.append(Step(name, maps, size, field, jump, offset, parameters, macs))

        def slide(name: str, kernel: int, stride: int, pad: int = 0, ceil_mode: bool = False) -> None:
            nonlocal size, field, jump, offset
            if min(kernel, stride) < 1 or pad < 0:
                raise ValueError(f"{name}: kernel {kernel}, stride {stride}, padding {pad} make no sense.")
            out = output_size(size, kernel, stride, pad, ceil_mode)
            if out < 1:
                raise ValueError(
                    f"{name} of {self.name}: a {kernel}x{kernel} kernel does not fit a {size}x{size} map "
                    f"with padding {pad}. Use a larger input or a smaller kernel."
                )
            offset += ((kernel - 1) / 2 - pad) * jump
            field += (kernel - 1) * jump
            jump *= stride
            size = out

        for conv in self.convs:
            n, into = conv.layer, maps
            slide(f"conv{n}", conv.kernel, conv.stride, conv.pad)
            maps = self.maps(n)
            weights = maps * into * conv.kernel**2
            add(f"conv{n}", weights + maps, weights * size**2)
            add(f"relu{n}")
            if conv.pool:
                slide(f"pool{n}", conv.pool.kernel, conv.pool.stride, ceil_mode=conv.pool.ceil)
                add(f"pool{n}")
            if conv.norm:
                add(f"norm{n}")
        # A fully connected layer is a convolution whose kernel is the whole map.
        inputs = maps * size**2
        slide("fc", size, 1)
        for layer in (*(d.layer for d in self.dense), 8):
            maps = self.maps(layer)
            add(f"fc{layer}", (inputs + 1) * maps, inputs * maps)
            if layer != 8:
                add(f"relu{layer}")
                add(f"dropout{layer}")
            inputs = maps
        return tuple(steps)


def _check_width(width: int, divisor: int, what: str) -> None:
    if not isinstance(width, Integral) or width < 1 or width % divisor:
        raise ValueError(f"The number of {what} must be a positive multiple of {divisor}, not {width!r}.")


_FULLY_CONNECTED = (Dense(6, 4096), Dense(7, 4096))

# Figure 3's sides 110-55-26-13-6 need padding 1 on conv1, none on conv2 and pooling that rounds up; the
# figure does not say so. Both nets normalise after pooling, as Zeiler & Fergus do.
ZFNET = Architecture(
    "zfnet",
    convs=(
        Conv(1, 96, kernel=7, stride=2, pad=1, pool=Pool(ceil=True), norm=True),
        Conv(2, 256, kernel=5, stride=2, pad=0, pool=Pool(ceil=True), norm=True),
        Conv(3, 384, kernel=3, pad=1),
        Conv(4, 384, kernel=3, pad=1),
        Conv(5, 256, kernel=3, pad=1, pool=Pool(ceil=True)),
    ),
    dense=_FULLY_CONNECTED,
)

# Krizhevsky's net in one tower: every map reads all maps below, as in ZFNET (Section 3). His was split between two
# GPUs in layers 2, 4 and 5, and so, perhaps, was the replication in Tables 2 and 3 ("the exact architecture").
# At 224 px the published 11x11/4 gives 54.25 positions; padding 2 makes them 55.
ALEXNET = Architecture(
    "alexnet",
    convs=(
        Conv(1, 96, kernel=11, stride=4, pad=2, pool=Pool(), norm=True),
        Conv(2, 256, kernel=5, stride=1, pad=2, pool=Pool(), norm=True),
        Conv(3, 384, kernel=3, pad=1),
        Conv(4, 384, kernel=3, pad=1),
        Conv(5, 256, kernel=3, pad=1, pool=Pool()),
    ),
    dense=_FULLY_CONNECTED,
)
