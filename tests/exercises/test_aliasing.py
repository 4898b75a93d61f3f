"""The checkers of chapter 6 tell right from wrong, name the slip, and never raise."""

import numpy as np
import pytest
import torch

from zflib.exercises.aliasing import check_filter, check_fold, check_landing, check_twins


@pytest.mark.parametrize("answer", [(0.1, -0.05), [-0.1, 0.05], np.array([0.1, -0.05]), torch.tensor([0.1, -0.05])])
def test_landing(answer):
    assert check_landing(answer)


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ((0.1, 0.05), "lean"),
        ((0.4, -0.2), "cycles per unit"),
        ((0.1, 0.2), "until less than"),
        ((-0.05, 0.1), "changed places"),
        ((0.35, 0.2), "at most 0.125"),
        ((0.0, 0.0), "0.112 cycles/px away"),
    ],
)
def test_slips_with_the_landing(answer, slip):
    verdict = check_landing(answer)
    assert not verdict and slip in verdict.text


def folded(frequency, stride):
    """By trial: the multiple of 1/stride that leaves least."""
    multiples = np.arange(-stride, stride + 1) / stride
    left = frequency[..., None] - multiples
    return np.take_along_axis(left, np.abs(left).argmin(-1)[..., None], -1)[..., 0]


def test_fold():
    assert check_fold(folded)
    assert check_fold(lambda frequency, stride: torch.from_numpy(folded(frequency, stride)))


def radial(frequency, stride):
    length = np.linalg.norm(frequency, axis=1, keepdims=True)
    return frequency / length * folded(length, stride)


@pytest.mark.parametrize(
    ("function", "slip"),
    [
        (lambda f, s: np.abs(folded(f, s)), "sign is lost"),
        (lambda f, s: f % (1 / s), "not from 0 on"),
        (lambda f, s: folded(f, s) * s, "divide by the stride"),
        (radial, "for itself"),
        (lambda f, s: f.clip(-0.5 / s, 0.5 / s), "it folds"),
        (lambda f, s: f, "Nothing was folded"),
        (lambda f, s: folded(f, s) + np.array((0, 1e-3)), "was expected"),
        (lambda f, s: folded(f, s)[:2], "what came"),
    ],
)
def test_slips_with_folding(function, slip):
    verdict = check_fold(function)
    assert not verdict and slip in verdict.text


def twins(frequency, stride):
    """By trial on a fine grid: everything whose samples are those of the wave, but for rounding."""
    offsets = np.arange(-stride, stride + 1) / stride
    every = np.array([(frequency[0] + x, frequency[1] + y) for x in offsets for y in offsets])
    return every[(np.abs(every) < 0.5).all(1)]


def test_twins():
    assert check_twins(twins)
    assert check_twins(lambda f, s: -twins(f, s)), "f and -f are one grating"


@pytest.mark.parametrize(
    ("function", "slip"),
    [
        (lambda f, s: np.array([f]), "1 of 4 are there"),
        (lambda f, s: twins(f, s)[twins(f, s)[:, 1] == f[1]], "combine the two"),
        (lambda f, s: np.concatenate([twins(f, s), -twins(f, s)]), "f and -f are one"),
        (lambda f, s: twins(f, 2 * s), "folds elsewhere"),
        (lambda f, s: np.array([f + np.array((k / s, 0)) for k in range(s)]), "pixels can't carry"),
    ],
)
def test_slips_with_twins(function, slip):
    verdict = check_twins(function)
    assert not verdict and slip in verdict.text


def wave(frequency, width=np.inf):
    at = np.arange(11) - 5
    return np.cos(2 * np.pi * frequency * at) * np.exp(-((at / width) ** 2) / 2)


@pytest.mark.parametrize("answer", [wave(0.25), wave(0.25, 4), wave(0.26, 4).tolist(), torch.tensor(wave(0.24))])
def test_filters_within_one_zone(answer):
    assert check_filter(answer)


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        (wave(0.3125, 4), "should be 90%"),
        (wave(0.2), "from 0.167, where the two lobes"),
        (wave(0.5), "should be 90%"),
        (wave(0.05), "should be 90%"),
        (wave(0.25)[:9], "11 numbers"),
    ],
)
def test_filters_that_are_not_what_was_asked_for(answer, slip):
    verdict = check_filter(answer)
    assert not verdict and slip in verdict.text
