"""Differences of rows are as uncertain as simulated nets say."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from simulated import OF_NET, simulated, true_error

from zflib.experiments.ablation import comparison, rank_correlation
from zflib.experiments.ablation.comparison import Discordant, Row, Spread


@st.composite
def two_rows(draw):
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    pictures = draw(st.integers(2, 30))
    return [simulated(rng, [0.5], draw(st.integers(2, 4)), pictures)[0] for _ in range(2)]


def parts_by_hand(values):
    """Of (S, N) values: variance over pictures of the nets' mean, and of the rest that is luck."""
    seeds, pictures = values.shape
    mean = values.mean()
    by_picture = [values[:, n].mean() for n in range(pictures)]
    by_net = [values[s].mean() for s in range(seeds)]
    luck = 0.0
    for s in range(seeds):
        for n in range(pictures):
            luck += (values[s, n] - by_net[s] - by_picture[n] + mean) ** 2
    return np.array(by_picture), luck / ((seeds - 1) * (pictures - 1))


@given(two_rows(), st.floats(0, 20))
def test_standard_error_by_hand(rows, spread):
    found = comparison.compare(*rows, Spread(spread, 1.0, 20)).error
    (one, luck_one), (other, luck_other) = (parts_by_hand(row.wrong) for row in rows)
    pictures, seeds = len(one), [len(row.correct) for row in rows]
    assert found.estimate == pytest.approx(100 * (rows[0].correct.mean() - rows[1].correct.mean()))
    assert found.pictures == pytest.approx((np.var(other - one, ddof=1) / pictures) ** 0.5)
    assert found.seeds == pytest.approx(spread * (1 / seeds[0] + 1 / seeds[1]) ** 0.5)
    luck = (luck_one / seeds[0] + luck_other / seeds[1]) / pictures
    variance = max(found.pictures**2 - luck, 0) + max(found.seeds**2, luck)
    assert found.standard_error == pytest.approx(variance**0.5)
    assert found.standard_error >= max(found.pictures, found.seeds) - 1e-9


@given(two_rows())
def test_spread_is_pooled_over_rows(rows):
    found = comparison.between_seeds(rows)
    squares = sum((net - np.mean(row.nll.mean(1))) ** 2 for row in rows for net in row.nll.mean(1))
    assert found.degrees == sum(len(row.correct) - 1 for row in rows)
    assert found.cross_entropy == pytest.approx((squares / found.degrees) ** 0.5)
    assert found == comparison.between_seeds([*rows, Row(rows[0].correct[:1], rows[0].nll[:1])])  # adds nothing


@given(two_rows())
def test_swapping_rows_flips_signs(rows):
    found, swapped = comparison.compare(*rows), comparison.compare(*rows[::-1])
    for name in ("error", "cross_entropy"):
        there, back = getattr(found, name), getattr(swapped, name)
        assert there.interval() == pytest.approx([-end for end in back.interval()[::-1]], abs=1e-9)
        assert there.p == pytest.approx(back.p)
    assert [d.p for d in found.by_seed] == [d.p for d in swapped.by_seed]


@given(two_rows(), st.randoms(use_true_random=False))
def test_the_order_of_pictures_does_not_matter_if_it_is_one(rows, random):
    order = list(range(rows[0].correct.shape[1]))
    random.shuffle(order)
    found = comparison.compare(*rows)
    moved = comparison.compare(*[Row(row.correct[:, order], row.nll[:, order]) for row in rows])
    assert found.by_seed == moved.by_seed
    assert found.error.interval() == pytest.approx(moved.error.interval(), abs=1e-9)
    assert found.cross_entropy.interval() == pytest.approx(moved.cross_entropy.interval(), abs=1e-9)


@given(two_rows())
def test_a_row_does_not_differ_from_itself(rows):
    found = comparison.compare(rows[0], rows[0])
    assert found.error.estimate == found.cross_entropy.estimate == 0
    assert found.error.p == found.cross_entropy.p == 1
    assert set(found.by_seed) == {Discordant(0, 0)}


@given(two_rows())
def test_mcnemars_counts_one_by_one(rows):
    found = comparison.compare(*rows)
    first, second = (row.correct.tolist() for row in rows)
    pairs, pictures = min(len(first), len(second)), len(first[0])
    assert len(found.by_seed) == pairs
    for s, counts in enumerate(found.by_seed):
        assert counts.first == sum(first[s][n] and not second[s][n] for n in range(pictures))
        assert counts.second == sum(second[s][n] and not first[s][n] for n in range(pictures))


