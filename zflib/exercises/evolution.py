"""Checkers for chapter 8: what training adds to filters, what two nines share, when the strongest picture changes."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np

from zflib.exercises import Verdict, attempt, number, refusal


def check_learnt(function: Any) -> Verdict:
    """Exercise 8.1: `function(start, now, final)` gives how alike filters are at right angles to their start.

    Each is (maps, weights); the answer is the mean over maps of the cosine of the parts of `now` and `final` that are
    at right angles to `start`.
    """
    expected = "a function of three arrays of filters, (maps, weights), that returns one number"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(0)
    for maps, weights in ((1, 4), (4, 12), (16, 75)):
        start, one, other = generator.normal(size=(3, maps, weights))
        scale = generator.uniform(0.1, 3, (maps, 1))  # maps that learn much and little
        now, final = 0.9 * start + 0.2 * scale * (one + other), 0.6 * start + scale * one
        came, trouble = attempt(function, start.copy(), now.copy(), final.copy())
        value = number(came)
        where = f"{maps} filter{'s' * (maps > 1)} of {weights} weights:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}")
        if value is None:
            return Verdict(False, f"{where} a number was expected; what came is {came!r}.")
        a, b = (beyond(each, start) for each in (now, final))
        right = cosines(a, b).mean()
        if isclose(value, right, abs_tol=1e-6):
            continue
        slips = {
            "compares the filters themselves, their start included": cosines(now, final).mean(),
            "subtracts the start, of which decay has left less": cosines(now - start, final - start).mean(),
            "leaves the start in the final filters": cosines(a, final).mean(),
            "takes all maps as one long filter": cosines(a.reshape(1, -1), b.reshape(1, -1))[0],
            "is an inner product; a cosine divides by both lengths": (a * b).sum(1).mean(),
        }
        for slip, wrong in slips.items():
            if isclose(value, wrong, abs_tol=1e-6):
                return Verdict(False, f"{where} {value:.3f} {slip}; {right:.3f} was expected.")
        return Verdict(False, f"{where} {right:.3f} was expected; what came is {value:.3f}.")
    return Verdict(True, "3 banks agree, among them maps that learn much and little: each counts alike.")


def check_shared(function: Any) -> Verdict:
    """Exercise 8.2: `function(now, final, k)` gives the share of the k pictures that excite a map most in the end that
    are among the k that excite it most now, from its response to every picture at both times."""
    expected = "a function of two arrays of responses and a number k that returns a share between 0 and 1"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(0)
    for pictures, k in ((6, 2), (40, 9), (500, 9)):
        final = generator.normal(size=pictures)
        now = final + 0.8 * generator.normal(size=pictures)
        came, trouble = attempt(function, now.copy(), final.copy(), k)
        value = number(came)
        where = f"{k} of {pictures} pictures:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}")
        if value is None:
            return Verdict(False, f"{where} a number was expected; what came is {came!r}.")
        one, other = (set(np.argsort(-each)[:k].tolist()) for each in (now, final))
        right = len(one & other) / k
        if isclose(value, right, abs_tol=1e-6):
            continue
        in_place = np.mean(np.argsort(-now)[:k] == np.argsort(-final)[:k])
        low = len(set(np.argsort(now)[:k].tolist()) & set(np.argsort(final)[:k].tolist())) / k
        slips = {
            "counts pictures, not their share": right * k,
            "wants them in the same order; which come first does not matter here": in_place,
            "is a share of all that are in either": right * k / len(one | other),
            "is the share of the weakest": low,
        }
        for slip, wrong in slips.items():
            if isclose(value, wrong, abs_tol=1e-6):
                return Verdict(False, f"{where} {value:.3f} {slip}; {right:.3f} was expected.")
        return Verdict(False, f"{where} {right:.3f} was expected; what came is {value:.3f}.")
    return Verdict(True, "3 maps agree, whichever of the nine comes first.")


def check_jump(function: Any) -> Verdict:
    """Exercise 8.3: `function(one, other)` gives the time at which the strongest picture changes.

    Both are pairs: a map's response to a picture at time 0 and at time 1, between which it moves along a line.
    """
    expected = "a function of two pairs of responses that returns a time between 0 and 1"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    for one, other in (((2.0, 2.0), (1.0, 3.0)), ((10.0, 10.5), (9.9, 11.0)), ((4.0, 1.0), (3.0, 3.0))):
        came, trouble = attempt(function, one, other)
        value = number(came)
        where = f"from {one[0]:g} to {one[1]:g} and from {other[0]:g} to {other[1]:g}:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}")
        if value is None:
            return Verdict(False, f"{where} a number was expected; what came is {came!r}.")
        ahead, behind = one[0] - other[0], other[1] - one[1]
        right = ahead / (ahead + behind)
        if isclose(value, right, abs_tol=1e-6):
            continue
        if isclose(value, 1 - right, abs_tol=1e-6):
            return Verdict(False, f"{where} {value:.3f} is the time left after it; {right:.3f} was expected.")
        if isclose(value, one[0] + right * (one[1] - one[0]), abs_tol=1e-6):
            return Verdict(False, f"{where} {value:.3f} is the response at which they meet, not the time.")
        return Verdict(False, f"{where} {right:.3f} was expected; what came is {value:.3f}.")
    return Verdict(True, "in the second case a jump to another picture, though no response moves by more than 12 %.")


def beyond(filters: np.ndarray, start: np.ndarray) -> np.ndarray:
    """What filters (maps, weights) have at right angles to their start."""
    return filters - (filters * start).sum(1, keepdims=True) / (start * start).sum(1, keepdims=True) * start


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(maps,) cosines of the rows of two arrays."""
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
