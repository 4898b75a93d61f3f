"""Inside receptive fields the projections are those of whole maps, at borders too."""

import itertools

import pytest
import torch
from by_hand import EXAMPLES, close
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import zflib
from zflib.deconvnet import DeconvNet
from zflib.network import ContrastNorm


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


@settings(max_examples=60)
@given(stacks(), st.sampled_from(["deconvnet", "gradient", "guided"]), st.data())
def test_local_and_whole_projections_are_equal_at_borders_too(device, stack, method, data):
    net, images = stack
    deconv = DeconvNet(net.to(device))
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


@pytest.mark.parametrize("size", [(97, 101), (128, 129), (130, 95)])
@pytest.mark.parametrize("architecture", [zflib.ZFNET.mini(), zflib.ALEXNET.mini()], ids=["zfnet", "alexnet"])
def test_projections_have_the_exact_size_of_odd_pictures(device, architecture, size):
    deconv = DeconvNet(zflib.ConvNet(architecture).initialise(std=0.04, seed=1).to(device))
    trace = deconv.forward(torch.randn(1, 3, *size) * 60, upto="pool5")
    local, whole = (deconv.project(trace, "pool5", channel=2, local=local) for local in (True, False))
    assert local.shape == whole.shape == (1, 3, *size)
    assert close(local, whole)


@pytest.mark.parametrize("step", ["conv2", "fc7"])
def test_many_units_at_once_are_the_same_units_one_by_one(mini, step, monkeypatch):
    _, deconv, trace = mini
    size = trace[step].shape
    units = torch.stack([torch.randint(0, n, (30,), generator=torch.Generator().manual_seed(n)) for n in size], dim=1)
    together = deconv.project_units(trace, step, units)
    monkeypatch.setattr("zflib.deconvnet.chain._GROUP_NUMBERS", 1)
    alone = deconv.project_units(trace, step, units)
    assert len(together) == len(alone) == 30
    for at, unit in enumerate(units.tolist()):
        expected = deconv.project(trace, step, unit=unit[1:], local=False)[unit[0]]
        assert close(together.paste(at), expected)
        assert close(alone.paste(at), expected)
