"""The deconvnet of Section 2.1: from one unit's activation back to the pixels that caused it.

From the top down, each layer is undone in turn: unpool with the recorded switches, rectify, filter with the
transposed filters. Biases have no part on the way down, and contrast normalisation passes the signal unchanged.

One forward pass (`DeconvNet.forward`) serves every map. A projection then touches only what its unit can see:
each unit carries a window of the current map, which grows on the way down to the unit's receptive field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from operator import index

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zflib.architecture import output_size
from zflib.arguments import whole
from zflib.network import ContrastNorm, ConvNet

METHODS = ("deconvnet", "gradient", "guided")
OVERLAPS = ("sum", "last", "max")

_NORMS = (ContrastNorm, nn.LocalResponseNorm)
_PASS = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_SUPPORTED = (nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.Flatten, *_NORMS, *_PASS)

# Units are projected in groups whose largest intermediate map holds about this many numbers: larger groups
# fall out of the processor's cache, smaller ones leave its cores idle.
_GROUP_NUMBERS = 4_000_000


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
    _check_choice("overlap", overlap, OVERLAPS)
    if values.shape != switches.shape or values.ndim != 4:
        raise ValueError(
            f"Values {tuple(values.shape)} and switches {tuple(switches.shape)} must have one shape (N, C, h, w)."
        )
    if not isinstance(size, Sequence) or len(size) != 2:
        raise ValueError(f"size must be two whole numbers, height and width, not {size!r}.")
    height, width = (whole("size", side, 1) for side in size)
    if switches.dtype != torch.int64 or ((switches < 0) | (switches >= height * width)).any():
        raise ValueError(
            f"Switches must be int64 positions from 0 to {height * width - 1} in a map of {height} x {width}."
        )
    return _unpool(values, switches, (height, width), overlap)


def _unpool(values: Tensor, switches: Tensor, size: Sequence[int], overlap: str) -> Tensor:
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


@dataclass(frozen=True)
class Trace:
    """What a forward pass leaves behind: everything that the way down needs.

    images       (N, C, H, W)  what the network saw
    activations  by step name; a convolution or linear step that a ReLU follows holds the value after it
    switches     by name of the pooling step: (N, C, h, w) flat positions of the maxima
    """

    images: Tensor
    activations: dict[str, Tensor]
    switches: dict[str, Tensor]

    def __getitem__(self, step: str) -> Tensor:
        if step not in self.activations:
            raise KeyError(f"There is no step {step!r}; the steps are {', '.join(self.activations)}.")
        return self.activations[step]

    def before(self, step: str) -> Tensor:
        """The activations of the step below, as `trace[...]` gives them; the images for the first step."""
        self[step]  # raises KeyError for an unknown one
        names = list(self.activations)
        at = names.index(step)
        return self.activations[names[at - 1]] if at else self.images


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


class DeconvNet:
    """Runs a network forwards, keeps the switches, and projects any unit back to pixel space.

    model  a `ConvNet`, torchvision's AlexNet or VGG, or an `nn.Sequential` (nested or not) of Conv2d, Linear,
           ReLU, MaxPool2d, contrast normalisation, Dropout, Flatten, Identity, and adaptive pooling that
           changes nothing. Steps are named as in `named_modules()`.

    The model's weights are read when used, its training mode makes no difference (dropout is left out), and
    it is never changed. Raises TypeError, naming the layer, for a model that can't be reversed.
    """

    def __init__(self, model: nn.Module) -> None:
        self._layers = dict(_layers(model))
        names = list(self._layers)
        self._rectified = {
            name: after
            for name, after in pairwise(names)
            if isinstance(self._layers[name], nn.Conv2d | nn.Linear) and isinstance(self._layers[after], nn.ReLU)
        }
        self._parameter = next(model.parameters(), None)

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the steps, from the picture up."""
        return tuple(self._layers)

    @torch.no_grad()
    def forward(self, images: Tensor, upto: str | None = None) -> Trace:
        """One forward pass that serves every projection of these images.

        images  (N, 3, H, W) floating point, as `preprocess` makes them; moved to the model's device and type
        upto    the last step that is needed; the whole network if left out. Up to the last pooling, pictures
                may have any size; only the fully connected steps want one.

        Raises ValueError for another shape or type, for values that are not finite, and for pictures that a
        layer can't take; KeyError for an unknown step; TypeError for adaptive pooling that is no identity at
        this size.
        """
        last = self.steps[-1] if upto is None else upto
        if last not in self._layers:
            raise KeyError(f"There is no step {upto!r}; the steps are {', '.join(self.steps)}.")
        last = self._rectified.get(last, last)
        if not isinstance(images, Tensor) or images.ndim != 4 or not images.is_floating_point() or not len(images):
            found = f"{images.dtype} {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
            raise ValueError(
                f"Images must be a floating-point tensor (N, 3, H, W), N > 0, not {found}. "
                "Use net.preprocess on each picture and torch.stack."
            )
        if not torch.isfinite(images).all():
            raise ValueError("The images hold NaN or infinite values; a deconvnet can't tell where those came from.")
        x = images.to(self._parameter) if self._parameter is not None else images
        trace = Trace(x, {}, {})
        for name, module in self._layers.items():
            if isinstance(module, nn.Linear) and x.ndim != 2:
                raise ValueError(f"{name} is linear but reads maps {tuple(x.shape[1:])}; put nn.Flatten before it.")
            try:
                if isinstance(module, nn.MaxPool2d):
                    x, trace.switches[name] = pool(x, *_pool_numbers(name, module))
                elif isinstance(module, nn.ReLU):
                    # In place where the map before it is a convolution's own: the trace keeps the rectified one.
                    x = F.relu(x, inplace=name in self._rectified.values())
                elif isinstance(module, nn.Dropout | nn.Dropout2d):
                    pass
                else:
                    y = module(x)
                    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) and y.shape != x.shape:
                        raise TypeError(
                            f"{name} averages {tuple(x.shape[2:])} down to {tuple(y.shape[2:])} at this size and can't "
                            "be reversed. Use pictures at which it changes nothing, or leave it out."
                        )
                    x = y
            except torch.OutOfMemoryError:
                raise
            except (RuntimeError, ValueError) as error:
                reason = str(error).splitlines()[0].rstrip(".")
                raise ValueError(f"{name} can't take an input of shape {tuple(x.shape)}: {reason}.") from error
            trace.activations[name] = x
            if name == last:
                break
        for name, relu in self._rectified.items():
            if relu in trace.activations:
                trace.activations[name] = trace.activations[relu]
        return trace

    def project(
        self,
        trace: Trace,
        step: str,
        *,
        channel: int | None = None,
        unit: Sequence[int] | None = None,
        method: str = "deconvnet",
        overlap: str = "sum",
        seed: float | None = None,
        local: bool = True,
    ) -> Tensor:
        """Project one unit of every picture back to pixel space (Section 2.1).

        trace    of these pictures, from `forward`
        channel  a map of `step`: its strongest unit, picture by picture; for a fully connected step, the unit
        unit     (channel, row, column), or (channel,) for a fully connected step: this unit in every picture
        method   "deconvnet" rectifies the signal, "gradient" lets it pass where the activation was positive,
                 "guided" does both; the latter two go through the true derivative of contrast normalisation
        overlap  where pooling windows claim one position: see `unpool`
        seed     the value to start from; the unit's own activation if left out
        local    compute inside the receptive field; False takes every map whole, which is slower and, to float
                 rounding, the same. "last" and "max" need every claimant and always take the maps whole.

        Returns (N, 3, H, W), signed, at the size of the pictures. Raises KeyError for an unknown step,
        ValueError for anything else that does not fit.
        """
        _check_choice("overlap", overlap, OVERLAPS)
        units = self._units(trace, step, channel, unit)
        local = local and overlap == "sum"
        patches = self._project(trace, step, units, method, overlap, seed, local)
        return torch.stack([patches.paste(at) for at in range(len(patches))])

    def project_units(
        self, trace: Trace, step: str, units: Tensor, *, method: str = "deconvnet", seed: float | None = None
    ) -> Patches:
        """Project many units, of any maps and pictures, each inside its own receptive field only.

        units  (U, 4) whole numbers: picture, channel, row, column ((U, 2), picture and channel, for a fully
               connected step)

        `method` and `seed` as in `project`. Returns the projections as `Patches`, in the order of `units`.
        """
        units = torch.as_tensor(units).cpu()
        depth = trace[step].ndim
        fractions = units.is_floating_point() or units.is_complex()
        if units.ndim != 2 or units.shape[1] != depth or fractions or not len(units):
            raise ValueError(
                f"units for {step} must be whole numbers of shape (U, {depth}) with U > 0, "
                f"not {units.dtype} {tuple(units.shape)}."
            )
        units, limit = units.long(), torch.tensor(trace[step].shape)
        if ((units < 0) | (units >= limit)).any():
            raise ValueError(f"A unit lies outside {step}, whose activations have shape {tuple(limit.tolist())}.")
        return self._project(trace, step, units, method, "sum", seed, local=True)

    def _units(self, trace: Trace, step: str, channel: int | None, unit: Sequence[int] | None) -> Tensor:
        """(N, 4) or (N, 2): the unit of each picture that `project` was asked for."""
        values = trace[step]
        if (channel is None) == (unit is None):
            raise ValueError("Say which unit: either channel=... (its strongest unit) or unit=(channel, row, column).")
        limits = tuple(values.shape[1:])
        try:
            wanted = tuple(map(index, (channel,) if unit is None else unit))
        except TypeError:
            wanted = ()  # not whole numbers
        if len(wanted) != (1 if unit is None else len(limits)) or not all(
            0 <= at < limit for at, limit in zip(wanted, limits, strict=False)
        ):
            what = f"channel {channel!r}" if unit is None else f"unit {unit!r}"
            raise ValueError(f"{step} has no {what}; its activations have shape {limits} for each picture.")
        pictures = torch.arange(len(values))
        if unit is not None:
            return torch.cat([pictures[:, None], torch.tensor(wanted).expand(len(values), -1)], dim=1)
        channels = torch.full_like(pictures, wanted[0])
        if values.ndim == 2:
            return torch.stack([pictures, channels], dim=1)
        strongest = values[:, wanted[0]].flatten(1).argmax(1).cpu()
        return torch.stack([pictures, channels, strongest // limits[2], strongest % limits[2]], dim=1)

    @torch.no_grad()
    def _project(
        self, trace: Trace, step: str, units: Tensor, method: str, overlap: str, seed: float | None, local: bool
    ) -> Patches:
        _check_choice("method", method, METHODS)
        if seed is not None and not isfinite(seed):
            raise ValueError(f"The seed must be a finite number, not {seed!r}.")
        if tuple(trace.activations) != self.steps[: len(trace.activations)]:
            raise ValueError("This trace is of a network with other steps; make one with this DeconvNet's forward.")
        units = units.to(trace.images.device)
        way = list(self._layers)[: self.steps.index(self._rectified.get(step, step)) + 1][::-1]
        parts = []
        for group in units.split(self._group_size(trace, way, local)):
            windows = _start(trace, step, group, seed, local)
            for name in way:
                windows = self._down(windows, trace, name, method, overlap)
            parts.append(windows)
        return Patches(
            torch.cat([part.signal for part in parts]),
            torch.cat([part.top for part in parts]),
            torch.cat([part.left for part in parts]),
            tuple(trace.images.shape[2:]),
        )

    def _down(self, windows: _Windows, trace: Trace, name: str, method: str, overlap: str) -> _Windows:
        """Undo one step: from windows on its output to windows on its input."""
        module, below = self._layers[name], trace.before(name)
        if isinstance(module, nn.ReLU):
            signal = windows.signal
            if method != "gradient":
                signal = signal.relu()
            if method != "deconvnet":
                signal = signal * (windows.under(_as_maps(trace[name])) > 0)
            return replace(windows, signal=signal)
        if isinstance(module, nn.Conv2d):
            return _filter_back(windows, module, below.shape[2:])
        if isinstance(module, nn.MaxPool2d):
            kernel, stride, pad, _, dilation = _pool_numbers(name, module)
            span = (kernel - 1) * dilation + 1
            return _unpool_back(windows, trace.switches[name], below.shape[2:], span, stride, pad, overlap)
        if isinstance(module, nn.Linear):
            return replace(windows, signal=(windows.signal.flatten(1) @ module.weight)[:, :, None, None])
        if isinstance(module, nn.Flatten):
            return replace(windows, signal=windows.signal.reshape(-1, *below.shape[1:]))
        if isinstance(module, _NORMS) and method != "deconvnet":
            with torch.enable_grad():
                x = windows.under(below).requires_grad_()
                return replace(windows, signal=torch.autograd.grad(module(x), x, windows.signal)[0])
        return windows  # dropout, identity; and contrast normalisation, which the deconvnet does not undo

    def _group_size(self, trace: Trace, way: list[str], local: bool) -> int:
        """How many units to take down together."""
        side, largest = 1, 1
        for name in way:
            below = _as_maps(trace.before(name))
            module = self._layers[name]
            if isinstance(module, nn.Conv2d | nn.MaxPool2d):
                kernel, stride, dilation = map(_single, (module.kernel_size, module.stride, module.dilation))
                side = (side - 1) * stride + (kernel - 1) * dilation + 1
            h, w = below.shape[2:]
            area = min(side, h) * min(side, w) if local and not isinstance(module, nn.Flatten | nn.Linear) else h * w
            largest = max(largest, below.shape[1] * area)
        return max(1, _GROUP_NUMBERS // largest)


@dataclass(frozen=True)
class _Windows:
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

    def cut(self, size: Sequence[int]) -> _Windows:
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
                signal = signal * _along(inside, dim)
            starts.append(start)
        return replace(self, signal=signal, top=starts[0], left=starts[1])


def _start(trace: Trace, step: str, units: Tensor, seed: float | None, local: bool) -> _Windows:
    """Every other activation of the layer is set to zero; the seed is the unit's own value."""
    values = _as_maps(trace[step])
    picture, channel, row, column = (*units.T, *torch.zeros(4 - units.shape[1], len(units)).to(units))
    start = values[picture, channel, row, column] if seed is None else values.new_full((len(units),), float(seed))
    zero = torch.zeros_like(row)
    size, top, left = ((1, 1), row, column) if local else (values.shape[2:], zero, zero)
    signal = values.new_zeros(len(units), values.shape[1], *size)
    signal[torch.arange(len(units)), channel, row - top, column - left] = start
    return _Windows(signal, top, left, picture, not local)


def _filter_back(windows: _Windows, conv: nn.Conv2d, size: Sequence[int]) -> _Windows:
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
        signal = _transposed_by_phases(windows.signal, conv.weight, sy)
    else:
        signal = F.conv_transpose2d(
            windows.signal, conv.weight, None, conv.stride, groups=conv.groups, dilation=conv.dilation
        )
    return replace(windows, signal=signal, top=windows.top * sy - py, left=windows.left * sx - px).cut(size)


def _transposed_by_phases(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """`F.conv_transpose2d(x, weight, stride=stride)`, as an ordinary convolution to stride x stride phases that
    are then interleaved. With three output channels torch's own kernel runs at a quarter of this speed."""
    maps, out, ky, kx = weight.shape
    my, mx = -(-ky // stride), -(-kx // stride)
    phases = F.pad(weight, (0, mx * stride - kx, 0, my * stride - ky)).view(maps, out, my, stride, mx, stride)
    phases = phases.permute(1, 3, 5, 0, 2, 4).reshape(out * stride**2, maps, my, mx).flip(2, 3)
    y = F.pixel_shuffle(F.conv2d(x, phases, padding=(my - 1, mx - 1)), stride)
    return y[:, :, : (x.shape[2] - 1) * stride + ky, : (x.shape[3] - 1) * stride + kx]


def _unpool_back(
    windows: _Windows, switches: Tensor, size: Sequence[int], span: int, stride: int, pad: int, overlap: str
) -> _Windows:
    """Unpool under each window; `span` is the side of a pooling window on the map before pooling."""
    if windows.whole:
        return replace(windows, signal=_unpool(windows.signal, switches[windows.picture], size, overlap))
    u, c, h, w = windows.signal.shape
    top, left = windows.top * stride - pad, windows.left * stride - pad
    height, width = (h - 1) * stride + span, (w - 1) * stride + span
    flat = windows.under(switches)
    # Position (row, column) of the map is row * W + column; in the window it is (row - top) * width + column - left.
    # Beyond the border the switch is a neighbour's and may point out of the window; the signal there is zero.
    within = flat + flat.div(size[1], rounding_mode="floor") * (width - size[1])
    within = (within - (top * width + left)[:, None, None, None]).clamp_(0, height * width - 1)
    signal = windows.signal.new_zeros(u, c, height * width)
    signal.scatter_add_(2, within.flatten(2), windows.signal.flatten(2))
    return replace(windows, signal=signal.view(u, c, height, width), top=top, left=left).cut(size)


def _layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The model's layers by name, in the order in which they run."""
    kind, origin = type(model), type(model).__module__
    if isinstance(model, ConvNet):
        flat = False
        for name, module in model.named_children():
            if isinstance(module, nn.Linear) and not flat:
                yield "flatten", nn.Flatten()
                flat = True
            yield from _leaves(module, name)
    elif origin in ("torchvision.models.alexnet", "torchvision.models.vgg"):
        for part in ("features", "avgpool", "classifier"):
            if part == "classifier":
                yield "flatten", nn.Flatten()
            yield from _leaves(getattr(model, part), part)
    elif isinstance(model, nn.Sequential):
        yield from _leaves(model, "")
    else:
        raise TypeError(
            f"A {kind.__name__} can't be reversed: its order of layers is hidden in its forward. "
            "Use a ConvNet, torchvision's AlexNet or VGG, or an nn.Sequential of the layers."
        )


def _leaves(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for child, inner in module._modules.items():  # named_children() would skip a layer used twice
            yield from _leaves(inner, f"{name}.{child}" if name else child)
        return
    layer = f"{name or 'The model'} ({type(module).__name__})"
    if not isinstance(module, _SUPPORTED):
        raise TypeError(
            f"{layer} can't be reversed. The deconvnet knows Conv2d, Linear, ReLU, MaxPool2d, contrast normalisation, "
            "Dropout, Flatten, Identity, and adaptive pooling that changes nothing."
        )
    if isinstance(module, nn.Conv2d) and (module.padding_mode != "zeros" or isinstance(module.padding, str)):
        raise TypeError(f"{layer} can't be reversed: give its padding in numbers, with zeros (padding_mode).")
    if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) != (1, -1):
        raise TypeError(
            f"{layer} can't be reversed: it must flatten everything but the pictures, as nn.Flatten() does."
        )
    if isinstance(module, nn.MaxPool2d):
        _pool_numbers(layer, module)
    yield name, module


def _pool_numbers(name: str, module: nn.MaxPool2d) -> tuple[int, int, int, bool, int]:
    """kernel, stride, padding, ceil mode and dilation, as `pool` takes them."""
    numbers = (module.kernel_size, module.stride, module.padding, module.dilation)
    if any(isinstance(value, tuple) and len(set(value)) > 1 for value in numbers):
        raise TypeError(f"{name} can't be reversed: its pooling windows must be square.")
    kernel, stride, pad, dilation = map(_single, numbers)
    return kernel, stride, pad, module.ceil_mode, dilation


def _single(value: int | tuple[int, ...]) -> int:
    return max(value) if isinstance(value, tuple) else value


def _span(start: Tensor, length: int) -> Tensor:
    """(U, length): the positions from each start on."""
    return start[:, None] + torch.arange(length, device=start.device)


def _along(values: Tensor, dim: int) -> Tensor:
    """(U, L) values so that they broadcast along dimension `dim` of (U, C, h, w)."""
    return values[:, None, :, None] if dim == 2 else values[:, None, None, :]


def _as_maps(activations: Tensor) -> Tensor:
    """(N, units) as maps of one unit each."""
    return activations[:, :, None, None] if activations.ndim == 2 else activations


def _check_choice(what: str, choice: str, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {choice!r}.")
