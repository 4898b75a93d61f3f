"""Spectra of filters whose spectrum is known: from a sum by hand, or from theory."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import zflib
from zflib import spectrum
from zflib.analysis.spectrum.filters import power_at

BANDS = (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.71)
BESIDE = Path(__file__).parents[4] / "shared" / "data"  # beside the checkout


def noise(maps=4, channels=3, k=7, seed=0):
    return np.random.default_rng(seed).standard_normal((maps, channels, k, k))


def power_by_hand(filters, size):
    found = np.zeros((len(filters), size, size))
    n = np.arange(filters.shape[-1])
    for row, fy in enumerate(spectrum.frequencies(size)):
        for column, fx in enumerate(spectrum.frequencies(size)):
            wave = np.exp(-2j * np.pi * (fy * n[:, None] + fx * n))
            found[:, row, column] = (abs((filters * wave).sum((2, 3))) ** 2).sum(1)
    return found / size**2


@pytest.mark.parametrize("size", [8, 9])
def test_power_is_the_sum_by_hand(size):
    filters = noise(k=5)
    assert np.allclose(spectrum.power(filters, size), power_by_hand(filters, size))


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 12), st.sampled_from([12, 13, 64]))
@settings(max_examples=20)
def test_power_sums_to_the_energy(maps, channels, k, size):
    filters = noise(maps, channels, k)
    assert np.allclose(spectrum.power(filters, size).sum((1, 2)), (filters**2).sum((1, 2, 3)))


def test_zero_frequency_is_in_the_centre():
    axis = spectrum.frequencies()
    assert axis[0] == -0.5 and axis[32] == 0 and axis[1] - axis[0] == 1 / 64
    spectra = spectrum.power(np.ones((1, 1, 3, 3)))
    assert np.unravel_index(spectra[0].argmax(), (64, 64)) == (32, 32)


def test_power_off_the_grid_agrees_with_it():
    filters = noise()
    axis = spectrum.frequencies()[[3, 32, 50]]
    fy, fx = (np.tile(f.ravel(), (4, 1)) for f in np.meshgrid(axis, axis, indexing="ij"))
    on_grid = spectrum.power(filters)[:, [3, 32, 50]][:, :, [3, 32, 50]].reshape(4, 9)
    assert np.allclose(power_at(filters, fx, fy), on_grid * 64**2)


def test_a_single_pixel_peaks_nowhere():
    pixel = np.zeros((1, 3, 7, 7))
    pixel[0, 1, 2, 3] = 1
    for measure in (spectrum.peaks, spectrum.orientations, spectrum.bandwidths):
        assert np.isnan(measure(pixel))
    assert np.allclose(spectrum.radial_profile(pixel, BANDS), 1)
    assert np.allclose(spectrum.coverage(pixel), 1)


def test_shares_and_density_by_hand():
    filters = noise()
    axis = spectrum.frequencies()
    radius = np.hypot(axis[:, None], axis)
    for at, (low, high) in enumerate(itertools.pairwise(BANDS)):
        held = spectrum.power(filters)[:, (radius >= low) & (radius < high)]
        assert np.allclose(spectrum.band_shares(filters, BANDS)[:, at], held.sum(1) / (filters**2).sum((1, 2, 3)))
        assert np.allclose(spectrum.radial_profile(filters, BANDS)[:, at], held.mean(1) * 64**2)


@given(st.lists(st.floats(0.03, 0.69), min_size=0, max_size=5, unique_by=lambda f: round(f * 20)))
@settings(max_examples=20)
def test_shares_sum_to_one(edges):
    edges = [0, *(round(f * 20) / 20 for f in sorted(edges)), 0.7072]
    shares = spectrum.band_shares(noise(), edges)
    assert shares.shape == (4, len(edges) - 1) and np.allclose(shares.sum(1), 1)


def test_the_last_band_holds_the_corner_of_the_plane():
    assert np.allclose(spectrum.band_shares(noise(), (0, 0.3, 0.5**0.5)).sum(1), 1)


@pytest.mark.parametrize("edges", [(0, 0.5), (0.05, 0.71), (0, 0.7)])
def test_shares_refuse_edges_that_leave_a_part_out(edges):
    with pytest.raises(ValueError, match=r"edges from 0 to 0\.7072"):
        spectrum.band_shares(noise(), edges)


@pytest.mark.parametrize("edges", [(0.3, 0.1), (0.1,), (-0.1, 0.8), (0, np.nan, 0.8), 0.5])
def test_edges_must_ascend(edges):
    with pytest.raises(ValueError, match=r"ascending from 0|must be finite"):
        spectrum.radial_profile(noise(), edges)


def test_a_ring_between_two_points_of_the_grid_is_refused():
    with pytest.raises(ValueError, match=r"from 0\.001 to 0\.002 cycles"):
        spectrum.radial_profile(noise(), (0, 0.001, 0.002, 0.8))


MEASURES = {
    "peaks": spectrum.peaks,
    "orientations": spectrum.orientations,
    "bandwidths": spectrum.bandwidths,
    "luminance": spectrum.luminance_shares,
    "shares": lambda f: spectrum.band_shares(f, BANDS),
    "profile": lambda f: spectrum.radial_profile(
        f / np.sqrt((f**2).mean(axis=(1, 2, 3), keepdims=True)) / f.shape[-1], BANDS
    ),
    "coverage": spectrum.coverage,
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_padding_changes_nothing(measure):
    filters = noise(20)
    padded = spectrum.same_size(filters, 11)
    assert padded.shape == (20, 3, 11, 11) and np.allclose(measure(padded), measure(filters), atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@given(st.integers(0, 99), st.sampled_from([-1, 1e-6, 30, 1e6]))
@settings(max_examples=8)
def test_strength_sign_and_the_order_of_colours_change_nothing(measure, seed, factor):
    filters = noise(seed=seed)
    assert np.allclose(measure(factor * filters[:, ::-1]), measure(filters), atol=1e-9, equal_nan=True)


@given(st.integers(0, 99))
@settings(max_examples=10)
def test_transposing_swaps_the_axes(seed):
    filters = noise(10, seed=seed)
    turned = filters.swapaxes(2, 3)
    assert np.allclose(spectrum.peaks(turned), spectrum.peaks(filters), atol=1e-3)
    away = (spectrum.orientations(turned) + spectrum.orientations(filters)) % 180 - 90
    assert np.nanmax(np.abs(away)) < 0.5


def test_cutting_smears_over_one_over_the_side():
    def half_width(filters):
        fx = np.linspace(0, 0.2, 2001)[None]
        along = power_at(filters, fx, 0 * fx)[0]
        return fx[0, (along < along[0] / 2).argmax()]

    slow = np.ones((1, 1, 11, 11))
    assert half_width(slow) == pytest.approx(0.443 / 11, rel=0.01)
    cut = spectrum.same_size(slow, 7)
    assert cut.shape == (1, 1, 7, 7) and half_width(cut) == pytest.approx(0.443 / 7, rel=0.02)
    assert half_width(cut) < half_width(spectrum.same_size(slow, 7, window=True)) < 2 * half_width(cut)
    assert np.allclose(half_width(spectrum.same_size(cut, 11)), half_width(cut))


def test_cutting_and_padding_keep_the_centre():
    filters = np.arange(121.0).reshape(1, 1, 11, 11)
    assert np.array_equal(spectrum.same_size(filters, 7), filters[..., 2:9, 2:9])
    assert np.array_equal(spectrum.same_size(filters, 11), filters)
    padded = spectrum.same_size(filters, 15)
    assert np.array_equal(padded[..., 2:13, 2:13], filters) and padded.sum() == filters.sum()
    faded = spectrum.same_size(np.ones((1, 1, 11, 11)), 7, window=True)[0, 0]
    assert faded[3, 3] == 1 and np.allclose(faded, faded[::-1, ::-1]) and 0 < faded[0, 0] < 0.05
    # Padding fades over the filter's own side, so that both of a pair fade alike.
    small = spectrum.same_size(np.ones((1, 1, 7, 7)), 11, window=True)
    assert np.array_equal(small[0, 0, 2:9, 2:9], faded)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        spectrum.same_size(filters, 0)


def test_luminance_is_what_the_colours_share():
    grey = noise(1, 1)
    opponent = np.concatenate([grey, -grey, 0 * grey], axis=1)
    grey = np.repeat(grey, 3, axis=1)
    assert spectrum.luminance_shares(grey) == pytest.approx(1)
    assert spectrum.luminance_shares(opponent) == pytest.approx(0)
    half = grey / np.linalg.norm(grey) + opponent / np.linalg.norm(opponent)
    assert spectrum.luminance_shares(half) == pytest.approx(0.5)


def test_dead_filters_are_marked_and_measured_by_nothing():
    filters = noise(9)
    filters -= filters.mean((2, 3), keepdims=True)  # no peak at zero, which has no direction
    filters[2] *= 0.05
    filters[5] = 0
    assert np.flatnonzero(spectrum.dead(filters)).tolist() == [2, 5]
    for measure in (spectrum.peaks, spectrum.orientations, spectrum.bandwidths, spectrum.luminance_shares):
        assert np.flatnonzero(np.isnan(measure(filters))).tolist() == [2, 5]
    assert np.isnan(spectrum.band_shares(filters, BANDS)).all(1).sum() == 2
    assert np.allclose(spectrum.coverage(filters), spectrum.coverage(np.delete(filters, [2, 5], axis=0)))


def test_a_bank_of_mostly_dead_filters_is_not_measured_against_them():
    filters = noise(9)
    filters[:6] = 0
    assert spectrum.dead(filters).tolist() == [True] * 6 + [False] * 3
    filters[:6] = 1e-5 * noise(6, seed=1)
    assert spectrum.dead(filters).tolist() == [True] * 6 + [False] * 3


def test_a_bank_of_zeros_is_all_dead():
    filters = np.zeros((3, 3, 7, 7))
    assert spectrum.dead(filters).all()
    assert np.isnan(spectrum.peaks(filters)).all() and np.isnan(spectrum.coverage(filters)).all()
    assert np.isnan(spectrum.band_shares(filters, BANDS)).all()


def test_few_strong_filters_kill_no_others():
    filters = noise(48)
    filters[:3] *= 8
    assert not spectrum.dead(filters).any()


def test_coverage_counts_filters_alike_and_averages_to_one():
    filters = noise(6)
    weighted = filters * np.array([1, 2, 3, 1, 2, 3])[:, None, None, None]
    assert np.allclose(spectrum.coverage(weighted), spectrum.coverage(filters))
    assert spectrum.coverage(filters).mean() == pytest.approx(1)


def test_never_active_maps_are_those_that_no_picture_activates():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.05, seed=0).eval()
    with torch.no_grad():
        net.conv1.bias[[3, 40]] = -1e6
    pictures = zflib.data.synthetic(4, 128)
    assert np.flatnonzero(spectrum.never_active(net, pictures)).tolist() == [3, 40]


def test_tensors_networks_and_seeds_are_taken():
    net = zflib.ConvNet(zflib.ALEXNET.mini()).initialise(std=0.05, seed=0)
    expected = spectrum.peaks(net.conv1.weight.detach().numpy())
    assert np.array_equal(spectrum.peaks(net.conv1.weight), expected)  # it asks for gradients
    assert np.array_equal(spectrum.peaks(net), expected)
    seed = zflib.weights.seeds("alexnet-mini")[0]
    assert np.array_equal(spectrum.peaks(seed), spectrum.peaks(seed.conv1))


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (np.ones((3, 7, 7)), r"shape \(maps, channels, k, k\), not \(3, 7, 7\)"),
        (np.ones((0, 3, 7, 7)), r"not \(0, 3, 7, 7\)"),
        (np.ones((2, 3, 7, 5)), r"not \(2, 3, 7, 5\)"),
        (np.ones((1, 1, 65, 65)), "65 pixels a side don't fit"),
        (np.full((1, 1, 3, 3), np.nan), "must be finite"),
        (torch.nn.ReLU(), "ReLU has no layer conv1"),
    ],
)
def test_rubbish_is_refused(filters, message):
    for measure in (spectrum.power, spectrum.peaks, spectrum.dead, spectrum.coverage):
        with pytest.raises(ValueError, match=message):
            measure(filters)


def test_the_published_figures_of_a_real_bank():
    """Caffe's AlexNet, trained on ImageNet by others: shares and peaks as measured by a 64-point transform."""
    places = [Path(os.environ[name]) for name in ("ZFLIB_DATA",) if name in os.environ] + [BESIDE]
    files = [place / "alexnet_conv1_hwio_bgr.npy" for place in places]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        pytest.skip("The ImageNet-trained filters are not here: put alexnet_conv1_hwio_bgr.npy under ZFLIB_DATA.")
    filters = np.load(file).transpose(3, 2, 0, 1)
    shares = spectrum.band_shares(filters, BANDS).mean(0)
    assert np.abs(shares - [0.092, 0.248, 0.206, 0.130, 0.086, 0.065, 0.107, 0.062, 0.005]).max() < 0.0006
    published = [12, 32, 22, 11, 4, 3, 10, 2, 0]
    axis = spectrum.frequencies()
    on_grid = np.hypot(axis[:, None], axis).ravel()[spectrum.power(filters).reshape(96, -1).argmax(1)]
    assert np.histogram(on_grid, BANDS)[0].tolist() == published
    refined = np.histogram(spectrum.peaks(filters), BANDS)[0]
    assert np.abs(refined - published).sum() <= 6  # some peaks lie between the grid's points, beyond an edge
    assert spectrum.summary(filters).verdict == "undecided"
