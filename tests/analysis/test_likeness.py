"""Each measure against loops over pixels, and against the nuisance that it is meant to forget."""

from math import exp, hypot, pi

import numpy as np
import pytest
import torch

from zflib.analysis import blurred, correlation, likeness, magnitude, on_picture
from zflib.deconvnet import Patches


def patches(pixels, top=(0, 0), left=(0, 0), size=(40, 40)):
    return Patches(torch.as_tensor(pixels).float(), torch.tensor(top), torch.tensor(left), size)


def test_correlation_is_numpys():
    a, b = np.random.default_rng(0).normal(size=(2, 4, 3, 5, 6))
    slow = [np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(correlation(a, torch.from_numpy(b)), slow)
    np.testing.assert_allclose(correlation(a, 7 - 2 * a), -1)
    assert np.isnan(correlation(a[0], np.full_like(a[0], 3.0)))
    with pytest.raises(ValueError, match="one shape"):
        correlation(a, b[:2])


def test_correlation_counts_only_what_lies_within():
    a, b = np.random.default_rng(1).normal(size=(2, 4, 3, 5, 6))
    within = np.random.default_rng(2).random((4, 1, 5, 6)) > 0.5
    slow = [np.corrcoef(x[:, w[0]].ravel(), y[:, w[0]].ravel())[0, 1] for x, y, w in zip(a, b, within, strict=True)]
    np.testing.assert_allclose(correlation(a, b, within), slow)
    assert np.isnan(correlation(a, b, np.zeros((5, 6), dtype=bool))).all()
    for wrong in (np.ones((5, 6)), np.ones((7, 6), dtype=bool), np.ones((2, 4, 3, 5, 6), dtype=bool)):
        with pytest.raises(ValueError, match="within must be bool and broadcast"):
            correlation(a, b, wrong)


def test_magnitude_is_the_length_of_each_colour():
    a = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    for n, i, j in np.ndindex(2, 4, 5):
        assert magnitude(a)[n, 0, i, j] == pytest.approx(sum(a[n, c, i, j] ** 2 for c in range(3)) ** 0.5)


@pytest.mark.parametrize("width", [0.7, 2.0])
def test_blurred_is_a_sum_over_pixels(width):
    a = np.random.default_rng(0).normal(size=(2, 9, 8))
    came = blurred(a, width)
    for n, i, j in np.ndindex(a.shape):
        slow = sum(
            a[n, k, m] * exp(-(hypot(i - k, j - m) ** 2) / (2 * width**2)) / (2 * pi * width**2)
            for k, m in np.ndindex(9, 8)
        )
        assert came[n, i, j] == pytest.approx(slow, abs=2e-3)
    np.testing.assert_allclose(blurred(np.ones((60, 60)), width)[25:35, 25:35], 1)
    assert (blurred(a, 0) == a).all()
    with pytest.raises(ValueError, match="0 or more"):
        blurred(a, -1)


def test_windows_reach_beyond_the_picture():
    some = patches(np.ones((2, 3, 6, 5)), top=(-2, 37), left=(1, -1))
    inside = on_picture(some)
    for n, i, j in np.ndindex(2, 6, 5):
        row, column = int(some.top[n]) + i, int(some.left[n]) + j
        assert inside[n, 0, i, j] == (0 <= row < 40 and 0 <= column < 40)


def test_likeness_is_its_parts():
    generator = np.random.default_rng(0)
    a, b = (patches(generator.normal(size=(2, 3, 9, 9)), top=(-3, 0)) for _ in range(2))
    found = likeness(a, b, blur=1.5)
    within = on_picture(a)
    np.testing.assert_allclose(found["signed"], correlation(blurred(a.pixels, 1.5), blurred(b.pixels, 1.5), within))
    strong = (blurred(magnitude(p.pixels), 1.5) for p in (a, b))
    np.testing.assert_allclose(found["magnitude"], correlation(*strong, within))
    with pytest.raises(ValueError, match="different windows"):
        likeness(a, patches(b.pixels, top=(0, 0)))


def test_a_shift_destroys_the_signed_measure_and_not_the_blurred_magnitude():
    stripes = np.zeros((2, 3, 33, 33))
    stripes[..., 8:24, 8:24:2], stripes[..., 8:24, 9:24:2] = 1, -1
    true, moved = patches(stripes), patches(np.roll(stripes, 1, axis=-1))
    assert (likeness(true, moved)["signed"] < -0.9).all()
    assert (likeness(true, moved, blur=2)["magnitude"] > 0.95).all()
