"""The whole way, forwards and back: by hand, against autograd, and what is refused."""

import itertools

import pytest
import torch
from by_hand import close, small_net, unpool_by_hand
from torch import nn
from torch.nn import functional as F

import zflib
from zflib.deconvnet import METHODS, DeconvNet, pool


def filter_back_by_hand(signal, weight, stride, pad, size):
    out = torch.zeros(weight.shape[1], *size)
    for c, i, j in zip(*signal.nonzero(as_tuple=True), strict=True):
        for y, x in itertools.product(*map(range, weight.shape[2:])):
            row, column = i * stride - pad + y, j * stride - pad + x
            if 0 <= row < size[0] and 0 <= column < size[1]:
                out[:, row, column] += signal[c, i, j] * weight[c, :, y, x]
    return out


@pytest.mark.parametrize("overlap", ["sum", "last", "max"])
def test_the_recipe_of_section_2_1_step_by_step(device, overlap):
    net, x = small_net(), torch.rand(1, 3, 17, 15)
    relu1 = F.relu(net[0](x))
    pool1, switches1 = pool(relu1, 3, 2, ceil_mode=True)
    relu2 = F.relu(net[3](pool1))
    pool2, switches2 = pool(relu2, 2, 2)
    channel = int(pool2[0].flatten(1).max(1).values.argmax())
    at = divmod(int(pool2[0, channel].argmax()), pool2.shape[3])

    signal = torch.zeros_like(pool2)
    signal[0, channel, *at] = pool2[0, channel, *at]
    signal = unpool_by_hand(signal, switches2, relu2.shape[2:], overlap)[0].clamp(min=0)
    signal = filter_back_by_hand(signal, net[3].weight, 1, 1, pool1.shape[2:])
    signal = unpool_by_hand(signal[None], switches1, relu1.shape[2:], overlap)[0].clamp(min=0)
    expected = filter_back_by_hand(signal, net[0].weight, 2, 1, x.shape[2:])

    deconv = DeconvNet(net.to(device))
    assert close(deconv.project(deconv.forward(x), "5", channel=channel, overlap=overlap)[0].cpu(), expected)
    assert expected.abs().max() > 0


@pytest.mark.parametrize("architecture", [zflib.ZFNET.mini(), zflib.ALEXNET.mini()], ids=["zfnet", "alexnet"])
@pytest.mark.parametrize("step", ["conv1", "norm1", "conv3", "pool5", "fc6", "fc8"])
def test_the_gradient_is_autograd_times_the_seed(device, architecture, step):
    net = zflib.ConvNet(architecture).initialise(std=0.04, seed=5).eval().to(device)
    images = (torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(6)) * 60).to(device)
    deconv = DeconvNet(net)
    trace = deconv.forward(images)
    x = images.clone().requires_grad_()
    y, last = x, {"conv1": "relu1", "conv3": "relu3", "fc6": "relu6"}.get(step, step)
    for name, module in net.named_children():
        y = module(y.flatten(1) if isinstance(module, nn.Linear) else y)
        if name == last:
            break
    channel = int(y.flatten(2).amax(2).amin(0).argmax() if y.ndim == 4 else y.amin(0).argmax())  # alive in both
    strongest = y[:, channel].reshape(2, -1).max(1).values
    expected = torch.autograd.grad((strongest * strongest.detach()).sum(), x)[0]
    assert expected.abs().max() > 0
    for local in (True, False):
        assert close(deconv.project(trace, step, channel=channel, method="gradient", local=local), expected)


def test_guided_is_autograd_with_a_rectified_signal(device):
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=5).eval().to(device)
    images = (torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(6)) * 60).to(device)
    deconv = DeconvNet(net)
    x = images.clone().requires_grad_()
    y = x
    for name, module in net.named_children():
        y = module(y)
        if name.startswith("relu"):
            y.register_hook(lambda gradient: gradient.clamp(min=0))  # on the way into the ReLU's own backward
        if name == "relu4":
            break
    channel = int(y.flatten(2).amax(2).amin(0).argmax())
    value = y[:, channel].flatten(1).max(1).values
    expected = torch.autograd.grad((value * value.detach()).sum(), x)[0]
    assert expected.abs().max() > 0
    trace = deconv.forward(images)
    for local in (True, False):
        assert close(deconv.project(trace, "conv4", channel=channel, method="guided", local=local), expected)


def test_contrast_normalisation_passes_the_signal_unchanged(device):
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=5).eval().to(device)
    deconv = DeconvNet(net)
    trace = deconv.forward(torch.randn(1, 3, 128, 128) * 60)
    at = (7, 5, 5)
    same = deconv.project(trace, "norm1", unit=at, seed=1), deconv.project(trace, "pool1", unit=at, seed=1)
    assert torch.equal(*same)


