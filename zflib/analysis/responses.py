"""What a map responds to: its strongest patches and their projections, side by side (Figure 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from zflib.analysis.sources import as_sequence, check_network, prepared
from zflib.analysis.top import TopActivations
from zflib.arguments import whole
from zflib.deconvnet import DeconvNet, Patches, Trace
from zflib.network import ConvNet


@dataclass(frozen=True)
class Responses:
    """The u strongest active units of one map; f is the side of their theoretical receptive field.

    patches      (u, f, f, 3) uint8    what the receptive field holds; beyond the border the network's mean colour,
                                       which stands for the zeros of its padding
    projections  (u, 3, f, f) float32  the same window, signed
    boxes        (u, 4)                that window: top, left, bottom, right in pixels of the prepared picture
    trace        Trace                 of the prepared pictures, to project the units in other ways
    units        (u, 4)                number of the picture in the trace, channel, row, column
    """

    patches: np.ndarray
    projections: np.ndarray
    boxes: np.ndarray
    trace: Trace
    units: Tensor


class Traces:
    """Traces of single pictures, each made when it is first asked for: one picture is among the strongest of many maps.

    net, pictures, size  as `top_activations` takes them
    upto                 the last step that a trace reaches
    keep                 how many traces are held, those that were asked for last
    """

    def __init__(self, net: ConvNet, pictures: Any, size: int, upto: str, keep: int = 32) -> None:
        check_network(net)
        items, self.net, self.size, self.deconv = as_sequence(pictures), net, size, DeconvNet(net)
        self._count = len(items)

        @lru_cache(maxsize=keep)
        def one(number: int) -> Trace:
            return self.deconv.forward(prepared(net, items[number], size)[None], upto)

        self._one = one

    def together(self, numbers: Iterable[int], upto: str) -> Trace:
        """One trace of several pictures, up to a step; KeyError for one that is not reached, ValueError for a picture
        that is not there."""
        numbers = [int(number) for number in numbers]
        if missing := [number for number in numbers if not 0 <= number < self._count]:
            raise ValueError(f"There is no picture {missing[0]} among {self._count}. {_SAME}")
        each = [self._one(number) for number in numbers]
        top, steps = each[0][upto], list(each[0].activations)
        # With the rectification of that step, whose values stand for the step's own.
        steps = steps[: max(at for at, step in enumerate(steps) if each[0][step] is top) + 1]
        return Trace(
            torch.cat([trace.images for trace in each]),
            {step: torch.cat([trace[step] for trace in each]) for step in steps},
            {step: torch.cat([trace.switches[step] for trace in each]) for step in steps if step in each[0].switches},
            each[0].layers,
        )


def responses(
    net: ConvNet,
    pictures: Any,
    top: TopActivations,
    channel: int,
    *,
    method: str = "deconvnet",
    traces: Traces | None = None,
) -> Responses:
    """The strongest patches of one map and their projections.

    pictures  those that `top` was made from
    method    as in `DeconvNet.project`
    traces    of these pictures, kept from one map to the next; made for this map alone where left out

    Raises ValueError for a map that is above 0 on no picture, for a map that does not exist, for traces of another
    network or size, and where a picture excites the map otherwise than `top` says, as random crops do.
    """
    if not 0 <= whole("channel", channel) < len(top.dead):
        raise ValueError(f"{top.step} has no map {channel}; it has maps 0 to {len(top.dead) - 1}.")
    if top.dead[channel]:
        raise ValueError(f"Map {channel} of {top.step} is above 0 on none of the {top.pictures:,} pictures.")
    traces = traces or Traces(net, pictures, top.size, top.step)
    if traces.net is not net or traces.size != top.size:
        raise ValueError(f"The traces are of another network, or of pictures of {traces.size} px and not {top.size}.")
    active = top.active[channel]
    numbers, at = np.unique(top.picture[channel][active], return_inverse=True)  # one may hold several of the units
    trace = traces.together(numbers, top.step)
    at, row, column = (torch.from_numpy(v) for v in (at, top.row[channel][active], top.column[channel][active]))
    units = torch.stack([at, torch.full_like(row, channel), row, column], dim=1)
    boxes = top.box[channel][active]
    depth = trace[top.step].ndim
    projected = traces.deconv.project_units(trace, top.step, units[:, :depth], method=method)
    _check_values(trace[top.step][tuple(units[:, :depth].T)], top, channel)
    projections = on_boxes(projected, boxes)
    black = prepared(net, Image.new("RGB", (top.size, top.size)), top.size)
    grey = -black.mean((1, 2), keepdim=True)
    images = trace.images.cpu().float() - black - grey
    patches = torch.stack([_cut(images[p], box) for p, box in zip(at, boxes, strict=True)]) + grey
    patches = patches.clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy()
    return Responses(patches, projections, boxes, trace, units)


_SAME = "Give the network and the pictures that `top` was made from, without random crops or flips."


def _check_values(found: Tensor, top: TopActivations, channel: int) -> None:
    """Raise ValueError where activations (u,) are not those recorded, but for rounding: batches are of other sizes."""
    active = top.active[channel]
    recorded = torch.from_numpy(top.value[channel][active].astype(np.float64))
    tolerance = 0.1 if found.itemsize < 4 else 0.01
    off = (found.cpu().double() - recorded).abs() > tolerance * recorded.max()
    if off.any():
        at = int(off.nonzero()[0])
        raise ValueError(
            f"Picture {top.picture[channel][active][at]} excited map {channel} of {top.step} by {recorded[at]:.3g} and "
            f"now does by {found[at]:.3g}. {_SAME}"
        )


def on_boxes(projected: Patches, boxes: Any) -> np.ndarray:
    """Projections on boxes of one size, whatever window each was computed in; zero beyond the picture's border.

    boxes  (U, 4) whole numbers: top, left, bottom, right

    Returns (U, 3, h, w). Raises ValueError unless there is one box for each projection, all of one size.
    """
    boxes = np.asarray(boxes)
    if boxes.shape != (len(projected), 4) or boxes.dtype.kind not in "iu" or not len(boxes):
        raise ValueError(
            f"boxes must be whole numbers of shape ({len(projected)}, 4), not {boxes.dtype} {boxes.shape}."
        )
    sides = boxes[:, 2:] - boxes[:, :2]
    if (sides < 1).any() or (sides != sides[0]).any():
        raise ValueError(
            "boxes must have one size, at least a pixel: top, left, bottom, right, the last two exclusive."
        )
    cut = torch.stack([_cut(projected.paste(at).cpu(), box) for at, box in enumerate(boxes)])
    return (cut.float() if cut.itemsize < 4 else cut).numpy()  # NumPy has no bfloat16


def _cut(picture: Tensor, box: Any) -> Tensor:
    """What a box cuts out of a picture (3, H, W); zero beyond the border."""
    top, left, bottom, right = map(int, box)
    height, width = picture.shape[1:]
    cut = picture.new_zeros(picture.shape[0], bottom - top, right - left)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    cut[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = picture[:, rows, columns]
    return cut
