"""The checkers of chapter 12 tell right from wrong, name the slip, and never raise."""

import numpy as np
import pytest
from rubbish import RUBBISH

from zflib.exercises import Question
from zflib.exercises.transfer import check_decisions, check_lost, check_mean_accuracy, expected_lost


@pytest.mark.parametrize("check", [check_mean_accuracy, check_decisions, check_lost])
@pytest.mark.parametrize("answer", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_answered_in_words(check, answer):
    verdict = check(answer)
    assert not verdict
    assert isinstance(verdict, Question) or "expected" in verdict.text or "the function raised" in verdict.text


def mean_accuracy(truth, named):
    return sum(np.mean(named[truth == each] == each) for each in set(truth)) / len(set(truth))


def test_mean_accuracy():
    assert check_mean_accuracy(mean_accuracy)
    for wrong, slip in (
        (lambda truth, named: np.mean(truth == named), "share of all pictures"),
        (lambda truth, named: 100 * mean_accuracy(truth, named), "percentage"),
        (lambda truth, named: mean_accuracy(named, truth), "classes that were named"),
        (lambda truth, named: 1 - mean_accuracy(truth, named), "was expected"),
        (lambda truth, named: mean_accuracy(truth, named) * (len(truth) < 50), "was expected"),
        (lambda truth, named: truth == named, "a number was expected"),
    ):
        verdict = check_mean_accuracy(wrong)
        assert not verdict and slip in verdict.text


def decisions(gram, train, test, a, b):
    return [sum(a[at] * gram[one, other] for at, other in enumerate(train)) + b for one in test]


def test_decisions():
    assert check_decisions(decisions)
    assert check_decisions(lambda gram, train, test, a, b: gram[np.ix_(test, train)] @ a + b)
    for wrong, slip in (
        (lambda gram, train, test, a, b: gram[np.ix_(test, train)] @ a, "constant is missing"),
        (lambda gram, train, test, a, b: np.sign(gram[np.ix_(test, train)] @ a + b), "signs"),
        (lambda gram, train, test, a, b: gram[np.ix_(train, train)] @ a + b, "numbers were expected"),
        (lambda gram, train, test, a, b: gram[: len(test), : len(train)] @ a + b, "was expected"),
        (lambda gram, train, test, a, b: gram[test, train] @ a, "the function raised"),
    ):
        verdict = check_decisions(wrong)
        assert not verdict and slip in verdict.text


def simulated(classes, pictures, held, draws=4000):
    generator, labels = np.random.default_rng(0), np.repeat(np.arange(classes), pictures)
    found = [classes - len(set(generator.choice(labels, held, replace=False))) for _ in range(draws)]
    return float(np.mean(found))


def test_classes_lost():
    assert expected_lost(3, 2, 2) == pytest.approx(3 * 6 / 15)
    assert expected_lost(7, 4, 5) == pytest.approx(simulated(7, 4, 5), abs=0.05)
    assert check_lost(expected_lost)
    for wrong, slip in (
        (lambda classes, pictures, held: expected_lost(classes, pictures, held) / classes, "one class"),
        (
            lambda classes, pictures, held: classes * (1 - held / classes / pictures) ** pictures,
            "drawn twice",
        ),
        (lambda classes, pictures, held: classes * (held / classes / pictures) ** pictures, "every picture is drawn"),
        (lambda classes, pictures, held: 3.5, "was expected"),
        (lambda classes, pictures, held: "none", "a number was expected"),
    ):
        verdict = check_lost(wrong)
        assert not verdict and slip in verdict.text
