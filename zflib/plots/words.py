"""Numbers as a reader meets them in print."""

from __future__ import annotations

import re

# A hyphen directly before a digit, unless it joins: "conv-1", "2010-12", "1e-06", "(a)-2".
_MINUS = re.compile(r"(?<![\w.)\]}%°-])-(?=\d)")


def true_minus(text: str) -> str:
    """The same text, its negative numbers with a minus sign (U+2212) in place of Python's hyphen.

    Hyphens that join stay: in names, ranges, dates and exponents.
    """
    return _MINUS.sub("−", text)
