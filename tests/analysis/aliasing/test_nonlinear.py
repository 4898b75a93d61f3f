"""Harmonics of a rectified wave against an integral, a real ReLU, and the share that no linear theory explains."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import zflib
from zflib.analysis.aliasing import (
    alias_distance,
    harmonics,
    lowpass,
    measure_rectified,
    nonlinear_share,
    predict,
    predict_rectified,
)


@pytest.fixture(scope="module")
def net():
    return zflib.load("alexnet-mini")


@given(st.floats(0, 5), st.floats(-6, 6))
def test_harmonics_are_the_fourier_integrals(a, b):
    t = (np.arange(20000) + 0.5) * np.pi / 20000
    wave = np.maximum(0, a * np.cos(t) + b)
    slow = [(wave * np.cos(n * t)).mean() * (1 if n == 0 else 2) for n in range(7)]
    np.testing.assert_allclose(harmonics(a, b, 6), slow, atol=1e-5)


def test_strengths_without_a_bias():
    expected = np.array([1 / np.pi, 1 / 2, 2 / (3 * np.pi), 0, -2 / (15 * np.pi)])
    np.testing.assert_allclose(harmonics(1, count=4), expected, atol=1e-15)
    np.testing.assert_allclose(harmonics([[1], [3]], 0, 1), [[expected[:2]], [3 * expected[:2]]])
    with pytest.raises(ValueError, match="not negative"):
        harmonics(-1)


def layer(seed=0, **more):
    conv = nn.Conv2d(3, 5, 7, **more).double()
    random = np.random.default_rng(seed)
    with np.errstate():
        for p, scale in ((conv.weight, 1.0), (conv.bias, 150.0)):
            p.data.copy_(p.data.new_tensor(scale * random.normal(size=p.shape)))
    return conv


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("frequency", [(0.2, 0.1), (0.05, -0.15), (0.125, 0.0)])
def test_lines_after_the_relu_are_as_predicted(stride, frequency):
    """The map repeats after 40 units at most: its harmonics meet in few places, and all are seen."""
    conv = layer(stride=stride, padding=2)
    arguments = (conv, frequency, 0.7)
    expected, found = (f(*arguments, count=40) for f in (predict_rectified, measure_rectified))
    np.testing.assert_array_equal(expected.position, found.position)
    assert expected.position.shape == (*expected.amplitude.shape, 2)
    a, b = (w.amplitude * np.exp(1j * w.phase) for w in (expected, found))
    np.testing.assert_allclose(a, b, atol=1e-4 * expected.amplitude.max())
    assert np.nanmax(found.residual) < 1e-9


def test_harmonics_that_fold_together_are_added():
    """At stride 4, (0.2, 0.1) lies at (-0.2, 0.4) cycles per unit: five units are a period, and 1, 4, 6, 9 ... meet."""
    conv = layer(stride=4)
    lines = predict_rectified(conv, (0.2, 0.1), count=1000)
    assert len(lines.position) == 3
    linear = predict(conv, (0.2, 0.1), amplitude=100)
    c = harmonics(linear.amplitude, conv.bias.detach().numpy(), 1000)
    turn = np.exp(1j * np.arange(1001) * linear.phase[:, None])
    met = (c * turn)[:, 1::5].sum(1) + (c * turn.conj())[:, 4::5].sum(1)
    np.testing.assert_allclose(lines.amplitude[1], np.abs(met))


def test_a_line_for_each_harmonic_where_none_meet():
    frequency = (0.0731, 0.0417)
    lines = predict_rectified(layer(stride=2), frequency, count=5)
    for n, position in enumerate(lines.position[:, 0]):
        assert alias_distance(position, np.multiply(n, frequency), 2) < 1e-8
    measured = measure_rectified(layer(stride=2), frequency, count=5)
    assert np.nanmax(measured.residual) > 1e-5  # the higher ones, which have no line here


def test_the_trained_network_rectifies_as_predicted(net):
    expected, found = (f(net, (0.3, 0.05), 0.4) for f in (predict_rectified, measure_rectified))
    a, b = (w.amplitude * np.exp(1j * w.phase) for w in (expected, found))
    np.testing.assert_allclose(a, b, atol=1e-4 * expected.amplitude.max())


def test_one_grating_at_a_time():
    with pytest.raises(ValueError, match="one grating at a time"):
        predict_rectified(layer(), [(0.1, 0), (0.2, 0)])


def test_linear_steps_have_no_nonlinear_share(net):
    for each in (net, lowpass(net)):  # whose conv1 keeps every position
        shares = nonlinear_share(each, [(0.2, 0.11), (0.03, 0.02), (0.49, 0.0)], steps=("conv1",), side=96)
        assert shares["conv1"].shape == (3,) and shares["conv1"].max() < 1e-9


def test_a_wave_rectified_in_the_middle_has_a_known_share():
    net = zflib.ConvNet(zflib.ALEXNET.mini()).initialise(seed=0).eval()  # biases are zero
    share = nonlinear_share(net, (0.0371, 0.0213), steps=("relu1",), side=256)["relu1"]
    assert share == pytest.approx(1 - (1 / 8) / (1 / 4 - 1 / np.pi**2), abs=0.005)


@settings(max_examples=5)
@given(st.floats(0.02, 0.48))
def test_shares_are_shares_at_every_step(fx):
    trained = zflib.load("zfnet-mini")
    shares = nonlinear_share(trained, (fx, 0.09), side=160)
    assert list(shares) == ["relu1", "pool1", "conv2"]
    for share in shares.values():
        assert share.shape == () and 0 <= share <= 1


def test_a_constant_map_has_no_share(net):
    assert np.isnan(nonlinear_share(net, (0.25, 0.25), steps=("relu1", "conv1"), side=96)["relu1"])


def test_unknown_steps_and_small_pictures_are_refused(net):
    for step in ("relu9", "fc6"):
        with pytest.raises(KeyError, match=f"no step '{step}' with maps"):
            nonlinear_share(net, (0.1, 0), steps=(step,))
    with pytest.raises(ValueError, match="leave conv2 fewer than four units"):
        nonlinear_share(net, (0.1, 0), steps=("conv2",), side=64)
