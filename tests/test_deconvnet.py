"""The reverse path against slow, obvious re-implementations, autograd and Captum."""

import itertools
import warnings

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

import zflib
from zflib.deconvnet import DeconvNet, _first_maxima, pool, unpool
from zflib.network import ContrastNorm

EXAMPLES = settings(max_examples=40, deadline=None)


def close(a, b, tolerance=1e-5):
    """Equal to float rounding, in units of the larger picture's largest value."""
    return (a - b).abs().max() <= tolerance * b.abs().max().clamp(min=1e-20)


@st.composite
def pooled_maps(draw):
    """Values, switches and size of an overlapping or gappy pooling of small integers (so that maxima tie)."""
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = draw(st.integers(kernel, 8)), draw(st.integers(kernel, 8))
    seed = draw(st.integers(0, 10**6))
    x = torch.randint(0, 4, (2, 2, height, width), generator=torch.Generator().manual_seed(seed)).float()
    values, switches = pool(x, kernel, stride, ceil_mode=draw(st.booleans()))
    return x, values, switches, (height, width), kernel, stride


# --- pooling and unpooling -------------------------------------------------------------------------------------


def unpool_by_hand(values, switches, size, overlap):
    out = torch.zeros(*values.shape[:2], *size)
    claimed = torch.zeros_like(out, dtype=torch.bool)
    for n, c, i, j in itertools.product(*map(range, values.shape)):
        at = n, c, *divmod(int(switches[n, c, i, j]), size[1])
        value = values[n, c, i, j]
        if overlap == "sum":
            out[at] += value
        elif overlap == "last" or not claimed[at]:
            out[at] = value
        else:
            out[at] = max(out[at], value)
        claimed[at] = True
    return out


@EXAMPLES
@given(pooled_maps(), st.sampled_from(["sum", "last", "max"]), st.integers(0, 1000))
def test_unpool_puts_each_value_at_its_switch(pooled, overlap, seed):
    _, values, switches, size, _, _ = pooled
    signal = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed))
    assert torch.allclose(unpool(signal, switches, size, overlap), unpool_by_hand(signal, switches, size, overlap))


def test_four_windows_that_share_one_maximum():
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1
    _, switches = pool(x, 3, 2)
    signal = torch.tensor([[[[1.0, 4.0], [3.0, 2.0]]]])
    for overlap, expected in (("sum", 10), ("last", 2), ("max", 4)):
        back = unpool(signal, switches, (5, 5), overlap)
        assert back[0, 0, 2, 2] == expected
        assert back.sum() == expected


@pytest.mark.parametrize("lost", [torch.nan, torch.inf, -torch.inf])
def test_what_the_last_window_overwrites_leaves_nothing_behind(lost):
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1
    _, switches = pool(x, 3, 2)
    for dtype in (torch.float32, torch.float16):
        signal = torch.tensor([[[[lost, 4.0], [3.0, 2.0]]]], dtype=dtype)
        back = unpool(signal, switches, (5, 5), "last")
        assert back.dtype == dtype and torch.equal(back, 2 * x.to(dtype))
    signal[..., 1, 1] = lost
    assert torch.equal(unpool(signal, switches, (5, 5), "last").isfinite(), x == 0)


def test_max_is_over_claimants_only():
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1
    _, switches = pool(x, 3, 2)
    back = unpool(-torch.ones(1, 1, 2, 2), switches, (5, 5), "max")
    assert back[0, 0, 2, 2] == -1  # not the 0 that stood there before


@EXAMPLES
@given(pooled_maps())
def test_putting_pooled_values_back_and_pooling_again_changes_nothing(pooled):
    _, values, switches, size, kernel, stride = pooled
    ceil = values.shape[2] > (size[0] - kernel) // stride + 1 or values.shape[3] > (size[1] - kernel) // stride + 1
    last, largest = (unpool(values, switches, size, overlap) for overlap in ("last", "max"))
    assert torch.equal(last, largest)
    assert torch.equal(pool(last, kernel, stride, ceil_mode=ceil)[0][..., : values.shape[2], : values.shape[3]], values)


@EXAMPLES
@given(pooled_maps(), st.integers(0, 1000))
def test_summing_is_the_adjoint_of_pooling(pooled, seed):
    x, values, switches, size, _, _ = pooled
    y = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed))
    assert torch.isclose((values * y).sum(), (x * unpool(y, switches, size)).sum(), rtol=1e-4, atol=1e-4)


