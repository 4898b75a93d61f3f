"""Prediction and measurement agree, for any convolution and for the trained networks."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import zflib
from zflib.analysis.aliasing import (
    alias_distance,
    find_waves,
    grating,
    measure,
    predict,
    transfer,
    wave_vector,
)


def for_any_grating_and_layer(test):
    """The test for drawn fx, fy, phase, stride, padding and side of the filters."""
    component = st.floats(-0.5, 0.5)
    layer = st.integers(1, 5), st.integers(0, 4), st.integers(1, 7)
    return settings(max_examples=60)(given(component, component, st.floats(0, 6.3), *layer)(test))


def bank(seed=0, maps=4, channels=3, k=5):
    return np.random.default_rng(seed).normal(size=(maps, channels, k, k))


def test_the_transfer_function_is_a_sum_over_pixels():
    filters, frequencies = bank(), np.array([[0.1, -0.3], [0.45, 0.2]])
    found = transfer(torch.from_numpy(filters), frequencies)
    for at, m, c in itertools.product(range(2), range(4), range(3)):
        slow = sum(
            filters[m, c, row, column] * np.exp(2j * np.pi * (frequencies[at] @ (column, row)))
            for row, column in itertools.product(range(5), range(5))
        )
        assert found[at, m, c] == pytest.approx(slow)


@for_any_grating_and_layer
def test_every_unit_has_the_predicted_value(fx, fy, phase, s, pad, k):
    """The definition itself: filter weights times pixels, unit by unit, against the predicted wave."""
    filters, colour = bank(k, k=k), np.array([1, -0.5, 2])
    pixels = grating(30, (fx, fy), phase, amplitude=9, colour=colour)
    wave = predict(filters, (fx, fy), phase, amplitude=9, colour=colour, stride=s, pad=pad)
    assert wave.spacing == s and (wave.amplitude >= 0).all()
    for row, column in ((2, 1), (3, 3)):
        top, left = row * s - pad, column * s - pad
        if min(top, left) < 0 or max(top, left) + k > 30:
            continue
        value = (filters * pixels[:, top : top + k, left : left + k]).sum((1, 2, 3))
        turns = wave.on_map @ (column, row)
        np.testing.assert_allclose(wave.amplitude * np.cos(2 * np.pi * turns + wave.phase), value, atol=1e-6)


@for_any_grating_and_layer
def test_measured_is_predicted(fx, fy, phase, s, pad, k):
    arguments = (bank(k, k=k), (fx, fy), phase)
    expected, found = (
        f(*arguments, stride=s, pad=pad, amplitude=9, **more) for f, more in ((predict, {}), (measure, {"side": 48}))
    )
    apart = alias_distance(expected.position, found.position, s).max()
    if np.abs(np.sin(np.pi * s * expected.position[0])).max() < 2e-3:  # of so small a part of a turn none can tell
        apart = min(apart, alias_distance(expected.position * (1, -1), found.position, s).max())  # the mirror image
    assert apart < 1e-5
    # Where a wave all but meets its mirror image, the few units can't tell a larger amplitude from another phase.
    if alias_distance(2 * expected.position[0], (0, 0), s) > 0.02:
        np.testing.assert_allclose(found.amplitude, expected.amplitude, rtol=1e-4)
    assert found.residual.max() < 1e-7


def test_a_wave_of_a_tenth_of_a_period_is_told_from_its_mirror_image():
    """Their diagonals' cosines differ by less than 1e-5."""
    for frequency in ((0.001953125, -6.103515625e-05), (0.001953125, 6.103515625e-05), (-0.0006, 0.0004)):
        expected, found = predict(bank(), frequency, stride=1), measure(bank(), frequency, stride=1, side=48)
        assert alias_distance(expected.position, found.position, 1).max() < 1e-7


def test_the_alias_of_a_slanted_grating_is_mirrored():
    for wave in (f(bank(), (0.2, 0.1), stride=4) for f in (predict, measure)):
        np.testing.assert_allclose(wave.position, np.tile((-0.05, 0.1), (4, 1)), atol=1e-7)
        np.testing.assert_allclose(wave.on_map, np.tile((-0.2, 0.4), (4, 1)), atol=1e-6)


def test_a_wave_along_an_axis_has_no_mirror_image():
    for frequency, position in (((0.2, 0), (0.05, 0)), ((0, -0.3), (0, 0.05)), ((0.3, 0.125), (0.05, 0.125))):
        for wave in (f(bank(), frequency, stride=4) for f in (predict, measure)):
            np.testing.assert_allclose(wave.position, np.tile(position, (4, 1)), atol=1e-6)


