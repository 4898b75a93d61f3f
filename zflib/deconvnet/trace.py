"""What a forward pass leaves behind, and whether it is all finite numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn

from zflib.arguments import brief


@dataclass(frozen=True)
class Trace:
    """What a forward pass leaves behind: everything that the way down needs.

    images       (N, C, H, W)  what the network saw
    activations  by step name; a convolution or linear step that a ReLU follows holds the value after it
    switches     by name of the pooling step: (N, C, h, w) flat positions of the maxima
    layers       weak references to the layers that made it, by which a `DeconvNet` knows its own traces
    """

    images: Tensor
    activations: dict[str, Tensor]
    switches: dict[str, Tensor]
    layers: tuple[ref[nn.Module], ...] = field(default=(), repr=False, compare=False)

    def __getitem__(self, step: str) -> Tensor:
        if step not in self.activations:
            raise KeyError(f"There is no step {brief(repr(step))}; the steps are {', '.join(self.activations)}.")
        return self.activations[step]

    def before(self, step: str) -> Tensor:
        """The activations of the step below, as `trace[...]` gives them; the images for the first step."""
        self[step]  # raises KeyError for an unknown one
        names = list(self.activations)
        at = names.index(step)
        return self.activations[names[at - 1]] if at else self.images

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"layers": ()}  # weak references can't be pickled, and a copy's layers are others


_REMEDY = "Look at the weights, or take a type with more room: net.float()."


class NotFinite(ValueError):
    """Activations overflowed or come of NaN.

    step     where it began
    picture  number of the first such picture in the trace
    """

    def __init__(self, step: str, picture: int, dtype: torch.dtype) -> None:
        self.step, self.picture, self.dtype = step, picture, dtype
        super().__init__(f"Picture {picture} gives NaN or infinity in {step}, in {_name(dtype)}. {_REMEDY}")


def check_layers(trace: Trace, layers: Mapping[str, nn.Module]) -> None:
    """Raise ValueError unless a trace went through these layers."""
    if list(trace.activations) != list(layers)[: len(trace.activations)]:
        raise ValueError("This trace is of a network with other steps; make one with this DeconvNet's forward.")
    if any(made() is not now for made, now in zip(trace.layers, layers.values(), strict=False)):
        raise ValueError("This trace went through other layers; make one with this DeconvNet's forward.")


def check_finite(trace: Trace, steps: Iterable[str]) -> None:
    """Raise NotFinite unless the activations of these steps are finite numbers."""
    # A sum reads each map once; what is not finite stays so in it.
    sums = [_sum(trace.activations[step]) for step in steps]
    if not sums or torch.isfinite(torch.stack(sums)).all():
        return
    for step, values in trace.activations.items():
        bad = ~torch.isfinite(values.flatten(1)).all(1)
        if bad.any():
            raise NotFinite(step, int(bad.nonzero()[0]), values.dtype)


def check_projections(pixels: Tensor, step: str, pictures: Tensor) -> None:
    """Raise ValueError unless projections (U, 3, h, w) from a step on these pictures (U,) are finite numbers."""
    if torch.isfinite(_sum(pixels)):
        return
    bad = ~torch.isfinite(pixels.flatten(1)).all(1)
    if bad.any():
        raise ValueError(
            f"A projection from {step} on picture {int(pictures[bad.nonzero()[0]])} holds NaN or infinity, in "
            f"{_name(pixels.dtype)}. {_REMEDY}"
        )


def _sum(values: Tensor) -> Tensor:
    return values.sum(dtype=torch.float32 if values.itemsize < 4 else None)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
