"""Synthetic pictures: what they say about themselves is what a Fourier transform finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zflib.data import synthetic
from zflib.data.synthetic import CLASSES

SIDE = 96


@pytest.fixture(scope="module")
def drawn():
    return synthetic(200, SIDE, seed=5)


def spectrum(pixels):
    """Power summed over colours on a zero-padded FFT of the windowed picture, with its frequencies (fx, fy)."""
    window = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    values = pixels - pixels.mean(axis=(0, 1))
    power = (np.abs(np.fft.fft2(values * window[:, :, None], s=(256, 256), axes=(0, 1))) ** 2).sum(axis=2)
    fx, fy = np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256))
    return power, fx, fy


def of_class(drawn, *names):
    return [at for at in range(len(drawn)) if CLASSES[drawn.labels[at]] in names]


def angle_between(a, b):
    """Between two directions without sign, in radians."""
    return abs((a - b + np.pi / 2) % np.pi - np.pi / 2)


@pytest.mark.parametrize("name", ["grating", "bars", "plaid", "checks"])
def test_the_strongest_frequency_is_the_one_stated(drawn, name):
    for at in of_class(drawn, name):
        power, fx, fy = spectrum(drawn.pixels[at])
        strongest = power.argmax()
        assert np.hypot(fx, fy).flat[strongest] == pytest.approx(drawn.frequency[at], abs=0.004)
        off = angle_between(np.arctan2(fy, fx).flat[strongest], drawn.orientation[at])
        if name in ("plaid", "checks"):
            off = min(off, abs(off - np.pi / 2))
        assert off < 0.004 / drawn.frequency[at]


@pytest.mark.parametrize("name", ["plaid", "checks"])
def test_two_waves_at_right_angles(drawn, name):
    for at in of_class(drawn, name):
        power, fx, fy = spectrum(drawn.pixels[at])
        for turn in (0, np.pi / 2):
            f, direction = drawn.frequency[at], drawn.orientation[at] + turn
            near = np.hypot(fx - f * np.cos(direction), fy - f * np.sin(direction)) < 0.01
            assert power[near].max() > 0.5 * power.max()


@pytest.mark.parametrize("name", ["rings", "noise", "streaks"])
def test_bands_lie_where_stated(drawn, name):
    for at in of_class(drawn, name):
        power, fx, fy = spectrum(drawn.pixels[at])
        radius = np.hypot(fx, fy)
        f = drawn.frequency[at]
        inside = np.abs(radius - f) < f / 2.5 + 0.03
        assert power[inside].sum() > 0.8 * power.sum()
        assert (power * radius)[inside].sum() / power[inside].sum() == pytest.approx(f, rel=0.15, abs=0.01)


def test_streaks_have_one_direction_and_noise_has_none(drawn):
    def mean_direction(at):
        """The mean of doubled angles: of length 1 for one orientation, near 0 for all alike."""
        power, fx, fy = spectrum(drawn.pixels[at])
        return (power * np.exp(2j * np.arctan2(fy, fx))).sum() / power.sum()

    for at in of_class(drawn, "streaks"):
        mean = mean_direction(at)
        assert abs(mean) > 0.7 and angle_between(np.angle(mean) / 2, drawn.orientation[at]) < np.radians(8)
    # A single low-frequency picture has few waves and may lean somewhere; together they don't.
    assert abs(np.mean([mean_direction(at) for at in of_class(drawn, "noise")])) < 0.15


def test_shapes_have_no_frequency(drawn):
    shapes = np.isin(drawn.labels, [CLASSES.index(n) for n in ("disc", "square", "triangle")])
    assert np.array_equal(np.isnan(drawn.frequency), shapes)
    without = shapes | np.isin(drawn.labels, [CLASSES.index(n) for n in ("rings", "noise")])
    assert np.array_equal(np.isnan(drawn.orientation), without)


def test_shapes_are_one_colour_on_another_with_smooth_edges(drawn):
    for at in of_class(drawn, "disc", "square", "triangle"):
        pixels = drawn.pixels[at].reshape(-1, 3).astype(int)
        colours, counts = np.unique(pixels, axis=0, return_counts=True)
        assert np.sort(counts)[-2:].sum() > 0.9 * SIDE**2  # the two colours
        assert 4 < len(colours) < 0.1 * SIDE**2  # and those in between, at the edges


def test_frequencies_spread_over_the_range_and_orientations_over_the_half_circle():
    many = synthetic(500, 8, seed=0)
    f = many.frequency[np.isfinite(many.frequency)]
    assert f.min() >= 0.04 and f.max() <= 0.4
    assert np.histogram(np.log(f), bins=5, range=np.log([0.04, 0.4]))[0].min() > 0.12 * len(f)
    angles = many.orientation[np.isfinite(many.orientation)]
    assert np.histogram(angles, bins=4, range=(0, np.pi))[0].min() > 0.15 * len(angles)


@settings(max_examples=20)
@given(few=st.integers(1, 12), more=st.integers(0, 15), seed=st.integers(0, 10), side=st.integers(8, 40))
def test_a_picture_depends_on_the_seed_and_its_number_only(few, more, seed, side):
    short, long = synthetic(few, side, seed), synthetic(few + more, side, seed)
    assert np.array_equal(short.pixels, long.pixels[:few])
    assert np.array_equal(short.frequency, long.frequency[:few], equal_nan=True)
    assert np.array_equal(short.orientation, synthetic(few, side + 3, seed).orientation, equal_nan=True)


def test_seeds_differ_and_say_so():
    first, second = synthetic(10, 32, 0), synthetic(10, 32, 1)
    assert (first.pixels != second.pixels).any(axis=(1, 2, 3)).all()
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == synthetic(10, 32, 0).fingerprint


def test_it_is_a_picture_set(drawn):
    assert drawn.pixels.shape == (200, SIDE, SIDE, 3) and drawn.pixels.dtype == np.uint8
    assert len(drawn) == 200 and drawn.unreadable == ()
    assert np.bincount(drawn.labels).tolist() == [20] * 10
    assert all(picture.std() > 2 for picture in drawn.pixels)


@pytest.mark.parametrize("pictures, side", [(0, 32), (5, 7)])
def test_too_few_or_too_small_is_refused(pictures, side):
    with pytest.raises(ValueError, match=r"must be a whole number of at least [18], not [07]"):
        synthetic(pictures, side)
