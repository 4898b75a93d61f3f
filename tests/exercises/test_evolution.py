"""The checkers of chapter 8 tell right from wrong, name the slip, and never raise."""

import numpy as np
import pytest
from rubbish import RUBBISH

from zflib.exercises import Question
from zflib.exercises.evolution import check_jump, check_learnt, check_shared


@pytest.mark.parametrize("check", [check_learnt, check_shared, check_jump])
@pytest.mark.parametrize("answer", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_answered_in_words(check, answer):
    verdict = check(answer)
    assert not verdict
    assert isinstance(verdict, Question) or "expected" in verdict.text or "the function raised" in verdict.text


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True)) / np.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def beyond(filters, start):
    return [f - np.dot(f, s) / np.dot(s, s) * s for f, s in zip(filters, start, strict=True)]


def alike(one, other):
    return np.mean([cosine(a, b) for a, b in zip(one, other, strict=True)])


def learnt(start, now, final):
    return alike(beyond(now, start), beyond(final, start))


def test_what_training_adds():
    assert check_learnt(learnt)
    for wrong, slip in (
        (lambda start, now, final: alike(now, final), "their start included"),
        (lambda start, now, final: alike(now - start, final - start), "of which decay has left less"),
        (lambda start, now, final: alike(beyond(now, start), final), "leaves the start"),
        (lambda start, now, final: cosine(np.ravel(beyond(now, start)), np.ravel(beyond(final, start))), "one long"),
        (
            lambda start, now, final: np.mean(np.sum(np.multiply(beyond(now, start), beyond(final, start)), axis=1)),
            "inner product",
        ),
        (lambda start, now, final: 2 * learnt(start, now, final), "was expected"),
        (lambda start, now, final: now - start, "a number was expected"),
    ):
        verdict = check_learnt(wrong)
        assert not verdict and slip in verdict.text, verdict.text


def nine(responses, k):
    return sorted(range(len(responses)), key=lambda at: -responses[at])[:k]


def shared(now, final, k):
    return sum(each in nine(now, k) for each in nine(final, k)) / k


def test_what_two_nines_share():
    assert check_shared(shared)
    for wrong, slip in (
        (lambda now, final, k: k * shared(now, final, k), "counts pictures"),
        (lambda now, final, k: np.mean([a == b for a, b in zip(nine(now, k), nine(final, k), strict=True)]), "order"),
        (
            lambda now, final, k: len({*nine(now, k)} & {*nine(final, k)}) / len({*nine(now, k)} | {*nine(final, k)}),
            "in either",
        ),
        (lambda now, final, k: shared(-now, -final, k), "weakest"),
        (lambda now, final, k: 1 - shared(now, final, k), "was expected"),
        (lambda now, final, k: nine(final, k), "a number was expected"),
    ):
        verdict = check_shared(wrong)
        assert not verdict and slip in verdict.text, verdict.text


def jump(one, other):
    times = np.linspace(0, 1, 3_000_001)
    first, second = (a + (b - a) * times for a, b in (one, other))
    return times[np.argmax(second >= first)]


def test_when_the_strongest_picture_changes():
    assert check_jump(jump)
    for wrong, slip in (
        (lambda one, other: 1 - jump(one, other), "left after it"),
        (lambda one, other: one[0] + jump(one, other) * (one[1] - one[0]), "at which they meet"),
        (lambda one, other: 0.25, "was expected"),
        (lambda one, other: one, "a number was expected"),
    ):
        verdict = check_jump(wrong)
        assert not verdict and slip in verdict.text, verdict.text
