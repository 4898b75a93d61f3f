"""The checkers of chapter 2 tell right from wrong, name the slip, and never raise."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from zflib.deconvnet import unpool
from zflib.exercises.unpooling import MAP, check_claimants, check_counterexample, check_mean, check_switches

RIGHT = [[0, 7], [8, 14]]


def test_the_right_switches_are_torchs():
    _, switches = F.max_pool2d(torch.from_numpy(MAP).float()[None, None], 2, 2, return_indices=True)
    assert switches[0, 0].tolist() == RIGHT


@pytest.mark.parametrize("answer", [RIGHT, np.array(RIGHT), torch.tensor(RIGHT), ((0.0, 7.0), (8.0, 14.0))])
def test_right_switches_in_any_form(answer):
    assert check_switches(answer)


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ([[0, 5], [4, 6]], "largest values themselves"),
        ([[1, 8], [9, 15]], "one too large"),
        ([[0, 3], [0, 2]], "inside each window"),
        ([[0, 13], [2, 11]], "down the columns"),
        ([[0, 8], [7, 14]], "outside that window"),
        ([[0, 7], [12, 14]], "the first one counts"),
        ([[5, 7], [8, 14]], "the first one counts"),
        ([[0, 6], [8, 14]], "holds 2; the largest value there is 5"),
        ([[0, 7], [8, 7]], "outside that window"),
        ([[0, 7], [8, 16]], "no position 16"),
        ([[-1, 7], [8, 14]], "no position -1"),
        ([[0.5, 7], [8, 14]], "expected two rows of two"),
        ([0, 7, 8, 14], "expected two rows of two"),
        ([["0", "7"], ["8", "14"]], "expected two rows of two"),
    ],
)
def test_each_slip_with_switches_is_named(answer, slip):
    verdict = check_switches(answer)
    assert not verdict
    assert slip in verdict.text


def test_claimants():
    assert check_claimants(lambda kernel, stride: math.ceil(kernel / stride) ** 2)


@pytest.mark.parametrize(
    ("function", "slip"),
    [
        (lambda k, s: math.ceil(k / s), "independently"),
        (lambda k, s: (k // s) ** 2, "kernel 3, stride 2, 4 was expected; what came is 1"),
        (lambda k, s: max(1, k - s + 1) ** 2, "was expected"),
        (lambda k, s: 4, "kernel 2, stride 2, 1 was expected"),
        (lambda k, s: [4], "a whole number was expected"),
        (lambda k: 4, "raised TypeError"),
    ],
)
def test_wrong_claimants(function, slip):
    verdict = check_claimants(function)
    assert not verdict
    assert slip in verdict.text


def test_counterexamples():
    x = np.ones((4, 4))
    x[:2, :2] = -1
    assert check_counterexample(x)
    assert check_counterexample(-np.arange(1, 17).reshape(4, 4))
    assert check_counterexample(np.full((4, 4), -1e-60)), "however little it is below zero"


@pytest.mark.parametrize("x", [np.ones((4, 4)), np.zeros((4, 4)), np.arange(16).reshape(4, 4)])
def test_maps_without_negative_values_come_back(x):
    assert "No value of it is negative" in check_counterexample(x).text


def test_a_negative_value_that_no_window_keeps_is_no_counterexample():
    x = np.ones((4, 4))
    x[0, 0] = -5
    assert "Every window holds" in check_counterexample(x).text


def mean(values, switches, size):
    claims = unpool(torch.ones_like(values), switches, size)
    return unpool(values, switches, size) / claims.clamp(min=1)


def spoiling(values, switches, size):
    """Like `mean`, and leaves nothing of what it was given."""
    found = mean(values, switches, size)
    values.zero_()
    switches.zero_()
    return found


def test_mean():
    assert check_mean(mean)
    assert check_mean(spoiling)
    assert check_mean(lambda values, switches, size: mean(values.double(), switches, size))


@pytest.mark.parametrize(
    ("function", "slip"),
    [
        (
            lambda v, s, z: unpool(v, s, z, overlap="sum") / unpool(torch.ones_like(v), s, z, overlap="sum"),
            "not finite",
        ),
        (lambda v, s, z: unpool(v, s, z) / unpool((v > 0).float(), s, z).clamp(min=1), "was expected at"),
        (lambda v, s, z: unpool(v, s, z) / unpool((v != 0).float(), s, z).clamp(min=1), "was expected at"),
        (lambda v, s, z: mean(v, s, z).relu(), "was expected at"),
        (lambda v, s, z: unpool(v, s, z, overlap="sum"), 'overlap="sum"'),
        (lambda v, s, z: unpool(v, s, z, overlap="last"), 'overlap="last"'),
        (lambda v, s, z: unpool(v, s, z, overlap="max"), 'overlap="max"'),
        (lambda v, s, z: mean(v, s, z) + 0.01, "was expected at flat position"),
        (lambda v, s, z: mean(v, s, z)[0], "a tensor of shape (1, 1, 5, 5) was expected"),
        (lambda v, s, z: mean(v, s, z).numpy(), "a tensor of shape (1, 1, 5, 5) was expected"),
        (lambda v, s: v, "raised TypeError"),
    ],
)
def test_wrong_means(function, slip):
    verdict = check_mean(function)
    assert not verdict
    assert slip in verdict.text
