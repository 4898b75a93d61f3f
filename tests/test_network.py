"""The network: contrast normalisation, names, initialisation, inputs of every kind, preprocessing."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from zflib import ALEXNET, ZFNET, ConvNet
from zflib.network import ContrastNorm

BOTH = pytest.mark.parametrize("architecture", [ZFNET.mini(), ALEXNET.mini()], ids=lambda a: a.name)
# Small enough to run in every test, with all the kinds of step that the large ones have.
TINY = ZFNET.with_maps({1: 8, 2: 12, 3: 8, 4: 8, 5: 8}).with_units(64).mini(classes=3)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return ConvNet(TINY).eval()


# --- contrast normalisation ---------------------------------------------------------------------------------------


def normalised_by_hand(x):
    """Krizhevsky's formula, one value at a time."""
    out = torch.empty_like(x)
    for n, c, i, j in itertools.product(*map(range, x.shape)):
        total = sum(x[n, m, i, j] ** 2 for m in range(max(c - 2, 0), min(c + 3, x.shape[1])))
        out[n, c, i, j] = x[n, c, i, j] / (2 + 1e-4 * total) ** 0.75
    return out


@settings(max_examples=30)
@given(maps=st.integers(1, 9), scale=st.sampled_from([0.0, 1e-3, 1.0, 100.0, 1e4]), seed=st.integers(0, 99))
def test_contrast_norm_is_krizhevskys_formula(device, maps, scale, seed):
    dtype, rounding = (torch.float32, 1e-5) if device.type == "mps" else (torch.float64, 1e-12)
    x = scale * torch.randn(2, maps, 2, 3, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    torch.testing.assert_close(ContrastNorm()(x.to(device)).cpu(), normalised_by_hand(x), rtol=rounding, atol=0)


@pytest.mark.parametrize("scale", [1, 100, 1000])
def test_contrast_norm_equals_torchs_with_five_times_the_alpha(device, scale):
    x = (scale * torch.randn(4, 48, 9, 7)).to(device).requires_grad_()
    signal = torch.randn(4, 48, 9, 7).to(device)
    ours, theirs = ContrastNorm(), nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
    torch.testing.assert_close(ours(x), theirs(x), rtol=2e-6, atol=1e-6 * scale)
    gradients = [torch.autograd.grad(norm(x), x, signal)[0] for norm in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-6)


def test_contrast_norm_gradient_is_that_of_its_values(device):
    if device.type == "mps":
        pytest.skip("Apple's GPU has no float64.")
    x = (50 * torch.randn(2, 7, 3, 2, dtype=torch.float64)).to(device).requires_grad_()
    assert torch.autograd.gradcheck(ContrastNorm(), x)


def test_contrast_norm_refuses_a_second_derivative_rather_than_return_a_wrong_one():
    x = torch.randn(1, 6, 2, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(ContrastNorm()(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_contrast_norm_survives_large_values_in_half_precision(device, dtype):
    x = 1000 * torch.rand(2, 16, 4, 4).to(device)
    exact, rounded = ContrastNorm()(x), ContrastNorm()(x.to(dtype))
    assert rounded.dtype == dtype
    torch.testing.assert_close(rounded.float(), exact, rtol=0.02, atol=0)


def test_contrast_norm_keeps_channels_last(device):
    x = torch.randn(2, 16, 5, 6).to(device).contiguous(memory_format=torch.channels_last)
    assert ContrastNorm()(x).is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(ContrastNorm()(x), ContrastNorm()(x.contiguous()))


# --- structure ----------------------------------------------------------------------------------------------------


@BOTH
def test_children_are_the_steps_of_the_geometry(architecture):
    net = ConvNet(architecture)
    assert [name for name, _ in net.named_children()] == [step.name for step in architecture.geometry()]
    kinds = {"conv": nn.Conv2d, "relu": nn.ReLU, "pool": nn.MaxPool2d, "norm": ContrastNorm, "fc": nn.Linear}
    kinds["dropout"] = nn.Dropout
    for name, module in net.named_children():
        assert type(module) is kinds[name.rstrip("0123456789")]
        assert not getattr(module, "inplace", False)


def test_forward_is_the_children_in_a_row(net, device):
    net.to(device)
    x = 60 * torch.randn(2, 3, 128, 128).to(device)
    y = x
    for name, module in net.named_children():
        y = module(y.flatten(1) if name.startswith("fc") else y)
    assert torch.equal(net(x), y) and y.shape == (2, 3)


def test_dropout_is_half_in_training_and_none_after(net, device):
    net.to(device)
    x = torch.randn(2, 3, 128, 128)
    assert torch.equal(net(x), net(x))
    kept = net.train().dropout6(torch.ones(100_000, device=device))
    assert set(kept.unique().tolist()) == {0.0, 2.0} and abs((kept > 0).float().mean() - 0.5) < 0.01


@BOTH
def test_initial_weights_are_gaussian_of_a_hundredth_and_biases_zero(architecture):
    torch.manual_seed(1)
    for name, parameter in ConvNet(architecture).named_parameters():
        if name.endswith("bias"):
            assert not parameter.any()
        else:
            values, n = parameter.detach() / 0.01, parameter.numel()
            assert abs(values.mean()) < 5 / n**0.5
            assert abs(values.std() - 1) < 5 / (2 * n) ** 0.5
            assert abs(values.pow(4).mean() - 3) < 5 * (96 / n) ** 0.5  # a Gaussian's, not a uniform's 1.8


def test_he_initialisation_keeps_the_size_of_signals_between_the_first_layer_and_the_last():
    net = ConvNet(ALEXNET.mini()).initialise(0.014, seed=0, he=True)
    for name, module in net.named_children():
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = math.prod(module.weight.shape[1:])
            expected = 0.014 if name in ("conv1", "fc8") else math.sqrt(2 / fan_in)
            assert module.weight.std().item() == pytest.approx(expected, rel=0.02), name
            assert not module.bias.any()
    signals = torch.randn(1000, net.fc7.in_features).relu()
    with torch.no_grad():
        assert net.fc7(signals).relu().square().mean() == pytest.approx(signals.square().mean().item(), rel=0.1)


def test_initialise_by_seed(net):
    first = [p.clone() for p in net.initialise(0.014, 0.004, seed=3).parameters()]
    assert all(map(torch.equal, first, net.initialise(0.014, 0.004, seed=3).parameters()))
    assert not torch.equal(first[0], net.initialise(0.014, 0.004, seed=4).conv1.weight)
    assert 0.0035 < net.conv1.weight.std() < 0.0045 and 0.012 < net.conv2.weight.std() < 0.016


def test_mean_travels_with_the_weights(net):
    other = ConvNet(TINY, mean=torch.tensor([10.0, 20.0, 30.0]).view(3, 1, 1))
    other.load_state_dict(net.state_dict())
    assert torch.equal(other.mean, net.mean)
    assert "mean" not in dict(net.named_parameters())


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"mean": torch.zeros(3)}, r"\(3, 1, 1\) or \(3, 146, 146\), not \(3,\)"),
        ({"mean": torch.zeros(3, 128, 128)}, r"not \(3, 128, 128\)"),
        ({"class_names": ("tench",)}, "1 class names for 3 classes"),
    ],
)
def test_what_does_not_fit_the_architecture_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        ConvNet(TINY, **arguments)


