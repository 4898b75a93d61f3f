"""Checkers of one answer meet what no exercise asks for with words: they never raise, and say what was expected."""

import pytest
import torch
from rubbish import RUBBISH

from zflib.exercises import Question, aliasing, deconvnet, layers, unpooling

# By chapter: its checkers, and what is rubbish to them in particular.
CHAPTERS = (
    (
        (unpooling.check_switches, unpooling.check_claimants, unpooling.check_counterexample, unpooling.check_mean),
        (True, [[None] * 4] * 4, [[float("nan")] * 4] * 4, [[float("inf")] * 2] * 2),
    ),
    ((deconvnet.check_filtering_back, deconvnet.check_rectify, deconvnet.check_deconvnet), ()),
    (
        (layers.check_strongest, layers.check_entropy, layers.check_random_nine, layers.check_effective_field),
        (True, [1.5, 2, 3], torch.zeros(2, 2)),
    ),
    (
        (aliasing.check_landing, aliasing.check_fold, aliasing.check_twins, aliasing.check_filter),
        ("0.1, 0.2", [float("nan")] * 2, [0.0] * 11, [True] * 11, torch.zeros(2, 2)),
    ),
)
CASES = [(check, answer) for checks, more in CHAPTERS for check in checks for answer in (*RUBBISH, *more)]


@pytest.mark.parametrize(("check", "answer"), CASES, ids=range(len(CASES)))
def test_rubbish_is_answered_in_words(check, answer):
    verdict = check(answer)
    assert not verdict
    assert isinstance(verdict, Question) or "expected" in verdict.text.lower() or "the function raised" in verdict.text
