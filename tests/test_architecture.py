"""The arithmetic of sizes, against real convolutions, real gradients and counted parameters."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from zflib import ALEXNET, ZFNET, ConvNet
from zflib.architecture import Conv, Dense, Pool, output_size

PAPER = {"zfnet": ZFNET, "alexnet": ALEXNET}
BOTH = pytest.mark.parametrize("name", PAPER)


def steps(architecture, input_size=None):
    return {step.name: step for step in architecture.geometry(input_size)}


# --- the numbers of the paper -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, parameters", [("zfnet", 62_357_608), ("alexnet", 62_378_344)])
def test_parameters(name, parameters):
    assert sum(step.parameters for step in PAPER[name].geometry()) == parameters


@pytest.mark.parametrize(
    "name, sides",
    [("zfnet", [110, 55, 26, 13, 13, 13, 13, 6]), ("alexnet", [55, 27, 27, 13, 13, 13, 13, 6])],
)
def test_sides(name, sides):
    found = steps(PAPER[name])
    names = ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"]
    assert [found[n].size for n in names] == sides


@pytest.mark.parametrize(
    "name, fields, jumps",
    [
        ("zfnet", [7, 27, 75, 107, 139], [2, 4, 8, 16]),
        ("alexnet", [11, 51, 99, 131, 163], [4, 8, 8, 16]),
    ],
)
def test_receptive_fields_and_spacing(name, fields, jumps):
    found = steps(PAPER[name])
    assert [found[f"conv{n}"].receptive_field for n in range(1, 6)] == fields
    assert [found[n].jump for n in ("conv1", "pool1", "conv2", "pool2")] == jumps
    assert {found[f"conv{n}"].jump for n in (3, 4, 5)} == {16}


@BOTH
def test_steps_run_in_the_papers_order(name):
    names = [step.name for step in PAPER[name].geometry()]
    expected = ["conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "pool2", "norm2"]
    expected += ["conv3", "relu3", "conv4", "relu4", "conv5", "relu5", "pool5"]
    expected += ["fc6", "relu6", "dropout6", "fc7", "relu7", "dropout7", "fc8"]
    assert names == expected


# --- the same numbers again, from networks that run ---------------------------------------------------------------

VARIANTS = {
    "as is": lambda net: net,
    "no layers 3 and 4": lambda net: net.without(3, 4),
    "no layer 7": lambda net: net.without(7),
    "no layers 6 and 7": lambda net: net.without(6, 7),
    "no layers 3, 4, 6 and 7": lambda net: net.without(3, 4, 6, 7),
    "no layer 1": lambda net: net.without(1),
    "wide": lambda net: net.with_maps({3: 512, 4: 1024, 5: 512}).with_units(8192),
}


@BOTH
@pytest.mark.parametrize("variant", VARIANTS)
def test_sizes_parameters_and_multiply_adds_are_those_of_a_running_network(name, variant):
    architecture = VARIANTS[variant](PAPER[name]).mini(classes=7)
    seen = {}

    def count(step):
        def hook(module, inputs, output):
            macs = 0
            if isinstance(module, nn.Conv2d):
                # Each output value is a sum over one filter.
                macs = output[0].numel() * module.weight[0].numel()
            elif isinstance(module, nn.Linear):
                macs = module.weight.numel()
            parameters = sum(p.numel() for p in module.parameters())
            side = output.shape[2] if output.ndim == 4 else 1
            seen[step] = (output.shape[1], side, parameters, macs)

        return hook

    with torch.device("meta"):
        net = ConvNet(architecture)
        for step, module in net.named_children():
            module.register_forward_hook(count(step))
        net(torch.zeros(1, 3, 128, 128))
    assert seen == {s.name: (s.maps, s.size, s.parameters, s.macs) for s in architecture.geometry()}


@BOTH
@pytest.mark.parametrize("step", ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"])
def test_receptive_field_is_where_the_gradient_lives(name, step):
    """Weights of one and average pooling make the gradient positive wherever a unit can see."""
    size = 400
    x = torch.zeros(1, 1, size, size, requires_grad=True)
    y = x
    for conv in PAPER[name].convs:
        y = F.conv2d(y, torch.ones(1, 1, conv.kernel, conv.kernel), stride=conv.stride, padding=conv.pad)
        if step == f"conv{conv.layer}":
            break
        if conv.pool:
            y = F.avg_pool2d(y, conv.pool.kernel, conv.pool.stride, ceil_mode=conv.pool.ceil)
        if step == f"pool{conv.layer}":
            break
    row, column = y.shape[2] // 2, y.shape[3] // 2 + 1
    (gradient,) = torch.autograd.grad(y[0, 0, row, column], x)
    rows, columns = np.nonzero(gradient[0, 0].numpy())
    box = steps(PAPER[name], size)[step].box(row, column)
    assert box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


@BOTH
def test_boxes_move_by_the_jump_and_are_as_large_as_the_receptive_field(name):
    for step in PAPER[name].geometry():
        top, left, bottom, right = step.box(3, 5)
        assert bottom - top == right - left == step.receptive_field
        assert step.box(4, 5)[0] - top == step.box(3, 6)[1] - left == step.jump
        assert (step.box(0, 0)[0] + step.box(0, 0)[2] - 1) / 2 == step.offset


# --- output_size against torch ------------------------------------------------------------------------------------

windows = {"size": st.integers(1, 40), "kernel": st.integers(1, 12), "stride": st.integers(1, 6)}


@given(**windows, pad=st.integers(0, 6))
def test_output_size_of_a_convolution(size, kernel, stride, pad):
    out = output_size(size, kernel, stride, pad)
    x, weight = torch.zeros(1, 1, size, size), torch.zeros(1, 1, kernel, kernel)
    if out < 1:
        with pytest.raises(RuntimeError):
            F.conv2d(x, weight, stride=stride, padding=pad)
    else:
        assert F.conv2d(x, weight, stride=stride, padding=pad).shape[2] == out


@given(**windows, pad=st.integers(0, 6), ceil_mode=st.booleans())
def test_output_size_of_pooling(size, kernel, stride, pad, ceil_mode):
    pad = min(pad, kernel // 2)  # as torch demands
    out = output_size(size, kernel, stride, pad, ceil_mode)
    x = torch.zeros(1, 1, size, size)
    if out < 1:
        with pytest.raises(RuntimeError):
            F.max_pool2d(x, kernel, stride, pad, ceil_mode=ceil_mode)
    else:
        assert F.max_pool2d(x, kernel, stride, pad, ceil_mode=ceil_mode).shape[2] == out


@BOTH
@given(size=st.integers(1, 160))
def test_geometry_and_torch_agree_on_what_fits(name, size):
    architecture = PAPER[name].mini()

    def sides():
        y = torch.zeros(1, 1, size, size)
        for conv in architecture.convs:
            y = F.conv2d(y, torch.zeros(1, 1, conv.kernel, conv.kernel), stride=conv.stride, padding=conv.pad)
            yield y.shape[2]
            if conv.pool:
                y = F.max_pool2d(y, conv.pool.kernel, conv.pool.stride, ceil_mode=conv.pool.ceil)
                yield y.shape[2]

    try:
        ours = [s.size for s in architecture.geometry(size) if s.name.startswith(("conv", "pool"))]
    except ValueError:
        with pytest.raises(RuntimeError):
            list(sides())
    else:
        assert ours == list(sides())


# --- changes ------------------------------------------------------------------------------------------------------

layers = st.sets(st.integers(1, 7), max_size=6).map(sorted)


@BOTH
@given(left_out=layers, units=st.integers(1, 3000).map(lambda n: 4 * n), maps=st.integers(1, 600).map(lambda n: 2 * n))
def test_mini_commutes_with_every_change(name, left_out, units, maps):
    def change(net):
        net = net.without(*left_out)
        if net.dense:
            net = net.with_units(units)
        return net.with_maps({conv.layer: maps for conv in net.convs})

    assert change(PAPER[name]).mini(classes=5) == change(PAPER[name].mini(classes=5))


def test_mini_halves_maps_and_quarters_units():
    mini = ZFNET.with_units(8192).mini(classes=3)
    assert [mini.maps(n) for n in mini.layers] == [48, 128, 192, 192, 128, 2048, 2048, 3]
    assert (mini.classes, mini.input_size, mini.name) == (3, 128, "zfnet-mini")
    assert mini.mini(classes=3) == mini
    assert [step.maps for step in mini.geometry()][-1] == 3


def test_changes_leave_the_original_alone():
    before = replace(ZFNET)
    ZFNET.without(3).with_units(64).with_maps({1: 8}).mini()
    assert before == ZFNET and hash(before) == hash(ZFNET)
    with pytest.raises(FrozenInstanceError):
        ZFNET.classes = 10


def test_left_out_layers_keep_the_others_names():
    assert ZFNET.without(3, 7).layers == (1, 2, 4, 5, 6, 8)
    assert ZFNET.without(3, 4) == ZFNET.without(4).without(3)


def test_numpy_numbers_are_numbers():
    assert ZFNET.with_units(np.int64(2048)) == ZFNET.with_units(2048)
    assert ZFNET.geometry(np.int64(256)) == ZFNET.geometry(256)
    assert type(ZFNET.geometry(np.int64(256))[0].size) is int


# --- what can't be built ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda: ZFNET.without(8), "Layer 8 is the classifier"),
        (lambda: ZFNET.without(9), "no layer 9; it has 1, 2, 3"),
        (lambda: ZFNET.without(3).without(3), "no layer 3"),
        (lambda: ZFNET.without(6, 7).with_units(64), "no fully connected layer"),
        (lambda: ZFNET.with_units(0), "positive multiple of 1, not 0"),
        (lambda: ZFNET.with_units(2.5), "not 2.5"),
        (lambda: ZFNET.with_units("many"), "not 'many'"),
        (lambda: ZFNET.mini().with_units(2050), "units must be a positive multiple of 4"),
        (lambda: ZFNET.with_units(2050).mini(), "units must be a positive multiple of 4"),
        (lambda: ZFNET.with_maps({3: 513}).mini(), "maps of layer 3 must be a positive multiple of 2"),
        (lambda: ZFNET.with_maps({6: 512}), "Layer 6 is not a convolutional layer"),
        (lambda: ZFNET.with_maps({3: -2}), "not -2"),
        (lambda: ZFNET.mini(classes=0), "at least 1, not 0"),
        (lambda: ZFNET.mini(classes=2.0), "not 2.0"),
        (lambda: ZFNET.geometry(0), "whole number of pixels, not 0"),
        (lambda: ZFNET.geometry(22.4), "not 22.4"),
        (lambda: ZFNET.without(7).maps(7), "no layer 7; it has 1, 2, 3, 4, 5, 6, 8"),
    ],
)
def test_impossible_changes_say_so(change, words):
    with pytest.raises(ValueError, match=words):
        change()


@pytest.mark.parametrize(
    "size, words",
    [
        (4, "conv1 of zfnet: a 7x7 kernel does not fit a 4x4 map with padding 1"),
        (15, "conv2 of zfnet: a 5x5 kernel does not fit a 3x3 map with padding 0"),
    ],
)
def test_impossible_geometry_names_the_step_and_the_sizes(size, words):
    with pytest.raises(ValueError, match=words):
        ZFNET.geometry(size)


@pytest.mark.parametrize("conv", [Conv(1, 8, kernel=0), Conv(1, 8, kernel=3, stride=0), Conv(1, 8, kernel=3, pad=-1)])
def test_senseless_kernels_are_refused(conv):
    with pytest.raises(ValueError, match="conv1: kernel"):
        replace(ZFNET, convs=(conv,)).geometry()


def test_an_architecture_of_ones_own():
    small = replace(ZFNET, name="small", convs=(Conv(1, 4, 3, pool=Pool(2, 2)),), dense=(Dense(6, 5),), input_size=8)
    assert [(s.name, s.maps, s.size) for s in small.geometry()][:3] == [
        ("conv1", 4, 6),
        ("relu1", 4, 6),
        ("pool1", 4, 3),
    ]
    assert steps(small)["fc6"].parameters == (4 * 3 * 3 + 1) * 5
