"""Maps and answers under shifts: known waves, a slower way to the same numbers, and blurs that do what they say."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

import zflib
from zflib.analysis.aliasing import (
    Blur,
    between,
    equivariance_error,
    lowpass,
    multiply_adds,
    shift_consistency,
)

SIDE = 146  # to which the mini networks scale a picture


def narrow(architecture, seed=0):
    few = architecture.with_maps(dict.fromkeys(range(1, 6), 12)).with_units(32)
    return zflib.ConvNet(few.mini()).initialise(std=0.08, seed=seed).eval()


@pytest.fixture(scope="module", params=[zflib.ALEXNET, zflib.ZFNET], ids=lambda a: a.name)
def net(request):
    return narrow(request.param)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def eye():
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


def test_several_steps_in_one_pass_and_a_map_that_is_the_same_everywhere(net, pictures):
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


def test_consistency_in_training_mode_is_that_without_dropout(net, pictures):
    learning = narrow(net.architecture.without()).train()
    found, expected = (shift_consistency(n, pictures, [0, 3]) for n in (learning, net))
    assert learning.training and learning.dropout6.training
    for name in ("agreement", "change"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_consistency_without_a_shift_and_without_eyes(net, pictures):
    still = shift_consistency(net, pictures, [0])
    assert still.agreement == 1 and still.change == 0
    blind = narrow(net.architecture.without())
    nn.init.zeros_(blind.fc8.weight)
    assert (shift_consistency(blind, pictures, [3]).agreement == 1).all()
    with pytest.raises(ValueError, match="at most 9 pixels"):
        shift_consistency(net, pictures, [10])


# Low-pass networks


@pytest.mark.parametrize("stride, taps", [(2, [1, 2, 1]), (3, [1, 4, 6, 4, 1]), (4, [1, 8, 28, 56, 70, 56, 28, 8, 1])])
def test_blur_the_slow_way(stride, taps):
    x = np.random.default_rng(0).normal(size=(2, 3, 21, 18))
    found = Blur(stride)(torch.from_numpy(x)).numpy()
    reach = len(taps) // 2
    weights = np.outer(taps, taps)
    assert found.shape == (2, 3, -(-21 // stride), -(-18 // stride))
    for i, j in np.ndindex(found.shape[2:]):
        rows, columns = np.arange(-reach, reach + 1) + i * stride, np.arange(-reach, reach + 1) + j * stride
        r, c = (rows >= 0) & (rows < 21), (columns >= 0) & (columns < 18)
        patch, w = x[:, :, rows[r]][..., columns[c]], weights[r][:, c]
        np.testing.assert_allclose(found[:, :, i, j], (patch * w).sum((2, 3)) / w.sum())


@pytest.mark.parametrize("stride", [2, 3, 4, 8])
def test_blur_halves_the_amplitude_at_the_new_nyquist_frequency(stride):
    taps = Blur(stride).taps.numpy()
    at = np.arange(len(taps)) - len(taps) // 2
    assert (taps * np.cos(2 * np.pi * at / (2 * stride))).sum() == pytest.approx(0.5, abs=0.07)
    assert taps.sum() == 1


@pytest.mark.parametrize("side", [128, 131, 146])
def test_a_lowpass_network_that_does_not_blur_is_the_network(net, side):
    copy = lowpass(net)
    blurs = [module for module in copy.modules() if isinstance(module, Blur)]
    assert len(blurs) == (5 if net.architecture.name.startswith("zfnet") else 4)
    for blur in blurs:
        blur.taps = F.one_hot(torch.tensor(blur.padding), blur.kernel_size).float()
    x = y = 50 * torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    for (name, before), (_, after) in zip(net.named_children(), copy.named_children(), strict=True):
        if name == "fc6":
            break
        x, y = before(x), after(y)
        if not name.startswith("conv"):
            torch.testing.assert_close(y, x)


def test_lowpass_keeps_names_weights_sizes_and_the_network_itself(net, pictures):
    before = {key: value.clone() for key, value in net.state_dict().items()}
    copy = lowpass(lowpass(net))  # once is enough
    assert [name for name, _ in copy.named_children()] == [name for name, _ in net.named_children()]
    assert copy.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[key]) for key, value in copy.state_dict().items())
    assert net.conv1.stride[0] > 1 and isinstance(net.relu1, nn.ReLU) and not copy.training
    sizes = {step.name: step.size for step in net.architecture.geometry()}
    x = torch.zeros(1, 3, 128, 128)
    for name, module in itertools.takewhile(lambda child: child[0] != "fc6", copy.named_children()):
        x = module(x)
        assert x.shape[2] == sizes[name] or name.startswith("conv")


def test_lowpass_lowers_the_error(net, pictures):
    plain, blurred = (equivariance_error(n, pictures, ("relu1", "pool1")) for n in (net, lowpass(net)))
    for step in plain:
        assert blurred[step].mean() < 0.5 * plain[step].mean()


def test_gradients_pass_the_blurs(net):
    copy = lowpass(net)
    x = 50 * torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    for _, module in itertools.takewhile(lambda child: child[0] != "fc6", copy.named_children()):
        x = module(x)
    x.square().sum().backward()
    assert copy.conv1.weight.grad.abs().sum() > 0


def test_what_a_blur_does_is_not_reversed_in_silence(net):
    with pytest.raises(TypeError, match=r"relu1.*Blur"):
        zflib.DeconvNet(lowpass(net))


def test_multiply_adds(net):
    counted = multiply_adds(net, 128)
    assert counted == {s.name: s.macs for s in net.architecture.geometry() if s.macs}
    dense = multiply_adds(lowpass(net), 128)
    conv, side = net.conv1, (128 + 2 * net.conv1.padding[0] - net.conv1.kernel_size[0]) + 1
    assert dense["conv1"] == conv.weight.numel() * side**2
    kept = -(-side // conv.stride[0])
    taps = {2: 3, 4: 9}[conv.stride[0]]
    assert dense["relu1.1"] == taps * conv.out_channels * (kept * side + kept**2)
    assert dense["fc6"] == counted["fc6"]
    assert not net._forward_hooks and not conv._forward_hooks


def test_live_on_the_photographs():
    net = zflib.load("zfnet-mini")
    few = [p.picture for p in zflib.data.photographs()[:3]]
    assert (equivariance_error(net, few, "relu1", [2, 4]) < 1e-9).all()
    assert 0 < shift_consistency(net, few, [1]).change < 0.5
