"""What a grey square laid over a picture takes from units, and whether a projection points there (`controls`)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from zflib.analysis import correlation
from zflib.deconvnet import DeconvNet, Trace
from zflib.network import ConvNet


def starts(side: int, square: int) -> range:
    """Where squares begin along one side of a picture."""
    return range(0, side - square + 1, square // 2)


@torch.no_grad()
def lost(net: ConvNet, trace: Trace, units: dict[str, Tensor], square: int) -> dict[str, Tensor]:
    """By step (U, n, n): how much of its activation a square of the mean colour, laid over the picture, takes."""
    side = trace.images.shape[3]
    at = starts(side, square)
    found = {step: torch.empty(len(some), len(at), len(at)) for step, some in units.items()}
    deconv, last = DeconvNet(net), list(units)[-1]
    for picture, image in enumerate(trace.images):
        for row, top in enumerate(at):
            covered = image.repeat(len(at), 1, 1, 1)
            for column, left in enumerate(at):
                covered[column, :, top : top + square, left : left + square] = 0
            seen = deconv.forward(covered, upto=last)
            for step, some in units.items():
                for number in torch.nonzero(some[:, 0] == picture)[:, 0].tolist():
                    _, channel, *place = some[number].tolist()
                    now = seen[step][:, channel, place[0], place[1]]
                    found[step][number, row] = trace[step][picture, channel, place[0], place[1]] - now
    return found


def pointing(strong: np.ndarray, taken: np.ndarray, boxes: np.ndarray, square: int) -> np.ndarray:
    """(U,): correlation of magnitude under each square with what the square takes, over squares that touch the field.

    strong  (U, H, W) magnitude
    taken   (U, n, n) from `lost`
    boxes   (U, 4) receptive fields: top, left, bottom, right
    """
    at = np.array(starts(strong.shape[1], square))
    sums = np.pad(strong.cumsum(1).cumsum(2), ((0, 0), (1, 0), (1, 0)))
    low, high = sums[:, at], sums[:, at + square]
    held = high[:, :, at + square] - low[:, :, at + square] - high[:, :, at] + low[:, :, at]
    rows, columns = ((at + square > boxes[:, [first]]) & (at < boxes[:, [last]]) for first, last in ((0, 2), (1, 3)))
    touch = rows[:, :, None] & columns[:, None, :]
    return correlation(held[:, None], taken[:, None], touch[:, None])
