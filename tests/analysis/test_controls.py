"""Each control takes away what it says and nothing else."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

import zflib
from zflib.analysis.controls import (
    cascade,
    control_projections,
    other_channels,
    other_pictures,
    randomised,
    shuffled,
)
from zflib.analysis.likeness import likeness


@pytest.fixture(scope="module", params=[zflib.ZFNET, zflib.ALEXNET], ids=lambda a: a.name)
def net(request):
    return zflib.ConvNet(request.param.mini()).initialise(std=0.05, seed=0).eval()


@pytest.fixture(scope="module")
def trace(net):
    images = 50 * torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    return zflib.DeconvNet(net).forward(images, upto="pool5")


def test_shuffled_switches_stay_inside_their_window(net, trace):
    moved = shuffled(trace, net, seed=3)
    assert moved.activations is trace.activations
    for name, switches in moved.switches.items():
        height, width = trace.before(name).shape[2:]
        row, column = switches // width, switches % width
        for at, side, dim in ((row, height, 2), (column, width, 3)):
            shape = [1, 1, 1, 1]
            shape[dim] = -1
            start = 2 * torch.arange(switches.shape[dim]).view(shape)
            assert ((at >= start) & (at < start + 3) & (at < side)).all()
        assert (switches != trace.switches[name]).float().mean() > 0.5


def test_shuffled_switches_reach_every_position_of_a_window_alike():
    pool = nn.Sequential(nn.MaxPool2d(3, 2, padding=1, dilation=1))
    trace = zflib.DeconvNet(pool).forward(torch.zeros(400, 1, 5, 5))
    switches = shuffled(trace, pool, seed=0).switches["0"]
    seen, counts = switches[:, 0, 1, 1].unique(return_counts=True)
    assert seen.tolist() == [r * 5 + c for r, c in itertools.product((1, 2, 3), (1, 2, 3))]
    assert counts.min() > 20
    corner = switches[:, 0, 0, 0].unique()
    assert corner.tolist() == [0, 1, 5, 6]  # padding is never drawn


def test_shuffled_respects_dilation():
    pool = nn.Sequential(nn.MaxPool2d(2, 1, padding=1, dilation=2))
    switches = shuffled(zflib.DeconvNet(pool).forward(torch.zeros(200, 1, 4, 4)), pool).switches["0"]
    assert switches[:, 0, 0, 0].unique().tolist() == [5]  # from -1 in steps of 2: row 1, column 1 alone
    assert switches[:, 0, 1, 1].unique().tolist() == [0, 2, 8, 10]


def test_the_seed_decides(net, trace):
    again, other = shuffled(trace, net, seed=3), shuffled(trace, net, seed=4)
    first = shuffled(trace, net, seed=3)
    assert all(torch.equal(first.switches[name], again.switches[name]) for name in first.switches)
    assert not all(torch.equal(first.switches[name], other.switches[name]) for name in first.switches)


def test_randomised_changes_the_named_layers_only(net):
    before = {key: value.clone() for key, value in net.state_dict().items()}
    redrawn = randomised(net, ("conv5", "conv4"), seed=1).state_dict()
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    changed = {key for key in before if not torch.equal(before[key], redrawn[key])}
    assert changed == {"conv5.weight", "conv4.weight"}
    for key in changed:
        assert float(redrawn[key].std()) == pytest.approx(float(before[key].std()), rel=0.02)


def test_randomised_draws_a_layer_alike_whatever_else_is_redrawn(net):
    alone, together = randomised(net, ("conv5",), seed=2), randomised(net, ("conv4", "conv5"), seed=2)
    assert torch.equal(alone.conv5.weight, together.conv5.weight)
    assert not torch.equal(alone.conv5.weight, randomised(net, ("conv5",), seed=3).conv5.weight)


def test_randomised_zeroes_biases():
    layer = nn.Sequential(nn.Linear(4, 4))
    assert (randomised(layer, ("0",))[0].bias == 0).all()
    assert (layer[0].bias != 0).all()


def test_randomised_refuses_what_has_no_weights(net):
    with pytest.raises(ValueError, match=r"pool1.*conv1"):
        randomised(net, ("pool1",))


def test_cascade_goes_down_from_the_top(net):
    assert cascade(net, "conv3") == (("conv3",), ("conv3", "conv2"), ("conv3", "conv2", "conv1"))
    assert cascade(net, "relu1") == (("conv1",),)
    for unknown in ("conv9", ""):
        with pytest.raises(KeyError, match=f"no step '{unknown}'"):
            cascade(net, unknown)


def test_other_channels_are_others():
    units = torch.tensor([[0, c, 5, 6] for c in range(7)] * 20)
    moved = other_channels(units, 7, seed=0)
    assert (moved[:, 1] != units[:, 1]).all()
    assert set(moved[:, 1].tolist()) == set(range(7))
    assert torch.equal(moved[:, [0, 2, 3]], units[:, [0, 2, 3]])
    with pytest.raises(ValueError, match="whole number of at least 2"):
        other_channels(units, 1)


def test_other_pictures_are_others():
    units = torch.tensor([[p, 5, 6, 7] for p in range(4)] * 20)
    moved = other_pictures(units, 4, seed=0)
    assert (moved[:, 0] != units[:, 0]).all() and set(moved[:, 0].tolist()) == set(range(4))
    assert torch.equal(moved[:, 1:], units[:, 1:])
    with pytest.raises(ValueError, match="pictures must be a whole number of at least 2"):
        other_pictures(units, 1)


def test_controls_share_windows_and_the_seed_does_not_matter(net, trace):
    units = torch.nonzero(trace["conv3"] > 0)[::2000][:6]
    found = control_projections(net, trace.images, "conv3", units)
    assert list(found) == [
        "projection",
        "constant seed",
        "random channel",
        "random picture",
        "neither",
        "shuffled switches",
        "random conv3",
        "random conv3-conv2",
        "random conv3-conv1",
    ]
    true = found["projection"]
    for name, patches in found.items():
        assert torch.equal(patches.top, true.top) and torch.equal(patches.left, true.left)
        same = likeness(true, patches)["signed"]
        if name in ("projection", "constant seed"):
            np.testing.assert_allclose(same, 1, atol=1e-5)
        else:
            assert (same < 0.99).all()


def test_the_two_by_two_changes_the_unit_the_picture_or_both(net, trace):
    """Each cell again, one unit at a time, with whole maps."""
    deconv = zflib.DeconvNet(net)
    units = torch.nonzero(trace["conv3"] > 0)[::2000][:6]
    found = control_projections(net, trace.images, "conv3", units, seed=4)
    maps = other_channels(units, trace["conv3"].shape[1], 4)[:, 1]
    for at, (picture, channel, row, column) in enumerate(units.tolist()):
        cells = {
            "constant seed": (picture, channel),
            "random channel": (picture, int(maps[at])),
            "random picture": (1 - picture, channel),
            "neither": (1 - picture, int(maps[at])),
        }
        for name, (seen, drawn) in cells.items():
            slow = deconv.project(trace, "conv3", unit=(drawn, row, column), seed=1, local=False)[seen]
            torch.testing.assert_close(found[name].paste(at), slow, rtol=1e-4, atol=1e-6)


def test_one_picture_has_no_other(net, trace):
    found = control_projections(net, trace.images[:1], "conv2", torch.tensor([[0, 3, 4, 5]]))
    assert {"random channel", "shuffled switches"} < found.keys()
    assert not {"random picture", "neither"} & found.keys()
