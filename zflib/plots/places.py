"""Where on a sheet the pictures are: in the dark a page turns its paper and letters over, and the pictures not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

Place = tuple[float, float, float, float]  # left, top, right, bottom


class Sheet(np.ndarray):
    """Pixels (H, W, 3) uint8 of pictures on white; `places` says where, in pixels. What is made of it doesn't know."""

    places: tuple[Place, ...] | None = None

    def __array_finalize__(self, other: object) -> None:
        self.places = None


def placed(pixels: np.ndarray, places: Iterable[Place]) -> Sheet:
    """Pixels that know the places of their pictures."""
    sheet = pixels.view(Sheet)
    sheet.places = tuple(places)
    return sheet


def only(places: Iterable[Place], width: float, height: float) -> str:
    """The places on a box of width x height as CSS's clip-path: one line to each, around it and back."""
    points = [(0, 0)]
    for left, top, right, bottom in places:
        points += [(left, top), (left, bottom), (right, bottom), (right, top), (left, top), (0, 0)]
    return f"polygon({','.join(f'{100 * x / width:.4g}% {100 * y / height:.4g}%' for x, y in points)})"
