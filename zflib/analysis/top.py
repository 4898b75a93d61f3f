"""The pictures that excite each map most, as Figure 2 shows them; found in one pass, whatever the data set's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zflib.analysis.sources import check_memory, check_network, prepared_batches
from zflib.analysis.views import Views
from zflib.architecture import Step
from zflib.arguments import brief, whole
from zflib.deconvnet import DeconvNet
from zflib.deconvnet.trace import NotFinite
from zflib.network import ConvNet


@dataclass(frozen=True)
class TopActivations:
    """For each of C maps of a step its k strongest units over a set of pictures, strongest first.

    picture     (C, k) int     number of the picture, or of the view, in the set
    row         (C, k) int     of the unit in its map
    column      (C, k) int
    value       (C, k) float   the activation
    box         (C, k, 4) int  top, left, bottom, right of the unit's theoretical receptive field in pixels of the
                               prepared picture, the last two exclusive; it may reach beyond the border
    step        name of the step
    size        side S of the prepared pictures: `net.preprocess(picture, size=S)`
    pictures    how many pictures, or views, were seen
    unreadable  what could not be read and was passed over, one message each

    After a ReLU, entries that are not `active` have value 0 and mean nothing. Those of fc8, which has none, are logits.
    """

    picture: np.ndarray
    row: np.ndarray
    column: np.ndarray
    value: np.ndarray
    box: np.ndarray
    step: str
    size: int
    pictures: int
    unreadable: tuple[str, ...]

    @property
    def active(self) -> np.ndarray:
        """(C, k) bool: which entries are activations above 0."""
        return self.value > 0

    @property
    def dead(self) -> np.ndarray:
        """(C,) bool: maps that are above 0 on no picture. Of fc8 that only says that all logits are negative."""
        return ~self.active[:, 0]


class TooFew(ValueError):
    """The pictures hold fewer units than were asked for; `unreadable` are the messages about those left out."""

    def __init__(self, message: str, unreadable: Sequence[str]) -> None:
        super().__init__(message)
        self.unreadable = tuple(unreadable)


def top_activations(
    net: ConvNet,
    pictures: Any,
    step: str | Sequence[str],
    k: int = 9,
    *,
    size: int | None = None,
    per_picture: int = 1,
    batch_size: int = 16,
    progress: str = "",
) -> TopActivations | dict[str, TopActivations]:
    """The k strongest units of every map of a step over a set of pictures (Section 4, Figure 2).

    pictures     a `PictureSet`, a `Gallery`, or any sequence whose items are pictures or (picture, label), as
                 torchvision's data sets are; or `Views` of such pictures, at several scales
    step         a name such as "conv3"; or several names: one pass serves them all, and a dict by name comes back
    size         side of the prepared pictures in pixels; the network's own when left out. The convolutional steps
                 take any size, and deep ones want room: conv5 of ZFNet sees 139 pixels.
    per_picture  how many units of one picture may count: one, the paper's way, or with a few large photographs
                 several, whose receptive fields do not overlap. Of views it is one picture's units over all of them,
                 and fields are compared where they lie on the picture, in its own pixels.
    progress     words for a progress bar; none when left out

    Memory does not grow with the number of pictures. Of equal activations the earlier picture comes first, then the
    earlier row. A picture that can't be read is warned about, counted and passed over.

    Raises ValueError when the pictures hold fewer than k separate units (`TooFew`), for a size that a step can't take
    or the memory can't hold, and where an activation overflows or is NaN, naming picture and step; TypeError for
    another kind of network, and where the first item is no picture; KeyError for an unknown step.
    """
    check_network(net)
    steps = (step,) if isinstance(step, str) else tuple(step)
    for name, value in (("k", k), ("per_picture", per_picture), ("batch_size", batch_size)):
        whole(name, value, 1)
    side = net.architecture.input_size if size is None else size
    geometry = {s.name: s for s in net.architecture.geometry(side)}
    for name in steps:
        if name not in geometry:
            raise KeyError(f"There is no step {brief(repr(name))}; the steps are {', '.join(geometry)}.")
    upto = max(steps, key=list(geometry).index)
    check_memory(net, side, batch_size, upto)
    kind = _OfPictures if isinstance(pictures, Views) else _OfEach
    deconv, best = DeconvNet(net), {name: _Strongest(geometry[name].maps, k) for name in steps}
    peaks = {name: kind(best[name], geometry[name], per_picture, pictures, side) for name in steps}
    seen, unreadable = 0, []
    for numbers, images in prepared_batches(net, pictures, side, batch_size, unreadable, progress):
        try:
            trace = deconv.forward(images, upto=upto)
        except NotFinite as error:
            raise NotFinite(error.step, int(numbers[error.picture]), error.dtype) from None
        seen += len(numbers)
        for name in steps:
            peaks[name].add(numbers, trace[name])
    found = {}
    for name in steps:
        peaks[name].end()
        if (best[name].value == -torch.inf).any():
            lost = f" {len(unreadable)} could not be read; the first: {unreadable[0]}" if unreadable else ""
            what = f"{seen} views of {len(set(pictures.picture))}" if isinstance(pictures, Views) else seen
            raise TooFew(
                f"{what} pictures with at most {per_picture} separate units each don't hold k = {k} of {name}. "
                f"Give more pictures, a smaller k or a larger per_picture.{lost}",
                unreadable,
            )
        value, picture, row, column = (v.numpy() for v in best[name].entries)
        box = np.stack(np.vectorize(geometry[name].box)(row, column), axis=-1)
        found[name] = TopActivations(picture, row, column, value, box, name, side, seen, tuple(unreadable))
    return found[step] if isinstance(step, str) else found


class _OfEach:
    """Hands on the strongest units of each picture, apart from each other."""

    def __init__(self, best: _Strongest, step: Step, count: int, pictures: Any, size: int) -> None:
        self.best, self.count, self.apart = best, count, ceil(step.receptive_field / step.jump)

    def add(self, numbers: Tensor, values: Tensor) -> None:
        self.best.add(numbers[:, None, None], *_peaks(values, self.count, self.apart))

    def end(self) -> None:
        pass


class _OfPictures:
    """Hands on the strongest units of each picture over all of its views, apart from each other on the picture."""

    def __init__(self, best: _Strongest, step: Step, count: int, views: Views, size: int) -> None:
        self.best, self.step, self.count, self.views, self.size = best, step, count, views, size
        self.held: dict[int, Tensor] = {}  # maps of one picture's views so far, by number

    def add(self, numbers: Tensor, values: Tensor) -> None:
        for number, maps in zip(numbers.tolist(), values, strict=True):
            if self.held and self.views.picture[number] != self.views.picture[next(iter(self.held))]:
                self.end()
            self.held[number] = maps.cpu()

    def end(self) -> None:
        """No more views of this picture come."""
        if not self.held:
            return
        values = [maps.reshape(len(maps), *(maps.shape[1:] or (1, 1))).clone() for maps in self.held.values()]
        numbers, every, side = np.array([*self.held]), torch.arange(len(values[0])), values[0].shape[2]
        rows, columns = self._places(numbers, side)
        for _ in range(self.count):
            strongest = [maps.flatten(1).max(1) for maps in values]
            value, view = torch.stack([each.values for each in strongest]).max(0)  # (C,)
            place = torch.stack([each.indices for each in strongest])[view, every]
            row, column = place // side, place % side
            self.best.add(*(v[None, :, None] for v in (torch.from_numpy(numbers)[view], value, row, column)))
            down, across = rows[view, row], columns[view, column]  # (C, 2)
            for maps, high, wide in zip(values, rows, columns, strict=True):
                maps.masked_fill_(_meets(down, high)[:, :, None] & _meets(across, wide)[:, None, :], -torch.inf)
        self.held = {}

    def _places(self, numbers: np.ndarray, side: int) -> tuple[Tensor, Tensor]:
        """Where the fields of a view's rows, and of its columns, begin and end on the picture: (views, side, 2)."""
        boxes = np.array([self.step.box(at, at) for at in range(side)])
        views = np.repeat(numbers[:, None], side, axis=1)
        on = self.views.on_picture(views, np.broadcast_to(boxes, (*views.shape, 4)), self.size)
        return torch.from_numpy(on[..., [0, 2]]), torch.from_numpy(on[..., [1, 3]])


