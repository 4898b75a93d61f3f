"""What chapter 6's flickering map measures: a filter's map of a picture, moved and moved back, and how far off it is.

The page computes the same in flicker.js.
"""

from __future__ import annotations

from functools import cache
from math import floor
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from zflib import weights
from zflib.analysis import spectrum
from zflib.analysis.aliasing.shifts import NEIGHBOURS, between
from zflib.data import photograph
from zflib.data.pictures import centre_square, to_array
from zflib.widgets.live.flicker_tiles import WINDOW, first_pixel

NETWORKS = {"AlexNet-mini": "alexnet-mini", "ZFNet-mini": "zfnet-mini"}
PHOTOGRAPHS = {"brick wall": "brick", "cat": "chelsea"}
PLATE = "zone plate"
SIDE = 146  # of the scaled picture, in pixels
MARGIN = (SIDE - WINDOW) // 2


@cache
def filters(network: str) -> tuple[np.ndarray, int, np.ndarray]:
    """A first layer, a filter a map: (48, 3, k, k), its padding, and where each peaks (48, 2), cycles/px."""
    net = weights.load(NETWORKS[network]).cpu()
    bank = net.conv1.weight.detach().numpy()
    angle = np.radians(np.nan_to_num(spectrum.orientations(bank)))
    towards = np.stack([np.cos(angle), np.sin(angle)], axis=1).round(6)
    return bank, net.conv1.padding[0], towards


@cache
def mean() -> np.ndarray:
    """(3,) of the training pictures, which both networks take off; 0 to 255."""
    return weights.load("alexnet-mini").mean.flatten().cpu().double().numpy()


@cache
def picture(name: str) -> np.ndarray:
    """(146, 146, 3) bytes."""
    if name == PLATE:  # from 0 cycles per pixel in the middle to 0.5 in the middle of each side
        at = np.arange(SIDE) - SIDE // 2
        rings = np.floor(128 + 100 * np.cos(np.pi * (at**2 + at[:, None] ** 2) / SIDE))
        return np.repeat(rings[..., None], 3, axis=2).astype(np.uint8)
    return to_array(centre_square(photograph(PHOTOGRAPHS[name]).picture, SIDE))


@cache
def dense(network: str, filter: int, shown: str) -> np.ndarray:
    """What the filter answers at every pixel: (147 - k, 147 - k). A map at any stride and shift is a part of it."""
    weight = torch.from_numpy(filters(network)[0][filter]).double()
    pixels = torch.from_numpy(picture(shown) - mean()).permute(2, 0, 1)
    return F.conv2d(pixels[None], weight[None])[0, 0].numpy()


def sampled(answers: np.ndarray, stride: int, pad: int, top: int, left: int) -> np.ndarray:
    """The map (n, n) of the window that begins at these pixels of the picture, without units that see its padding."""
    kernel, start = SIDE + 1 - len(answers), first_pixel(stride, pad)
    n = (WINDOW - start - kernel) // stride + 1
    rows, columns = (begin + start + stride * np.arange(n) for begin in (top, left))
    return answers[np.ix_(rows, columns)]


def moved_back(values: np.ndarray, down: int, right: int, stride: int) -> tuple[np.ndarray, tuple[slice, slice]]:
    """The map of the moved picture, interpolated where the units of the picture at rest now lie.

    Returns its values and which rows and columns of the map at rest they stand for: where the picture has moved along
    an axis, interpolation needs eight samples and leaves the border out.
    """
    found, places = torch.from_numpy(values), []
    for axis, shift in ((0, down), (1, right)):
        if shift == 0:
            places.append(slice(0, len(values)))
            continue
        ahead, steps = NEIGHBOURS // 2 - 1, floor(shift / stride)
        # Value i lies at sample i + ahead + shift / stride - steps, which is unit i + ahead - steps at rest.
        found = between(found.movedim(axis, -1), shift / stride - steps)
        begin, end = max(0, ahead - steps), min(len(values), ahead - steps + found.shape[-1])
        found = found[..., begin - ahead + steps : end - ahead + steps].movedim(-1, axis)
        places.append(slice(begin, end))
    return found.numpy(), tuple(places)


def difference(rest: np.ndarray, back: np.ndarray) -> tuple[float, float]:
    """Sum of (a - b)^2 and of a^2 + b^2, the maps without their means: what the equivariance error is made of."""
    a, b = rest - rest.mean(), back - back.mean()
    # As `equivariance_error`, which compares the values as they are.
    return float(((rest - back) ** 2).sum()), float((a**2).sum() + (b**2).sum())


def compared(
    network: str, filter: int, picture: str, stride: int, right: int, down: int
) -> tuple[Any, Any, Any, float]:
    """The map of the moved picture, that map moved back, its place in the map at rest, and the error."""
    answers, pad = dense(network, filter, picture), filters(network)[1]
    rest, now = (sampled(answers, stride, pad, MARGIN - y, MARGIN - x) for y, x in ((0, 0), (down, right)))
    back, place = moved_back(now, down, right, stride)
    wrong, energy = difference(rest[place], back)
    return now, back, place, wrong / energy if energy else 0.0
