"""Verdicts follow from intervals as defined."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from zflib.experiments.ablation import Difference, verdict


def difference(estimate, standard_error=1.0, degrees=24):
    return Difference(estimate, 0.0, standard_error, standard_error, degrees)


@pytest.mark.parametrize(
    ("estimate", "claim", "margin", "expected"),
    [
        (2.5, "higher", 0, "supported"),
        (1.5, "higher", 0, "undecided"),
        (-1.5, "higher", 0, "undecided"),
        (-2.5, "higher", 0, "contradicted"),
        (-2.5, "lower", 0, "supported"),
        (2.5, "lower", 0, "contradicted"),
        (2.5, "higher", 1, "undecided"),
        (3.5, "higher", 1, "supported"),
        (-1.5, "higher", 1, "contradicted"),
        (0.0, "little", 3, "supported"),
        (1.2, "little", 3, "supported"),  # 1.2 + 1.71 < 3: of 90 %
        (-1.2, "little", 3, "supported"),
        (1.5, "little", 3, "undecided"),
        (0.0, "little", 1.5, "undecided"),  # not significant, and not small either
        (4.9, "little", 3, "undecided"),  # 4.9 - 1.71 > 3 > 4.9 - 2.06: contradicting takes 95 %
        (5.2, "little", 3, "contradicted"),
        (-5.2, "little", 3, "supported"),  # a gain is no cost
    ],
)
def test_verdicts(estimate, claim, margin, expected):
    assert verdict(difference(estimate), claim, margin) == expected


@given(st.floats(-4, 4), st.floats(0.01, 3), st.integers(1, 60), st.floats(0.01, 5))
def test_little_is_supported_just_when_a_one_sided_test_says_so(estimate, error, degrees, margin):
    p = stats.t.cdf((estimate - margin) / error, degrees)
    assume(abs(p - 0.05) > 1e-9)
    found = verdict(difference(estimate, error, degrees), "little", margin)
    assert (found == "supported") == (p < 0.05)


@given(st.floats(-4, 4), st.floats(0.01, 3), st.integers(1, 60))
def test_a_direction_is_supported_just_when_it_is_significant(estimate, error, degrees):
    found = difference(estimate, error, degrees)
    assume(abs(found.p - 0.05) > 1e-9)
    verdicts = [verdict(found, claim) for claim in ("higher", "lower")]
    assert ("supported" in verdicts) == (found.p < 0.05) == ("contradicted" in verdicts)


def test_a_difference_without_doubt():
    assert difference(1.0, 0.0).p == 0 and difference(0.0, 0.0).p == 1


def test_is_written_with_its_interval():
    found = difference(-2.03, 0.6)
    low, high = found.interval()
    assert f"{found:.1f}" == f"-2.0 ({low:.1f} to {high:.1f})".replace("-", "−") == "−2.0 (−3.3 to −0.8)"
    assert f"{difference(0.254, 0.02):.2f}" == "+0.25 (+0.21 to +0.30)"


@pytest.mark.parametrize(("claim", "margin"), [("same", 1), ("little", 0), ("higher", -1), ("lower", np.nan)])
def test_claims_that_are_none(claim, margin):
    with pytest.raises(ValueError, match=r"claim|margin"):
        verdict(difference(1.0), claim, margin)
