"""The verdict on banks that we built: right where it can be known, undecided where it can't, wrong at a known rate."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import zflib
from zflib import spectrum
from zflib.analysis.spectrum.densities import LOWEST
from zflib.analysis.spectrum.gap import MIDDLES, band_counts, p_values

ALL = np.array(MIDDLES)
ONE = ALL[:1]


def even_per_octave(rng, shape):
    return 2 ** rng.uniform(np.log2(LOWEST), -1, shape)


def even_per_area(rng, shape):
    return np.hypot(*rng.uniform(-0.5, 0.5, (2, *shape)))


def blobs(rng, shape):
    return np.abs(rng.normal(0, 0.05, shape))


def humps(rng, shape, low, high, share_high=0.5, spread=0.03, stray=0.0):
    centre = np.where(rng.random(shape) < share_high, high, low)
    found = np.clip(np.abs(rng.normal(centre, spread)), 0, 0.7)
    return np.where(rng.random(shape) < stray, even_per_octave(rng, shape), found)


def mixed(rng, shape, share, one, other):
    return np.where(rng.random(shape) < share, one(rng, shape), other(rng, shape))


def verdict_shares(found):
    """Of (banks, seeds, maps) peaks: the share that is supported, and contradicted, for the first of the middles."""
    p_gap, p_no_gap = (p[:, 0] for p in p_values(band_counts(found, ONE), ONE))
    contradicted = p_no_gap < 0.05
    return ((p_gap < 0.05) & ~contradicted).mean(), contradicted.mean()


EVEN = {
    "octaves": even_per_octave,
    "area, as noise": even_per_area,
    "frequency": lambda rng, shape: rng.uniform(0, 0.5, shape),
    "one broad hump": lambda rng, shape: np.abs(rng.normal(0.15, 0.1, shape)),
    "blobs and octaves": lambda rng, shape: mixed(rng, shape, 0.5, blobs, even_per_octave),
    "few blobs and noise": lambda rng, shape: mixed(rng, shape, 0.3, blobs, even_per_area),
    "many blobs and noise": lambda rng, shape: mixed(rng, shape, 0.8, blobs, even_per_area),
    "blobs": blobs,
}


@pytest.mark.parametrize("maps", [8, 48, 96, 288])
@pytest.mark.parametrize("bank", EVEN.values(), ids=EVEN)
def test_banks_without_a_gap_are_hardly_ever_said_to_have_one(bank, maps):
    assert verdict_shares(bank(np.random.default_rng(maps), (1000, 1, maps)))[0] < 0.05


def test_with_enough_filters_an_even_bank_contradicts_the_claim():
    for bank in (even_per_octave, even_per_area):
        shares = [verdict_shares(bank(np.random.default_rng(1), (400, 1, maps)))[1] for maps in (8, 96, 144, 480)]
        assert shares == sorted(shares) and shares[0] < 0.05 and shares[-1] > 0.9


@given(st.floats(0.03, 0.08), st.floats(0.37, 0.5), st.floats(0.4, 0.6), st.integers(0, 99))
@settings(max_examples=20)
def test_two_clear_humps_are_supported(low, high, share_high, seed):
    found = humps(np.random.default_rng(seed), (200, 1, 96), low, high, share_high)
    assert verdict_shares(found)[0] > 0.9


@pytest.mark.parametrize(
    ("maps", "low", "high", "share_high", "stray"),
    [(48, 0.05, 0.42, 0.5, 0), (96, 0.05, 0.42, 0.5, 0.1), (96, 0.0, 0.65, 0.5, 0.05), (144, 0.05, 0.42, 0.2, 0)],
)
def test_so_are_fewer_filters_with_strays_and_in_the_corners(maps, low, high, share_high, stray):
    found = humps(np.random.default_rng(0), (300, 1, maps), low, high, share_high, stray=stray)
    assert verdict_shares(found)[0] > 0.9


def test_a_gap_just_worth_the_name_is_hardly_ever_denied():
    rng = np.random.default_rng(0)
    # Per octave the middle is half as full as the sides; per area it is fuller than the high one, which denies nothing.
    band = rng.choice(3, p=np.array([1.72, 0.5, 0.74]) / 2.96, size=(1000, 1, 480))
    ends = np.log2([LOWEST, 0.15, 0.30, 0.5])
    found = 2 ** (ends[band] + rng.random(band.shape) * np.diff(ends)[band])
    p_no_gap = p_values(band_counts(found, ONE), ONE)[1]
    assert (p_no_gap < 0.05).mean() < 0.05


def test_p_values_by_hand():
    low, middle, high, corner = 40, 5, 20, 3
    p_gap, p_no_gap = p_values(np.array([[[low, middle, high, corner]]]), ONE)
    octaves = np.log2([0.15 / LOWEST, 0.30 / 0.15, 0.5 / 0.30, 0.5**0.5 / 0.30])
    area = np.pi * np.array([0.15**2, 0.30**2 - 0.15**2, 0.25 - 0.30**2, 1 / np.pi - 0.30**2])
    absent = [binom.cdf(low, 68, 0.1), binom.cdf(high + corner, 68, 0.1)]
    gap_fails, no_gap_fails = [], []
    for width in (octaves, area):
        dense = []
        for extents in ([(low, width[0])], [(high, width[2]), (high + corner, width[3])]):
            p = [binom.cdf(middle, middle + n, width[1] / (width[1] + w)) for n, w in extents]
            no_gap_fails.append(len(extents) * min(p))
            half = width[1] / 2
            dense.append(max(binom.sf(middle - 1, middle + n, half / (half + w)) for n, w in extents))
        gap_fails.append(min(1, 4 * min(*dense, *absent)))
    assert p_gap == pytest.approx(max(no_gap_fails))
    assert p_no_gap == pytest.approx(max(gap_fails))


def test_counts_by_hand():
    found = np.array([[0, 0.1499, 0.15, 0.2999, 0.30, 0.4999, 0.5, 0.6, np.nan]])
    assert band_counts(found, ONE).tolist() == [[[2, 2, 2, 2]]]


CAFFE = np.array(zflib.paper.BANKS["bvlc_alexnet"]["at"])


def emptied(found, middle, rng):
    """As many peaks, drawn from those outside the middle."""
    return rng.choice(found[(found < middle[0]) | (found >= middle[1])], found.shape)


@pytest.mark.parametrize("middle", MIDDLES)
def test_power_is_how_often_a_gap_cut_whole_into_a_real_bank_is_found(middle):
    rng = np.random.default_rng(1)
    found = [spectrum.gap_test(emptied(CAFFE, middle, rng), [middle]).p_gap[0] < 0.05 for _ in range(300)]
    power = spectrum.gap_test(CAFFE, [middle]).power[0]
    assert power[0] == pytest.approx(np.mean(found), abs=0.1)
    assert power[1] < 0.25 and power[1] <= power[0]  # a gap just worth the name is mostly missed


def test_a_gap_just_worth_the_name_is_half_as_dense_as_the_sparser_side():
    # Per area the high side is the sparser: 24 peaks in 0.503 of the plane, hence 5.06 in the 0.212 of the middle.
    found = np.repeat([0.08, 0.42], [96, 24])
    rng = np.random.default_rng(2)
    drawn = np.where(rng.random((2000, 1, 120)) < 5.06 / 120, 0.2, rng.choice(found, (2000, 1, 120)))
    expected = (p_values(band_counts(drawn, ONE), ONE)[0] < 0.05).mean()
    assert 0.2 < expected < 0.8
    assert spectrum.gap_test(found, ONE).power[0, 1] == pytest.approx(expected, abs=0.06)


def test_without_a_second_side_nothing_can_be_found():
    result = spectrum.gap_test(np.minimum(CAFFE, 0.29))
    assert (result.power[0] == 0).all() and result.verdicts[0] == "no second side" and "no high hump" in result.reason
    one_more = np.append(np.minimum(CAFFE, 0.29), 0.4)
    assert spectrum.gap_test(one_more).verdicts[0] == "contradicted"
    assert spectrum.gap_test([0.2] * 96).verdicts[0] == spectrum.gap_test([0.08] * 8).verdicts[0] == "no second side"


def test_several_seeds_keep_their_own_peaks():
    rng = np.random.default_rng(0)
    alike = rng.choice([0.08, 0.42], (3, 48))
    apart = np.array([[0.08] * 44 + [0.42] * 4, [0.08] * 24 + [0.42] * 24, [0.08] * 4 + [0.42] * 44])
    assert spectrum.gap_test(alike, ONE).power[0, 0] > 0.95
    assert spectrum.gap_test(apart, ONE).power[0, 0] < 0.5
    with_dead = np.where(rng.random(alike.shape) < 0.1, np.nan, alike)
    assert spectrum.gap_test(with_dead, ONE).counts.sum() == np.isfinite(with_dead).sum()


def test_each_middle_has_its_verdict():
    result = spectrum.gap_test([0.08] * 48 + [0.22] * 24 + [0.42] * 48, [(0.1, 0.2), (0.2, 0.3)])
    assert result.verdicts == ("supported", "contradicted")


def test_seeds_that_disagree_count_for_less():
    agreeing = np.array([[[20, 2, 20, 0]] * 3])
    quarrelling = np.array([[[38, 2, 2, 0], [20, 2, 20, 0], [2, 2, 38, 0]]])
    assert p_values(agreeing, ONE)[0] == pytest.approx(p_values(agreeing.sum(1, keepdims=True), ONE)[0])
    assert p_values(quarrelling, ONE)[0] > 100 * p_values(agreeing, ONE)[0]


def bank(waves, found, seed=0, noise=0.0, k=11):
    """Gabor patches in random colours, that peak at given frequencies, some grain on top."""
    rng = np.random.default_rng(seed)
    n = len(found)
    grey = waves(k, found, rng.uniform(0, np.pi, n), rng.uniform(0, 2 * np.pi, n), k / 4)
    grey /= np.sqrt((grey**2).mean((1, 2, 3), keepdims=True))
    return grey * rng.uniform(0.5, 1, (n, 3, 1, 1)) + noise * rng.standard_normal((n, 3, k, k))


@pytest.mark.parametrize("k", [7, 11])
@pytest.mark.parametrize("noise", [0, 0.5])
def test_banks_of_two_humps_are_supported(waves, k, noise):
    found = humps(np.random.default_rng(2), (96,), 0.05, 0.42, spread=0.02)
    result = spectrum.summary(bank(waves, found, noise=noise, k=k))
    assert result.verdict == "supported", str(result)
    assert result.gap.power[0, 0] > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_banks_of_noise_or_of_even_waves_are_not(waves, seed):
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((288, 3, 11, 11))
    even = bank(waves, even_per_octave(rng, (288,)), seed)
    assert spectrum.summary(white).verdict != "supported"
    assert spectrum.summary(even).verdict == "contradicted"
    assert spectrum.summary(even[:6]).verdict in ("undecided", "no second side")


def test_a_bank_without_high_frequencies_has_a_shortfall_but_no_gap(waves):
    result = spectrum.summary(bank(waves, blobs(np.random.default_rng(0), (96,))))
    assert result.verdict == "no second side" and "no high hump, 0 of 96" in result.reason
    high = spectrum.summary(bank(waves, np.random.default_rng(0).uniform(0.35, 0.45, 96)))
    assert high.verdict == "no second side" and "no low hump, 0 of 96" in high.reason


def test_a_bank_whose_middle_is_full_is_contradicted(waves):
    result = spectrum.summary(bank(waves, np.random.default_rng(0).uniform(0.06, 0.42, 288)))
    assert result.verdict == "contradicted" and "more than half the density" in result.reason


def test_few_or_dead_filters_decide_nothing(waves):
    few = bank(waves, np.array([0.05] * 4 + [0.42] * 4))
    assert spectrum.summary(few).verdict == "undecided"
    dead = spectrum.summary(0 * few)
    assert dead.verdict == "undecided" and dead.reason == "no filter is alive."
    assert dead.dead.tolist() == [8] and np.isnan(dead.densities.share).all()
    assert "dead: 8" in str(dead)


def test_the_summary_of_several_seeds(waves):
    rng = np.random.default_rng(0)
    banks = [bank(waves, humps(rng, (48,), 0.05, 0.42, spread=0.02), seed) for seed in range(3)]
    banks[1][5] = 0
    result = spectrum.summary(banks)
    assert result.dead.tolist() == [0, 1, 0] and result.maps == 48
    assert result.gap.counts.shape == (5, 3, 3) and result.gap.counts.sum(2).tolist() == [[48, 47, 48]] * 5
    assert np.allclose(result.densities.share[:2], result.gap.counts[0].sum(0)[:2] / 143)
    assert result.energy.sum() == pytest.approx(1)
    again = spectrum.summary(np.stack(banks))
    for field in dataclasses.fields(result):
        assert str(getattr(result, field.name)) == str(getattr(again, field.name)), field.name


def test_networks_are_taken_alone_and_in_a_list():
    net = zflib.ConvNet(zflib.ALEXNET.mini()).initialise(std=0.05, seed=0)
    assert spectrum.summary(net).maps == 48 and len(spectrum.summary([net, net]).dead) == 2


def test_a_summary_prints_its_figures(waves):
    banks = [bank(waves, humps(np.random.default_rng(s), (48,), 0.05, 0.42, spread=0.02), s) for s in range(2)]
    text = str(spectrum.summary(banks))
    for part in (
        "2 banks of 48 filters",
        "cycles/px",
        "0.150 to 0.300",
        "over seeds",
        "energy in these bands",
        "sensitivity",
        "supported:",
    ):
        assert part in text
    assert "over seeds" not in str(spectrum.summary(banks[0]))


@pytest.mark.parametrize("middles", [[(0.3, 0.2)], [(0.01, 0.2)], [(0.2, 0.5)], (0.2, 0.3), []])
def test_middles_must_make_sense(middles):
    with pytest.raises(ValueError, match="iddle"):
        spectrum.summary(np.ones((1, 1, 3, 3)), middles)


def test_banks_must_match():
    with pytest.raises(ValueError, match="filters of one shape"):
        spectrum.summary([np.ones((2, 3, 7, 7)), np.ones((2, 3, 11, 11))])
    with pytest.raises(ValueError, match="none"):
        spectrum.summary([])


def test_the_power_of_a_middle_does_not_hang_on_which_others_are_asked():
    together = spectrum.gap_test(CAFFE).power
    assert [spectrum.gap_test(CAFFE, [middle]).power[0].tolist() for middle in MIDDLES] == together.tolist()
