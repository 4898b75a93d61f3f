"""Recovery equals a least-squares inverse built the long way, and obeys what counting unknowns says."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import zflib
from zflib.analysis.aliasing import alias_matrices, picture_prior, recovery, singular_values

SIDE = 12
RADIUS = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE))
EDGES = (0, 0.2, 0.4, 0.71)


def bank(maps, k=5, seed=0):
    return np.random.default_rng(seed).normal(size=(maps, 3, k, k))


def sampling_by_hand(filters, stride):
    """The layer on a circular picture as one matrix: a row for each unit, a column for each pixel and colour."""
    rows = []
    for one in filters:
        for y in range(0, SIDE, stride):
            for x in range(0, SIDE, stride):
                row = np.zeros((3, SIDE, SIDE))
                for i in range(one.shape[1]):
                    for j in range(one.shape[2]):
                        row[:, (y + i) % SIDE, (x + j) % SIDE] += one[:, i, j]
                rows.append(row.ravel())
    return np.array(rows)


def covariance_by_hand(prior):
    """Of all pixels and colours, from the covariance of colours at each displacement."""
    at = np.fft.ifft2(prior, axes=(0, 1)).real
    y, x = np.divmod(np.arange(SIDE**2), SIDE)
    pixels = at[(y[:, None] - y) % SIDE, (x[:, None] - x) % SIDE]
    return pixels.transpose(2, 0, 3, 1).reshape(3 * SIDE**2, 3 * SIDE**2)


def shares_by_hand(filters, stride, prior, noise):
    sampling, pictures = sampling_by_hand(filters, stride), covariance_by_hand(prior)
    maps = sampling @ pictures @ sampling.T
    deviation = noise**2 * np.diag(maps)
    inverse = pictures @ sampling.T @ np.linalg.pinv(maps + np.diag(deviation), rcond=1e-12, hermitian=True)
    power = []
    for covariance in (inverse @ sampling @ pictures, pictures):
        planes = covariance.reshape(3, SIDE, SIDE, 3, SIDE, SIDE)
        spectra = np.fft.ifft2(np.fft.fft2(planes, axes=(1, 2)), axes=(4, 5)) * SIDE**2
        power.append(np.einsum("cijcij->ij", spectra).real)
    got, had = (np.histogram(RADIUS, EDGES, weights=p)[0] for p in power)
    return got / had, power[0].sum() / power[1].sum()


def some_prior(seed=0):
    pictures = np.random.default_rng(seed).normal(size=(4, 3, 2 * SIDE, SIDE)).cumsum(3) + np.arange(SIDE)
    return picture_prior(pictures, SIDE)


@pytest.mark.parametrize("noise", [0, 0.1])
@pytest.mark.parametrize(("maps", "stride"), [(2, 1), (3, 2), (20, 3), (5, 4)])
def test_recovery_is_the_least_squares_inverse_of_the_dense_matrix(maps, stride, noise):
    prior = some_prior()
    found = recovery(bank(maps), stride, EDGES, prior, noise, SIDE)
    shares, total = shares_by_hand(bank(maps), stride, prior, noise)
    np.testing.assert_allclose(found.shares, shares, atol=1e-6)
    assert found.total == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_an_alias_groups_matrix_says_what_the_layer_does_to_a_picture(stride):
    filters, picture = bank(4), np.random.default_rng(1).normal(size=(3, SIDE, SIDE))
    maps = (sampling_by_hand(filters, stride) @ picture.ravel()).reshape(4, SIDE // stride, SIDE // stride)
    spectrum, coarse = np.fft.fft2(picture), SIDE // stride
    matrices = alias_matrices(filters, stride, SIDE)
    for row, column in np.ndindex(coarse, coarse):
        group = spectrum[:, row::coarse, column::coarse].reshape(3, -1)  # members in the order of k, then l
        expected = np.einsum("mac,ca->m", matrices[row, column], group) / stride**2
        np.testing.assert_allclose(np.fft.fft2(maps)[:, row, column], expected, atol=1e-9)


@settings(max_examples=12)
@given(st.integers(1, 12), st.sampled_from([1, 2, 3, 4]), st.sampled_from([0, 0.03, 1]), st.integers(0, 100))
def test_more_maps_never_recover_less_nor_more_than_their_count_allows(maps, stride, noise, seed):
    fewer, more = (
        recovery(bank(maps + 1, seed=seed)[:n], stride, EDGES, "white", noise, SIDE) for n in (maps, maps + 1)
    )
    assert (fewer.shares <= more.shares + 1e-9).all()
    assert fewer.total <= min(1, maps / (3 * stride**2)) + 1e-9


@settings(max_examples=12)
@given(st.integers(1, 12), st.sampled_from([0, 0.03, 1]), st.sampled_from(["natural", "white"]), st.integers(0, 100))
def test_a_coarser_lattice_never_recovers_more(maps, noise, prior, seed):
    by_stride = [recovery(bank(maps, seed=seed), s, EDGES, prior, noise, SIDE) for s in (1, 2, 4)]
    for finer, coarser in pairwise(by_stride):
        assert (coarser.shares <= finer.shares + 1e-9).all() and coarser.total <= finer.total + 1e-9


def test_stride_one_recovers_everything_that_no_filter_zeroes():
    pixels = np.zeros((3, 3, 3, 3))
    pixels[range(3), range(3), 1, 1] = 1
    pixels[:, :, 1, 2] = 0.4 * pixels[:, :, 1, 1]  # 1 + 0.4 exp(...) is nowhere zero
    for prior in ("natural", "white"):
        found = recovery(pixels, 1, prior=prior, noise=0)
        np.testing.assert_allclose([*found.shares, found.total], 1)


def test_a_box_cannot_recover_the_frequency_it_zeroes():
    box = np.zeros((3, 3, 1, 2))
    box[range(3), range(3)] = 1  # the sum of two neighbours: zero at 0.5 cycles per pixel
    alone = np.zeros((SIDE, SIDE, 3, 3))
    alone[0, SIDE // 2] = np.eye(3)
    assert recovery(box, 1, EDGES, alone, 0, SIDE).total == pytest.approx(0)
    assert recovery(box, 1, EDGES, alone.swapaxes(0, 1), 0, SIDE).total == pytest.approx(1)
    white = recovery(box, 1, EDGES, "white", 0, SIDE)
    assert white.total == pytest.approx(1 - 1 / SIDE)  # one column of frequencies in twelve


def test_as_many_maps_as_unknowns_undo_the_stride_and_noise_takes_it_back():
    exact, read = (recovery(bank(48, 11), 4, prior="white", noise=noise).total for noise in (0, 1))
    assert exact == pytest.approx(1) and read < 0.6
    values = singular_values(bank(48, 11), 4)
    assert values.shape == (15, 15, 48) and (values[..., -1] > 1e-9 * values[..., 0]).all()
    assert (np.diff(values) <= 0).all()


def test_neither_the_scale_of_a_filter_nor_a_dead_one_counts():
    filters = bank(4)
    scaled = np.concatenate([filters * [[[[10]]], [[[0.1]]], [[[1]]], [[[1e-3]]]], np.zeros((1, 3, 5, 5))])
    for noise in (0, 0.1):
        a, b = (recovery(f, 2, EDGES, noise=noise, size=SIDE) for f in (filters, scaled))
        np.testing.assert_allclose(a.shares, b.shares)
    assert recovery(np.zeros((2, 3, 5, 5)), 2).total == 0


def test_tensors_and_networks_are_banks_too():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(seed=0)
    expected = recovery(net.conv1.weight.detach().numpy(), 2, size=24).total
    assert 0.9 < expected < 1
    assert recovery(net, 2, size=24).total == recovery(net.conv1.weight, 2, size=24).total == expected


def test_bands_without_variance_are_nan_and_printed():
    low = np.zeros((SIDE, SIDE, 3, 3))
    low[0, 0] = np.eye(3)
    found = recovery(bank(3), 2, EDGES, low, 0.1, SIDE)
    assert np.isnan(found.shares[1:]).all() and 0 < found.shares[0] <= 1
    assert "nan" in str(found) and "0.000-0.200 cycles/px" in str(found)


def test_picture_prior_has_the_pictures_colours_and_frequencies():
    column = np.arange(48)
    wave = np.cos(2 * np.pi * column / 4) * np.ones((48, 1))
    found = picture_prior(np.stack([wave, -wave, 0 * wave])[None], 24)
    total = found.sum((0, 1)).real
    np.testing.assert_allclose(total / total[0, 0], [[1, -1, 0], [-1, 1, 0], [0] * 3], atol=1e-9)
    level = found[..., 0, 0].real
    assert sorted(map(tuple, np.argwhere(level > 0.9 * level.max()))) == [(0, 6), (0, 18)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": np.zeros((4, 3, 5))}, "conv1"),
        ({"filters": torch.nn.Linear(2, 2)}, "no conv1"),
        ({"filters": np.full((4, 3, 5, 5), np.nan)}, "finite"),
        ({"filters": np.zeros((4, 1, 5, 5))}, "three colours"),
        ({"stride": 0}, "stride"),
        ({"stride": 7}, "multiple of the stride"),
        ({"size": 4, "stride": 2}, "no smaller than the filters"),
        ({"edges": (0.3, 0.1)}, "edges"),
        ({"prior": "pink"}, "prior"),
        ({"prior": np.ones((60, 60))}, "shape"),
        ({"prior": np.zeros((60, 60, 3, 3))}, "variance"),
        ({"prior": np.zeros((60, 60, 3, 3)) + np.diag([1, 1, -0.5])}, "real pictures"),
        ({"prior": np.zeros((60, 60, 3, 3)) + np.triu(np.ones((3, 3)))}, "real pictures"),
        ({"prior": np.arange(60)[:, None, None, None] + np.zeros((60, 60, 3, 3))}, "real pictures"),
        ({"noise": -1}, "noise"),
        ({"noise": float("nan")}, "noise"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        recovery(**({"filters": bank(4), "stride": 2} | arguments))


def test_pictures_smaller_than_the_grid_are_refused():
    with pytest.raises(ValueError, match="60 pixels"):
        picture_prior(np.zeros((2, 3, 60, 59)))
