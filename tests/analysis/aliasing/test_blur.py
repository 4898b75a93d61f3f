"""Blurs that do what they say, and networks that keep all else."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import zflib
from zflib.analysis.aliasing import Blur, equivariance_error, lowpass, multiply_adds


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
