"""Checkers for chapter 5: where a filter peaks, shares of energy, a bank with a gap, and what a smaller window does."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from zflib.analysis import spectrum
from zflib.exercises import Verdict, attempt, number, numbers, refusal

# Exercise 5.1: 9 x 9 pixels of a wave under a round fade. It leans, so that no single row shows its frequency.
_WAVE, _SIDE = (0.2, 0.17), 9
_AT = np.arange(_SIDE) - _SIDE // 2
UNKNOWN = np.cos(2 * np.pi * (_WAVE[0] * _AT + _WAVE[1] * _AT[:, None]) + 0.6) * np.exp(
    -(_AT**2 + _AT[:, None] ** 2) / 14
)
NEAR = 0.02  # cycles per pixel
# Exercise 5.3: how many filters the bank may have.
MOST = 48
# Exercise 5.4: energy above this frequency, in cycles per pixel, and the side that filters are cut to.
ABOVE, CUT_TO = 0.25, 7


def check_peak(answer: Any) -> Verdict:
    """Exercise 5.1: the peak frequency of `UNKNOWN` in cycles per pixel, to within `NEAR`."""
    expected = "one number, in cycles per pixel"
    came = number(answer)
    if (refused := refusal(expected, answer, fits=came is not None)) is not None:
        return refused
    right = float(spectrum.peaks(UNKNOWN[None, None])[0])
    if abs(came - right) <= NEAR:
        return Verdict(
            True,
            f"the peak lies at {right:.3f} cycles/px. One wave alone is found far more exactly than 1/{_SIDE}; what "
            f"{_SIDE} pixels can't do is to tell two waves apart that are closer than that.",
        )
    slips = (
        (right * _SIDE, f"this is in cycles per filter; a filter has {_SIDE} pixels."),
        (1 / right, "this is the length of a period in pixels; frequency is one over it."),
        (2 * np.pi * right, "this is in radians per pixel; a cycle has 2 pi of them."),
        (1 - right, "this is its twin beyond 0.5, which the same pixels show; the slower one is meant."),
        (_WAVE[0], "this is the component along the rows. The wave leans: take the distance from frequency zero."),
        (_WAVE[1], "this is the component down the columns. The wave leans: take the distance from frequency zero."),
    )
    for slip, words in slips:
        if abs(came - slip) <= NEAR * max(1, slip / right):
            return Verdict(False, f"{came:g}: {words}")
    if not 0 <= came <= 0.7072:
        return Verdict(False, f"{came:g} cycles/px is not on the plane, which ends at 0.71, in its corners.")
    return Verdict(
        False,
        f"the power there is not the highest; the peak lies {'higher' if came < right else 'lower'} than {came:g} "
        f"cycles/px. On a padded transform, of 64 pixels say, the maximum can be read off.",
    )


def check_shares(function: Any) -> Verdict:
    """Exercise 5.2: `function(filter, edges)` gives the share of a filter's energy in each ring of frequencies."""
    expected = "a function of a filter (colours, k, k) and edges that returns a share for each ring"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator, edges = np.random.default_rng(5), np.array([0, 0.1, 0.2, 0.3, 0.5, 0.7072])
    fine = np.cos(0.8 * np.pi * np.arange(11)) * np.ones((11, 1))
    cases = {
        "noise, 7 x 7": generator.standard_normal((3, 7, 7)),
        "noise, 11 x 11": generator.standard_normal((3, 11, 11)),
        "a patch of grey, 11 x 11": np.ones((3, 11, 11)),
        "fine red stripes on coarse green, 11 x 11": np.stack([fine, np.ones((11, 11)), 0 * fine]),
        "a wave in yellow and blue, 9 x 9": np.stack([UNKNOWN, UNKNOWN, -2 * UNKNOWN]),
    }
    for name, filter in cases.items():
        came, trouble = attempt(function, filter.copy(), edges.copy())
        if trouble:
            return Verdict(False, f"{name}: the function {trouble}.")
        given, rings = numbers(came), len(edges) - 1
        if given is None or given.shape != (rings,):
            return Verdict(False, f"{name}: {rings} numbers were expected, one a ring; what came is {came!r}.")
        (right,) = spectrum.band_shares(filter[None], edges)
        if np.abs(given - right).max() <= 0.02:
            continue
        at = int(np.abs(given - right).argmax())
        where = f"{name}, from {edges[at]:g} to {edges[at + 1]:g} cycles/px: {right[at]:.3f} was expected, "
        return Verdict(False, f"{where}{given[at]:.3f} came.{_slip_of_shares(filter, edges, given)}")
    return Verdict(True, f"{len(cases)} filters agree to 0.02, coloured ones among them.")


