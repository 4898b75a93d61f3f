"""Controls for a projection: what would the picture look like if the thing it claims to show were not there?

A deconvnet picture owes much to its switches, whatever the unit (Mahendran & Vedaldi 2016), and may survive the loss
of the weights that the unit learned (Adebayo et al. 2018; Nie et al. 2018). Each control takes one ingredient away, and
the floor takes both the unit and the picture; `zflib.analysis.likeness` says how much is left.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from zflib.arguments import whole
from zflib.deconvnet import DeconvNet, Patches, Trace


def shuffled(trace: Trace, net: nn.Module, seed: int = 0) -> Trace:
    """The same trace with every switch moved to a random position of its own pooling window.

    trace  from `DeconvNet(net).forward`
    net    the network, which knows its windows; positions beyond the border are never drawn

    The signal stays inside the unit's receptive field; what the switches say about the picture is gone.
    """
    generator = torch.Generator().manual_seed(whole("seed", seed))
    moved = {}
    for name, switches in trace.switches.items():
        pool, size = net.get_submodule(name), trace.before(name).shape[2:]
        kernel, stride, pad, dilation = map(_single, (pool.kernel_size, pool.stride, pool.padding, pool.dilation))
        at = []
        for dim, side in zip((2, 3), size, strict=True):
            start = torch.arange(switches.shape[dim]) * stride - pad
            first = -(start.clamp(max=0) // dilation)  # position within the window, the first inside the map
            last = ((side - 1 - start) // dilation).clamp(max=kernel - 1)
            first, last, start = (v[:, None] if dim == 2 else v for v in (first, last, start))
            chance = torch.rand(switches.shape, generator=generator)
            at.append(start + dilation * (first + (chance * (last - first + 1)).long()))
        moved[name] = (at[0] * size[1] + at[1]).to(switches.device)
    return replace(trace, switches=moved)


def randomised(net: nn.Module, layers: Sequence[str], seed: int = 0) -> nn.Module:
    """A copy of a network whose named layers have forgotten what they learned; `net` itself is left alone.

    layers  names of convolutional or linear layers, such as ("conv5", "conv4")

    Their weights are drawn anew from a Gaussian of each layer's own standard deviation, so that activations keep
    their scale; biases are zero. A layer's draw depends on `seed` and its name, not on what else is redrawn.
    Raises ValueError for a name that is not such a layer's, and for a seed that is not whole.
    """
    seed = whole("seed", seed)
    copied = copy.deepcopy(net)
    modules = dict(copied.named_modules())
    known = [name for name, module in modules.items() if isinstance(module, nn.Conv2d | nn.Linear)]
    for name in layers:
        if name not in known:
            raise ValueError(f"There is no layer {name!r} with weights; choose among {', '.join(known)}.")
        generator = torch.Generator().manual_seed(seed * len(known) + known.index(name))
        layer = modules[name]
        with torch.no_grad():
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * layer.weight.std().cpu())
            if layer.bias is not None:
                layer.bias.zero_()
    return copied


def cascade(net: nn.Module, step: str) -> tuple[tuple[str, ...], ...]:
    """Layers to randomise one after the other from `step` down: (conv5,), (conv5, conv4), ... (Adebayo et al. 2018).

    Raises KeyError for an unknown step.
    """
    modules = dict(net.named_modules())
    names = list(modules)[1:]  # without the network itself
    if step not in names:
        raise KeyError(f"There is no step {step!r}; the steps are {', '.join(names)}.")
    below = names[: names.index(step) + 1]
    layers = [name for name in below if isinstance(modules[name], nn.Conv2d | nn.Linear)][::-1]
    return tuple(tuple(layers[: at + 1]) for at in range(len(layers)))


def other_channels(units: Any, maps: int, seed: int = 0) -> Tensor:
    """The same pictures and positions in a random other map.

    units  (U, 4) or (U, 2) whole numbers: picture, channel, ...
    maps   how many the step has

    Raises ValueError where the step has no other map, and for units of another shape or type.
    """
    return _moved(units, 1, whole("maps", maps, 2), seed)


def other_pictures(units: Any, pictures: int, seed: int = 0) -> Tensor:
    """The same maps and positions in a random other picture.

    units     (U, 4) or (U, 2) whole numbers: picture, channel, ...
    pictures  how many the trace holds

    Raises ValueError where there is no other picture, and for units of another shape or type.
    """
    return _moved(units, 0, whole("pictures", pictures, 2), seed)


def _moved(units: Any, column: int, count: int, seed: int) -> Tensor:
    """Units with the number in one column replaced by another of `count`, each as likely."""
    units = torch.as_tensor(units)
    if units.ndim != 2 or units.shape[1] < 2 or units.is_floating_point() or units.is_complex():
        raise ValueError(f"units must be whole numbers of shape (U, 4) or (U, 2), not {units.dtype} {(*units.shape,)}.")
    shift = torch.randint(1, count, (len(units),), generator=torch.Generator().manual_seed(whole("seed", seed)))
    other = units.long().clone()
    other[:, column] = (units[:, column] + shift.to(units.device)) % count
    return other


def control_projections(net: nn.Module, images: Tensor, step: str, units: Any, seed: int = 0) -> dict[str, Patches]:
    """Projections of units, and the same under each control, by name.

    images  (N, 3, H, W)
    units   (U, 4) whole numbers: picture, channel, row, column, of a convolutional step

    Returns Patches of U windows each, all at the units' own places. First the two by two, unit same or other and
    picture same or other, and then what loses its switches or its weights:

    "projection"         this unit, this picture, from the unit's own activation
    "constant seed"      the same, from 1
    "random channel"     another map, this picture
    "random picture"     this map, another picture
    "neither"            another map, another picture: the floor
    "shuffled switches"  see `shuffled`
    "random conv5", "random conv5-conv4", ... down to "random conv5-conv1": see `randomised`

    With one picture there is no other, and neither "random picture" nor "neither". All controls start from a seed of 1:
    another map, another picture's unit, or a random one, may be silent at this position.
    """
    deconv = DeconvNet(net)
    trace = deconv.forward(images, upto=step)
    units = torch.as_tensor(units)
    elsewhere = other_channels(units, trace[step].shape[1], seed)
    found = {
        "projection": deconv.project_units(trace, step, units),
        "constant seed": deconv.project_units(trace, step, units, seed=1),
        "random channel": deconv.project_units(trace, step, elsewhere, seed=1),
    }
    if len(images) > 1:
        for name, some in (("random picture", units), ("neither", elsewhere)):
            found[name] = deconv.project_units(trace, step, other_pictures(some, len(images), seed), seed=1)
    found["shuffled switches"] = deconv.project_units(shuffled(trace, net, seed), step, units, seed=1)
    for layers in cascade(net, step):
        forgetful = DeconvNet(randomised(net, layers, seed))
        name = layers[0] if len(layers) == 1 else f"{layers[0]}-{layers[-1]}"
        found[f"random {name}"] = forgetful.project_units(forgetful.forward(images, upto=step), step, units, seed=1)
    return found


def _single(value: int | tuple[int, ...]) -> int:
    return value[0] if isinstance(value, tuple) else value
