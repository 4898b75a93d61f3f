"""What chapter 6's flickering map draws in its tiles: a map on the picture's pixels, and the curve of errors.

The page draws the same in flicker.js.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from zflib.plots.words import true_minus

WINDOW, MOST = 128, 8  # of what the filter sees, in pixels; the farthest shift


def first_pixel(stride: int, pad: int) -> int:
    """Where, in the window, the first unit begins to look that sees no padding."""
    return ceil(pad / stride) * stride - pad


def spread(values: np.ndarray, stride: int, kernel: int, pad: int, most: float) -> np.ndarray:
    """A map on the window's pixels (128, 128, 2), grey and opacity: squares where its units look; mid-grey is zero."""
    out = np.zeros((WINDOW, WINDOW, 2), np.uint8)
    begin = first_pixel(stride, pad) + (kernel - stride) // 2
    grey = np.floor(127.5 + 127.5 * np.clip(values / most, -1, 1) + 0.5)
    for (i, j), level in np.ndenumerate(grey):
        if level == level:
            y, x = begin + stride * i, begin + stride * j
            out[y : y + stride, x : x + stride] = level, 255
    return out


def curve(errors: Sequence[float], right: int) -> str:
    """Errors after all shifts to the right, as SVG, with the present one marked."""

    def place(at: int) -> tuple[int, int]:
        return 20 + 15 * (at + MOST), floor(240 - 110 * min(errors[at + MOST], 2) + 0.5)

    points = " ".join(f"{x},{y}" for x, y in map(place, range(-MOST, MOST + 1)))
    line = '<line x1="20" x2="260" y1="{y}" y2="{y}"/><text x="2" y="{below}">{level}</text>'
    lines = "".join(line.format(y=240 - 110 * level, below=245 - 110 * level, level=level) for level in (0, 1, 2))
    tick = '<text x="{}" y="262" text-anchor="middle">{}</text>'
    ticks = "".join(tick.format(place(at)[0], true_minus(str(at))) for at in (-8, -4, 0, 4, 8))
    label = f"Error {errors[right + MOST]:.2f} at {right} pixels"
    marked = '<polyline points="{}"/><circle cx="{}" cy="{}" r="6"/>'.format(points, *place(right))
    return f'<svg viewBox="0 0 276 268" role="img" aria-label="{label}">{lines}{ticks}{marked}</svg>'