def test_impossible_geometry_is_refused_before_any_weight_is_made():
    huge = ZFNET.with_maps({5: 2**40})
    with pytest.raises(ValueError, match="conv2 of zfnet"):
        ConvNet(type(huge)(**{**vars(huge), "input_size": 15}))


# --- types, layouts, devices --------------------------------------------------------------------------------------


def test_double_precision_end_to_end(net):
    x = 60 * torch.randn(1, 3, 128, 128)
    exact = net.double()(x.double())
    assert exact.dtype == torch.float64
    torch.testing.assert_close(net(x), exact)  # inputs take the type of the weights
    torch.testing.assert_close(net.float()(x), exact.float(), rtol=1e-4, atol=1e-6)


def test_gradients_of_the_whole_network_in_double_precision():
    torch.manual_seed(0)
    net = ConvNet(TINY).double().eval().initialise(0.1)
    x = (60 * torch.randn(1, 3, 128, 128, dtype=torch.float64)).requires_grad_()
    (gradient,) = torch.autograd.grad(net(x)[0, 1], x)
    direction = torch.randn_like(x)
    with torch.no_grad():
        slope = (net(x + 1e-6 * direction) - net(x - 1e-6 * direction))[0, 1] / 2e-6
    torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-9)


def test_channels_last_changes_nothing(net, device):
    x = 60 * torch.randn(2, 3, 128, 128).to(device)
    expected = net.to(device)(x)
    got = net.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6)


def test_bfloat16_autocast_trains(net, device):
    x = 60 * torch.randn(4, 3, 128, 128)
    exact = net.to(device)(x)
    with torch.autocast(device.type, torch.bfloat16):
        rounded = net(x)
    torch.testing.assert_close(rounded.float(), exact, rtol=0.1, atol=0.05 * exact.abs().max().item())
    rounded.float().square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_inputs_come_to_the_network(net, device):
    """On the meta device, which every machine has, and on the best one here."""
    x = torch.zeros(1, 3, 128, 128)
    expected = net(x)
    assert net.to(device)(x).cpu().allclose(expected, atol=1e-5)
    assert net.to("meta")(x).device.type == "meta"