def _meets(one: Tensor, others: Tensor) -> Tensor:
    """Which of n stretches (n, 2) each of C stretches (C, 2) shares some length with: (C, n)."""
    shared = torch.minimum(one[:, None, 1], others[:, 1]) - torch.maximum(one[:, None, 0], others[:, 0])
    return shared > 1e-6  # pixels: places are rounded


def _peaks(values: Tensor, count: int, apart: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of each map the strongest unit, then the strongest one at least `apart` rows or columns away from it, and so on.

    values  (N, C, h, w), or (N, C) of a fully connected step

    Returns value, row and column, each (N, C, count); where no unit is left the value is minus infinity.
    """
    maps = values[:, :, None, None] if values.ndim == 2 else values
    h, w = maps.shape[2:]
    rest = maps.flatten(2) if count == 1 else maps.flatten(2).clone()
    rows, columns = torch.arange(h, device=maps.device), torch.arange(w, device=maps.device)
    found = []
    for _ in range(count):
        at = rest.argmax(2, keepdim=True)
        row, column = at // w, at % w
        found.append((rest.gather(2, at), row, column))
        if count > 1:
            near = ((rows - row).abs() < apart)[..., :, None] & ((columns - column).abs() < apart)[..., None, :]
            rest.masked_fill_(near.flatten(2), -torch.inf)
    value, row, column = (torch.cat(parts, dim=2).cpu() for parts in zip(*found, strict=True))
    return value, row, column


class _Strongest:
    """The k largest values per map among all that were added, each with its picture, row and column."""

    def __init__(self, maps: int, k: int) -> None:
        self.k = k
        nowhere = torch.zeros(maps, k, dtype=torch.int64)
        self.entries = (torch.full((maps, k), -torch.inf), nowhere, nowhere, nowhere)

    @property
    def value(self) -> Tensor:
        return self.entries[0]

    def add(self, numbers: Tensor, value: Tensor, row: Tensor, column: Tensor) -> None:
        """value, row and column (N, C, count); numbers, of the pictures, of a shape that broadcasts to theirs."""
        new = (value, numbers.expand_as(value), row, column)
        joined = [torch.cat([old, n.transpose(0, 1).flatten(1)], 1) for old, n in zip(self.entries, new, strict=True)]
        order = joined[0].argsort(dim=1, descending=True, stable=True)[:, : self.k]  # stable: earlier pictures first
        self.entries = tuple(j.gather(1, order) for j in joined)
