"""How much of its receptive field a unit uses."""

from __future__ import annotations

from typing import Any

import numpy as np

from zflib.arguments import array


def effective_field(projections: Any, share: float = 0.9) -> np.ndarray:
    """The smallest square that holds `share` of a projection's energy, its squared values summed over colour.

    projections  (U, 3, h, w) array or tensor

    Returns (U, 4) int: top, left, bottom, right in pixels of the projection, the last two exclusive. Of several such
    squares the one with the most energy counts, then the first in row order. Where h and w differ, the square is cut
    off at the shorter side. A projection that is zero everywhere has the empty box 0, 0, 0, 0.

    Raises ValueError for another shape, values that are not finite, or a share that is not between 0 and 1.
    """
    values = array("Projections", projections)
    if values.ndim != 4 or 0 in values.shape[1:] or not 0 < share < 1:
        raise ValueError(f"Projections (U, 3, h, w) and a share in (0, 1) are needed, not {values.shape}, {share!r}.")
    return np.array([_smallest(energy, share) for energy in (values**2).sum(1)]).reshape(-1, 4)


def _smallest(energy: np.ndarray, share: float) -> tuple[int, int, int, int]:
    """The square for one map of energy (h, w), by halving: what a square holds, a larger one around it holds too."""
    height, width = energy.shape
    below = np.zeros((height + 1, width + 1))  # energy above and left of each corner: a box's energy in four look-ups
    below[1:, 1:] = energy.cumsum(0).cumsum(1)
    wanted = share * below[-1, -1]
    if wanted == 0:
        return 0, 0, 0, 0

    def held(side: int) -> np.ndarray:
        tall, wide = min(side, height), min(side, width)
        return below[tall:, wide:] - below[:-tall, wide:] - below[tall:, :-wide] + below[:-tall, :-wide]

    small, large = 0, max(height, width)  # too small; large enough
    while large - small > 1:
        middle = (small + large) // 2
        small, large = (small, middle) if held(middle).max() >= wanted else (middle, large)
    best = held(large)
    top, left = divmod(int(best.argmax()), best.shape[1])
    return top, left, top + min(large, height), left + min(large, width)
