"""Checkers for chapter 4: the strongest pictures of a map, how mixed their classes are, and what a unit uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import isclose, log2
from typing import Any

import numpy as np

from zflib.analysis import effective_field, random_entropy
from zflib.exercises import Verdict, attempt, number, refusal, whole_numbers

# Exercise 4.1: one map's activations at three positions (columns) of six pictures (rows).
ACTIVATIONS = np.array([[2, 7, 1], [9, 8, 3], [0, 4, 7], [5, 5, 5], [0, 0, 0], [6, 9, 2]])


def check_strongest(answer: Any) -> Verdict:
    """Exercise 4.1: the pictures of the three strongest units of `ACTIVATIONS`, one unit per picture."""
    expected = "the numbers of three pictures, strongest first, each from 0 to 5"
    given = whole_numbers(answer)
    if (refused := refusal(expected, answer, fits=given is not None and len(given) == 3)) is not None:
        return refused
    peaks = ACTIVATIONS.max(axis=1)
    right = np.argsort(-peaks, kind="stable")[:3].tolist()
    if given == right:
        values = ", ".join(str(v) for v in peaks[right])
        return Verdict(True, f"their maxima are {values}; of equal ones the earlier picture comes first.")
    if given == [at + 1 for at in right]:
        return Verdict(False, "every number is one too large: the first picture is number 0.")
    if given == (np.argsort(-ACTIVATIONS.ravel(), kind="stable")[:3] // 3).tolist():
        return Verdict(False, "these are the three largest numbers of the table, but one picture may enter only once.")
    if given == peaks[right].tolist():
        return Verdict(False, "these are the largest values themselves; the pictures that hold them are wanted.")
    if not all(0 <= at < len(peaks) for at in given):
        return Verdict(False, f"there are pictures 0 to {len(peaks) - 1}; what came is {given}.")
    if sorted(peaks[given]) == sorted(peaks[right]):
        return Verdict(
            False, f"the maxima {[int(peaks[at]) for at in given]} are right; look at the order and the ties."
        )
    return Verdict(False, f"the maxima of these pictures are {[int(peaks[at]) for at in given]}; larger ones exist.")


def check_entropy(function: Any) -> Verdict:
    """Exercise 4.2: `function(labels)` gives the entropy, in bits, of the classes in a list of labels."""
    expected = "a function of a list of labels that returns a number of bits"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    cases = (
        [0, 0, 0, 0, 1, 1, 1, 1],
        [7] * 9,
        list(range(8)),
        [3, 3, 3, 3, 3, 3, 3, 3, 5],
        [9, 9, 9, 2, 2, 2, 4, 4, 4],
        [8, 1, 8, 1, 8, 0, 6, 6, 2],
    )
    for labels in cases:
        came, trouble = _number(function, list(labels))
        where = f"labels {labels}:"
        if trouble:
            return Verdict(False, f"{where} {trouble}")
        right = _entropy(labels)
        if isclose(came, right, abs_tol=1e-4):
            continue
        if isclose(came, right * np.log(2), abs_tol=1e-4):
            return Verdict(False, f"{where} {came:.3f} is the entropy in nats; bits need the logarithm to base 2.")
        if isclose(came, -right, abs_tol=1e-4):
            return Verdict(False, f"{where} {came:.3f} has the wrong sign: the logarithm of a share is negative.")
        return Verdict(False, f"{where} {right:.3f} bits were expected; what came is {came:.3f}.")
    return Verdict(True, f"{len(cases)} lists agree, from one class alone to eight different ones.")


def check_random_nine(function: Any) -> Verdict:
    """Exercise 4.3: `function(labels, k)` gives the entropy to expect of k different random pictures, to 0.05 bits."""
    expected = "a function of all labels and k that returns a number of bits"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    cases = (
        (np.repeat(np.arange(10), 100), 9),
        (np.repeat(np.arange(10), [300, 200, 100, 90, 80, 70, 60, 50, 40, 10]), 9),
        (np.arange(12), 9),
        (np.repeat([0, 1], [11, 1]), 6),
    )
    for labels, k in cases:
        came, trouble = _number(function, labels.copy(), k)
        sizes = np.unique(labels, return_counts=True)[1].tolist()
        where = f"k = {k}, classes of {', '.join(map(str, sizes))} pictures:"
        if trouble:
            return Verdict(False, f"{where} {trouble}")
        right = random_entropy(labels, k)
        if abs(came - right) <= 0.05:
            continue
        if isclose(came, _entropy(labels), abs_tol=0.01):
            return Verdict(
                False, f"{where} {came:.2f} bits is the entropy of the whole set. Few pictures are less mixed than all."
            )
        if isclose(came, _with_replacement(sizes, k), abs_tol=0.05):
            return Verdict(False, f"{where} {came:.2f} bits come when a picture may be drawn twice; here it may not.")
        return Verdict(False, f"{where} {right:.2f} bits were expected, give or take 0.05; what came is {came:.2f}.")
    return Verdict(True, f"{len(cases)} sets of pictures agree with the exact value to 0.05 bits.")


class _Counted(np.ndarray):
    """Energy that counts how often its pixels, or those of a part of it, are added up."""

    def __array_finalize__(self, origin: Any) -> None:
        self.count = getattr(origin, "count", None) or [0]

    @property
    def sums(self) -> int:
        return self.count[0]

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        self.count[0] += 1
        return self.view(np.ndarray).sum(*args, **kwargs)


def check_effective_field(function: Any) -> Verdict:
    """Exercise 4.4: `function(energy, share)` gives the side of the smallest square that holds the share of energy."""
    expected = "a function of an (H, H) array and a share that returns a whole number of pixels"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(0)
    two_spots = np.zeros((12, 12))
    two_spots[1, 1], two_spots[1, 8] = 2, 1
    cases = [(two_spots, 0.9), (two_spots, 0.6)]
    cases += [(generator.random((9, 9)) ** 6, share) for share in (0.3, 0.5, 0.9)]
    for at, (energy, share) in enumerate(cases):
        top, _, bottom, _ = effective_field(np.sqrt(energy)[None, None], share)[0]
        right = int(bottom - top)
        came, trouble = _number(function, energy.copy(), share)
        what = "two spots of 2 and 1, seven columns apart" if at < 2 else "random energy"
        where = f"{what}, share {share}:"
        if trouble:
            return Verdict(False, f"{where} {trouble}")
        if came == right:
            continue
        if came == _centred(energy, share):
            return Verdict(
                False, f"{where} {came:g} px is the side of a square centred on the peak; a smaller one lies elsewhere."
            )
        held = "hold too little" if came < right else "are more than it takes"
        return Verdict(False, f"{where} a side of {right} px was expected; {came:g} px {held}.")
    large = generator.random((25, 25)).view(_Counted)
    _, trouble = attempt(function, large, 0.9)
    if trouble:
        return Verdict(False, f"on a map of {len(large)} x {len(large)} px the function {trouble}.")
    figures = (
        f"{len(cases)} maps of energy agree; on one of {len(large)} x {len(large)} px, sum() ran {large.sums:,} times"
    )
    if large.sums > len(large):
        return Verdict(False, f"{figures}. Which of these sums come up again and again?")
    return Verdict(True, f"{figures}.")


def _entropy(labels: Any) -> float:
    counts = Counter(np.asarray(labels).tolist()).values()
    return sum(n / len(labels) * log2(len(labels) / n) for n in counts)


def _with_replacement(sizes: list[int], k: int) -> float:
    """The slip of drawing with replacement, by simulation."""
    draws = np.random.default_rng(0).multinomial(k, np.array(sizes) / sum(sizes), 4000) / k
    return float(-(draws * np.log2(np.where(draws > 0, draws, 1))).sum(1).mean())


def _centred(energy: np.ndarray, share: float) -> int:
    """The slip of a square about the peak: its side, odd."""
    row, column = np.unravel_index(energy.argmax(), energy.shape)
    for reach in range(max(energy.shape)):
        held = energy[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1].sum()
        if held >= share * energy.sum():
            break
    return 2 * reach + 1


def _number(function: Callable[..., Any], *arguments: Any) -> tuple[float, str]:
    """The number that a function returns, or a sentence that says how it failed."""
    came, trouble = attempt(function, *arguments)
    if trouble:
        return 0.0, f"the function {trouble}"
    value = number(came)
    return (0.0, f"a number was expected; what came is {came!r}.") if value is None else (value, "")