@pytest.mark.parametrize("factor", [0.01, 3.0, 1e4])
def test_a_larger_seed_gives_the_same_picture_larger(mini, factor):
    _, deconv, trace = mini
    once = deconv.project(trace, "conv4", channel=3, seed=1)
    assert close(deconv.project(trace, "conv4", channel=3, seed=factor), factor * once)


def test_the_seed_is_the_units_own_value(mini):
    _, deconv, trace = mini
    value = trace["conv3"][:, 6].flatten(1).max(1).values.view(2, 1, 1, 1)
    assert close(deconv.project(trace, "conv3", channel=6), value * deconv.project(trace, "conv3", channel=6, seed=1))


def test_a_bias_changes_nothing_on_the_way_down(mini):
    net, deconv, trace = mini
    before = deconv.project(trace, "fc8", channel=1)
    biases = {name: p.data.clone() for name, p in net.named_parameters() if name.endswith("bias")}
    for name, parameter in net.named_parameters():
        if name in biases:
            parameter.data.fill_(1e6)
    after = deconv.project(trace, "fc8", channel=1)
    for name, parameter in net.named_parameters():
        if name in biases:
            parameter.data.copy_(biases[name])
    assert torch.equal(before, after)


def test_the_channels_strongest_unit_is_chosen_picture_by_picture(mini):
    _, deconv, trace = mini
    both = deconv.project(trace, "conv5", channel=11)
    for picture in range(2):
        at = divmod(int(trace["conv5"][picture, 11].argmax()), trace["conv5"].shape[3])
        assert torch.equal(deconv.project(trace, "conv5", unit=(11, *at))[picture], both[picture])


def test_a_dead_unit_has_an_empty_picture(mini):
    _, deconv, trace = mini
    dead = (trace["conv3"] == 0).nonzero()[:1]
    assert not deconv.project_units(trace, "conv3", dead).pixels.any()


def test_a_trace_holds_the_networks_own_values(mini):
    net, _, trace = mini
    x = trace.images
    for name, module in net.named_children():
        x = module(x.flatten(1) if isinstance(module, nn.Linear) else x)
        rectified = name.startswith(("conv", "fc6", "fc7"))
        assert torch.equal(trace[name], x.relu() if rectified else x)
    assert torch.equal(trace["conv5"], trace["relu5"])
    for look in (trace.__getitem__, trace.before):
        with pytest.raises(KeyError, match="no step 'conv9'; the steps are conv1, relu1"):
            look("conv9")


def test_neither_the_model_nor_the_images_are_touched():
    net = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(inplace=True), nn.Dropout(0.9), nn.MaxPool2d(2)).train()
    images = torch.rand(1, 3, 8, 8)
    before = images.clone(), {k: v.clone() for k, v in net.state_dict().items()}
    deconv = DeconvNet(net)
    trace = deconv.forward(images)
    first, second = deconv.project(trace, "3", channel=0), deconv.project(trace, "3", channel=0)
    assert torch.equal(first, second)  # no dropout
    assert net.training
    assert torch.equal(images, before[0])
    assert all(torch.equal(v, before[1][k]) for k, v in net.state_dict().items())
    assert not first.requires_grad


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("local", [True, False])
def test_a_projection_leaves_the_trace_as_it_was(mini, method, local):
    _, deconv, trace = mini
    kept = {**trace.activations, **{f"switches of {name}": at for name, at in trace.switches.items()}}
    before = {name: values.clone() for name, values in kept.items()}
    for step in ("relu3", "conv5", "fc7"):
        deconv.project(trace, step, channel=0, seed=-1, method=method, local=local)
    assert all(torch.equal(values, before[name]) for name, values in kept.items())


def test_the_forward_pass_can_stop_early_and_take_larger_pictures(mini):
    _, deconv, _ = mini
    trace = deconv.forward(torch.rand(1, 3, 200, 260), upto="conv5")
    assert list(trace.activations)[-1] == "relu5"
    assert deconv.project(trace, "conv5", channel=0).shape == (1, 3, 200, 260)
    with pytest.raises(ValueError, match=r"fc6 can't take an input of shape \(1, 3200\)|fc6"):
        deconv.forward(torch.rand(1, 3, 200, 260))


def test_other_number_types_are_kept():
    net = small_net().double()
    deconv = DeconvNet(net)
    picture = deconv.project(deconv.forward(torch.rand(1, 3, 16, 16)), "4", channel=0)
    assert picture.dtype == torch.float64


def test_the_gpu_agrees_with_the_cpu(device):
    if device.type == "cpu":
        pytest.skip("There is no GPU here.")
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=7)
    images = torch.randn(2, 3, 128, 128) * 60
    pictures = []
    for where in ("cpu", device):
        deconv = DeconvNet(net.to(where))
        pictures.append(deconv.project(deconv.forward(images), "conv5", unit=(3, 2, 2), seed=1).cpu())
    assert close(*pictures, tolerance=1e-3)


