"""The folding law, and the three measures of the harm it does."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zflib
from zflib.analysis.aliasing import alias_distance, beyond_nyquist, fold, overlap, survival

frequency = st.floats(-3, 3)
stride = st.integers(1, 12)


@given(frequency, stride)
def test_the_result_is_within_nyquist_and_stays(f, s):
    folded = fold(f, s)
    assert abs(folded) <= 0.5 / s + 1e-12
    assert fold(folded, s) == pytest.approx(folded, abs=1e-12) or abs(folded) == pytest.approx(0.5 / s)
    assert fold(-f, s) == -folded


@given(frequency, stride)
def test_it_moves_by_whole_multiples_of_the_lattice(f, s):
    steps = (f - fold(f, s)) * s
    assert steps == pytest.approx(round(steps), abs=1e-9)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), stride, st.floats(0, 6.3))
def test_the_samples_agree_one_by_one(fx, fy, s, phase):
    y, x = np.mgrid[:5, :5] * s
    gx, gy = fold((fx, fy), s)
    before, after = (np.cos(2 * np.pi * (u * x + v * y) + phase) for u, v in ((fx, fy), (gx, gy)))
    np.testing.assert_allclose(before, after, atol=1e-9)


@given(st.floats(-1, 1), stride)
def test_what_the_samples_can_carry_stays_where_it_is(part, s):
    assert fold(part * 0.5 / s, s) == part * 0.5 / s


def test_values_worked_by_hand():
    assert fold(0.30, 4) == pytest.approx(0.05)
    np.testing.assert_allclose(fold((0.2, 0.1), 4), (-0.05, 0.1))  # leans the other way
    np.testing.assert_allclose(fold([[0.2, 0.1], [0.3, -0.45]], 2), [[0.2, 0.1], [-0.2, 0.05]])
    assert np.isnan(fold(np.nan, 4))
    for ends in (0.125, -0.125, 0.375):
        assert abs(fold(ends, 4)) == 0.125


def test_distance_is_that_of_real_waves_on_the_samples():
    assert alias_distance((0.2, 0.1), (-0.05, 0.1), 4) == pytest.approx(0, abs=1e-12)
    assert alias_distance((0.2, 0.1), (0.05, -0.1), 4) == pytest.approx(0, abs=1e-12)  # the same pair
    assert alias_distance((0.05, 0.04), (-0.05, 0.04), 4) == pytest.approx(0.08)  # its mirror image is another wave
    assert alias_distance((0.125, 0.01), (-0.125, 0.01), 4) == pytest.approx(0, abs=1e-12)  # both ends are one
    np.testing.assert_allclose(alias_distance([[0.1, 0], [0.11, 0]], (0.1, 0), 2), [0, 0.01], atol=1e-12)


@pytest.mark.parametrize("bad", [0, -2, 2.5, None])
def test_a_stride_is_a_whole_number(bad):
    for function in (lambda: fold(0.1, bad), lambda: overlap(np.ones((1, 1, 3, 3)), bad)):
        with pytest.raises(ValueError, match="stride must be a whole number of at least 1"):
            function()


def gabor(frequency, degrees=0.0, side=31, width=6.0, phase=0.5):
    """(1, 1, side, side) a wave under a Gaussian of s.d. `width` pixels."""
    y, x = np.mgrid[:side, :side] - side // 2
    fx, fy = zflib.aliasing.wave_vector(frequency, degrees)
    return (np.exp(-(x**2 + y**2) / 2 / width**2) * np.cos(2 * np.pi * (fx * x + fy * y) + phase))[None, None]


def by_hand(filters, s, size, falloff=0):
    """Overlap and energy beyond Nyquist, frequency by frequency."""
    overlaps, beyond = [], []
    for one in filters:
        power = (np.abs(np.fft.fft2(one, (size, size))) ** 2).sum(0)
        groups, far = defaultdict(list), 0.0
        for i in range(size):
            for j in range(size):
                nearest = [min(k, size - k) / size for k in (i, j)]
                far += power[i, j] * (max(nearest) > 0.5 / s)
                seen = power[i, j] / max(math.hypot(*nearest), 1 / size) ** falloff
                groups[i % (size // s), j % (size // s)].append(seen)
        overlaps.append(1 - sum(map(max, groups.values())) / sum(map(sum, groups.values())))
        beyond.append(far / power.sum())
    return overlaps, beyond


@pytest.mark.parametrize(("s", "size"), [(1, 65), (2, 66), (3, 69), (4, 68), (5, 65)])
def test_measures_equal_the_slow_way(s, size):
    filters = np.random.default_rng(s).normal(size=(3, 2, 5, 5))
    overlaps, beyond = by_hand(filters, s, size)
    np.testing.assert_allclose(overlap(filters, s), overlaps, atol=1e-12)
    of_photographs = by_hand(filters, s, size, falloff=2)[0]
    np.testing.assert_allclose(overlap(filters, s, falloff=2), of_photographs, atol=1e-12)
    np.testing.assert_allclose(beyond_nyquist(filters, s), beyond, atol=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(1, 6))
def test_shares_keep_within_their_bounds(seed, s):
    filters = np.random.default_rng(seed).normal(size=(2, 3, 4, 4))
    shares = overlap(filters, s)
    assert (shares >= -1e-12).all() and (shares <= 1 - 1 / s**2 + 1e-12).all()
    np.testing.assert_allclose(overlap(7 * filters, s), shares)
    if s == 1:
        np.testing.assert_allclose([shares, beyond_nyquist(filters, 1)], 0, atol=1e-12)


@pytest.mark.parametrize("bad", [-1, 11, np.nan, "white"])
def test_a_falloff_is_a_number_from_0_to_10(bad):
    with pytest.raises(ValueError, match="falloff"):
        overlap(np.ones((1, 1, 3, 3)), 2, falloff=bad)


def test_a_single_pixel_overlaps_as_much_as_can_be():
    one = np.ones((1, 1, 1, 1))
    for s in (1, 2, 3, 4):
        assert overlap(one, s)[0] == pytest.approx(1 - 1 / s**2)
        assert beyond_nyquist(one, s)[0] == pytest.approx(1 - 1 / s**2)


def test_folding_hurts_in_the_middle_of_the_lattice_only():
    # Zones of stride 4 end at 0, 1/8, 1/4 ...: 3/16 is the middle of one, 1/4 the border of two.
    inside, border = gabor(3 / 16), gabor(1 / 4)
    for filters in (inside, border):
        assert beyond_nyquist(filters, 4)[0] > 0.9  # and yet only one of them is hurt
    assert overlap(inside, 4)[0] < 0.02
    assert overlap(border, 4)[0] == pytest.approx(0.5, abs=0.02)
    assert survival(inside, 4)[0] > 2
    assert survival(border, 4)[0] < 0.2


@settings(max_examples=30)
@given(st.floats(0.1, 0.4), st.floats(0, 180), st.sampled_from([2, 3, 4]))
def test_survival_is_the_distance_of_twice_the_peak_from_the_lattice(f, degrees, s):
    width = 6.0
    bandwidth = np.sqrt(np.log(2)) / np.pi / width  # where exp(-(2 pi f width)^2) is a half, both sides
    at = 2 * zflib.aliasing.wave_vector(f, degrees)
    points = np.stack(np.meshgrid(np.arange(-9, 10), np.arange(-9, 10)), -1).reshape(-1, 2) / s
    nearest = np.linalg.norm(points - at, axis=1).min()
    assert survival(gabor(f, degrees, side=51, width=width), s)[0] == pytest.approx(nearest / bandwidth, abs=0.05)


def test_survival_of_low_pass_filters():
    y, x = np.mgrid[:31, :31] - 15
    narrow, wide = (np.exp(-(x**2 + y**2) / 2 / w**2)[None, None] for w in (2.5, 0.8))
    for s, filters, expected in ((4, narrow, True), (4, wide, False), (1, wide, True)):
        assert (survival(filters, s)[0] >= 1) == expected
    assert np.isnan(survival(np.concatenate([narrow, 0 * narrow]), 4)).tolist() == [False, True]


def test_a_filter_of_zeros_has_no_shares():
    for measure in (overlap, beyond_nyquist):
        assert np.isnan(measure(np.stack([np.zeros((1, 3, 3)), np.ones((1, 3, 3))]), 2)).tolist() == [True, False]


def test_networks_are_their_first_layer():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(seed=0)
    weights = net.conv1.weight.detach()
    for measure in (overlap, beyond_nyquist, survival):
        np.testing.assert_array_equal(measure(net, 2), measure(weights, 2))
        assert measure(weights.numpy(), 2).shape == (48,)
