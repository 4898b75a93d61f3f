"""Averages are those of probabilities, and the reasons why they help are identities that hold to the last digit."""

from dataclasses import astuple
from itertools import combinations
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zflib import paper
from zflib.experiments.ablation import ensembles


def some_members(members=4, pictures=40, classes=5, seed=0, alike=0.7):
    """Members that share part of what they say wrongly, none at 0 and all at 1, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=pictures)
    shared, own = rng.normal(size=(pictures, classes)), rng.normal(size=(members, pictures, classes))
    logits = alike * shared + (1 - alike**2) ** 0.5 * own + 1.5 * np.eye(classes)[labels]
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True)), labels


tables = st.builds(
    some_members,
    members=st.integers(2, 5),
    pictures=st.integers(2, 30),
    classes=st.integers(2, 6),
    seed=st.integers(0, 999),
    alike=st.floats(0, 1),
)


def scores_by_hand(log_probabilities, labels):
    wrong, nats, squared = 0, 0.0, 0.0
    for row, label in zip(log_probabilities.tolist(), labels.tolist(), strict=True):
        wrong += row.index(max(row)) != label
        nats -= row[label]
        squared += sum((exp(value) - (at == label)) ** 2 for at, value in enumerate(row))
    return 100 * wrong / len(labels), nats / len(labels), squared / len(labels)


def average_by_hand(members):
    out = np.zeros(np.shape(members)[1:])
    for n, c in np.ndindex(out.shape):
        out[n, c] = log(sum(exp(member[n, c]) for member in members) / len(members))
    return out


@given(tables)
def test_average_is_the_logarithm_of_the_mean_probability(table):
    members, _ = table
    np.testing.assert_allclose(ensembles.average(members), average_by_hand(members), atol=1e-12)
    np.testing.assert_allclose(ensembles.average(members[::-1]), ensembles.average(members), atol=1e-12)


@given(tables, st.integers(1, 5))
def test_identical_members_are_the_member(table, times):
    member = table[0][0]
    np.testing.assert_allclose(ensembles.average(np.stack([member] * times)), member, atol=1e-12)


def test_probabilities_too_small_for_floats_are_averaged_all_the_same():
    members = np.array([[[0.0, -2000.0]], [[0.0, -1000.0]]])
    np.testing.assert_allclose(ensembles.average(members), [[0.0, -1000 - log(2)]])


@given(tables)
def test_scores(table):
    members, labels = table
    found = ensembles.scores(members[0], labels)
    assert (found.error, found.cross_entropy, found.brier) == pytest.approx(scores_by_hand(members[0], labels))


@pytest.mark.parametrize("classes", [10, 1000])
def test_log_probabilities_kept_as_float16_will_do(classes):
    members, labels = some_members(2, 50, classes)
    kept = ensembles.averaging(members.astype(np.float16), labels).ensemble
    assert kept.cross_entropy == pytest.approx(ensembles.averaging(members, labels).ensemble.cross_entropy, abs=1e-3)


@given(tables)
def test_averaging_takes_the_gap_off_the_cross_entropy(table):
    members, labels = table
    found = ensembles.averaging(members, labels)
    gap = []
    for n, label in enumerate(labels):
        p = [exp(member[n, label]) for member in members]
        gap.append(log(np.mean(p) / np.prod(p) ** (1 / len(p))))
    np.testing.assert_allclose(found.gap, gap, atol=1e-9)
    assert found.gap.min() > -1e-12  # Jensen
    assert found.members.cross_entropy - found.ensemble.cross_entropy == pytest.approx(found.gap.mean(), abs=1e-12)


@given(tables)
def test_averaging_leaves_of_the_squared_error_what_the_members_share(table):
    members, labels = table
    found, count = ensembles.averaging(members, labels), len(members)
    vectors = np.exp(members) - np.eye(members.shape[-1])[labels]
    products = [[(one * other).sum(-1).mean() for other in vectors] for one in vectors]
    off = [products[i][j] for i, j in combinations(range(count), 2)]
    assert found.alignment == pytest.approx(np.mean(off) / np.mean(np.diag(products)))
    left = found.alignment + (1 - found.alignment) / count
    assert found.ensemble.brier == pytest.approx(left * found.members.brier)


def test_members_that_are_always_right_have_no_error_to_share():
    sure = np.log(np.stack([np.eye(3)] * 2).clip(1e-300))
    found = ensembles.averaging(sure, np.arange(3))
    assert found.ensemble.brier == pytest.approx(0) and found.alignment == pytest.approx(1)


@given(tables)
def test_sizes_are_means_over_all_subsets(table):
    members, labels = table
    found = ensembles.averaging(members, labels)
    for k, scores in enumerate(found.by_size, start=1):
        chosen = [list(few) for few in combinations(range(len(members)), k)]
        by_hand = np.mean([scores_by_hand(average_by_hand(members[few]), labels) for few in chosen], axis=0)
        assert (scores.error, scores.cross_entropy, scores.brier) == pytest.approx(by_hand)
    assert found.members == found.by_size[0] and found.ensemble == found.by_size[-1]
    nats = [scores.cross_entropy for scores in found.by_size]
    assert (np.diff(nats) < 1e-12).all()  # k + 1 members are an average over their ensembles of k


@given(tables)
def test_correlation_and_disagreement_pair_by_pair(table):
    members, labels = table
    found = ensembles.averaging(members, labels)
    wrong = members.argmax(-1) != labels
    for i, j in np.ndindex(found.correlation.shape):
        a, b = wrong[i].mean(), wrong[j].mean()
        both = (wrong[i] & wrong[j]).mean()
        spread = (a * (1 - a) * b * (1 - b)) ** 0.5
        if spread:
            assert found.correlation[i, j] == pytest.approx((both - a * b) / spread)
        else:
            assert np.isnan(found.correlation[i, j])
        differ = sum(members[i, n].argmax() != members[j, n].argmax() for n in range(len(labels)))
        assert found.disagreement[i, j] == pytest.approx(100 * differ / len(labels))


def test_members_that_share_less_gain_more():
    apart, alike = (ensembles.averaging(*some_members(5, 2000, alike=a)) for a in (0.0, 0.9))
    assert apart.gap.mean() > alike.gap.mean()
    off = ~np.eye(5, dtype=bool)
    assert apart.correlation[off].max() < alike.correlation[off].min()
    assert apart.members.error - apart.ensemble.error > alike.members.error - alike.ensemble.error > 0


def test_table_2_has_the_papers_rows():
    members, labels = some_members(7)
    zfnets, wide = members[:5], members[5:]
    found = ensembles.table_2(zfnets, wide, labels)
    assert found.keys() <= paper.TABLES[2].keys()
    by_hand = {
        "zfnet_1_convnet": [scores_by_hand(net, labels) for net in zfnets],
        "zfnet_5_convnets_a": [scores_by_hand(average_by_hand(zfnets), labels)],
        "zfnet_512_1024_512_b": [scores_by_hand(net, labels) for net in wide],
        "zfnet_6_convnets_a_and_b": [scores_by_hand(average_by_hand([*zfnets, net]), labels) for net in wide],
    }
    for row, several in by_hand.items():
        assert astuple(found[row]) == pytest.approx(np.mean(several, axis=0))


GOOD, LABELS = some_members(2, 6, 3)


@pytest.mark.parametrize(
    "rubbish",
    [
        np.exp(GOOD),
        GOOD + 0.1,
        np.where(GOOD.max() == GOOD, np.nan, GOOD),
        np.full((2, 6, 3), -np.inf),
        np.zeros((2, 0, 3)),
        np.zeros((0, 6, 3)),
        GOOD[0],
        [GOOD[0], GOOD[1][:5]],
        "probabilities",
        None,
    ],
)
def test_what_are_no_log_probabilities_is_refused(rubbish):
    for function in (ensembles.average, lambda r: ensembles.averaging(r, LABELS)):
        with pytest.raises(ValueError, match="log-probabilities"):
            function(rubbish)
    with pytest.raises(ValueError, match="log-probabilities"):
        ensembles.table_2(GOOD, rubbish, LABELS)


@pytest.mark.parametrize("labels", [LABELS[:5], LABELS.astype(float), LABELS + 3, LABELS - 3, LABELS[:, None], None])
def test_labels_that_fit_nothing_are_refused(labels):
    for function in (ensembles.averaging, lambda p, given: ensembles.scores(p[0], given)):
        with pytest.raises(ValueError, match="6 labels"):
            function(GOOD, labels)


def test_scores_are_of_one_network():
    with pytest.raises(ValueError, match=r"\(pictures, classes\)"):
        ensembles.scores(GOOD, LABELS)


@pytest.mark.parametrize("members", [1, 9])
def test_too_few_or_too_many_members(members):
    with pytest.raises(ValueError, match="2 to 8 members"):
        ensembles.averaging(*some_members(members))
