"""What a map responds to: its strongest patches and their projections, side by side (Figure 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from zflib.analysis.top import TopActivations, as_sequence, prepared
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


def responses(
    net: ConvNet, pictures: Any, top: TopActivations, channel: int, *, method: str = "deconvnet"
) -> Responses:
    """The strongest patches of one map and their projections.

    pictures  those that `top` was made from
    method    as in `DeconvNet.project`

    Raises ValueError for a map that is above 0 on no picture, and for a map that does not exist.
    """
    if not 0 <= whole("channel", channel) < len(top.dead):
        raise ValueError(f"{top.step} has no map {channel}; it has maps 0 to {len(top.dead) - 1}.")
    if top.dead[channel]:
        raise ValueError(f"Map {channel} of {top.step} is above 0 on none of the {top.pictures:,} pictures.")
    items, active = as_sequence(pictures), top.active[channel]
    numbers, at = np.unique(top.picture[channel][active], return_inverse=True)  # one may hold several of the units
    images = torch.stack([prepared(net, items[int(number)], top.size) for number in numbers])
    at, row, column = (torch.from_numpy(v) for v in (at, top.row[channel][active], top.column[channel][active]))
    units = torch.stack([at, torch.full_like(row, channel), row, column], dim=1)
    deconv, boxes = DeconvNet(net), top.box[channel][active]
    trace = deconv.forward(images, upto=top.step)
    projections = on_boxes(
        deconv.project_units(trace, top.step, units[:, : trace[top.step].ndim], method=method), boxes
    )
    black = prepared(net, Image.new("RGB", (top.size, top.size)), top.size)
    grey = -black.mean((1, 2), keepdim=True)
    patches = torch.stack([_cut(images[p] - black - grey, box) for p, box in zip(at, boxes, strict=True)]) + grey
    patches = patches.clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy()
    return Responses(patches, projections, boxes, trace, units)


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
    return torch.stack([_cut(projected.paste(at).cpu(), box) for at, box in enumerate(boxes)]).numpy()


def _cut(picture: Tensor, box: Any) -> Tensor:
    """What a box cuts out of a picture (3, H, W); zero beyond the border."""
    top, left, bottom, right = map(int, box)
    height, width = picture.shape[1:]
    cut = picture.new_zeros(picture.shape[0], bottom - top, right - left)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    cut[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = picture[:, rows, columns]
    return cut
