"""Maps and answers under shifts: known waves, and a slower way to the same numbers."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import zflib
from zflib.analysis.aliasing import between, equivariance_error, lowpass, shift_consistency

SIDE = 146  # to which the mini networks scale a picture


@pytest.fixture(scope="module")
def eye(narrow):
    """AlexNet whose first layer passes red on as it is, every fourth pixel of it."""
    net = narrow(zflib.ALEXNET)
    with torch.no_grad():
        net.conv1.weight.zero_()
        net.conv1.weight[:, 0, 5, 5] = 1
    return net


def waves(fx, fy):
    row, column = np.mgrid[:SIDE, :SIDE]
    wave = 128 + 120 * np.cos(2 * np.pi * (fx * column + fy * row) + 0.4)
    return np.repeat(wave.round().astype(np.uint8)[None, :, :, None], 3, axis=3)


# Interpolation


def test_between_is_the_weighted_sum_of_eight_neighbours():
    maps, fraction = np.random.default_rng(0).normal(size=(2, 3, 20)), 0.3
    found = between(torch.from_numpy(maps), fraction).numpy()
    assert found.shape == (2, 3, 13)
    for n, c, i in itertools.product(range(2), range(3), range(13)):
        at = i + 3 + fraction
        weights = [np.sinc(at - j) * np.sinc((at - j) / 4) for j in range(i, i + 8)]
        assert found[n, c, i] == pytest.approx(np.average(maps[n, c, i : i + 8], weights=weights))


@given(st.floats(0, 0.35), st.floats(0, 2 * np.pi), st.sampled_from([0, 1 / 8, 0.25, 0.375, 0.5, 0.625, 0.75, 7 / 8]))
def test_between_finds_what_is_band_limited(frequency, phase, fraction):
    n = torch.arange(400, dtype=torch.float64)
    wave = between(torch.cos(2 * np.pi * frequency * n + phase), fraction)
    right = torch.cos(2 * np.pi * frequency * (n[3:-4] + fraction) + phase)
    assert ((wave - right) ** 2).sum() <= 2e-3 * (wave**2 + right**2).sum() + 1e-12


def test_between_without_a_fraction_is_the_samples():
    maps = torch.randn(2, 3, 11)
    assert torch.equal(between(maps, 0), maps[..., 3:7])
    for bad in ((maps[..., :7], 0.5), (maps, 1.0), (maps, -0.1)):
        with pytest.raises(ValueError, match="8 samples"):
            between(*bad)


# Equivariance error


@pytest.mark.parametrize("frequency, zone", [(0.05, 0), (0.3, 1), (0.21, 1), (0.45, 2)])
def test_a_folded_wave_moves_as_its_alias_does(eye, frequency, zone):
    shifts = np.arange(9)
    found = equivariance_error(eye, waves(frequency, frequency), "conv1", shifts)
    # The units that are compared do not hold a whole number of periods: 1 % is left.
    np.testing.assert_allclose(found, 1 - np.cos(2 * np.pi * zone * shifts / 4), atol=0.01)


def test_a_wave_across_the_shift_does_not_mind(eye):
    # Of the two directions one moves along the stripes, where nothing changes.
    np.testing.assert_allclose(equivariance_error(eye, waves(0.3, 0), "conv1", [1, 2]), [0.5, 1], atol=0.02)


def test_samples_of_noise_tell_nothing_about_their_neighbours(eye, pictures):
    found = equivariance_error(eye, pictures, "conv1")
    np.testing.assert_allclose(found, [1, 1, 1, 0, 1, 1, 1, 0], atol=0.05)


def test_error_is_zero_after_a_whole_jump(net, pictures):
    for each in (net, lowpass(net)):
        found = equivariance_error(each, pictures, ("relu1", "pool1", "conv2", "relu2"))
        assert all(error[-1] < 1e-10 for error in found.values())
        assert found["relu1"][0] > 1e-3 and found["pool1"][0] > 1e-3
    assert (equivariance_error(lowpass(net), pictures[:1], "conv1", [1, 2]) < 1e-10).all()  # dense: every jump is whole


@pytest.mark.parametrize("step", ["pool1", "conv3"])
def test_error_the_slow_way(net, step):
    picture = np.random.default_rng(1).integers(0, 256, (1, 256, 256, 3), dtype=np.uint8)
    geometry = {s.name: s for s in net.architecture.geometry(256 - 9)}[step]
    jump, inside = geometry.jump, []
    for at in range(geometry.size):
        top, _, bottom, _ = geometry.box(at, at)
        if top >= 0 and bottom <= 256 - 9:
            inside.append(at)
    x = torch.from_numpy(picture).permute(0, 3, 1, 2).float() - net.mean

    def maps(top, left):
        y = x[:, :, top : top + 247, left : left + 247]
        for name, module in net.named_children():
            y = module(y)
            if name == step:
                return y[0][:, inside][:, :, inside].detach().numpy()

    for shift in (3, 9):
        pairs = [(maps(0, 0), maps(0, shift)), (maps(0, 0).swapaxes(1, 2), maps(shift, 0).swapaxes(1, 2))]
        a, b = [], []
        for rest, moved in pairs:
            for i in range(len(inside)):
                at = i + shift / jump  # where the moved unit i lies on the maps at rest
                first = int(np.floor(at)) - 3
                if first >= 0 and first + 8 <= len(inside):
                    distance = at - np.arange(first, first + 8)
                    weights = np.sinc(distance) * np.sinc(distance / 4)
                    a.append(moved[..., i])
                    b.append(np.average(rest[..., first : first + 8], axis=-1, weights=weights))
        a, b = np.stack(a, -1).reshape(len(rest), -1), np.stack(b, -1).reshape(len(rest), -1)
        wrong = ((a - b) ** 2).sum()
        energy = sum(((v - v.mean(1, keepdims=True)) ** 2).sum() for v in (a, b))
        found = equivariance_error(net, picture, step, [shift, 9], size=256)[0]
        assert found == pytest.approx(wrong / energy, rel=1e-4)


def test_several_steps_in_one_pass_and_a_map_that_is_the_same_everywhere(narrow, net, pictures):
    with torch.no_grad():
        dead = narrow(net.architecture.without())
        dead.load_state_dict(net.state_dict())
        dead.conv1.weight[4] = 0
    both = equivariance_error(dead, pictures, ["relu1", "pool1"], batch_size=1)
    assert list(both) == ["relu1", "pool1"] and np.isfinite(both["relu1"]).all()
    assert np.isnan(equivariance_error(dead, np.zeros_like(pictures), "conv1")).all()
    np.testing.assert_allclose(both["pool1"], equivariance_error(dead, pictures, "pool1"), rtol=1e-5, atol=1e-12)


def test_equivariance_refuses_rubbish(net, pictures):
    for step in ("fc6", "conv9"):
        with pytest.raises(KeyError, match=f"no step '{step}' with maps; choose among conv1"):
            equivariance_error(net, pictures, step)
    for shifts in ([], [-1], [0.5]):
        with pytest.raises(ValueError, match="whole numbers of pixels"):
            equivariance_error(net, pictures, "conv1", shifts)
    with pytest.raises(ValueError, match=r"units of conv3 .* larger size"):
        equivariance_error(net, pictures, "conv3")
    with pytest.raises(ValueError, match="no pictures"):
        equivariance_error(net, [], "conv1")
    with pytest.raises(TypeError, match="sequence"):
        equivariance_error(net, 3, "conv1")
    averaged = zflib.ConvNet(net.architecture, torch.zeros(3, SIDE, SIDE))
    assert equivariance_error(averaged, pictures, "conv1", [4]) < 1e-10
    with pytest.raises(ValueError, match="leave size out"):
        equivariance_error(averaged, pictures, "conv1", size=160)


# Shift consistency


def test_consistency_the_slow_way(net, pictures):
    shifts, same, change = (1, 6), [], []
    for shift in shifts:
        for picture in pictures:
            x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() - net.mean
            with torch.no_grad():
                at_rest, right, down = (
                    net(x[:, :, 9 + r : 137 + r, 9 + c : 137 + c]).softmax(1)[0]
                    for r, c in ((0, 0), (0, shift), (shift, 0))
                )
            named = at_rest.argmax()
            for moved in (right, down):
                same.append(float(moved.argmax() == named))
                change.append(float(abs(moved[named] - at_rest[named])))
    found = shift_consistency(net, list(pictures), shifts)
    assert found.shifts.tolist() == [1, 6] and found.pairs == 4
    np.testing.assert_allclose(found.agreement, np.reshape(same, (2, 4)).mean(1))
    np.testing.assert_allclose(found.change, np.reshape(change, (2, 4)).mean(1), atol=1e-6)
    assert (found.change > 0).all()


def test_consistency_in_training_mode_is_that_without_dropout(narrow, net, pictures):
    learning = narrow(net.architecture.without()).train()
    found, expected = (shift_consistency(n, pictures, [0, 3]) for n in (learning, net))
    assert learning.training and learning.dropout6.training
    for name in ("agreement", "change"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_consistency_without_a_shift_and_without_eyes(narrow, net, pictures):
    still = shift_consistency(net, pictures, [0])
    assert still.agreement == 1 and still.change == 0
    blind = narrow(net.architecture.without())
    nn.init.zeros_(blind.fc8.weight)
    assert (shift_consistency(blind, pictures, [3]).agreement == 1).all()
    with pytest.raises(ValueError, match="at most 9 pixels"):
        shift_consistency(net, pictures, [10])


def test_live_on_the_photographs():
    net = zflib.load("zfnet-mini")
    few = [p.picture for p in zflib.data.photographs()[:3]]
    assert (equivariance_error(net, few, "relu1", [2, 4]) < 1e-9).all()
    assert 0 < shift_consistency(net, few, [1]).change < 0.5