@pytest.mark.parametrize("frequency", [(0.125, 0), (0.125, 0.125), (0.25, 0), (0.375, 0.25), (0.5, 0.5)])
def test_on_half_points_the_strength_depends_on_the_phase(frequency):
    """2 f lies on the lattice: sampled at stride 4, a wave and its mirror image are one, and phase is lost."""
    filters = bank(maps=1)
    phases = np.linspace(0, np.pi, 25)
    expected, found = (f(filters, frequency, phases, stride=4) for f in (predict, measure))
    np.testing.assert_allclose(found.amplitude, expected.amplitude, atol=1e-6)
    full = np.abs(transfer(filters, frequency).sum())
    assert expected.amplitude.max() > 0.99 * full and expected.amplitude.min() < 0.07 * full
    start = np.angle(transfer(filters, frequency).sum())
    vanishing = predict(filters, frequency, np.pi / 2 - start, stride=4)
    assert vanishing.amplitude[0] < 1e-9 * full
    elsewhere = predict(filters, (0.2, 0.1), phases, stride=4)
    assert np.ptp(elsewhere.amplitude) < 1e-9


def test_many_at_once_are_one_by_one():
    frequencies = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 3, 2))
    phases = np.random.default_rng(2).uniform(0, 6, (2, 3))
    for f in (predict, measure):
        together = f(bank(), frequencies, phases, stride=3)
        assert together.position.shape == (2, 3, 4, 2) and together.phase.shape == (2, 3, 4)
        for at in np.ndindex(2, 3):
            alone = f(bank(), frequencies[at], phases[at], stride=3)
            for part in ("position", "amplitude", "phase", "residual"):
                np.testing.assert_allclose(getattr(together, part)[at], getattr(alone, part), atol=1e-7)


@pytest.mark.parametrize("name", ["alexnet-mini", "zfnet-mini"])
def test_the_trained_networks_do_as_predicted(name):
    net = zflib.load(name)
    frequencies = wave_vector(np.linspace(0.03, 0.49, 5)[:, None], np.arange(7, 180, 31))
    expected, found = (f(net, frequencies, 0.3, amplitude=100) for f in (predict, measure))
    assert alias_distance(expected.position, found.position, expected.spacing).max() < 1e-5
    heard = expected.amplitude > 0.01 * expected.amplitude.max()
    np.testing.assert_allclose(found.amplitude[heard], expected.amplitude[heard], rtol=1e-4)
    turned = np.angle(np.exp(1j * (found.phase - expected.phase)))
    assert np.abs(turned[heard]).max() < 1e-3
    np.testing.assert_allclose(predict(net.conv1, frequencies).phase, predict(net, frequencies).phase)


def test_a_silent_filter_has_no_position():
    filters = bank(maps=2)
    filters[0] = 0
    wave = measure(filters, (0.2, 0.1), stride=2)
    assert wave.amplitude[0] == 0
    for part in (wave.position[0], wave.phase[0], wave.residual[0]):
        assert np.isnan(part).all()
    assert np.isfinite(wave.position[1]).all()


def test_two_waves_leave_a_residual():
    one, other = grating(20, (0.11, 0.05)), grating(20, (0.31, -0.2))
    assert find_waves(one).residual < 1e-12
    assert find_waves(one + 0.2 * other).residual > 0.01


def test_a_wave_of_less_than_a_period_is_found():
    wave = find_waves(grating(12, (0.02, 0.013), 1.0))
    np.testing.assert_allclose(wave.position, (0.02, 0.013), atol=1e-9)
    assert wave.amplitude == pytest.approx(1) and wave.phase == pytest.approx(1)


def test_rubbish_is_refused():
    with pytest.raises(TypeError, match="not Linear"):
        predict(nn.Linear(3, 3), (0.1, 0))
    for layer in (np.ones((3, 5, 5)), np.ones((2, 3, 5, 4))):
        with pytest.raises(ValueError, match=r"\(maps, channels, k, k\)"):
            predict(layer, (0.1, 0), stride=2)
    with pytest.raises(ValueError, match="must be finite"):
        predict(np.full((1, 1, 3, 3), np.nan), (0.1, 0), stride=2)
    with pytest.raises(ValueError, match="stride must be a whole number"):
        measure(bank(), (0.1, 0))
    with pytest.raises(ValueError, match="pad must be a whole number"):
        measure(bank(), (0.1, 0), stride=2, pad=-1)
    for bad in ({"groups": 3}, {"dilation": 2}, {"stride": (1, 2)}, {"padding": "same"}):
        with pytest.raises(ValueError, match="Only square convolutions"):
            predict(nn.Conv2d(3, 3, 5, **bad), (0.1, 0))
    with pytest.raises(ValueError, match=r"at most 0\.5"):
        predict(bank(), (0.6, 0), stride=2)
    with pytest.raises(ValueError, match="3 numbers"):
        predict(bank(), (0.1, 0), stride=2, colour=(1, 1))
    with pytest.raises(ValueError, match="fewer than four units"):
        measure(bank(), (0.1, 0), stride=4, side=16)
