"""The folding law: where a frequency goes when only every s-th position is kept, and when that does harm.

Samples s pixels apart carry at most 1/(2s) cycles per pixel, Nyquist's limit. Faster waves don't vanish: each component
f takes the place of f - k/s, for the whole k that brings it within the limit, and from the samples nobody can tell
the two apart.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from zflib.analysis import spectrum
from zflib.analysis.aliasing.gratings import together
from zflib.analysis.spectrum.filters import SIZE, as_weights, power_at
from zflib.arguments import array, number, whole


def fold(frequency: Any, stride: int) -> np.ndarray:
    """Where each frequency lands under a stride: f - round(f s) / s, its sign kept.

    frequency  (...) cycles per input pixel: one, or (..., 2) components fx and fy, which fold each for itself
    stride     s, in pixels

    Returns the same shape, in cycles per input pixel, from -1/(2s) to 1/(2s); what lies there already stays. The two
    ends are one and the same wave to the samples: a frequency that folds onto Nyquist exactly may come back as
    either. NaN stays NaN. Raises ValueError for a stride under 1, and for infinity.

    A real grating is the pair (fx, fy) and (-fx, -fy), so that folding one component can mirror it: with stride 4,
    (0.2, 0.1) becomes (-0.05, 0.1), which leans the other way.
    """
    frequency = array("frequency", frequency, nan=True)
    return frequency - np.round(frequency * whole("stride", stride, 1)) / stride


def alias_distance(a: Any, b: Any, stride: int) -> np.ndarray:
    """How far two real waves are apart on samples `stride` pixels apart, in cycles per input pixel.

    a, b  (..., 2) cycles per input pixel, either of them folded or not

    Returns (...): zero where the samples can't tell them apart, that is where b is a plus or minus a, but for whole
    multiples of 1/s per axis.
    """
    a, b = together(a=a, b=b)
    if not a.ndim or a.shape[-1] != 2:
        raise ValueError(f"Two frequencies (..., 2) are needed, a and b, not of shape {a.shape}.")
    same, mirrored = (np.linalg.norm(fold(d, stride), axis=-1) for d in (b - a, b + a))
    return np.minimum(same, mirrored)


def overlap(filters: Any, stride: int, falloff: float = 0.0) -> np.ndarray:
    """Share of each filter's energy that a stride lays under stronger energy of the same filter.

    filters  (maps, channels, k, k), or a network, whose conv1 is meant, as in `zflib.spectrum`
    falloff  the pictures' power falls as 1 / f^falloff, f the distance from zero frequency: 0 is white noise, which
             makes the energy the filter's own; 2 is the textbook's photograph, whose fine detail is faint, and the
             training pictures', which were scaled before networks saw them, fall faster: by about 3 (chapter 5)

    |H|^2, summed over colour, is grouped by frequency modulo 1/s per axis: the s^2 members of a group become one
    frequency on the map. The overlap is 1 - (sum over groups of the largest member) / total.

    Returns (maps,): 0 where every frequency on the map has one origin, 1 - 1/s^2 at most, NaN for a filter of zeros.
    A real filter has two lobes, at f0 and -f0. They count as what they are: apart, they are members of two groups; on
    top of each other, where 2 f0 is a point of the lattice (k/s, l/s), they have an overlap of a half.

    Raises ValueError for a falloff that does not lie between 0 and 10. At zero frequency the pictures have the power
    of the grid's first step, about 1/66 cycles per pixel.
    """
    power, falloff = _power(filters, stride), number("falloff", falloff)
    if not 0 <= falloff <= 10:
        raise ValueError(f"The falloff of a picture's power lies between 0 and 10, not {falloff}.")
    axis = np.fft.fftshift(np.fft.fftfreq(power.shape[1]))
    power = power * np.hypot(axis[:, None], axis).clip(min=1 / power.shape[1]) ** -falloff
    side = power.shape[1] // stride
    groups = power.reshape(-1, stride, side, stride, side)
    total = power.sum((1, 2))
    return 1 - _shares(groups.max((1, 3)).sum((1, 2)), total)


def beyond_nyquist(filters: Any, stride: int) -> np.ndarray:
    """Share of each filter's energy beyond 1/(2s) cycles per pixel along either axis; 1 - 1/s^2 for a flat spectrum.

    Returns (maps,), NaN for a filter of zeros.

    It overstates the harm, for real filters and for one half-plane: a band beyond the limit that lies within one zone
    from m/(2s) to (m+1)/(2s) folds without meeting itself or its mirror image, and nothing is lost. See `overlap`.
    """
    power = _power(filters, stride)
    near = np.abs(np.fft.fftshift(np.fft.fftfreq(power.shape[1]))) < 0.5 / stride
    return 1 - _shares(power[:, near][:, :, near].sum((1, 2)), power.sum((1, 2)))


def survival(filters: Any, stride: int) -> np.ndarray:
    """How far each filter's band stays clear of its mirror image under a stride, in bandwidths; it survives from 1 on.

    filters  as for `overlap`

    The band is what holds half of the peak's power or more, from f1 to f2 on the ray from zero through the peak. Its
    mirror image lies at the opposite side of zero, and after sampling the two are as far apart as 2 f0 is from the
    nearest point of the lattice (k/s, l/s), f0 being the middle of the band. Divided by f2 - f1, that is the figure
    here. At 0 the phase of the response is lost altogether.

    Returns (maps,), NaN for dead filters and flat spectra. A low-pass filter, whose band begins at zero, has 1 while f2
    keeps within 1/(2s). In one dimension "1 or more" is the rule that a band must lie within one zone from m/(2s)
    to (m+1)/(2s).
    """
    lower, upper, direction = _bands(filters)
    lattice = np.linalg.norm(fold((lower + upper)[:, None] * direction, stride), axis=1)
    return np.round(lattice / (upper - lower), 9)  # or rounding would take some of the low-pass filters below 1


def _bands(filters: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each filter's power falls to half its peak's, (maps,) below and above, and the peak's direction (maps, 2).

    A peak at zero has no direction of its own; the x axis stands for all.
    """
    height, orientation = spectrum.peaks(filters), spectrum.orientations(filters)
    angle = np.radians(np.where(height == 0, 0, orientation))
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    weights = as_weights(filters)
    edges = np.full((2, len(height)), np.nan)
    for at in np.flatnonzero(np.isfinite(height)):
        radius = np.linspace(0, 0.5 / np.abs(direction[at]).max(), 513)
        power = power_at(weights[at : at + 1], *(radius * direction[at][:, None])[:, None])[0]
        peak = np.abs(radius - height[at]).argmin()
        half = power[peak] / 2
        low = np.flatnonzero(power < half)
        below, above = low[low < peak][-1:], low[low > peak][:1]
        edges[:, at] = 0, radius[-1]
        for side, outside, inside in ((0, below, below + 1), (1, above, above - 1)):
            if len(outside):
                edges[side, at] = np.interp(half, *(v[np.r_[outside, inside]] for v in (power, radius)))
    return *edges, direction


def _power(filters: Any, stride: int) -> np.ndarray:
    """(maps, size, size) with `stride` times an odd size: groups are whole, and no point lies on Nyquist itself."""
    return spectrum.power(filters, whole("stride", stride, 1) * (2 * ceil((SIZE / stride - 1) / 2) + 1))


def _shares(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.divide(part, total, out=np.full(total.shape, np.nan), where=total > 0)
