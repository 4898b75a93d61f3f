"""One unit as pages and figures show it: on a square of its picture, and how alike two projections are."""

from __future__ import annotations

import numpy as np

from zflib.analysis.likeness import correlation, magnitude
from zflib.architecture import Step
from zflib.plots.pictures import signed

CLIP = 0.995  # of a projection's magnitudes, as draw.js


def field(step: Step, unit: tuple[int, int, int], side: int) -> tuple[slice, slice]:
    """Rows and columns of a picture of `side` pixels that lie in the field of a unit (map, row, column)."""
    top, left, bottom, right = (min(max(0, at), side) for at in step.box(*unit[1:]))
    return slice(top, bottom), slice(left, right)


def square(step: Step, unit: tuple[int, int, int], side: int) -> tuple[slice, slice]:
    """Rows and columns on which the unit is shown: as many as its field has, moved inside where that reaches beyond
    the border."""
    size = min(step.receptive_field, side)
    top, left = (min(max(0, at), side - size) for at in step.box(*unit[1:])[:2])
    return slice(top, top + size), slice(left, left + size)


def drawn(projection: np.ndarray, step: Step, unit: tuple[int, int, int]) -> np.ndarray:
    """A projection (3, S, S) on the unit's square: (h, w, 3) uint8, clipped by what its field holds."""
    side = projection.shape[-1]
    largest = float(np.quantile(np.abs(projection[:, *field(step, unit, side)]), CLIP))
    return signed(projection[:, *square(step, unit, side)], largest or None)


def alike(one: np.ndarray, other: np.ndarray, step: Step, unit: tuple[int, int, int], measure: str = "signed") -> float:
    """Correlation of two projections (3, S, S), "signed" or by "magnitude", over the part of the unit's field that lies
    on the picture; as `zflib.analysis.likeness.likeness`."""
    inside = field(step, unit, one.shape[-1])
    pair = (each[:, *inside] for each in (one, other))
    return float(correlation(*(map(magnitude, pair) if measure == "magnitude" else pair)))
