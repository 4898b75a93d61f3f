"""How densely filters' peaks lie, per octave and per area of the frequency plane, and how surely that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zflib.analysis.spectrum.filters import CORNER
from zflib.arguments import array

LOWEST = 1 / 22  # half a cycle across 11 pixels: octaves are counted from here, and peaks below lie here


@dataclass(frozen=True)
class Densities:
    """Where peaks lie, in B bands. S banks, one for each seed of training.

    edges          (B + 1,) cycles per pixel
    counts         (S, B) int, how many peaks lie in each band
    share          (B,) of all peaks of all banks; NaN where there are none
    interval       (B, 2) 95 % for the share, over filters, each taken as drawn by itself (Clopper and Pearson)
    seed_interval  (B, 2) 95 % for the share, from the spread over banks (Student's t); NaN for a single bank
    octaves        (B,) how many octaves a band spans; an octave is not below 1/22
    areas          (B,) which part of the frequency plane it covers

    A share, or an end of an interval, over `octaves` is its density per octave, over `areas` that per area: there a
    bank that is spread evenly over the plane has 1 everywhere.
    """

    edges: np.ndarray
    counts: np.ndarray
    share: np.ndarray
    interval: np.ndarray
    seed_interval: np.ndarray
    octaves: np.ndarray
    areas: np.ndarray

    def __str__(self) -> str:
        lines = [f"{'cycles/px':16}{'peaks':>5}{'share, %':>18}{'% per octave':>20}{'per area':>20}"]
        for at, (low, high) in enumerate(zip(self.edges, self.edges[1:], strict=False)):
            band = f"  {low:.3f} to {high:.3f}"
            lines.append(f"{band:16}{self.counts[:, at].sum():5}{self._cells(at, self.interval[at])}")
            if np.ptp(self.seed_interval[at]) > 0:  # three times none says nothing of a fourth
                lines.append(f"{'    over seeds':21}{self._cells(at, self.seed_interval[at])}")
        return "\n".join(lines)

    def _cells(self, at: int, ends: np.ndarray) -> str:
        in_units = ((0.01, ".0f", 18), (self.octaves[at] / 100, ".0f", 20), (self.areas[at], ".1f", 20))
        return "".join(
            f"{f'{self.share[at] / unit:{form}} ({ends[0] / unit:{form}} to {ends[1] / unit:{form}})':>{wide}}"
            for unit, form, wide in in_units
        )


def densities(found: Any, edges: Any) -> Densities:
    """How densely peaks lie in bands, with intervals.

    found  (maps,) or (S, maps) cycles per pixel, as `peaks` gives them, one row for each seed; NaN is no peak
    edges  (B + 1,) cycles per pixel, ascending from 0 or more; a band ends where the next begins

    Raises ValueError for edges that do not ascend, for a band that ends at 1/22 or below, since it has no octaves, and
    for other shapes.
    """
    from scipy.special import betaincinv

    found, edges = np.atleast_2d(array("found", found, nan=True)), array("edges", edges)
    if found.ndim != 2:
        raise ValueError(f"found must be peaks (maps,) or (seeds, maps), not of shape {found.shape}.")
    if edges.ndim != 1 or len(edges) < 2 or edges[0] < 0 or not (np.diff(edges) > 0).all() or edges[1] <= LOWEST:
        raise ValueError(f"edges must ascend from 0 or more, the second above 1/22, not {edges.tolist()}.")
    counts = np.stack([np.histogram(np.minimum(bank[np.isfinite(bank)], CORNER), edges)[0] for bank in found])
    n, total = np.isfinite(found).sum(), counts.sum(0)
    ends = [
        np.where(total > 0, betaincinv(np.maximum(total, 1), n - total + 1, 0.025), 0),
        np.where(total < n, betaincinv(total + 1, np.maximum(n - total, 1), 0.975), 1),
    ]
    octaves, areas = widths(edges)
    each = counts / np.maximum(np.isfinite(found).sum(1, keepdims=True), 1)
    return Densities(
        edges=edges,
        counts=counts,
        share=total / n if n else np.full(len(total), np.nan),
        interval=np.stack(ends, axis=-1),
        seed_interval=np.clip(_student(each), 0, 1),
        octaves=octaves,
        areas=areas,
    )


def widths(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Octaves above 1/22, and parts of the plane, of the bands between `edges` (..., B + 1). Returns two (..., B)."""
    within = np.minimum(edges, CORNER)
    beyond = np.maximum(within, 0.5)  # the disc sticks out of the square of +-0.5 on four sides
    cap = beyond**2 * np.arccos(0.5 / beyond) - 0.5 * np.sqrt(beyond**2 - 0.25)
    return np.diff(np.log2(np.maximum(within, LOWEST))), np.diff(np.pi * within**2 - 4 * cap)


def _student(values: np.ndarray) -> np.ndarray:
    """(S, B) -> (B, 2), 95 % for the mean over banks."""
    from scipy.special import stdtrit

    banks = len(values)
    if banks == 1:
        return np.full((values.shape[1], 2), np.nan)
    half = stdtrit(banks - 1, 0.975) * values.std(0, ddof=1) / banks**0.5
    return np.stack([values.mean(0) - half, values.mean(0) + half], axis=-1)
