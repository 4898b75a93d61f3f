"""The share of variance that comes back, against a slow version and its three fixed points."""

import math

import numpy as np
import pytest
import torch

from zflib.analysis import recovered


def by_hand(maps, back, level):
    lost = had = 0.0
    for one, other in zip(maps.reshape(-1, *maps.shape[-2:]), back.reshape(-1, *maps.shape[-2:]), strict=True):
        mean, shift = one.mean(), one.mean() - other.mean() if level else 0.0
        for row, column in np.ndindex(*one.shape):
            lost += (one[row, column] - other[row, column] - shift) ** 2
            had += (one[row, column] - mean) ** 2
    return 1 - lost / had


@pytest.fixture
def maps():
    return 40 + np.random.default_rng(0).normal(size=(2, 3, 5, 4))


@pytest.mark.parametrize("level", [False, True])
@pytest.mark.parametrize("lead", [(), (2, 3)])
def test_recovered_is_what_the_loops_give(maps, lead, level):
    maps = maps[(0,) * (2 - len(lead))]
    back = 0.8 * maps + 1
    assert recovered(maps, back, level) == pytest.approx(by_hand(maps, back, level))
    assert recovered(torch.from_numpy(maps), torch.from_numpy(back), level) == pytest.approx(by_hand(maps, back, level))


def test_a_copy_is_everything_and_each_maps_mean_nothing(maps):
    means = np.broadcast_to(maps.mean((-2, -1), keepdims=True), maps.shape)
    for level in (False, True):
        assert recovered(maps, maps, level) == 1
        assert recovered(maps, means, level) == pytest.approx(0, abs=1e-9)
    assert recovered(maps, np.full(maps.shape, maps.mean())) < 0, "one number for all maps knows less"


def test_an_empty_map_is_worse_than_a_constant_one_unless_it_is_told_the_mean(maps):
    assert recovered(maps, 0 * maps) < -1000
    assert recovered(maps, 0 * maps, level=True) == pytest.approx(0, abs=1e-9)
    assert recovered(maps, maps + 7) < 0
    assert recovered(maps, maps + 7, level=True) == pytest.approx(1)


def test_many_maps_are_weighed_by_their_variance(maps):
    maps[0, 0] = 5  # constant: nothing to recover, and nothing to divide by
    back = maps.copy()
    back[1] = maps[1].mean((-2, -1), keepdims=True)
    shares = maps.var((-2, -1)) / maps.var((-2, -1)).sum()
    assert recovered(maps, back) == pytest.approx(shares[0].sum())


def test_constant_maps_have_nothing_to_recover():
    assert math.isnan(recovered(np.full((2, 4, 4), 0.1), np.zeros((2, 4, 4))))


@pytest.mark.parametrize("back", [np.zeros((3, 4)), np.zeros((1, 4, 3)), np.full((4, 3), np.nan)])
def test_two_shapes_and_values_that_are_not_finite_are_refused(back):
    with pytest.raises(ValueError, match=r"one shape|finite"):
        recovered(np.zeros((4, 3)), back)
