"""Frequencies of the pictures that a network learns from: what they lack, its filters need not have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zflib.analysis.sources import as_sequence, picture_of
from zflib.analysis.spectrum.filters import SIZE, as_edges, frequencies, power, rings
from zflib.data.pictures import to_array

EDGES = tuple(n / 40 for n in range(21))  # cycles per pixel


@dataclass(frozen=True)
class PictureSpectrum:
    """The mean power spectrum of pictures, in squared grey levels (0 to 255), colours added up.

    power       (SIZE, SIZE) axes as for `power` of filters; it sums to the variance of a pixel within its tile
    edges       (bands + 1,) cycles per pixel
    radial      (bands,) power per unit area of the frequency plane in each ring
    horizontal  share of the power up to 0.5 cycles per pixel in waves along the rows (upright stripes), 22.5 degrees to
                either side; 0.25 where no direction is preferred, NaN where nothing varies
    vertical    the same for waves down the columns
    tiles       how many tiles the mean is over
    """

    power: np.ndarray
    edges: np.ndarray
    radial: np.ndarray
    horizontal: float
    vertical: float
    tiles: int


def of_pictures(pictures: Any, edges: Any = EDGES) -> PictureSpectrum:
    """The mean spectrum of pictures by Welch's method, on the grid that filters have.

    pictures  a `PictureSet`, a `Gallery` or a sequence of pictures, PIL or arrays (H, W, 3); or (picture, label)
    edges     (bands + 1,) cycles per pixel, of the rings

    Each picture is cut into tiles of 64 x 64 pixels, from its top left corner. A tile loses its mean colour and fades
    to its border under a Hann window, without which the border would look like an edge; the window smears a frequency
    over about 2/64 cycles per pixel. Pass pictures as the network sees them: scaling moves their frequencies.

    Raises ValueError for a picture smaller than a tile, and for none at all.
    """
    edges = as_edges(edges)
    fade = np.hanning(SIZE + 1)[:-1]
    window = np.outer(fade, fade)
    total, tiles = np.zeros((SIZE, SIZE)), 0
    for at, item in enumerate(as_sequence(pictures)):
        pixels = to_array(picture_of(item)).astype(np.float64)
        down, across = pixels.shape[0] // SIZE, pixels.shape[1] // SIZE
        if not down * across:
            raise ValueError(
                f"Picture {at} is {pixels.shape[1]} x {pixels.shape[0]} pixels; {SIZE} x {SIZE} are needed."
            )
        cut = pixels[: down * SIZE, : across * SIZE].reshape(down, SIZE, across, SIZE, 3)
        cut = cut.transpose(0, 2, 4, 1, 3).reshape(-1, 3, SIZE, SIZE)
        mean = (cut * window).sum((2, 3), keepdims=True) / window.sum()
        total += power((cut - mean) * window).sum(0)
        tiles += len(cut)
    if not tiles:
        raise ValueError("There are no pictures to measure.")
    mean = total / tiles / (window**2).sum()
    in_ring = rings(edges)
    fx, fy = np.meshgrid(frequencies(), frequencies())
    angle = np.degrees(np.arctan2(fy, fx)) % 180
    disc = np.where(np.hypot(fx, fy) <= 0.5, mean, 0)
    along_rows = disc[np.minimum(angle, 180 - angle) < 22.5].sum()
    down_columns = disc[np.abs(angle - 90) < 22.5].sum()
    whole = disc.sum() if disc.sum() > _ROUNDING else np.nan
    return PictureSpectrum(
        power=mean,
        edges=edges,
        radial=in_ring @ mean.ravel() * (SIZE**2 / in_ring.sum(1)),
        horizontal=float(along_rows / whole),
        vertical=float(down_columns / whole),
        tiles=tiles,
    )


_ROUNDING = 1e-9  # squared grey levels; what is left of a picture of one colour
