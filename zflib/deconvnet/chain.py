"""Sequential networks: one forward pass that keeps the switches, then any unit back to pixel space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite
from operator import index
from weakref import ref

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zflib.arguments import brief
from zflib.deconvnet.layers import NORMS, pool_numbers, reversible_layers, single, undisturbed
from zflib.deconvnet.rules import METHODS, OVERLAPS, check_choice, pool
from zflib.deconvnet.trace import Trace, check_finite, check_layers, check_projections
from zflib.deconvnet.windows import Patches, Windows, as_maps, filter_back, start, unpool_back

# Units are projected in groups whose largest intermediate map holds about this many numbers: larger groups
# fall out of the processor's cache, smaller ones leave its cores idle.
_GROUP_NUMBERS = 4_000_000

_COMPUTING = (nn.Conv2d, nn.Linear, *NORMS)  # the others pass numbers on


class DeconvNet:
    """Runs a network forwards, keeps the switches, and projects any unit back to pixel space.

    model  a `ConvNet`, torchvision's AlexNet or VGG, or an `nn.Sequential` (nested or not) of Conv2d, Linear,
           ReLU, MaxPool2d, contrast normalisation, Dropout, Flatten, Identity, and adaptive pooling that
           changes nothing. Steps are named as in `named_modules()`.

    The model's layers and weights are read when used, its training mode makes no difference (dropout is left out),
    neither does autocast, and it is never changed. Raises TypeError, naming the layer, for a model that can't be
    reversed; so do the methods, if it has become one.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._look()

    def _look(self) -> None:
        """Read the model's layers as they are now."""
        self._layers = dict(reversible_layers(self._model))
        if not self._layers:
            raise TypeError("The model has no layers.")
        self._rectified = {
            name: after
            for name, after in pairwise(self._layers)
            if isinstance(self._layers[name], nn.Conv2d | nn.Linear) and isinstance(self._layers[after], nn.ReLU)
        }

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the steps, from the picture up."""
        self._look()
        return tuple(self._layers)

    @torch.no_grad()
    def forward(self, images: Tensor, upto: str | None = None) -> Trace:
        """One forward pass that serves every projection of these images.

        images  (N, 3, H, W) floating point, as `preprocess` makes them; moved to the model's device and type
        upto    the last step that is needed; the whole network if left out. Up to the last pooling, pictures
                may have any size; only the fully connected steps want one.

        Raises ValueError for another shape or type, for values that are not finite, also where an activation
        becomes so (it names the picture and the step), and for pictures that a layer can't take; KeyError for an
        unknown step; TypeError for adaptive pooling that is no identity at this size.
        """
        steps = self.steps
        last = steps[-1] if upto is None else upto
        if last not in self._layers:
            raise KeyError(f"There is no step {brief(repr(upto))}; the steps are {', '.join(steps)}.")
        last = self._rectified.get(last, last)
        if not isinstance(images, Tensor) or images.ndim != 4 or not images.is_floating_point() or not len(images):
            found = f"{images.dtype} {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
            raise ValueError(
                f"Images must be a floating-point tensor (N, 3, H, W), N > 0, not {found}. "
                "Use net.preprocess on each picture and torch.stack."
            )
        if not torch.isfinite(images).all():
            raise ValueError("The images hold NaN or infinite values; a deconvnet can't tell where those came from.")
        parameter = next(self._model.parameters(), None)
        x = images.to(parameter) if parameter is not None else images
        trace = Trace(x, {}, {}, tuple(ref(self._layers[name]) for name in steps[: steps.index(last) + 1]))
        with undisturbed(self._model, x.device.type):
            self._run(x, trace, last)
        for name, relu in self._rectified.items():
            if relu in trace.activations:
                trace.activations[name] = trace.activations[relu]
        check_finite(trace, [name for name in trace.activations if isinstance(self._layers[name], _COMPUTING)])
        return trace

    def _run(self, x: Tensor, trace: Trace, last: str) -> None:
        """Fill a trace up to the last step."""
        for name, module in self._layers.items():
            if isinstance(module, nn.Linear) and x.ndim != 2:
                raise ValueError(f"{name} is linear but reads maps {tuple(x.shape[1:])}; put nn.Flatten before it.")
            try:
                if isinstance(module, nn.MaxPool2d):
                    x, trace.switches[name] = pool(x, *pool_numbers(name, module))
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
        seed     the value to start from; the unit's own activation if left out. That of a logit may be negative: the
                 signal then starts negative, and with "deconvnet" and "guided" the picture is not that of a positive
                 seed with its sign turned, but another; seed=1 leaves the unit's value out
        local    compute inside the receptive field; False takes every map whole, which is slower and, to float
                 rounding, the same. "last" and "max" need every claimant and always take the maps whole.

        Returns (N, 3, H, W), signed, at the size of the pictures. Raises KeyError for an unknown step,
        ValueError for anything else that does not fit.
        """
        check_choice("overlap", overlap, OVERLAPS)
        self._look()
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
        self._look()
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

    @torch.no_grad()
    def carry_down(self, trace: Trace, step: str, values: Tensor, *, method: str = "deconvnet") -> Tensor:
        """Carry whole maps back to pixel space, all their units at once.

        values  as trace[step], of these pictures or of others: they go down along the switches of the trace

        `method` as in `project`. Returns (N, 3, H, W), signed. Raises as `project` does.
        """
        self._look()
        check_choice("method", method, METHODS)
        shape = values.shape if isinstance(values, Tensor) and not values.is_complex() else None
        if shape != trace[step].shape or not torch.isfinite(values).all():
            raise ValueError(
                f"values must be finite numbers, a tensor {tuple(trace[step].shape)} as trace[{step!r}] is."
            )
        pictures = torch.arange(len(values), device=trace[step].device)
        whole = Windows(as_maps(values.to(trace[step], copy=True)), 0 * pictures, 0 * pictures, pictures, whole=True)
        pixels = self._carry(whole, trace, self._way(trace, step), method, "sum").signal
        check_projections(pixels, step, pictures)
        return pixels

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
            what = f"channel {brief(repr(channel))}" if unit is None else f"unit {brief(repr(unit))}"
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
        check_choice("method", method, METHODS)
        if seed is not None and not isfinite(seed):
            raise ValueError(f"The seed must be a finite number, not {brief(repr(seed))}.")
        way = self._way(trace, step)
        units = units.to(trace.images.device)
        groups = units.split(self._group_size(trace, way, local))
        parts = [self._carry(start(trace[step], group, seed, local), trace, way, method, overlap) for group in groups]
        pixels = torch.cat([part.signal for part in parts])
        check_projections(pixels, step, units[:, 0])
        top, left = (torch.cat([getattr(part, at) for part in parts]) for at in ("top", "left"))
        return Patches(pixels, top, left, tuple(trace.images.shape[2:]))

    def _way(self, trace: Trace, step: str) -> list[str]:
        """The steps from `step` down to the pixels; ValueError for a trace of another network."""
        check_layers(trace, self._layers)
        names = list(self._layers)
        return names[: names.index(self._rectified.get(step, step)) + 1][::-1]

    def _carry(self, windows: Windows, trace: Trace, way: list[str], method: str, overlap: str) -> Windows:
        """Undo one step after the other."""
        with undisturbed(self._model, trace.images.device.type):
            for name in way:
                windows = self._down(windows, trace, name, method, overlap)
        return windows

    def _down(self, windows: Windows, trace: Trace, name: str, method: str, overlap: str) -> Windows:
        """Undo one step: from windows on its output to windows on its input."""
        module, below = self._layers[name], trace.before(name)
        if isinstance(module, nn.ReLU):
            signal = windows.signal
            if method != "gradient":
                signal = signal.relu_()
            if method != "deconvnet":
                signal = signal * (windows.under(as_maps(trace[name])) > 0)
            return replace(windows, signal=signal)
        if isinstance(module, nn.Conv2d):
            return filter_back(windows, module, below.shape[2:])
        if isinstance(module, nn.MaxPool2d):
            kernel, stride, pad, _, dilation = pool_numbers(name, module)
            span = (kernel - 1) * dilation + 1
            return unpool_back(windows, trace.switches[name], below.shape[2:], span, stride, pad, overlap)
        if isinstance(module, nn.Linear):
            return replace(windows, signal=(windows.signal.flatten(1) @ module.weight)[:, :, None, None])
        if isinstance(module, nn.Flatten):
            return replace(windows, signal=windows.signal.reshape(-1, *below.shape[1:]))
        if isinstance(module, NORMS) and method != "deconvnet":
            with torch.inference_mode(False), torch.enable_grad():
                x = windows.under(below).requires_grad_()
                return replace(windows, signal=torch.autograd.grad(module(x), x, windows.signal)[0])
        return windows  # dropout, identity; and contrast normalisation, which the deconvnet does not undo

    def _group_size(self, trace: Trace, way: list[str], local: bool) -> int:
        """How many units to take down together."""
        side, largest = 1, 1
        for name in way:
            below = as_maps(trace.before(name))
            module = self._layers[name]
            if isinstance(module, nn.Conv2d | nn.MaxPool2d):
                kernel, stride, dilation = map(single, (module.kernel_size, module.stride, module.dilation))
                side = (side - 1) * stride + (kernel - 1) * dilation + 1
            h, w = below.shape[2:]
            area = min(side, h) * min(side, w) if local and not isinstance(module, nn.Flatten | nn.Linear) else h * w
            largest = max(largest, below.shape[1] * area)
        return max(1, _GROUP_NUMBERS // largest)