def check_gap(answer: Any) -> Verdict:
    """Exercise 5.3: a bank of at most `MOST` filters whose summary says "supported", for the first of its middles."""
    expected = f"a bank of at most {MOST} filters, an array (maps, 3, 11, 11)"
    if (refused := refusal(expected, answer)) is not None:
        return refused
    given = numbers(answer)
    if given is None or given.ndim != 4 or given.shape[1:] != (3, 11, 11) or len(given) > MOST:
        came = repr(answer) if given is None else f"an array {given.shape}"
        return Verdict(False, f"expected {expected}; what came is {came}.")
    found = spectrum.summary(given)
    low, middle, high = found.gap.counts[0].sum(0)
    figures = f"{low} peak low, {middle} in the middle, {high} high, {found.dead[0]} are dead"
    if found.verdict == "supported":
        return Verdict(True, f"{figures}: supported. That is what the paper's sentence looks like in numbers.")
    if found.verdict != "undecided":
        return Verdict(False, f"{figures}: {found.verdict}, {found.reason}")
    if middle:
        return Verdict(False, f"{figures}: undecided. Is the middle empty enough?")
    return Verdict(False, f"{figures}: undecided. The shape is right; would so few show it by chance?")


def check_cut(predicted: Any, measured: Any, filters: Any) -> Verdict:
    """Exercise 5.4: what cutting `filters` to `CUT_TO` pixels does to the mean share of energy above `ABOVE`.

    predicted  {"cut": word, "faded": word}, each "rises" or "falls"
    measured   three shares: as they are, cut, cut and faded
    filters    (maps, 3, k, k)
    """
    wanted = '{"cut": ..., "faded": ...} with "rises" or "falls", and three shares: as they are, cut, faded'
    if (refused := refusal(wanted, predicted, measured)) is not None:
        return refused
    words = {"rises", "falls"}
    if (
        not isinstance(predicted, dict)
        or set(predicted) != {"cut", "faded"}
        or not all(isinstance(word, str) and word in words for word in predicted.values())
    ):
        return Verdict(False, f"expected {wanted}; the prediction that came is {predicted!r}.")
    given = numbers(measured)
    if given is None or given.shape != (3,):
        return Verdict(False, f"expected {wanted}; the measurement that came is {measured!r}.")
    right = np.array([_share_above(bank) for bank in _banks(filters)])
    if np.allclose(given, 100 * right, rtol=0.02):
        return Verdict(False, "the shares came in percent; expected are parts of 1.")
    if np.abs(given - right).max() > 0.005:
        at = int((np.abs(given - right) > 0.005).argmax())
        name = ("as they are", "cut", "cut and faded")[at]
        return Verdict(
            False,
            f"the filters {name}: a mean share of {right[at]:.3f} above {ABOVE} cycles/px was expected; what came is "
            f"{given[at]:.3f}.",
        )
    truth = dict(zip(("cut", "faded"), np.where(right[1:] > right[0], "rises", "falls").tolist(), strict=True))
    hits = [name for name in truth if predicted[name] == truth[name]]
    surprise = "both predictions hold" if len(hits) == 2 else "one prediction holds" if hits else "neither holds"
    return Verdict(
        True,
        f"from {right[0]:.3f} the share {truth['cut']} to {right[1]:.3f} cut, and {truth['faded']} to {right[2]:.3f} "
        f"faded; {surprise}. A hard cut through strong weights is an edge, and edges hold high frequencies; a fade has "
        f"none, but narrows the window once more. The same filters, two controls, two figures: say which.",
    )


def _banks(filters: Any) -> tuple[Any, Any, Any]:
    return filters, spectrum.same_size(filters, CUT_TO), spectrum.same_size(filters, CUT_TO, window=True)


def _share_above(filters: Any) -> float:
    return float(np.nanmean(spectrum.band_shares(filters, (0, ABOVE, 1))[:, 1]))


def _slip_of_shares(filter: np.ndarray, edges: np.ndarray, given: np.ndarray) -> str:
    """A sentence on the slip that explains the answer, or nothing."""
    if abs(given.sum()) < 1e-9:
        return ""
    (right,), (density,) = spectrum.band_shares(filter[None], edges), spectrum.radial_profile(filter[None], edges)
    if abs(given.sum() - 1) > 0.02 and np.allclose(given / given.sum(), right, atol=0.02):
        return " The rings are right, their sum is not 1: divide by the energy."
    amplitude = np.sqrt(spectrum.power(filter[None])[0])
    distance = np.hypot(spectrum.frequencies()[:, None], spectrum.frequencies())
    of_amplitude = np.array([amplitude[(low <= distance) & (distance < high)].sum() for low, high in pairwise(edges)])
    slips = (
        (density, "This is the mean over each ring: a wide ring counts like a narrow one. Energy adds up."),
        (of_amplitude, "This is of the amplitude; energy is its square."),
    )
    for slip, words in slips:
        if np.allclose(given / given.sum(), slip / slip.sum(), atol=0.02):
            return f" {words}"
    if (grey := filter.mean(0, keepdims=True)).any():
        (of_grey,) = spectrum.band_shares(grey[None], edges)
        if np.allclose(given, of_grey, atol=0.02):
            return " This is of the mean over colour: take each colour's spectrum first, then add."
    return ""
