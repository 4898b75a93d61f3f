"""Checkers for chapter 12: the mean over classes, classes that a random division loses, a classifier by products."""

from __future__ import annotations

from math import comb, isclose
from typing import Any

import numpy as np

from zflib.exercises import Verdict, attempt, number, numbers, refusal


def check_mean_accuracy(function: Any) -> Verdict:
    """Exercise 12.1: `function(truth, named)` gives the mean over classes of the share that is named right."""
    expected = "a function of two arrays of classes, true and named, that returns a share between 0 and 1"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(0)
    truth = np.repeat([0, 2, 5, 9], [40, 10, 4, 1])
    cases = [
        (np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 2, 2])),
        (np.array([3, 3, 7, 7, 7, 7]), np.array([3, 7, 7, 7, 7, 3])),
        (truth, np.where(generator.random(55) < 0.5, truth, generator.choice([0, 2, 5, 9, 11], 55))),
    ]
    for truth, named in cases:
        came, trouble = attempt(function, truth.copy(), named.copy())
        value = number(came)
        sizes = ", ".join(map(str, np.unique(truth, return_counts=True)[1]))
        where = f"classes of {sizes} pictures:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}")
        if value is None:
            return Verdict(False, f"{where} a number was expected; what came is {came!r}.")
        right = np.mean([(named[truth == each] == each).mean() for each in np.unique(truth)])
        if isclose(value, right, abs_tol=1e-6):
            continue
        if isclose(value, (truth == named).mean(), abs_tol=1e-6):
            return Verdict(False, f"{where} {value:.3f} is the share of all pictures; here each class counts alike.")
        if isclose(value, 100 * right, abs_tol=1e-4):
            return Verdict(False, f"{where} {value:.1f} is a percentage; a share between 0 and 1 was expected.")
        if isclose(value, np.mean([(truth[named == each] == each).mean() for each in np.unique(named)]), abs_tol=1e-6):
            return Verdict(False, f"{where} {value:.3f} goes by the classes that were named, not by the true ones.")
        return Verdict(False, f"{where} {right:.3f} was expected; what came is {value:.3f}.")
    return Verdict(True, f"{len(cases)} sets agree, among them one whose single picture of a class is missed.")


def check_decisions(function: Any) -> Verdict:
    """Exercise 12.3: `function(gram, train, test, a, b)` gives a linear classifier's values of the test pictures."""
    expected = "a function of a Gram matrix, two arrays of positions, coefficients and a constant that returns values"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(0)
    features = generator.normal(size=(9, 30))
    gram, order = features @ features.T, generator.permutation(9)
    for trained in (6, 4):
        train, test = order[:trained], order[trained:]
        a, b = generator.normal(size=trained), 2.5
        came, trouble = attempt(function, gram.copy(), train.copy(), test.copy(), a.copy(), b)
        where = f"{trained} pictures to train on, {9 - trained} to test:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}")
        given = numbers(came)
        if given is None or given.shape != (len(test),):
            return Verdict(False, f"{where} {len(test)} numbers were expected; what came is {came!r}.")
        right = features[test] @ (features[train].T @ a) + b
        if np.allclose(given, right):
            continue
        if np.allclose(given, right - b):
            return Verdict(False, f"{where} the values are too small by {b}: the constant is missing.")
        if np.allclose(given, np.sign(right)):
            return Verdict(False, f"{where} these are the signs; the values themselves were expected.")
        return Verdict(False, f"{where} {np.round(right, 2).tolist()} was expected; what came is {given.tolist()}.")
    return Verdict(True, "they equal those of the features themselves, which the function never saw.")


def check_lost(function: Any) -> Verdict:
    """Exercise 12.2: `function(classes, pictures, held)` gives how many classes to expect with no picture held back.

    There are `pictures` of each class, and `held` of all of them are drawn at random, none twice.
    """
    expected = "a function of the numbers of classes, of pictures of each, and of those drawn that returns a number"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    for classes, pictures, held in ((3, 2, 2), (101, 15, 303), (101, 30, 606)):
        came, trouble = attempt(function, classes, pictures, held)
        value = number(came)
        where = f"{classes} classes of {pictures}, {held} drawn:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}")
        if value is None:
            return Verdict(False, f"{where} a number was expected; what came is {came!r}.")
        right, share = expected_lost(classes, pictures, held), held / (classes * pictures)
        if isclose(value, right, rel_tol=0.005):
            continue
        if isclose(value, right / classes, rel_tol=0.005):
            return Verdict(False, f"{where} {value:.3g} is the probability for one class; there are {classes}.")
        if isclose(value, classes * (1 - share) ** pictures, rel_tol=0.005):
            return Verdict(False, f"{where} {value:.3g} comes when a picture may be drawn twice; here it may not.")
        if isclose(value, classes * share**pictures, rel_tol=0.005):
            return Verdict(False, f"{where} {value:.3g} is for classes of which every picture is drawn.")
        return Verdict(False, f"{where} {right:.3g} was expected, to half a percent; what came is {value:.3g}.")
    lost = expected_lost(101, 15, 303)
    return Verdict(True, f"of 101 classes of 15 pictures, a random fifth holds none of {lost:.1f} to be expected.")


def expected_lost(classes: int, pictures: int, held: int) -> float:
    """Classes of which none is among `held` pictures drawn from all."""
    every = classes * pictures
    return classes * comb(every - pictures, held) / comb(every, held)
