"""Checkers for the chapters' exercises: each says what was expected and what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
from torch import Tensor


@dataclass(frozen=True)
class Verdict:
    """What a checker thinks of an answer; true if it is right, and shown as its sentence, in lines that fit a page."""

    correct: bool
    text: str

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return fill(f"{'Right' if self.correct else 'Not yet'}: {self.text}", width=78)


@dataclass(frozen=True)
class Question(Verdict):
    """What an exercise asks for, shown as long as there is no answer. Nothing is wrong yet."""

    def __repr__(self) -> str:
        return fill(f"Your turn: {self.text}", width=78)


@dataclass(frozen=True)
class Forecast(Verdict):
    """How a prediction fared; true if its range holds what was measured. A miss is no mistake to be mended."""

    def __repr__(self) -> str:
        return fill(f"{'Held' if self.correct else 'Missed'}: {self.text}", width=78)


def interval_score(low: float, high: float, outcome: float) -> float:
    """The width of a range meant to hold in four cases of five, and ten times what it misses by: less is better.

    Whoever gives the range that they believe in has the least score to expect, so that boasting and hedging both cost
    (Gneiting & Raftery, J. Am. Stat. Assoc. 102, 2007, equation 43).
    """
    # Ten is 2 / (1 - 0.8). Rounded, because two scores may be equal.
    return round(high - low + 10 * max(low - outcome, outcome - high, 0), 9)


def refusal(expected: str, *answers: Any, fits: bool = True) -> Verdict | None:
    """What to say of an exercise with a `...` left in it, or of a first answer that doesn't fit; else None.

    fits  whether the first answer is of the kind that is expected: a function, or numbers of the right shape
    """
    if any(answer is ... for answer in answers):
        return Question(False, f"{expected}.")
    if not fits:
        return Verdict(False, f"expected {expected}; what came is {answers[0]!r}.")
    return None


def attempt(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """What a reader's function returns, or None and a phrase that says how it failed. Of a generator, its values."""
    try:
        came = function(*arguments)
        return list(came) if isinstance(came, Iterator) else came, ""
    except Exception as error:  # whatever a reader's code raises is an answer to report, not ours to handle
        return None, f"raised {type(error).__name__}: {error}"


def numbers(answer: Any) -> np.ndarray | None:
    """The answer as an array of finite numbers, or None where it is nothing of the kind."""
    try:
        array = np.asarray(answer.detach().cpu() if isinstance(answer, Tensor) else answer)
        if array.dtype.kind == "O":  # fractions and decimals
            array = array.astype(float)
    except Exception:  # a learner's object may raise anything; then it is no array of numbers
        return None
    if array.dtype.kind not in "iuf" or not array.size or not np.isfinite(array).all():
        return None
    return array.astype(float)


def number(answer: Any) -> float | None:
    """The answer as one finite number, or None where it is nothing of the kind."""
    given = numbers(answer)
    return float(given.ravel()[0]) if given is not None and given.size == 1 else None


def whole_numbers(answer: Any) -> list[int] | None:
    """The answer as a list of whole numbers, or None where it is nothing of the kind."""
    given = numbers(answer)
    return [int(v) for v in given] if given is not None and given.ndim == 1 and not (given % 1).any() else None
