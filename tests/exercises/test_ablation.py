"""The checkers of chapter 7 tell right from wrong, name the slip, and never raise."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rubbish import RUBBISH

from zflib.exercises import Forecast, Question, interval_score
from zflib.exercises.ablation import check_prediction, check_seeds, check_share

ANSWERS = (*RUBBISH, True, [1.5, 2], lambda *anything: (1, 2), lambda *anything: torch.zeros(5, 3))


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_rubbish_is_answered_in_words(answer):
    verdicts = [check_share(answer), check_seeds(answer, lambda seeds: 3 / seeds), check_seeds(3, answer)]
    row = "zfnet", "layers_6_7_2048_units"
    verdicts += [check_prediction(answer, row[1], 1, 0, 2, 1), check_prediction(row[0], answer, 1, 0, 2, 1)]
    verdicts += [check_prediction(*row, answer, 0, 2, 1), check_prediction(*row, 1, 0, 2, answer)]
    verdicts += [check_prediction(*row, 1, answer, 2, 1), check_prediction(*row, 1, 0, answer, 1)]
    for verdict in verdicts:
        if not (answer is True and verdict.text.startswith("layers")):
            asked = isinstance(verdict, Question) or "ted" in verdict.text
            assert (not verdict and len(verdict.text) > 20 and asked) or "raised" in verdict.text


# AlexNet by hand: 6 x 6 maps of 256 into 4096, 4096 into 4096, 4096 into 1000; without the two, 9216 into 1000.
POOL5, CONVS = 256 * 36, 34_944 + 614_656 + 885_120 + 1_327_488 + 884_992
DENSE = (POOL5 + 1) * 4096, 4097 * 4096, 4097 * 1000
WHOLE, LEFT = CONVS + sum(DENSE), CONVS + (POOL5 + 1) * 1000


@pytest.mark.parametrize(
    "answer", [1 - LEFT / WHOLE, 0.792, 0.79, torch.tensor([0.7922]), Fraction(WHOLE - LEFT, WHOLE)]
)
def test_the_share_of_the_parameters(answer):
    assert check_share(answer) and "79.2%" in check_share(answer).text


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        (79.2, "percent"),
        (79, "percent"),
        (0.8, "too much"),
        ("0.79", "expected"),
        (LEFT / WHOLE, "left"),
        (WHOLE - LEFT, "how many are lost"),
        ((DENSE[0] + DENSE[1]) / WHOLE, "what does layer 8 read"),
        (sum(DENSE) / WHOLE, "stays"),
        ((WHOLE - LEFT) / LEFT, "smaller network"),
        (0.6, "too little"),
        (0.99, "too much"),
        (-3, "expected"),
    ],
)
def test_slips_with_the_share(answer, slip):
    verdict = check_share(answer)
    assert not verdict and slip in verdict.text


def test_the_fewest_seeds():
    def detects(seeds):
        return 0.8 + 1 / seeds  # 0.9 from ten on

    assert check_seeds(10, detects) and "still be 0.80" in check_seeds(10, detects).text
    assert not check_seeds(9, detects) and "takes more" in check_seeds(9, detects).text
    assert not check_seeds(11, detects) and "fewer" in check_seeds(11, detects).text
    assert check_seeds(1, lambda seeds: 0.5), "one is the fewest that there can be"
    assert "whole number" in check_seeds(2.5, detects).text and isinstance(check_seeds(..., detects), Question)


ROW = "alexnet", "removed_layers_3_4"


def test_a_prediction_is_scored():
    held = check_prediction(*ROW, 1.5, -1, 4, 2.3, 0.4)
    assert isinstance(held, Forecast) and held and repr(held).startswith("Held")
    assert "+2.3 ± 0.4 came" in held.text and "score is 5.0" in held.text and "better than" in held.text
    missed = check_prediction(*ROW, 1.5, 1, 2, 2.5)
    assert isinstance(missed, Forecast) and not missed and repr(missed).startswith("Missed")
    assert "0.5 beyond" in missed.text and "score is 6.0" in missed.text and "as good as" in missed.text
    assert "less than two standard errors" in check_prediction(*ROW, 1.5, 1, 2, 2.5, 0.4).text
    assert "less than two standard errors" not in check_prediction(*ROW, 1.5, 1, 2, 2.5, 0.2).text
    hedged = check_prediction(*ROW, 0, -50, 50, 2.3)
    assert hedged and "score is 100.0" in hedged.text and "worse than" in hedged.text
    # Beyond the naive range, naive pays as well: 6 + 10 * (33 - 3).
    assert "306.0" in check_prediction(*ROW, 30, 20, 40, torch.tensor(33.0)).text


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ((1, 4, -1), "changed places"),
        ((1, 1, 1), "without a width"),
        ((5, -1, 4), "holds your own guess"),
        ((1, -200, 4), "points of error"),
        ((..., 1, 2), "three numbers"),
        ((float("inf"), 1, 2), "points of error"),
    ],
)
def test_what_is_no_prediction(answer, slip):
    verdict = check_prediction(*ROW, *answer, 2.0)
    assert not verdict and slip in verdict.text and not isinstance(verdict, Forecast)


def test_what_is_no_row():
    assert "compared with" in check_prediction("zfnet", "as_is", 0, -1, 1, 0).text
    assert "layers_6_7_8192_units" in check_prediction("zfnet", "removed_layer_7", 0, -1, 1, 0).text
    assert '"alexnet" or "zfnet"' in check_prediction("vgg", "as_is", 0, -1, 1, 0).text
    assert "standard error" in check_prediction(*ROW, 0, -1, 1, 0, -2).text


@given(st.floats(-50, 50), st.floats(0.01, 20), st.floats(-50, 50))
def test_the_interval_score_by_its_cases(low, width, outcome):
    high = low + width
    by_hand = width
    if outcome < low:
        by_hand += 10 * (low - outcome)
    if outcome > high:
        by_hand += 10 * (outcome - high)
    assert interval_score(low, high, outcome) == pytest.approx(by_hand)


def test_no_range_scores_better_than_the_quantiles():
    outcomes = np.linspace(-3, 3, 601)
    weight = np.exp(-(outcomes**2) / 2) / np.exp(-(outcomes**2) / 2).sum()

    def expected(low, high):
        return sum(w * interval_score(low, high, x) for w, x in zip(weight, outcomes, strict=True))

    ranges = [(-a, b) for a in np.arange(0.5, 2.6, 0.25) for b in np.arange(0.5, 2.6, 0.25)]
    assert min(ranges, key=lambda ends: expected(*ends)) == (-1.25, 1.25)  # the normal curve's 10 and 90 % are at 1.28


def test_a_forecast_below_zero_is_written_with_a_minus():
    said = check_prediction("zfnet", "layers_6_7_2048_units", -0.5, -2, 1, -3.0).text
    assert "you said −0.5, from −2 to +1 points; −3.0 came." in said