def test_not_a_number_is_not_hidden(net, device):
    x = torch.zeros(2, 3, 128, 128)
    x[0, 0, 64, 64] = torch.nan
    logits = net.to(device)(x)
    assert logits[0].isnan().all() and logits[1].isfinite().all()


@pytest.mark.parametrize(
    "x, words",
    [
        (torch.zeros(3, 128, 128), r"not torch.float32 of \(3, 128, 128\)"),
        (torch.zeros(1, 1, 128, 128), r"\(N, 3, H, W\), not torch.float32 of \(1, 1, 128, 128\)"),
        (torch.zeros(1, 128, 128, 3), r"\(1, 128, 128, 3\)"),
        (torch.zeros(1, 3, 128, 128, dtype=torch.uint8), "not torch.uint8"),
        (torch.zeros(1, 3, 224, 224), "224 x 224 pixels give .* use 128 pixels a side"),
    ],
)
def test_wrong_inputs_are_refused_with_a_remedy(net, x, words):
    with pytest.raises(ValueError, match=words):
        net(x)


# --- preprocessing ------------------------------------------------------------------------------------------------


def picture(width, height, mode="RGB"):
    pixels = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def test_preprocess_of_a_picture_of_the_right_size_is_its_centre_minus_the_mean(net):
    original = picture(146, 146)
    x = net.preprocess(original)
    assert x.dtype == torch.float32 and x.shape == (3, 128, 128) and x.device.type == "cpu" and x.is_contiguous()
    expected = np.asarray(original)[9:137, 9:137].astype(np.float32).transpose(2, 0, 1) - 128
    assert np.array_equal(x.numpy(), expected)


@pytest.mark.parametrize("size, side", [(None, 146), (128, 146), (224, 256), (1, 1), (300, 343)])
def test_preprocess_scales_the_shorter_side_to_eight_sevenths_of_the_crop(net, size, side):
    wide = picture(400, 300)
    resized = wide.resize((side, side), Image.Resampling.BILINEAR, box=(50, 0, 350, 300))
    x = net.preprocess(wide, size=size)
    crop, edge = size or 128, (side - (size or 128)) // 2
    assert x.shape == (3, crop, crop)
    assert np.array_equal(
        (x + 128).permute(1, 2, 0).numpy(),
        np.asarray(resized, dtype=np.float32)[edge : edge + crop, edge : edge + crop],
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
@pytest.mark.parametrize("size", [(1, 1), (2, 500), (500, 1), (146, 146)])
def test_preprocess_takes_any_size_and_mode(net, mode, size):
    x = net.preprocess(Image.new(mode, size))
    assert x.shape == (3, 128, 128) and x.min() >= -128 and x.max() <= 128


def test_preprocess_takes_arrays(net):
    original = picture(40, 30)
    from_picture = net.preprocess(original)
    assert torch.equal(net.preprocess(np.asarray(original)), from_picture)
    assert torch.equal(net.preprocess(torch.from_numpy(np.array(original))), from_picture)
    assert torch.equal(net.preprocess(np.asarray(original) / 255), from_picture)


def test_the_paper_subtracts_a_mean_picture():
    mean = 255 * torch.rand(3, 146, 146)
    net = ConvNet(TINY, mean=mean)
    original = picture(146, 146)
    pixels = torch.from_numpy(np.array(original)).permute(2, 0, 1)
    torch.testing.assert_close(net.preprocess(original), (pixels - mean)[:, 9:137, 9:137])
    with pytest.raises(ValueError, match="mean picture of 146 pixels a side, which belongs to crops of 128"):
        net.preprocess(original, size=224)


def test_preprocess_stays_single_precision_on_the_cpu(net):
    x = net.double().preprocess(picture(60, 40))
    assert x.dtype == torch.float32


@pytest.mark.parametrize("rubbish", [None, "picture.jpg", 7, [[0, 1], [2, 3]], np.array(["a"])])
def test_preprocess_refuses_what_is_no_picture(net, rubbish):
    with pytest.raises((TypeError, ValueError), match=r"picture|pixels"):
        net.preprocess(rubbish)


@pytest.mark.parametrize("size", [0, -3, 12.5, "large"])
def test_preprocess_refuses_senseless_sizes(net, size):
    with pytest.raises(ValueError, match="whole number of pixels"):
        net.preprocess(picture(40, 30), size=size)