def test_summing_is_the_backward_pass_of_max_pooling():
    x = torch.randn(2, 3, 13, 13, requires_grad=True)
    values, switches = pool(x, 3, 2)
    y = torch.randn_like(values)
    assert torch.equal(torch.autograd.grad(values, x, y)[0], unpool(y, switches, (13, 13)))


def test_a_window_of_zeros_points_at_its_first_position():
    _, switches = pool(torch.zeros(1, 1, 5, 5), 3, 2)
    assert switches.flatten().tolist() == [0, 2, 10, 12]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "ceil_mode", "dilation"),
    [(3, 2, 0, True, 1), (3, 2, 1, False, 1), (2, 2, 0, False, 1), (3, 1, 1, True, 1), (2, 2, 1, True, 2)],
)
def test_of_equal_maxima_the_first_in_row_order_counts(layout, kernel, stride, pad, ceil_mode, dilation):
    x = torch.randint(0, 3, (2, 16, 11, 12)).float().contiguous(memory_format=layout)
    pooled, switches = pool(x, kernel, stride, pad, ceil_mode, dilation)
    assert torch.equal(switches, _first_maxima(x, pooled, kernel, stride, pad, dilation))
    for n, c, i, j in itertools.product(range(1), range(2), *map(range, pooled.shape[2:])):
        rows, columns = ([a * stride - pad + o * dilation for o in range(kernel)] for a in (i, j))
        window = [(r, s) for r in rows for s in columns if 0 <= r < 11 and 0 <= s < 12]
        first = max(window, key=lambda at: (x[n, c, *at], (-at[0], -at[1])))
        assert divmod(int(switches[n, c, i, j]), 12) == first


def test_unpool_refuses_what_does_not_fit():
    values, switches = pool(torch.rand(1, 1, 4, 4), 2, 2)
    with pytest.raises(ValueError, match="overlap must be one of sum, last, max"):
        unpool(values, switches, (4, 4), "mean")
    with pytest.raises(ValueError, match="one shape"):
        unpool(values[:, :, :1], switches, (4, 4))


# --- the whole way down, by hand -------------------------------------------------------------------------------


def small_net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
    )  # fmt: skip


def filter_back_by_hand(signal, weight, stride, pad, size):
    out = torch.zeros(weight.shape[1], *size)
    for c, i, j in zip(*signal.nonzero(as_tuple=True), strict=True):
        for y, x in itertools.product(*map(range, weight.shape[2:])):
            row, column = i * stride - pad + y, j * stride - pad + x
            if 0 <= row < size[0] and 0 <= column < size[1]:
                out[:, row, column] += signal[c, i, j] * weight[c, :, y, x]
    return out


@pytest.mark.parametrize("overlap", ["sum", "last", "max"])
def test_the_recipe_of_section_2_1_step_by_step(overlap):
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

    deconv = DeconvNet(net)
    assert close(deconv.project(deconv.forward(x), "5", channel=channel, overlap=overlap)[0], expected)
    assert expected.abs().max() > 0


# --- against Captum --------------------------------------------------------------------------------------------


