"""What a check finds. No torch here: the process that waits for it is thin."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class Finding:
    """One line's number.

    number     what is compared, or measured
    tolerance  the most that it may be; None where it is a measurement that nothing is compared with
    what       what the number is, in which unit, and why the tolerance is what it is
    """

    number: float
    tolerance: float | None
    what: str

    @property
    def status(self) -> str:
        """ "measured", "pass", or "FAIL": also for a number that is not finite."""
        if not isfinite(self.number):
            return "FAIL"
        if self.tolerance is None:
            return "measured"
        return "pass" if self.number <= self.tolerance else "FAIL"