@pytest.mark.parametrize("step", ["2", "3", "5"])
def test_whole_maps_go_down_step_by_step(device, step):
    """Another picture's values, along this picture's switches."""
    net, x = small_net(), torch.rand(2, 3, 17, 15)
    deconv = DeconvNet(net.to(device))
    trace = deconv.forward(x)
    signal = values = (trace[step].flip(0) - trace[step].mean()).cpu()
    for name in [str(at) for at in range(int(step) + (step == "3"), -1, -1)]:
        size, module = trace.before(name).shape[2:], net[int(name)]
        if isinstance(module, nn.MaxPool2d):
            signal = unpool_by_hand(signal, trace.switches[name].cpu(), size, "sum")
        elif isinstance(module, nn.ReLU):
            signal = signal.clamp(min=0)
        else:
            weight, (stride, _), (pad, _) = module.weight.cpu(), module.stride, module.padding
            signal = torch.stack([filter_back_by_hand(each, weight, stride, pad, size) for each in signal])
    before = values.clone()
    assert close(deconv.carry_down(trace, step, values.to(device)).cpu(), signal)
    assert torch.equal(values, before) and signal.abs().max() > 0


@pytest.mark.parametrize("method", METHODS)
def test_whole_maps_with_one_live_unit_are_that_units_projection(mini, method):
    _, deconv, trace = mini
    for step, at in (("pool2", (5, 3, 2)), ("conv5", (7, 2, 3)), ("fc6", (4,))):
        values = torch.zeros_like(trace[step])
        values[(slice(None), *at)] = 2
        wanted = deconv.project(trace, step, unit=at, seed=2, method=method)
        assert close(deconv.carry_down(trace, step, values, method=method), wanted)


def test_values_of_another_shape_are_refused(mini):
    _, deconv, trace = mini
    for values in (trace["pool1"], trace["pool2"][:, :1], 3, trace["pool2"].to(torch.complex64), trace["pool2"] / 0):
        with pytest.raises(ValueError, match=r"values must be finite numbers, a tensor \(.*\) as trace\['pool2'\] is"):
            deconv.carry_down(trace, "pool2", values)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(3, 128, 128), r"N > 0, not torch.float32 \(3, 128, 128\)"),
        (torch.zeros(1, 3, 128, 128, dtype=torch.uint8), "floating-point"),
        (torch.full((1, 3, 128, 128), float("nan")), "NaN"),
        (torch.rand(1, 1, 128, 128), "conv1 can't take"),
        (torch.rand(1, 3, 8, 8), "can't take an input of shape"),
        ([1, 2], "not list"),
        (torch.rand(0, 3, 128, 128), "N > 0"),
    ],
)
def test_images_that_do_not_fit_are_refused(mini, images, message):
    with pytest.raises(ValueError, match=message):
        mini[1].forward(images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channel": 128}, "conv5 has no channel 128"),
        ({"channel": -1}, "no channel -1"),
        ({"unit": (0, 7, 0)}, "no unit"),
        ({"unit": (0,)}, "no unit"),
        ({"unit": (0, 1.5, 0)}, "no unit"),
        ({"unit": 3}, "no unit 3"),
        ({"channel": 1.5}, "no channel 1.5"),
        ({"channel": "a"}, "no channel 'a'"),
        ({"channel": 1, "seed": float("nan")}, "finite"),
        ({}, "Say which unit"),
        ({"channel": 1, "unit": (0, 0, 0)}, "Say which unit"),
        ({"channel": 1, "method": "saliency"}, "method must be one of deconvnet, gradient, guided"),
        ({"channel": 1, "overlap": "mean"}, "overlap must be one of"),
    ],
)
def test_a_unit_that_does_not_exist_is_refused(mini, arguments, message):
    _, deconv, trace = mini
    with pytest.raises(ValueError, match=message):
        deconv.project(trace, "conv5", **arguments)


def test_units_in_the_wrong_shape_are_refused(mini):
    _, deconv, trace = mini
    for units, message in (
        (torch.zeros(3, 2, dtype=torch.long), r"shape \(U, 4\)"),
        (torch.zeros(3, 4), "whole numbers"),
        (torch.tensor([[0, 0, 0, 99]]), "lies outside conv5"),
        (torch.zeros(0, 4, dtype=torch.long), "U > 0"),
    ):
        with pytest.raises(ValueError, match=message):
            deconv.project_units(trace, "conv5", units)


def test_a_trace_of_another_network_is_refused(mini):
    other = DeconvNet(small_net())
    trace = other.forward(torch.rand(1, 3, 16, 16))
    with pytest.raises(ValueError, match="other steps"):
        mini[1].project(trace, "0", channel=0)
