"""Frequencies of first-layer filters, in cycles per pixel (Section 4.1, Figure 6).

`filters` is everywhere a (maps, channels, k, k) array or tensor, k at most 64, or what has a conv1: a network, or one
of `zflib.weights.seeds`. Everything here raises ValueError for another shape and for weights that are not finite.

A filter of k x k pixels resolves 1/k cycles per pixel: whatever it is, its spectrum is smeared over about that much.
Zero-padding draws the smeared spectrum on a finer grid and changes nothing else. Where a wave meets its mirror image,
nearer than about 1/k to zero, to (0.5, 0), (0, 0.5) or (0.5, 0.5), the two lobes merge. From 1.25/k away, a grating's
frequency comes back within 0.15/k, and that of a Gabor patch, with a Gaussian of s.d. k/5 to k/4, within 0.05/k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from zflib.arguments import array, whole

SIZE = 64  # of the zero-padded transform
CORNER = 0.5**0.5  # the highest frequency of the plane, cycles per pixel: 0.5 along both axes


def frequencies(size: int = SIZE) -> np.ndarray:
    """(size,) cycles per pixel along either axis of `power` and `coverage`, ascending from -0.5."""
    return np.fft.fftshift(np.fft.fftfreq(whole("size", size, 1)))


def power(filters: Any, size: int = SIZE) -> np.ndarray:
    """Power spectrum of every filter, summed over colour.

    size  of the zero-padded transform; no less than the filters' side

    Returns (maps, size, size): rows are vertical frequencies and columns horizontal ones, as `frequencies` gives them,
    zero in the centre. A spectrum sums to the filter's energy, the sum of its squared weights (Parseval).
    """
    from scipy.fft import fft, rfft

    weights = as_weights(filters, whole("size", size, 1))
    # One colour at a time: it stays in the processor's cache, three times as fast as all at once.
    transforms = (fft(rfft(weights[:, colour], size), size, axis=1) for colour in range(weights.shape[1]))
    half = sum(t.real**2 + t.imag**2 for t in transforms) / size**2
    negative = half[:, -np.arange(size) % size, (size - 1) // 2 : 0 : -1]  # the transform of a real filter is Hermitian
    return np.fft.fftshift(np.concatenate([half, negative], axis=2), axes=(1, 2))


def radial_profile(filters: Any, edges: Any) -> np.ndarray:
    """Power per unit area of the frequency plane in rings.

    edges  (bands + 1,) cycles per pixel, ascending from 0 or more; a ring ends where the next begins

    Returns (maps, bands): the ring's power over its area inside the square of ±0.5, in (cycles per pixel)^2. A filter
    of energy 1 whose spectrum is flat has 1 everywhere. Raises ValueError for a ring too narrow for the grid.
    """
    spectra = power(filters)
    in_ring = rings(as_edges(edges))
    return spectra.reshape(len(spectra), -1) @ in_ring.T * (SIZE**2 / in_ring.sum(1))


def band_shares(filters: Any, edges: Any) -> np.ndarray:
    """Share of every filter's energy by its distance from frequency zero.

    edges  (bands + 1,) cycles per pixel, ascending from 0 to 0.7072 or more: the square of ±0.5 reaches to 0.7071

    Returns (maps, bands): rows sum to 1; dead filters are NaN. Raises ValueError for edges that leave a part out.
    """
    edges = as_edges(edges)
    if edges[0] > 0 or edges[-1] < CORNER:
        raise ValueError(f"Shares need edges from 0 to 0.7072 cycles per pixel or more, not {edges[0]} to {edges[-1]}.")
    in_ring = rings(edges)
    spectra = power(filters)
    held = spectra.reshape(len(spectra), -1) @ in_ring.T
    return np.where(dead(filters)[:, None], np.nan, held / np.maximum(held.sum(1, keepdims=True), _TINY))


def peaks(filters: Any) -> np.ndarray:
    """Distance from zero, in cycles per pixel, of the frequency at which each filter's spectrum is highest.

    Returns (maps,), found to 0.0003; NaN for dead filters and for a single pixel, whose spectrum is flat. Of equal
    peaks the lowest counts. How near this comes to the frequency of a wave, `filters.py` says at its top.
    """
    return np.hypot(*_peak(filters).T)


def orientations(filters: Any) -> np.ndarray:
    """Direction of the wave at each filter's peak.

    Returns (maps,) degrees in [0, 180), from the x axis, which points right, towards the y axis, which points down: 0
    is a wave along a row (upright stripes), 90 a wave down a column. NaN where there is no peak, and for a peak at
    zero, which has no direction.
    """
    fx, fy = _peak(filters).T
    angle = np.degrees(np.arctan2(fy, fx)) % 180
    angle = np.where(angle == 180, 0, angle)  # what rounding makes of the tiniest angle below zero
    return np.where(np.hypot(fx, fy) > 0, angle, np.nan)


def bandwidths(filters: Any) -> np.ndarray:
    """Width of each filter's peak, in octaves.

    On the ray from zero through the peak, log2(f2 / f1) of the nearest frequencies to either side where the power is
    half the peak's. Where the power stays above half as far as the border of the plane, f2 is the border.

    Returns (maps,): infinite where it stays above half as far as zero (a low-pass filter has no octaves), NaN where
    there is no peak. The window alone, k pixels wide, gives a lobe of 0.89/k: narrower bands can't be seen. A Gabor
    patch with a Gaussian of s.d. k/6 to k/5 comes back within 10 % of its width, 2/k away from where it meets its
    mirror image and with both ends inside the plane.
    """
    weights, at = as_weights(filters), _peak(filters)
    height = np.hypot(*at.T)
    found = np.full(len(weights), np.nan)
    found[height == 0] = np.inf
    live = height > 0
    if not live.any():
        return found
    at, height = at[live], height[live]
    border = height * 0.5 / np.abs(at).max(1)
    # The same number of steps below the peak and above it, so that the peak itself is one of the samples.
    part = np.linspace(0, 1, _STEPS)
    radius = np.concatenate([part * height[:, None], height[:, None] + part[1:] * (border - height)[:, None]], axis=1)
    rays = power_at(weights[live], *(radius[..., None] * (at / height[:, None])[:, None]).transpose(2, 0, 1))
    over = rays / rays[:, _STEPS - 1 : _STEPS] - 0.5
    lower = _crossing(radius[:, _STEPS - 1 :: -1], over[:, _STEPS - 1 :: -1], 0.0)
    upper = _crossing(radius[:, _STEPS - 1 :], over[:, _STEPS - 1 :], border)
    with np.errstate(divide="ignore"):
        found[live] = np.log2(upper / lower)
    return found


def luminance_shares(filters: Any) -> np.ndarray:
    """Share of each filter's energy in the mean over colour: 1 is grey, 0 pure colour.

    Returns (maps,); dead filters are NaN.
    """
    weights = as_weights(filters)
    energy = (weights**2).sum((1, 2, 3))
    grey = (weights.mean(1) ** 2).sum((1, 2)) * weights.shape[1]
    return np.where(dead(filters), np.nan, grey / np.maximum(energy, _TINY))


def dead(filters: Any) -> np.ndarray:
    """Filters that training let die: RMS weight below a tenth of the bank's median.

    Returns (maps,) bool. The median is over filters that reach a thousandth of the strongest one's RMS, so that a bank
    of many dead filters is not measured against them. `never_active` asks the pictures instead.
    """
    rms = np.sqrt((as_weights(filters) ** 2).mean((1, 2, 3)))
    present = rms > rms.max() / 1000
    return (rms == 0) | (rms < np.median(rms[present]) / 10) if present.any() else np.ones(len(rms), bool)


def never_active(net: Any, pictures: Any) -> np.ndarray:
    """Maps of conv1 that no picture activates: the other meaning of dead.

    pictures  as for `top_activations`: a data set, or a sequence of pictures

    Returns (maps,) bool.
    """
    from zflib.analysis.top import top_activations

    return top_activations(net, pictures, "conv1", k=1).dead


def coverage(filters: Any) -> np.ndarray:
    """How the bank as a whole covers the frequency plane.

    Returns (SIZE, SIZE), the mean over live filters of the spectrum divided by the filter's energy, axes as for
    `power`. Filters count alike whatever their strength, and a flat spectrum would give 1 everywhere. NaN for a bank
    without live filters.
    """
    live = as_weights(filters)[~dead(filters)]
    if not len(live):
        return np.full((SIZE, SIZE), np.nan)
    spectra = power(live)
    return (spectra / spectra.mean((1, 2), keepdims=True)).mean(0)


def same_size(filters: Any, side: int, window: bool = False) -> np.ndarray:
    """The filters cut or padded about their centre to side x side pixels, to compare kernels of two sizes.

    window  fade to the border with a Hann window as wide as the smaller of the two sides. Without it, a cut through
            strong weights adds high frequencies; with it, the spectrum is smeared more, over about 2/side.

    Returns (maps, channels, side, side). What 11 x 11 pixels resolve, 7 x 7 don't: to compare fairly, cut the larger.
    Padding the smaller leaves every figure of its spectrum as it was.
    """
    weights, side = as_weights(filters), whole("side", side, 1)
    small = min(side, weights.shape[2])
    cut = (weights.shape[2] - small) // 2
    weights = weights[:, :, cut : cut + small, cut : cut + small]
    if window:
        fade = np.hanning(small + 2)[1:-1]
        weights = weights * np.outer(fade, fade)
    before = (side - small) // 2
    pad = (before, side - small - before)
    return np.pad(weights, ((0, 0), (0, 0), pad, pad))


def power_at(weights: np.ndarray, fx: np.ndarray, fy: np.ndarray) -> np.ndarray:
    """The power spectrum at any frequencies, without a grid, scaled to integrate to a filter's energy over the plane.

    weights  (maps, channels, k, k)
    fx, fy   (maps, P) cycles per pixel

    Returns (maps, P).
    """
    maps, channels, k, _ = weights.shape
    along_x, along_y = (np.exp(-2j * np.pi * f[..., None] * np.arange(k)) for f in (fx, fy))  # (maps, P, k)
    rows = along_x @ weights.transpose(0, 3, 1, 2).reshape(maps, k, channels * k)
    transform = (rows.reshape(maps, -1, channels, k) * along_y[:, :, None]).sum(-1)
    return (transform.real**2 + transform.imag**2).sum(-1)


def _peak(filters: Any) -> np.ndarray:
    """(maps, 2) horizontal and vertical frequency of each peak; NaN where there is none."""
    weights = as_weights(filters)
    spectra = power(weights).reshape(len(weights), -1)
    axis = frequencies()
    fy, fx = (f.ravel() for f in np.meshgrid(axis, axis, indexing="ij"))
    # Sorted, so that of equal peaks the lowest comes first, whatever rounding did to them.
    order = np.lexsort((np.arctan2(fy, fx) % np.pi, np.hypot(fx, fy)))
    highest = spectra.max(1)
    first = order[(spectra[:, order] >= (highest * (1 - _EQUAL))[:, None]).argmax(1)]
    at = np.stack([fx[first], fy[first]], axis=1)
    flat = spectra.min(1) >= highest * (1 - _EQUAL)
    for halving in range(1, 6):
        near = at[:, None] + _AROUND / SIZE / 2**halving
        best = power_at(weights, near[..., 0], near[..., 1]).argmax(1)
        at = near[np.arange(len(at)), best]
    at = at - np.round(at)  # the plane repeats beyond its border
    return np.where((dead(filters) | flat)[:, None], np.nan, at)


def _crossing(radius: np.ndarray, over: np.ndarray, otherwise: Any) -> np.ndarray:
    """Where `over` first falls below 0 along each row, between samples by a straight line; `otherwise` where never."""
    below = over < 0
    after = below.argmax(1)
    rows, before = np.arange(len(over)), np.maximum(after - 1, 0)
    part = over[rows, before] / np.where(below.any(1), over[rows, before] - over[rows, after], 1)
    crossing = radius[rows, before] + part * (radius[rows, after] - radius[rows, before])
    return np.where(below.any(1), crossing, otherwise)


def rings(edges: np.ndarray) -> np.ndarray:
    """(bands, SIZE * SIZE) 1 for the frequencies of each ring, which holds its lower edge, and the last its upper."""
    axis = frequencies()
    radius = np.hypot(axis[:, None], axis).ravel()
    band = np.searchsorted(edges, radius, side="right") - 1
    band[radius == edges[-1]] = len(edges) - 2
    in_ring = (band == np.arange(len(edges) - 1)[:, None]).astype(float)
    if (in_ring.sum(1) == 0).any():
        low = int((in_ring.sum(1) == 0).argmax())
        raise ValueError(
            f"No frequency of the {SIZE} x {SIZE} grid lies in the band from {edges[low]} to {edges[low + 1]} cycles "
            f"per pixel; make it wider, or leave it out."
        )
    return in_ring


def as_edges(edges: Any) -> np.ndarray:
    """(bands + 1,) float64, or the ValueError that says what is wrong with them."""
    edges = array("Band edges", edges)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all() or edges[0] < 0:
        raise ValueError(f"Band edges must be two or more frequencies, ascending from 0 or more, not {edges.tolist()}.")
    return edges


def as_weights(filters: Any, size: int = SIZE) -> np.ndarray:
    """(maps, channels, k, k) float64, or the ValueError that says what is wrong with them."""
    if isinstance(filters, nn.Module) and not hasattr(filters, "conv1"):
        raise ValueError(f"{type(filters).__name__} has no layer conv1; pass the weights of its first layer.")
    filters = getattr(filters, "conv1", filters)
    filters = getattr(filters, "weight", filters)
    weights = array("The weights of filters", filters)
    if weights.ndim != 4 or not weights.size or weights.shape[2] != weights.shape[3]:
        raise ValueError(f"Filters must have the shape (maps, channels, k, k), not {weights.shape}.")
    if weights.shape[2] > size:
        raise ValueError(f"Filters of {weights.shape[2]} pixels a side don't fit a transform of {size}.")
    return weights


_AROUND = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)])
_EQUAL = 1e-9  # what rounding may make of equal powers
_STEPS = 33  # samples of a ray below the peak, and as many above
_TINY = np.finfo(np.float64).tiny
