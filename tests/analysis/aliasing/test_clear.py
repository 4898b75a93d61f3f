"""Clear units are those that do not notice what lies around the picture."""

import numpy as np
import pytest
import torch
from torch import nn

from zflib.analysis.aliasing import lowpass
from zflib.analysis.aliasing.clear import Clear, clear_maps, clear_steps, clear_units, wave_units

AROUND = 16  # pixels around the picture: whole jumps of every step


def maps(net, x):
    """By name, the maps of all steps below the first fully connected one."""
    found = {}
    for name, module in net.named_children():
        if isinstance(module, nn.Linear):
            return found
        x = found[name] = module(x)


@pytest.mark.parametrize("side", [128, 131])
@pytest.mark.parametrize("blurred", [False, True])
@torch.no_grad()
def test_more_picture_around_it_changes_nothing_in_clear_units_only(narrow, net, side, blurred):
    each = narrow(net.architecture.without()).double()
    each = lowpass(each) if blurred else each
    whole = side + 2 * AROUND
    large = 50 * torch.randn(4, 3, whole, whole, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    within, alone = maps(each, large), maps(each, large[:, :, AROUND:-AROUND, AROUND:-AROUND])
    for step, clear in clear_steps(each, alone, side).items():
        if len(clear) < 3:  # too few values to be sure that what lies around changes one of them
            continue
        start, size = AROUND // clear.jump, alone[step].shape[2]
        other = within[step][:, :, start : start + size, start : start + size]
        same = ((alone[step] - other).abs() < 1e-9 * alone[step].abs().max()).flatten(0, 1).all(0)
        inside = range(clear.first, clear.last + 1)
        for lines in (same, same.T):
            assert np.flatnonzero(lines[:, inside].all(1)).tolist() == list(inside), step


def test_one_convolution_by_hand():
    # Stride 3, padding 2: windows begin at -2, 1, 4 ... and those within 20 pixels at 1 to 13, of 7 pixels each.
    conv = nn.Conv2d(3, 1, 7, stride=3, padding=2)
    assert clear_units([conv, nn.ReLU()], 20) == Clear(1, 5, 3) and len(clear_units([conv], 20)) == 5
    assert len(clear_units([conv], 5)) == 0
    # Every other pixel of 13: windows at 1 to 7.
    assert clear_units([nn.Conv2d(3, 1, 7, stride=3, padding=2, dilation=2)], 20) == Clear(1, 3, 3)


@torch.no_grad()
def test_one_pass_gives_the_clear_units_of_every_step(net):
    x = torch.randn(2, 3, 128, 128)
    clear = clear_steps(net, ("conv2", "relu1"), 128)
    found, expected = clear_maps(net, x, clear), maps(net, x)
    assert found.keys() == clear.keys()
    for step, units in clear.items():
        inside = range(units.first, units.last + 1)
        assert torch.equal(found[step], expected[step][:, :, inside][..., inside])


def test_steps_without_maps_and_small_pictures_are_refused(net):
    for step in ("fc6", "conv9"):
        with pytest.raises(KeyError, match=f"no step '{step}' with maps; choose among conv1"):
            clear_steps(net, [step], 128)
    with pytest.raises(ValueError, match="leave conv2 fewer than four units"):
        wave_units(net, ["conv1", "conv2"], 48)
    with pytest.raises(ValueError, match="side must be a whole number"):
        wave_units(net, ["conv1"], 48.5)
