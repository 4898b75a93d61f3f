"""Views of pictures at several scales: with few pictures, a map can still find what it likes at its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from PIL import Image

from zflib.analysis.sources import as_sequence, picture_of
from zflib.arguments import array, number, whole
from zflib.data.pictures import to_rgb
from zflib.network import resized


class Views(Sequence):
    """Square views of pictures, at several scales and in several places; a sequence of RGB PIL pictures.

    pictures  as `top_activations` takes them; each is read once here, for its size
    scales    how many times the side of a view goes into the shorter side of its picture, from 1 on. A network that
              takes S pixels sees the whole square at 1; at 2 it sees a quarter of it, everything twice as large.
    overlap   the share of its side that a view has in common with the next one, at least; in [0, 1)

    Along each axis the views of a scale are spread evenly, from border to border. They come picture by picture, then
    by scale, then by row and column:

    picture  (V,) int    which picture each is a view of
    scale    (V,) float
    box      (V, 4) int  top, left, bottom, right in that picture's own pixels, the last two exclusive

    Raises ValueError for no scale, one below 1 or so large that a view has no pixel, and another overlap; what is no
    picture raises as `zflib.data` does.
    """

    def __init__(self, pictures: Any, scales: Sequence[float] = (1, 1.4, 2), overlap: float = 0) -> None:
        scales = array("scales", scales)
        if scales.ndim != 1 or not len(scales) or scales.min() < 1:
            raise ValueError(f"scales must be numbers of at least 1, not {scales.tolist()}.")
        if not 0 <= number("overlap", overlap) < 1:
            raise ValueError(f"overlap must be a share in [0, 1), not {overlap}.")
        items = as_sequence(pictures)

        @lru_cache(maxsize=1)  # the views of a picture are asked for one after the other
        def one(at: int) -> Image.Image:
            return to_rgb(picture_of(items[at]))

        self._picture_at, found = one, []
        for at in range(len(items)):
            for scale in scales:
                found += [(at, scale, *box) for box in _boxes(*one(at).size, scale, overlap)]
        table = np.array(found).reshape(-1, 6)
        self.picture, self.scale, self.box = table[:, 0].astype(int), table[:, 1], table[:, 2:].astype(int)

    def __len__(self) -> int:
        return len(self.picture)

    def __getitem__(self, at: int) -> Image.Image:
        if not -len(self) <= at < len(self):
            raise IndexError(f"There is no view {at} among {len(self)}.")
        top, left, bottom, right = map(int, self.box[at])
        return self._picture_at(int(self.picture[at])).crop((left, top, right, bottom))

    def on_picture(self, views: Any, boxes: Any, size: int) -> np.ndarray:
        """Boxes on views as boxes on the pictures that they are views of, in those pictures' own pixels.

        views  (...) int     numbers of views, as in `TopActivations.picture`
        boxes  (..., 4)      top, left, bottom, right in pixels of the prepared view, as in `TopActivations.box`
        size   the side of the prepared views: what `net.preprocess` keeps is the middle of a view

        Returns (..., 4) float. Raises ValueError for shapes that don't fit, and for a view that is not there.
        """
        views, boxes = np.asarray(views), array("boxes", boxes)
        if boxes.shape != (*views.shape, 4) or views.dtype.kind not in "iu":
            raise ValueError(
                f"views must be whole numbers, and boxes four numbers for each, not {views.dtype} {views.shape} and "
                f"{boxes.shape}."
            )
        if views.size and not 0 <= views.min() <= views.max() < len(self):
            raise ValueError(f"There is no view {views.max() if views.min() >= 0 else views.min()} among {len(self)}.")
        scaled, place = resized(whole("size", size, 1)), self.box[views]
        pixel = (place[..., 2] - place[..., 0])[..., None] / scaled
        return place[..., [0, 1, 0, 1]] + (boxes + (scaled - size) // 2) * pixel


def _boxes(width: int, height: int, scale: float, overlap: float) -> list[tuple[int, int, int, int]]:
    side = round(min(width, height) / scale)
    if not side:
        raise ValueError(f"At a scale of {scale:g} a view of {width} x {height} pixels has none.")
    rows, columns = (_starts(length, side, overlap) for length in (height, width))
    return [(top, left, top + side, left + side) for top in rows for left in columns]


def _starts(length: int, side: int, overlap: float) -> list[int]:
    """Where the fewest views of one side begin that cover a length, with that overlap."""
    count = 1 + ceil((length - side) / max(side * (1 - overlap), 1) - 1e-9)
    return [round(start) for start in np.linspace(0, length - side, count)]
