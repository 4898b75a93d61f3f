"""The spectrum of pictures: known for noise and for waves that we drew."""

import numpy as np
import pytest
from PIL import Image

from zflib import data, spectrum


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def wave(fx, fy, side=128):
    row, column = np.mgrid[:side, :side]
    grey = 128 + 100 * np.cos(2 * np.pi * (fx * column + fy * row))
    return np.repeat(grey.round().astype(np.uint8)[..., None], 3, axis=2)


def test_white_noise_is_flat_and_without_direction():
    pictures = [noise(192, 192, seed) for seed in range(10)]
    found = spectrum.of_pictures(pictures)
    variance = 3 * np.var(pictures)
    assert found.tiles == 90 and found.power.sum() == pytest.approx(variance, rel=0.02)
    assert np.abs(found.radial[1:] / variance - 1).max() < 0.1
    assert abs(found.horizontal - 0.25) < 0.01 and abs(found.vertical - 0.25) < 0.01


@pytest.mark.parametrize(
    ("fx", "fy", "horizontal", "vertical"), [(0.2, 0, 1, 0), (0, 0.2, 0, 1), (0.15, 0.15, 0, 0)], ids=str
)
def test_a_wave_is_where_it_was_drawn(fx, fy, horizontal, vertical):
    found = spectrum.of_pictures([wave(fx, fy)])
    assert found.radial.argmax() == np.searchsorted(found.edges, np.hypot(fx, fy), side="right") - 1
    assert found.horizontal == pytest.approx(horizontal, abs=0.02)
    assert found.vertical == pytest.approx(vertical, abs=0.02)
    assert found.power.sum() == pytest.approx(3 * 100**2 / 2, rel=0.05)


def test_brightness_and_contrast_do_what_they_must():
    plain, dim = wave(0.2, 0.1), (wave(0.2, 0.1) // 2)
    found, halved = spectrum.of_pictures([plain]), spectrum.of_pictures([dim])
    assert halved.radial.sum() == pytest.approx(found.radial.sum() / 4, rel=0.02)
    grey = spectrum.of_pictures([np.full((64, 64, 3), 90, np.uint8)])
    assert np.allclose(grey.power, 0) and np.isnan(grey.horizontal)


def test_tiles_leave_out_the_rest_of_a_picture():
    square = noise(128, 128)
    larger = np.pad(square, ((0, 40), (0, 63), (0, 0)))
    assert np.allclose(spectrum.of_pictures([larger]).power, spectrum.of_pictures([square]).power)


def test_sets_galleries_labelled_and_pil_pictures_are_taken():
    pictures = data.synthetic(3, 64)
    found = spectrum.of_pictures(pictures)
    labelled = [(Image.fromarray(pixels), 0) for pixels in pictures.pixels]
    assert np.array_equal(spectrum.of_pictures(labelled).power, found.power) and found.tiles == 3
    finer = spectrum.of_pictures(pictures, edges=(0, 0.1, 0.5))
    assert finer.radial.shape == (2,)


def test_photographs_hold_most_at_low_frequencies():
    found = spectrum.of_pictures([data.photograph("astronaut").picture])
    assert (np.diff(found.radial) < 0).mean() > 0.9 and found.radial[0] > 100 * found.radial[-1]


@pytest.mark.parametrize(
    ("pictures", "message"),
    [([noise(64, 64), noise(63, 80)], "Picture 1 is 80 x 63 pixels; 64 x 64 are needed"), ([], "no pictures")],
)
def test_pictures_too_small_or_too_few_are_refused(pictures, message):
    with pytest.raises(ValueError, match=message):
        spectrum.of_pictures(pictures)