def test_mcnemars_p_is_that_of_coins():
    assert Discordant(0, 5).p == pytest.approx(2 / 32)
    assert Discordant(1, 5).p == Discordant(5, 1).p == pytest.approx(2 * (1 + 6) / 64)
    assert Discordant(3, 3).p == Discordant(0, 0).p == 1


def test_nets_that_differ_are_no_rows_that_differ():
    # The first row's nets err on 10, 20 and 60 of 200 pictures, the second's on 40, 60 and 80: by pictures alone there
    # is no doubt, but three nets may fall like that.
    wrong = [np.arange(200) < np.array(counts)[:, None] for counts in ([10, 20, 60], [40, 60, 80])]
    found = comparison.compare(*[Row(~w, np.ones(w.shape)) for w in wrong])
    assert all(d.p < 1e-5 for d in found.by_seed)
    assert abs(found.error.estimate) > 3 * found.error.pictures
    assert found.error.p > 0.05 and comparison.verdict(found.error, "higher") == "undecided"


def test_intervals_cover_and_those_of_pictures_alone_do_not():
    rng = np.random.default_rng(0)
    easiness = (0.6, 0.4, 0.5, 0.7, 0.5, 0.6)
    true = true_error(easiness[1]) - true_error(easiness[0])
    covered, by_pictures, times = 0, 0, 400
    for _ in range(times):
        rows = simulated(rng, easiness)
        found = comparison.compare(rows[0], rows[1], comparison.between_seeds(rows)).error
        covered += found.interval()[0] < true < found.interval()[1]
        by_pictures += abs(found.estimate - true) < 1.96 * found.pictures
    assert 0.93 < covered / times < 0.985  # standard error 0.011
    assert by_pictures / times < 0.88


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_smallest_detectable_difference_is_found_four_times_in_five(seeds):
    rng = np.random.default_rng(seeds)
    many = simulated(rng, [0.5] * 8, seeds=20)  # to plan with: they know the spread well
    spread = Spread(comparison.between_seeds(many).error, 1.0, 12)  # but six rows of three will know it so well
    plans = [comparison.detectable(a, b, spread, seeds) for a, b in zip(many[::2], many[1::2], strict=True)]
    difference = np.mean(plans)
    worse = -NormalDist().inv_cdf((true_error(0.5) + difference) / 100) * (1 + OF_NET**2) ** 0.5
    found, times = 0, 300
    for _ in range(times):
        rows = simulated(rng, (0.5, worse, 0.5, 0.5, 0.5, 0.5))
        first, second = (Row(row.correct[:seeds], row.nll[:seeds]) for row in rows[:2])
        found += comparison.compare(first, second, comparison.between_seeds(rows)).error.p < 0.05
    assert 0.7 < found / times < 0.88  # standard error 0.023


def test_one_net_on_3925_pictures_is_known_to_0_7_points():
    right = np.arange(3925) >= 981
    row = Row(right[None], np.ones((1, 3925)))
    found = comparison.detectable(row, row, Spread(0.0, 0.0, 10**6), seeds=1, paired=False)
    assert found / (1.960 + 0.842) / 2**0.5 == pytest.approx(0.69, abs=0.005)
    assert comparison.detectable(row, row, Spread(0.0, 0.0, 10**6), seeds=1) == 0


def test_detectable_from_discordant_pictures():
    first, second = np.ones(100, bool), np.ones(100, bool)
    first[:4], second[4:16] = False, False
    rows = [Row(right[None], np.ones((1, 100))) for right in (first, second)]
    error = 100 * ((4 + 12 - 8**2 / 100) / (100 * 99)) ** 0.5
    both = (error**2 + 2 * 0.5**2) ** 0.5
    t = stats.t.ppf(0.975, 24) + stats.t.ppf(0.8, 24)
    assert comparison.detectable(*rows, Spread(0.5, 1.0, 24), seeds=1) == pytest.approx(t * both)


def test_pairing_and_seeds_help():
    rows = simulated(np.random.default_rng(0), (0.5, 0.5), pictures=2000)
    spread = comparison.between_seeds(rows)
    paired, unpaired = ([comparison.detectable(*rows, spread, s, p) for s in (1, 3, 9)] for p in (True, False))
    assert paired[0] > paired[1] > paired[2] and unpaired[0] > unpaired[1] > unpaired[2]
    assert all(p < u for p, u in zip(paired, unpaired, strict=True))
    three = comparison.compare(*rows, spread).error
    t = stats.t.ppf([0.975, 0.8], spread.degrees).sum()
    assert paired[1] == pytest.approx(t * three.standard_error)  # what is planned is what is done


