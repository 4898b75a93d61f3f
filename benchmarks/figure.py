"""What a benchmark yields."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.timing import SIDE


@dataclass(frozen=True)
class Figure:
    """One measured number.

    name      what was measured; no two figures of a part share it
    value     in `unit`
    products  of a time: as many products of two 2048 x 2048 matrices would have taken as long, on the same cores and
              at the same moment; None for all else
    """

    name: str
    value: float
    unit: str
    products: float | None = None

    def __str__(self) -> str:
        beside = "" if self.products is None else f"  ({digits(self.products)} matrix products)"
        return f"{self.name:<60} {digits(self.value):>8} {self.unit}{beside}"


def took(name: str, seconds: float, rate: float) -> Figure:
    """A time, beside a matrix product that has just done `rate` multiply-adds a second."""
    return Figure(name, seconds, "s", seconds * rate / SIDE**3)


def digits(value: float) -> str:
    """Three significant digits; one of what is next to nothing."""
    if abs(value) < 1e-4:
        return f"{value:.0e}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