def captum(kind, *arguments, **keywords):
    attr = pytest.importorskip("captum.attr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(attr, kind)(*arguments, **keywords)


def neuron(kind, model, module, x, unit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return captum(kind, model, module).attribute(x, unit).detach()


def without_norm(architecture):
    """The course's network as plain modules, contrast normalisation left out."""
    torch.manual_seed(1)
    net = zflib.ConvNet(architecture).initialise(std=0.05, seed=1)
    parts = {}
    for name, module in net.named_children():
        if name == "fc6":
            parts["flatten"] = nn.Flatten()
        if not isinstance(module, ContrastNorm):
            parts[name] = module
    sequence = nn.Sequential()
    for name, module in parts.items():
        sequence.add_module(name, module)
    return sequence.eval()


CAPTUM_CASES = {
    "torchvision's AlexNet": (lambda: torchvision.models.alexnet(), 224, "features.", (11, 4)),
    "torchvision's VGG features": (lambda: torchvision.models.vgg11().features, 64, "", (19, 4)),
    "ZFNet, mini": (lambda: without_norm(zflib.ZFNET.mini()), 128, "relu", (5, 2)),
    "AlexNet, mini": (lambda: without_norm(zflib.ALEXNET.mini()), 128, "relu", (5, 1)),
    "ZFNet": (lambda: without_norm(zflib.ZFNET), 224, "relu", (5,)),
    "AlexNet": (lambda: without_norm(zflib.ALEXNET), 224, "relu", (5,)),
}


@pytest.mark.parametrize("case", CAPTUM_CASES)
def test_equals_captum_bit_for_bit_where_no_normalisation_lies_between(case):
    make, size, prefix, layers = CAPTUM_CASES[case]
    torch.manual_seed(2)
    model, x = make().eval(), torch.randn(2, 3, size, size)
    deconv = DeconvNet(model)
    trace = deconv.forward(x)
    modules = dict(model.named_modules())
    for layer in layers:
        step = f"{prefix}{layer}"
        side = trace[step].shape[2]
        for unit in ((3, side // 2, side // 3), (1, 0, side - 1)):
            expected = neuron("NeuronDeconvolution", model, modules[step], x, unit)
            assert expected.abs().max() > 0
            assert torch.equal(deconv.project(trace, step, unit=unit, seed=1, local=False), expected)
            assert close(deconv.project(trace, step, unit=unit, seed=1), expected)
            guided = neuron("NeuronGuidedBackprop", model, modules[step], x, unit)
            assert close(deconv.project(trace, step, unit=unit, seed=1, method="guided"), guided)


def test_equals_captum_from_a_class_of_the_whole_model():
    torch.manual_seed(3)
    model, x = torchvision.models.alexnet().eval(), torch.randn(1, 3, 224, 224)
    deconv = DeconvNet(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = captum("Deconvolution", model).attribute(x, target=7).detach()
    trace = deconv.forward(x)
    assert torch.equal(trace["classifier.6"], model(x))
    assert torch.equal(deconv.project(trace, "classifier.6", channel=7, seed=1, local=False), expected)
    assert close(deconv.project(trace, "classifier.6", channel=7, seed=1), expected)


def test_vgg16_as_a_whole():
    torch.manual_seed(4)
    model, x = torchvision.models.vgg16().eval(), torch.randn(1, 3, 224, 224)
    deconv = DeconvNet(model)
    trace = deconv.forward(x)
    assert deconv.steps[:3] == ("features.0", "features.1", "features.2")
    assert close(trace["classifier.6"], model(x))
    local, whole = (deconv.project(trace, "features.28", unit=(5, 0, 13), local=local) for local in (True, False))
    assert close(local, whole)


# --- gradient and guided against autograd, through the true normalisation ----------------------------------------


@pytest.mark.parametrize("architecture", [zflib.ZFNET.mini(), zflib.ALEXNET.mini()], ids=["zfnet", "alexnet"])
@pytest.mark.parametrize("step", ["conv1", "norm1", "conv3", "pool5", "fc6", "fc8"])
def test_the_gradient_is_autograd_times_the_seed(architecture, step):
    net = zflib.ConvNet(architecture).initialise(std=0.04, seed=5).eval()
    images = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(6)) * 60
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


def test_guided_is_autograd_with_a_rectified_signal():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=5).eval()
    images = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(6)) * 60
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


def test_contrast_normalisation_passes_the_signal_unchanged():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=5).eval()
    deconv = DeconvNet(net)
    trace = deconv.forward(torch.randn(1, 3, 128, 128) * 60)
    at = (7, 5, 5)
    same = deconv.project(trace, "norm1", unit=at, seed=1), deconv.project(trace, "pool1", unit=at, seed=1)
    assert torch.equal(*same)


# --- properties ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mini():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=7).eval()
    deconv = DeconvNet(net)
    images = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(8)) * 60
    return net, deconv, deconv.forward(images)


@pytest.mark.parametrize("factor", [0.01, 3.0, 1e4])
def test_a_larger_seed_gives_the_same_picture_larger(mini, factor):
    _, deconv, trace = mini
    once = deconv.project(trace, "conv4", channel=3, seed=1)
    assert close(deconv.project(trace, "conv4", channel=3, seed=factor), factor * once)


def test_the_seed_is_the_units_own_value(mini):
    _, deconv, trace = mini
    value = trace["conv3"][:, 6].flatten(1).max(1).values.view(2, 1, 1, 1)
    assert close(deconv.project(trace, "conv3", channel=6), value * deconv.project(trace, "conv3", channel=6, seed=1))


