"""Do peaks form one hump over octaves, or several?"""

from __future__ import annotations

from typing import Any

import numpy as np

from zflib.analysis.spectrum.densities import LOWEST
from zflib.analysis.spectrum.filters import CORNER
from zflib.arguments import array, number, whole


def silverman(found: Any, floor: float = LOWEST, draws: int = 999, seed: int = 0) -> tuple[float, float]:
    """Silverman's critical bandwidth test for a single hump over octaves (J. R. Stat. Soc. B 43, 1981).

    found  (n,) cycles per pixel, as `peaks` gives them; NaN is no peak
    floor  cycles per pixel; what lies below counts as there. Octaves have no zero, so blobs of colour, which peak at
           zero, must be put somewhere, and the answer may depend on where
    draws  of the bootstrap
    seed   of the bootstrap

    The narrowest Gaussian is found that smooths the peaks into a single hump; the p is how often peaks drawn from that
    hump would need a wider one, the bank itself counted among the draws, so that it is never 0. Returns it, and the
    frequency of the deepest dip in cycles per pixel. NaN for fewer than ten peaks, and for peaks that the floor makes
    one. Raises ValueError for a floor that is not between 0 and 0.5.
    """
    found, floor, draws = array("found", found, nan=True), number("floor", floor), whole("draws", draws, 1)
    if found.ndim != 1:
        raise ValueError(f"found must be the peaks of one bank (maps,), not of shape {found.shape}.")
    if not 0 < floor < 0.5:
        raise ValueError(f"floor must lie between 0 and 0.5 cycles per pixel, not at {floor}.")
    rng = np.random.default_rng(whole("seed", seed, 0))
    octaves = np.log2(np.maximum(found[np.isfinite(found)], floor))
    if len(octaves) < 10 or np.ptp(octaves) == 0:
        return np.nan, np.nan
    grid = np.linspace(np.log2(floor) - 2, np.log2(CORNER) + 2, 256)
    step = grid[1] - grid[0]

    def smoothed(values: np.ndarray, width: float) -> np.ndarray:  # (R, n) -> (R, 256)
        at = np.clip(np.rint((values - grid[0]) / step).astype(int), 0, 255) + 256 * np.arange(len(values))[:, None]
        numbers = np.bincount(at.ravel(), minlength=256 * len(values)).reshape(-1, 256)
        blur = np.exp(-2 * (np.pi * width * np.fft.rfftfreq(512, step)) ** 2)
        return np.fft.irfft(np.fft.rfft(numbers, 512) * blur, 512)[:, :256]

    def humps(curves: np.ndarray) -> np.ndarray:  # a millionth of the top: rounding makes hills on the plain
        inner = curves[:, 1:-1]
        tops = (inner > curves[:, :-2]) & (inner >= curves[:, 2:]) & (inner > 1e-6 * curves.max(1, keepdims=True))
        return tops.sum(1)

    several, one = step / 2, 2.0
    while one - several > step / 16:
        width = (several + one) / 2
        several, one = (several, width) if humps(smoothed(octaves[None], width))[0] <= 1 else (width, one)
    drawn = rng.choice(octaves, (draws, len(octaves))) + one * rng.standard_normal((draws, len(octaves)))
    # Smoothing widens the hump; draws are brought back to the peaks' own spread.
    drawn = octaves.mean() + (drawn - octaves.mean()) / np.sqrt(1 + one**2 / octaves.var())
    curve = smoothed(octaves[None], several)[0]
    valleys = np.flatnonzero(
        (curve[1:-1] < curve[:-2]) & (curve[1:-1] <= curve[2:]) & (curve[1:-1] > 1e-6 * curve.max())
    )
    where = 2 ** grid[1 + valleys[curve[1 + valleys].argmin()]] if len(valleys) else np.nan
    return float((1 + (humps(smoothed(drawn, one)) > 1).sum()) / (1 + draws)), float(where)
