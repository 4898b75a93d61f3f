"""Peaks, directions and bandwidths of waves that we drew."""

import numpy as np
import pytest

from zflib import spectrum


def random_waves(count, seed, k, apart):
    """Frequencies and directions all over the plane, at least apart/k from where a wave meets its mirror image."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(-0.5, 0.5, (40 * count, 2))
    at = at[np.hypot(*(2 * at - np.round(2 * at)).T) / 2 > apart / k][:count]
    return np.hypot(*at.T), np.arctan2(at[:, 1], at[:, 0]) % np.pi, rng.uniform(0, 2 * np.pi, len(at))


@pytest.mark.parametrize("k", [7, 11])
@pytest.mark.parametrize(("spread", "tolerance"), [(None, 0.15), (1 / 4, 0.05), (1 / 5, 0.05)])
def test_waves_come_back_with_their_frequency_and_direction(waves, k, spread, tolerance):
    frequency, direction, phase = random_waves(200, k, k, 1.25)
    inside = np.abs(frequency * [np.cos(direction), np.sin(direction)]).max(0) < 0.5 - tolerance / k
    filters = waves(k, frequency, direction, phase, spread * k if spread else np.inf)
    off = np.abs(spectrum.peaks(filters) - frequency)
    assert off[inside].max() < tolerance / k
    turned = (spectrum.orientations(filters) - np.degrees(direction) + 90) % 180 - 90
    across = np.radians(np.abs(turned)) * frequency  # cycles per pixel, at right angles to the wave
    assert across[inside].max() < tolerance / k
    assert off.max() > 0.002 / k  # the window does move them: a tolerance of zero would be wrong


@pytest.mark.parametrize(("direction", "degrees"), [((1, 0), 0), ((1, 1), 45), ((0, 1), 90), ((-1, 1), 135)])
def test_direction_is_from_the_x_axis_towards_the_y_axis_which_points_down(direction, degrees):
    row, column = np.mgrid[:11, :11]
    along = 0.2 * (direction[0] * column + direction[1] * row)
    assert spectrum.orientations(np.cos(2 * np.pi * along)[None, None]) == pytest.approx(degrees, abs=0.5)


@pytest.mark.parametrize("k", [11, 15])
@pytest.mark.parametrize("spread", [1 / 6, 1 / 5])
def test_gabor_patches_come_back_with_their_bandwidth(waves, k, spread):
    frequency, direction, phase = random_waves(200, k, k, 2)
    half = np.log(2) ** 0.5 / (2 * np.pi * spread * k)  # half the width at half power of the Gaussian's transform
    inside = frequency + half < 0.5 / np.maximum(abs(np.cos(direction)), abs(np.sin(direction)))
    found = spectrum.bandwidths(waves(k, frequency, direction, phase, spread * k))[inside]
    expected = np.log2((frequency + half) / (frequency - half))[inside]
    assert inside.sum() > 50 and np.abs(found / expected - 1).max() < 0.10


def test_a_plain_blob_peaks_at_zero_without_direction_or_octaves():
    blob = np.ones((1, 3, 7, 7))
    assert spectrum.peaks(blob) == 0
    assert np.isnan(spectrum.orientations(blob)) and np.isposinf(spectrum.bandwidths(blob))


def test_a_broad_low_peak_has_no_lower_end(waves):
    low = waves(11, [0.06], [0.0], [np.pi / 2])  # odd: nothing at zero itself
    assert np.isfinite(spectrum.bandwidths(low)) and spectrum.peaks(low) > 0
    assert np.isposinf(spectrum.bandwidths(low + 0.6))


def test_a_band_that_reaches_the_border_ends_there():
    checks = (-1.0) ** np.add(*np.mgrid[:7, :7])[None, None]
    assert spectrum.peaks(checks) == pytest.approx(0.5**0.5, abs=1e-3)
    assert 0 < spectrum.bandwidths(checks)[0] < 0.3