@pytest.mark.parametrize("step", ["conv1", "pool1", "conv2", "conv3", "conv4", "conv5", "pool5"])
@pytest.mark.parametrize("local", [True, False])
def test_nothing_lies_outside_the_receptive_field(mini, step, local):
    net, deconv, trace = mini
    geometry = {s.name: s for s in net.architecture.geometry()}
    side = trace[step].shape[2]
    for row, column in ((0, 0), (side - 1, 1), (side // 2, side - 1)):
        picture = deconv.project(trace, step, unit=(2, row, column), seed=1, local=local)
        assert picture.shape == (2, 3, 128, 128)
        top, left, bottom, right = geometry[step].box(row, column)
        picture[:, :, max(top, 0) : bottom, max(left, 0) : right] = 0
        assert not picture.any()


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


@EXAMPLES
@given(
    st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.integers(1, 2), st.integers(9, 14), st.integers(0, 999)
)
def test_filtering_back_is_the_adjoint_of_filtering(kernel, stride, pad, dilation, size, seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 2, kernel, stride, pad, dilation, bias=False, dtype=torch.float64))
    x = torch.randn(1, 3, size, size + 1, dtype=torch.float64)
    deconv = DeconvNet(net)
    trace = deconv.forward(x)
    y = torch.randn_like(trace["0"])
    units = torch.tensor(list(itertools.product(*map(range, y.shape))))
    patches = deconv.project_units(trace, "0", units, seed=1)
    back = sum(value * patches.paste(at) for at, value in enumerate(y.flatten()))
    assert torch.isclose((trace["0"] * y).sum(), (x[0] * back).sum())


@st.composite
def stacks(draw):
    """A random conv-pool stack with a picture and a unit, borders included."""
    torch.manual_seed(draw(st.integers(0, 10**6)))
    layers, maps = [], 3
    for _ in range(draw(st.integers(1, 3))):
        groups = draw(st.sampled_from([1, 1, 2])) if maps % 2 == 0 else 1
        layers += [
            nn.Conv2d(maps, 4, draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(0, 2)),
                      draw(st.integers(1, 2)), groups),
            nn.ReLU(inplace=draw(st.booleans())),
        ]  # fmt: skip
        maps = 4
        kind = draw(st.sampled_from(["none", "pool", "norm"]))
        if kind == "pool":
            kernel = draw(st.integers(1, 3))
            layers.append(nn.MaxPool2d(kernel, draw(st.integers(1, 3)), draw(st.integers(0, kernel // 2)),
                                       draw(st.integers(1, 2)), ceil_mode=draw(st.booleans())))  # fmt: skip
        if kind == "norm":
            layers.append(draw(st.sampled_from([ContrastNorm(), nn.LocalResponseNorm(3)])))
    return nn.Sequential(*layers), torch.rand(2, 3, draw(st.integers(14, 40)), draw(st.integers(14, 40)))


@settings(max_examples=60, deadline=None)
@given(stacks(), st.sampled_from(["deconvnet", "gradient", "guided"]), st.data())
def test_local_and_whole_projections_are_equal_at_borders_too(stack, method, data):
    net, images = stack
    deconv = DeconvNet(net)
    try:
        trace = deconv.forward(images)
    except ValueError:
        return  # the picture is too small for this stack
    step = deconv.steps[-1]
    rows, columns = trace[step].shape[2:]
    unit = (data.draw(st.integers(0, 3)), data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1)))
    local, whole = (deconv.project(trace, step, unit=unit, method=method, seed=1, local=k) for k in (True, False))
    assert local.shape == images.shape
    assert close(local, whole)


def test_a_window_that_lies_wholly_in_the_padding_is_refused():
    with pytest.raises(ValueError, match=r"dilation 2 .* all its positions in the padding of a map of 1 x 1"):
        pool(torch.ones(1, 1, 1, 1), 2, 1, pad=1, dilation=2)


@pytest.mark.parametrize("size", [(97, 101), (128, 129), (130, 95)])
@pytest.mark.parametrize("architecture", [zflib.ZFNET.mini(), zflib.ALEXNET.mini()], ids=["zfnet", "alexnet"])
def test_projections_have_the_exact_size_of_odd_pictures(architecture, size):
    deconv = DeconvNet(zflib.ConvNet(architecture).initialise(std=0.04, seed=1))
    trace = deconv.forward(torch.randn(1, 3, *size) * 60, upto="pool5")
    local, whole = (deconv.project(trace, "pool5", channel=2, local=local) for local in (True, False))
    assert local.shape == whole.shape == (1, 3, *size)
    assert close(local, whole)


