"""The folding law: where a frequency goes when only every s-th position is kept, and when that does harm.

Samples s pixels apart carry at most 1/(2s) cycles per pixel, Nyquist's limit. Faster waves don't vanish: each component
f takes the place of f - k/s, for the whole k that brings it within the limit, and from the samples nobody can tell
the two apart.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np


def fold(frequency: Any, stride: int) -> np.ndarray:
    """Where each frequency lands under a stride: f - round(f s) / s, its sign kept.

    frequency  (...) cycles per input pixel: one, or (..., 2) components fx and fy, which fold each for itself
    stride     s, in pixels

    Returns the same shape, in cycles per input pixel, from -1/(2s) to 1/(2s); what lies there already stays. The two
    ends are one and the same wave to the samples: a frequency that folds onto Nyquist exactly may come back as
    either. NaN stays NaN. Raises ValueError for a stride under 1.

    A real grating is the pair (fx, fy) and (-fx, -fy), so that folding one component can mirror it: with stride 4,
    (0.2, 0.1) becomes (-0.05, 0.1), which leans the other way.
    """
    frequency = np.asarray(frequency, dtype=float)
    return frequency - np.round(frequency * _checked(stride)) / stride


def alias_distance(a: Any, b: Any, stride: int) -> np.ndarray:
    """How far two real waves are apart on samples `stride` pixels apart, in cycles per input pixel.

    a, b  (..., 2) cycles per input pixel, either of them folded or not

    Returns (...): zero where the samples can't tell them apart, that is where b is a plus or minus a, but for whole
    multiples of 1/s per axis.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    same, mirrored = (np.linalg.norm(fold(d, stride), axis=-1) for d in (b - a, b + a))
    return np.minimum(same, mirrored)


def _checked(stride: int) -> int:
    if index(stride) < 1:
        raise ValueError(f"A stride is a whole number of pixels from 1 on, not {stride}.")
    return stride
