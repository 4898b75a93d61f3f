"""Checkers for chapter 6: where a grating lands, what a stride can't tell apart, and when folding does no harm."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from zflib.analysis.aliasing import alias_distance, fold
from zflib.exercises import Verdict, attempt, numbers, refusal

# Exercise 6.1: a grating that stride 4 mirrors, and whose two components fold differently.
FREQUENCY, STRIDE = (0.35, 0.2), 4
# Exercise 6.4: a filter for another stride than the text's, where its good and its bad filter change places. The band
# is in cycles per pixel; the least share of energy in it, and the most that may overlap.
TAPS, FOR_STRIDE, BAND, LEAST, MOST = 11, 3, (0.15, 0.35), 0.9, 0.1


def check_landing(answer: Any) -> Verdict:
    """Exercise 6.1: where a grating of `FREQUENCY` lands under `STRIDE`, as (fx, fy) in cycles per input pixel."""
    expected = "two numbers (fx, fy), in cycles per input pixel"
    given = numbers(answer)
    if (refused := refusal(expected, answer, fits=given is not None and given.shape == (2,))) is not None:
        return refused
    right, nyquist = fold(FREQUENCY, STRIDE), 0.5 / STRIDE
    if _same_wave(given, right):
        return Verdict(True, "both components folded for themselves, and the wave now leans the other way.")
    if _same_wave(given, right * (1, -1)):
        return Verdict(False, "the sizes are right, the lean is not: which of the components changed its sign?")
    if _same_wave(given, right * STRIDE):
        return Verdict(False, "this is right in cycles per unit of the map; divide by the stride for input pixels.")
    if _same_wave(given, np.mod(FREQUENCY, 1 / STRIDE)):
        return Verdict(
            False, f"you took away 1/{STRIDE} until less than 1/{STRIDE} was left; go on to {nyquist} at most."
        )
    if _same_wave(given, right[::-1]):
        return Verdict(False, "fx and fy have changed places.")
    if (np.abs(given) > nyquist + 1e-9).any():
        return Verdict(
            False, f"samples {STRIDE} px apart carry at most {nyquist} cycles/px per axis; {_pair(given)} is more."
        )
    off = float(alias_distance(given, np.array(FREQUENCY), STRIDE))
    return Verdict(
        False, f"{_pair(given)} is {off:.3f} cycles/px away from it. How many times 1/{STRIDE} fits, to the nearest?"
    )


def check_fold(function: Any) -> Verdict:
    """Exercise 6.2: `function(frequency, stride)` folds (N, 2) frequencies, each component for itself."""
    expected = "a function of an (N, 2) array and a stride that returns an (N, 2) array"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(6)
    cases = [(np.array([[0.2, 0.1], [0.1, 0.05], [-0.3, 0.45]]), 4)]
    cases += [(generator.uniform(-0.49, 0.49, (40, 2)), stride) for stride in (1, 2, 3, 4, 8)]
    for frequency, stride in cases:
        came, trouble = attempt(function, frequency.copy(), stride)
        if trouble:
            return Verdict(False, f"for stride {stride} the function {trouble}.")
        given = numbers(came)
        if given is None or given.shape != frequency.shape:
            return Verdict(
                False, f"for stride {stride}, {frequency.shape} numbers were expected; what came is {came!r}."
            )
        right = fold(frequency, stride)
        wrong = np.abs(given - right).max(1) > 1e-6
        if not wrong.any():
            continue
        at = int(wrong.argmax())
        where = (
            f"{_pair(frequency[at])} with stride {stride}: {_pair(right[at])} was expected, {_pair(given[at])} came."
        )
        return Verdict(False, f"{where}{_slip_of_folding(frequency, stride, given)}")
    return Verdict(
        True, f"{sum(len(frequency) for frequency, _ in cases)} frequencies agree, mirrored ones among them."
    )


def check_twins(function: Any) -> Verdict:
    """Exercise 6.3: `function(frequency, stride)` names all gratings that look like (fx, fy) on the samples."""
    expected = "a function of (fx, fy) and a stride that returns stride * stride frequencies, an (N, 2) array"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    cases = (((0.05, 0.1), 2), ((0.05, 0.1), 4), ((-0.31, 0.22), 3), ((0.45, -0.02), 1))
    for frequency, stride in cases:
        came, trouble = attempt(function, np.array(frequency), stride)
        where = f"{_pair(frequency)} with stride {stride}:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}.")
        given = numbers(came)
        if given is None or given.ndim != 2 or given.shape[1] != 2:
            return Verdict(False, f"{where} an (N, 2) array was expected; what came is {came!r}.")
        if (np.abs(given) > 0.5 + 1e-9).any():
            worst = given[np.abs(given).max(1).argmax()]
            return Verdict(False, f"{where} {_pair(worst)} is beyond 0.5 cycles/px, which pixels can't carry.")
        off = alias_distance(given, np.array(frequency), stride)
        if off.max() > 1e-6:
            worst = given[off.argmax()]
            return Verdict(False, f"{where} the samples do tell it from {_pair(worst)}, which folds elsewhere.")
        missing = [twin for twin in _twins(frequency, stride) if not any(_same_wave(row, twin) for row in given)]
        if missing:
            found, along = stride**2 - len(missing), sum(twin[1] == frequency[1] for twin in missing)
            hint = "" if along == len(missing) or found != stride else " Each axis folds for itself: combine the two."
            return Verdict(False, f"{where} {found} of {stride**2} are there; {_pair(missing[0])} is missing.{hint}")
        if len(given) > stride**2:
            return Verdict(False, f"{where} {stride**2} gratings were expected, {len(given)} came: f and -f are one.")
    return Verdict(True, "stride s has s * s names for every grating, and your function knows them all.")


def check_filter(answer: Any) -> Verdict:
    """Exercise 6.4: a filter of `TAPS` taps with most of its energy in `BAND`, little of which overlaps at stride 3."""
    expected = f"{TAPS} numbers, the taps of a filter"
    if (refused := refusal(expected, answer)) is not None:
        return refused
    given = numbers(answer)
    if given is None or given.shape != (TAPS,) or not np.abs(given).max() > 1e-9:
        return Verdict(False, f"expected {expected}, not all of them zero; what came is {answer!r}.")
    size = 360 * FOR_STRIDE
    power, frequency = np.abs(np.fft.fft(given, size)) ** 2, np.abs(np.fft.fftfreq(size))
    inside = power[(frequency >= BAND[0]) & (frequency <= BAND[1])].sum() / power.sum()
    overlap = 1 - power.reshape(FOR_STRIDE, -1).max(0).sum() / power.sum()
    figures = f"{inside:.1%} of its energy lies between {BAND[0]} and {BAND[1]} cycles/px, and {overlap:.1%} overlaps"
    if inside < LEAST:
        return Verdict(False, f"{figures}; the first should be {LEAST:.0%} or more.")
    if overlap <= MOST:
        return Verdict(True, f"{figures}: nearly all of it beyond Nyquist, and little lost.")
    peak = frequency[power.argmax()]
    border = round(peak * 2 * FOR_STRIDE) / (2 * FOR_STRIDE)
    hint = f"Its peak, {peak:.3f}, is {abs(peak - border):.3f} from {border:.3g}, where the two lobes fold together."
    return Verdict(False, f"{figures}; the second should be {MOST:.0%} or less. {hint}")


def _same_wave(a: Any, b: Any) -> bool:
    """Whether two frequencies name one real grating: f and -f are the same."""
    return bool(np.allclose(a, b, atol=1e-6) or np.allclose(a, -np.asarray(b), atol=1e-6))


def _slip_of_folding(frequency: np.ndarray, stride: int, given: np.ndarray) -> str:
    """A sentence on the slip that explains all of the answers, or nothing."""
    right = fold(frequency, stride)
    length = np.linalg.norm(frequency, axis=1, keepdims=True)
    slips = (
        (np.abs(right), "The sign is lost: a folded component can be negative, which mirrors the wave."),
        (
            np.mod(frequency, 1 / stride),
            f"What is left lies between -1/{2 * stride} and 1/{2 * stride}, not from 0 on.",
        ),
        (right * stride, "This is in cycles per unit of the map; divide by the stride."),
        (frequency / length * fold(length, stride), "Each component folds for itself, not the length of the two."),
        (frequency.clip(-0.5 / stride, 0.5 / stride), "Too fast a wave is not slowed down to the limit: it folds."),
        (frequency, "Nothing was folded."),
    )
    return next((f" {words}" for slip, words in slips if np.allclose(given, slip, atol=1e-6)), "")


def _twins(frequency: Any, stride: int) -> list[tuple[float, float]]:
    """All frequencies within 0.5 per axis that fold onto the same place."""
    x, y = ([f + k / stride for k in range(-stride, stride + 1) if -0.5 <= f + k / stride < 0.5] for f in frequency)
    return list(product(x, y))


def _pair(frequency: Any) -> str:
    return "({:.3g}, {:.3g})".format(*(round(float(f), 6) + 0 for f in frequency))
