"""The rank correlation with the paper is Spearman's, and as uncertain as simulated nets say."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from simulated import nested, simulated

from zflib.experiments.ablation import Row, rank_correlation, ranks, within_groups


@settings(max_examples=20)
@given(st.permutations(range(6)))
def test_rank_correlation_is_spearmans(order):
    rows = nested([40, 60, 60, 90, 200, 250])
    paper = np.array([3.0, 1.0, 1.0, 5.0, 8.0, 40.0])[order]
    expected = stats.spearmanr(paper, [10, 15, 15, 22.5, 50, 62.5]).statistic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranks, "DRAWS", 20)
        found = rank_correlation(paper, rows)
    assert found.estimate == pytest.approx(expected)
    assert -1 <= found.low <= found.estimate <= found.high <= 1


def test_pictures_are_drawn_for_all_rows_at_once():
    found = rank_correlation([1, 2, 3, 4, 5], nested([100, 112, 124, 136, 148]))
    assert (
        found.low == pytest.approx(1) and found.high == 1
    )  # drawn for each row apart, 3 points would often turn round


def test_seeds_are_drawn_within_rows():
    steady = nested([100, 130, 160, 190], seeds=3)
    assert rank_correlation([1, 2, 3, 4], steady).low == pytest.approx(1)
    swinging = nested([0, 100, 290])  # mean 130, as the steady row's
    swinging = Row(np.concatenate([r.correct for r in swinging]), np.ones((3, 400)))
    assert rank_correlation([1, 2, 3, 4], [steady[0], swinging, *steady[2:]]).low < 0.7


def test_permutations_are_all_of_them_where_they_are_few():
    rows, paper = nested([40, 60, 90, 200, 250]), np.array([2.0, 1.0, 3.0, 5.0, 4.0])
    found = rank_correlation(paper, rows)
    chance = [stats.spearmanr(paper, order).statistic for order in permutations(range(5))]
    expected = 2 * np.mean(np.array(chance) >= found.estimate - 1e-9)
    assert found.p == pytest.approx(expected)
    assert rank_correlation([1, 2, 3, 4, 5], rows).p == pytest.approx(2 / 120)


def test_twelve_rows_are_drawn_and_drawn_alike():
    rng = np.random.default_rng(0)
    rows = simulated(rng, np.linspace(1, 0.2, 12))
    first, again, other = (rank_correlation(range(12), rows, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first.estimate > 0.8 and first.p < 0.005 and first.low < first.estimate
    unrelated = rank_correlation([5, 9, 2, 11, 1, 8, 12, 3, 6, 10, 4, 7], rows)
    assert unrelated.p > 0.3


def test_the_interval_of_a_rank_correlation_covers(monkeypatch):
    monkeypatch.setattr(ranks, "DRAWS", 200)
    monkeypatch.setattr(ranks, "PERMUTATIONS", 9)
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(60):
        easiness = rng.normal(0.6, 0.25, 12)
        paper = rng.normal(-easiness, 0.1)
        true = stats.spearmanr(paper, -easiness).statistic
        found = rank_correlation(paper, simulated(rng, easiness))
        covered.append(found.low - 1e-9 <= true <= found.high + 1e-9)
    assert np.mean(covered) > 0.85  # of 0.95, standard error 0.028


def test_within_groups_shuffles_within_groups_only():
    paper = [1.0, 2.0, 3.0, 7.0, 9.0, 8.0]
    ours, groups = [40, 60, 90, 200, 250, 300], ["a", "a", "a", "b", "b", "b"]
    found = within_groups(paper, nested(ours), groups)
    orders = [(*a, *(3 + at for at in b)) for a in permutations(range(3)) for b in permutations(range(3))]
    chance = np.array([stats.spearmanr(paper, np.array(ours)[list(order)]).statistic for order in orders])
    assert found.estimate == pytest.approx(stats.spearmanr(paper, ours).statistic)
    assert found.by_chance == pytest.approx(chance.mean(), abs=0.01)
    assert found.p == pytest.approx((chance >= found.estimate - 1e-9).mean(), abs=0.02)
    assert found.by_group == pytest.approx({"a": 1.0, "b": 0.5})


def test_two_groups_without_any_order_within_correlate_all_the_same():
    paper, ours = [1, 2, 3, 4, 11, 12, 13, 14], [12, 14, 11, 13, 112, 114, 111, 113]
    rows = nested(ours)
    assert rank_correlation(paper, rows).p < 0.05
    found = within_groups(paper, rows, list("aaaabbbb"))
    assert found.estimate > 0.7 and found.by_chance == pytest.approx(0.76, abs=0.03) and found.p > 0.3


def test_a_group_too_small_to_have_an_order():
    found = within_groups([1, 2, 3, 4, 5], nested([10, 20, 30, 40, 50]), list("aaabb"))
    assert found.by_group == {"a": 1}
    with pytest.raises(ValueError, match="a group for each of 5 rows; 4 are given"):
        within_groups([1, 2, 3, 4, 5], nested([10, 20, 30, 40, 50]), list("aaab"))


@pytest.mark.parametrize("paper", [[1, 2], [1, 2, np.nan], [[1, 2, 3]], []])
def test_published_errors_that_fit_no_rows(paper):
    with pytest.raises(ValueError, match="published error"):
        rank_correlation(paper, nested([1, 2, 3])[: len(paper) or 3])


def test_no_order_no_correlation():
    for paper, counts in (([1, 2, 3], [5, 5, 5]), ([1, 1, 1], [5, 6, 7])):
        with pytest.raises(ValueError, match="no order"):
            rank_correlation(paper, nested(counts))
