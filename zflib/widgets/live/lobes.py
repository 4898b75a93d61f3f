"""The two lobes of a filter's spectrum, before and after the folding of a stride, as the flickering map shows them.

The page draws the same in lobes.js.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from zflib.analysis import spectrum

BLUE, ORANGE = np.array((31, 95, 168)), np.array((179, 71, 0))


def planes(weight: np.ndarray, towards: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """A filter's power in the frequency plane, (N, N, 2), and after folding, (N / s, N / s, 2): its lobe on the side of
    its peak, and the other one, relative to the highest power."""
    side = 2 * ceil((64 / stride - 1) / 2) + 1  # as `aliasing.overlap`, so that a cell is one of its groups
    size = side * stride
    power = spectrum.power(weight[None], size)[0]
    power = power / power.max()
    axis = np.arange(size) - size // 2
    ahead = axis * towards[0] + axis[:, None] * towards[1]
    ours = np.where(ahead > 0, 1.0, np.where(ahead < 0, 0.0, 0.5))
    lobes = np.stack([power * ours, power * (1 - ours)], axis=-1)
    folded = np.zeros((side, side, 2))
    cell = (axis + side // 2) % side
    np.add.at(folded, np.ix_(cell, cell), lobes)
    return lobes, folded


def inked(lobes: np.ndarray) -> np.ndarray:
    """Two powers (n, n, 2) as blue and orange ink on white, (n, n, 3) bytes: the less both are in one place, the purer;
    where they are equal nearly black. Strength is the square root of their sum, relative to the largest."""
    total = lobes.sum(-1, keepdims=True)
    share = lobes[..., :1] / np.maximum(total, 1e-300)
    ink = (share * BLUE + (1 - share) * ORANGE) * (1 - 0.8 * np.minimum(2 * share, 2 - 2 * share))
    strength = np.sqrt(total / total.max())
    return np.floor(255 - strength * (255 - ink) + 0.5).astype(np.uint8)
