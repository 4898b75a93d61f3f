"""A grating holds the frequency it was asked for, and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zflib.analysis.aliasing import grating, wave_vector

component = st.floats(-0.5, 0.5)


@given(component, component, st.floats(-7, 7), st.integers(1, 9))
def test_each_pixel_is_the_formula(fx, fy, phase, side):
    wave = grating(side, (fx, fy), phase, amplitude=3)
    for y in range(side):
        for x in range(side):
            assert wave[y, x] == pytest.approx(3 * np.cos(2 * np.pi * (fx * x + fy * y) + phase), abs=1e-9)


def test_frequency_and_orientation_are_components():
    np.testing.assert_allclose(wave_vector(0.2, [0, 90, 180]), [[0.2, 0], [0, 0.2], [-0.2, 0]], atol=1e-15)
    upright = grating(8, wave_vector(0.2, 0))
    assert (upright == upright[0]).all() and len(np.unique(upright[0].round(9))) == 3
    np.testing.assert_allclose(grating(8, wave_vector(0.2, 90)), upright.T, atol=1e-12)


def test_many_at_once_and_in_colour():
    several = np.array([[[0.1, 0.2], [0.3, -0.4]]])
    phases = np.array([[0.5, 1.5]])
    waves = grating(6, several, phases, colour=(1, -0.5, 0))
    assert waves.shape == (1, 2, 3, 6, 6)
    for at in ((0, 0), (0, 1)):
        one = grating(6, several[at], phases[at])
        np.testing.assert_array_equal(waves[at], [one, -0.5 * one, 0 * one])


def spectrum_share(picture, frequency, within):
    """Share of a picture's energy at most `within` cycles per pixel from plus or minus a frequency."""
    size = 256
    power = np.abs(np.fft.fft2(picture, (size, size))) ** 2
    axis = np.fft.fftfreq(size)
    near = [np.hypot(axis - sign * frequency[0], axis[:, None] - sign * frequency[1]) < within for sign in (1, -1)]
    return power[near[0] | near[1]].sum() / power.sum()


def test_a_soft_window_keeps_to_its_frequency():
    frequency = (0.3, 0.1)
    hard = grating(96, frequency)
    y, x = np.mgrid[:96, :96] - 47.5
    hard = np.where(np.hypot(x, y) < 30, hard, 0)
    soft = (grating(96, frequency, radius=30, edge=edge) for edge in (2, 8, 30))
    outside = [1 - spectrum_share(picture, frequency, 0.1) for picture in (hard, *soft)]
    assert (np.diff(outside) < 0).all()
    assert outside[0] > 0.02 and outside[2] < 0.003 and outside[3] < 1e-5


def test_the_window_is_round_and_leaves_the_middle_alone():
    constant = grating(41, (0, 0), radius=12, edge=4)
    distance = np.hypot(*(np.mgrid[:41, :41] - 20))
    assert (constant[distance <= 10] == 1).all()
    assert (constant[distance >= 14] == 0).all()
    assert constant[20, 32] == constant[8, 20] == pytest.approx(0.5)  # on the circle
    by_distance = constant.ravel()[np.argsort(distance.ravel(), kind="stable")]
    assert (np.diff(by_distance) <= 1e-12).all()


@pytest.mark.parametrize("frequency", [(0.51, 0), (0, -0.6), (np.nan, 0), (np.inf, 0)])
def test_what_pixels_can_not_carry_is_refused(frequency):
    with pytest.raises(ValueError, match=r"at most 0\.5 cycles per pixel|frequency must be finite"):
        grating(8, frequency)
    grating(8, (0.5, -0.5))


def test_rubbish_is_refused():
    with pytest.raises(ValueError, match="two components"):
        grating(8, 0.3)
    with pytest.raises(ValueError, match="two components"):
        grating(8, (0.1, 0.2, 0.3))
    for side in (0, 8.5):
        with pytest.raises(ValueError, match="whole number of pixels"):
            grating(side, (0.1, 0))
    for window in ({"radius": 0}, {"radius": 4, "edge": 0.5}, {"radius": np.nan}):
        with pytest.raises(ValueError, match="at least one pixel"):
            grating(8, (0.1, 0), **window)
    with pytest.raises(ValueError, match="one number per channel"):
        grating(8, (0.1, 0), colour=[[1, 1]])