def test_row_of_log_probabilities():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 5, 3))
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    labels = np.array([0, 2, 1, 1, 0])
    row = Row.of(logits, labels)
    for s, n in np.ndindex(2, 5):
        assert row.correct[s, n] == (logits[s, n].argmax() == labels[n])
        assert row.nll[s, n] == -logits[s, n, labels[n]]
        assert row.wrong[s, n] == (0 if row.correct[s, n] else 100)
    with pytest.raises(ValueError, match="log-probabilities"):
        Row.of(np.exp(logits), labels)


RIGHT, NLL = np.ones((2, 4), bool), np.ones((2, 4))


@pytest.mark.parametrize(
    ("correct", "nll", "message"),
    [
        (RIGHT.astype(int), NLL, "bool"),
        (RIGHT[0], NLL[0], "seeds, pictures"),
        (RIGHT[:0], NLL[:0], "seeds, pictures"),
        (RIGHT[:, :1], NLL[:, :1], "seeds, pictures"),
        (None, NLL, "bool"),
        (RIGHT, NLL[:, :3], "nll"),
        (RIGHT, NLL * np.nan, "nll"),
        (RIGHT, NLL * np.inf, "nll"),
        (RIGHT, RIGHT, "nll"),
        (RIGHT, "cross-entropy", "nll"),
    ],
)
def test_what_is_no_row_is_refused(correct, nll, message):
    with pytest.raises(ValueError, match=message):
        Row(correct, nll)


def test_rows_of_other_pictures_are_not_compared():
    row, other = Row(RIGHT, NLL), Row(RIGHT[:, :3], NLL[:, :3])
    spread = Spread(1.0, 1.0, 4)
    for function in (
        lambda: comparison.compare(row, other),
        lambda: comparison.between_seeds([row, other]),
        lambda: comparison.detectable(row, other, spread, 1),
        lambda: rank_correlation([1, 2, 3], [row, other, row]),
    ):
        with pytest.raises(ValueError, match=r"same pictures; these have \[3, 4\]"):
            function()
    with pytest.raises(ValueError, match="none"):
        comparison.between_seeds([])


def test_one_seed_a_row_needs_the_spread_of_others():
    row = Row(RIGHT[:1], NLL[:1])
    with pytest.raises(ValueError, match="one seed a row"):
        comparison.compare(row, row)
    assert comparison.compare(row, row, Spread(1.0, 1.0, 4)).error.standard_error == pytest.approx(2**0.5)
    with pytest.raises(ValueError, match="not 0"):
        comparison.detectable(row, row, Spread(1.0, 1.0, 4), 0)


def test_rows_may_have_a_spread_each():
    rng = np.random.default_rng(5)
    first, second = (Row(rng.random((3, 200)) < 0.7, rng.random((3, 200))) for _ in range(2))
    same = Spread(1.0, 0.1, 8)
    one, both = (comparison.compare(first, second, spread).error for spread in (same, (same, same)))
    assert both.standard_error == pytest.approx(one.standard_error) and both.degrees == pytest.approx(16)
    wild = Spread(30.0, 2.0, 2)
    found = comparison.compare(first, second, (same, wild))
    assert found.error.seeds == pytest.approx((1 / 3 + 900 / 3) ** 0.5)
    welch = (1 / 3 + 900 / 3) ** 2 / ((1 / 3) ** 2 / 8 + (900 / 3) ** 2 / 2)
    assert found.error.degrees == pytest.approx(welch)
    swapped = comparison.compare(second, first, (wild, same)).error
    assert swapped.interval() == pytest.approx(tuple(-end for end in reversed(found.error.interval())))
    assert comparison.compare(first, second, (Spread(0.0, 0.0, 3), Spread(0.0, 0.0, 5))).error.degrees == 3


def test_a_plan_may_have_other_numbers_of_seeds():
    rng = np.random.default_rng(6)
    first, second = (Row(rng.random((3, 200)) < 0.7, rng.random((3, 200))) for _ in range(2))
    spread = Spread(3.0, 0.1, 24)
    three, five_and_three, five = (comparison.detectable(first, second, spread, s) for s in (3, (5, 3), 5))
    assert five < five_and_three < three == comparison.detectable(first, second, spread, (3, 3))
    with pytest.raises(ValueError, match="seeds must be a whole number of at least 1, not 0"):
        comparison.detectable(first, second, spread, (3, 0))