def test_the_channels_strongest_unit_is_chosen_picture_by_picture(mini):
    _, deconv, trace = mini
    both = deconv.project(trace, "conv5", channel=11)
    for picture in range(2):
        at = divmod(int(trace["conv5"][picture, 11].argmax()), trace["conv5"].shape[3])
        assert torch.equal(deconv.project(trace, "conv5", unit=(11, *at))[picture], both[picture])


@pytest.mark.parametrize("step", ["conv2", "fc7"])
def test_many_units_at_once_are_the_same_units_one_by_one(mini, step, monkeypatch):
    _, deconv, trace = mini
    size = trace[step].shape
    units = torch.stack([torch.randint(0, n, (30,), generator=torch.Generator().manual_seed(n)) for n in size], dim=1)
    together = deconv.project_units(trace, step, units)
    monkeypatch.setattr("zflib.deconvnet._GROUP_NUMBERS", 1)
    alone = deconv.project_units(trace, step, units)
    assert len(together) == len(alone) == 30
    for at, unit in enumerate(units.tolist()):
        expected = deconv.project(trace, step, unit=unit[1:], local=False)[unit[0]]
        assert close(together.paste(at), expected)
        assert close(alone.paste(at), expected)


def test_a_dead_unit_has_an_empty_picture(mini):
    _, deconv, trace = mini
    dead = (trace["conv3"] == 0).nonzero()[:1]
    assert not deconv.project_units(trace, "conv3", dead).pixels.any()


# --- the forward pass ------------------------------------------------------------------------------------------


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


def test_a_layer_used_twice_counts_twice():
    relu = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(3, 4, 3), relu, nn.Conv2d(4, 4, 3), relu)
    deconv = DeconvNet(net)
    assert deconv.steps == ("0", "1", "2", "3")
    assert torch.equal(deconv.forward(images := torch.rand(1, 3, 9, 9))["3"], net(images))


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


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_the_gpu_agrees_with_the_cpu():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=7)
    images = torch.randn(2, 3, 128, 128) * 60
    pictures = []
    for where in ("cpu", "cuda"):
        deconv = DeconvNet(net.to(where))
        pictures.append(deconv.project(deconv.forward(images), "conv5", unit=(3, 2, 2), seed=1).cpu())
    assert close(*pictures, tolerance=1e-3)


# --- refusals --------------------------------------------------------------------------------------------------


class Hidden(nn.Module):
    def forward(self, x):
        return F.relu(x)


class Rearranged(nn.Sequential):
    def forward(self, x):
        return F.relu(super().forward(x))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), r"1 \(BatchNorm2d\) can't be reversed"),
        (lambda: nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), Hidden())), r"0\.1 \(Hidden\) can't be reversed"),
        (lambda: nn.Sequential(nn.AvgPool2d(2)), r"0 \(AvgPool2d\)"),
        (lambda: Rearranged(nn.Conv2d(3, 4, 3)), r"Rearranged"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")), r"0 \(Conv2d\).*zeros"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding="same")), r"0 \(Conv2d\).*padding in numbers"),
        (lambda: nn.Sequential(nn.MaxPool2d((2, 3))), r"0 \(MaxPool2d\).*square"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(2)), r"1 \(Flatten\).*everything but the pictures"),
        (lambda: torchvision.models.resnet18(), r"ResNet can't be reversed"),
        (lambda: torchvision.models.vgg11_bn(), r"features\.1 \(BatchNorm2d\)"),
    ],
)
def test_what_cannot_be_reversed_is_refused_by_name(model, message):
    with pytest.raises(TypeError, match=message):
        DeconvNet(model())


def test_adaptive_pooling_that_changes_something_is_refused():
    deconv = DeconvNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(6)))
    assert deconv.project(deconv.forward(torch.rand(1, 3, 8, 8)), "1", channel=0).shape == (1, 3, 8, 8)
    with pytest.raises(TypeError, match="1 averages"):
        deconv.forward(torch.rand(1, 3, 12, 12))


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


def test_linear_layers_on_maps_are_refused():
    deconv = DeconvNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(6, 2)))
    with pytest.raises(ValueError, match=r"put nn\.Flatten before it"):
        deconv.forward(torch.rand(1, 3, 8, 8))
