"""A projected alias, and the checkerboard that comes with any projection."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import zflib
from zflib.analysis.aliasing import grating, project_alias


@pytest.fixture(scope="module")
def net():
    return zflib.load("alexnet-mini")


@pytest.fixture(scope="module")
def projected(net):
    return project_alias(net, (0.3, 0.05), 38, side=96)


def test_the_projection_of_a_map_is_the_transposed_convolution(net, projected):
    picture = torch.from_numpy(grating(96, (0.3, 0.05), amplitude=100, colour=(1, 1, 1))).float()[None].to(net.mean)
    with torch.no_grad():
        relu = net.relu1(net.conv1(picture))[:, 38:39]
        for maps, found in ((relu, projected.projection), (torch.ones_like(relu), projected.constant)):
            whole = F.conv_transpose2d(maps, net.conv1.weight[38:39], stride=4, padding=2)[0].cpu().numpy()
            size = whole.shape[1]
            scale = 1 if maps is relu else found[:, 40, 40] / whole[:, 40, 40]
            np.testing.assert_allclose(found[:, :size, :size], (whole.T * scale).T, atol=1e-4 * np.abs(found).max())


def test_shares_add_up(projected):
    parts = (projected.true, projected.alias, projected.repeats, projected.lattice, projected.elsewhere)
    assert all(0 <= part <= 1 for part in parts)
    assert sum(parts) == pytest.approx(1, abs=0.02)


def test_a_constant_seed_explains_the_lattice(net, projected):
    assert projected.lattice > 0.1
    assert projected.control == pytest.approx(projected.lattice, rel=0.02)
    assert projected.explained > 0.999
    assert project_alias(net, (0.3, 0.05), 38, "pool1", side=96).explained > 0.9


def test_lines_lie_where_they_should(projected):
    """The same shares from a plain Fourier transform over whole periods: 80 pixels hold (0.3, 0.05) and the lattice."""
    inside = projected.projection[:, 8:88, 8:88]
    power = (np.abs(np.fft.fft2(inside - inside.mean((1, 2), keepdims=True))) ** 2).sum(0)
    power /= power.sum()

    def at(fx, fy):
        return power[round(80 * fy) % 80, round(80 * fx) % 80] + power[-round(80 * fy) % 80, -round(80 * fx) % 80]

    assert projected.true == pytest.approx(at(0.3, 0.05), rel=0.02)
    assert projected.alias == pytest.approx(at(0.05, 0.05), rel=0.05)
    lattice = sum(power[i, j] for i in (0, 20, 40, 60) for j in (0, 20, 40, 60))
    assert projected.lattice == pytest.approx(lattice, rel=0.02)


def test_layer_2_is_projected_with_its_own_spacing(net):
    """Units 8 pixels apart: of 40 x 40 pixels every wave of (0.3, 0.05) + (k, l) / 8 has whole periods."""
    found = project_alias(net, (0.3, 0.05), 83, "conv2", side=160)
    inside = found.projection[:, 60:100, 60:100]
    power = (np.abs(np.fft.fft2(inside - inside.mean((1, 2), keepdims=True))) ** 2).sum(0)
    power /= power.sum()
    lattice = sum(power[i, j] for i in range(0, 40, 5) for j in range(0, 40, 5))
    mirrored = np.roll(power[::-1, ::-1], 1, (0, 1))
    false = sum((power + mirrored)[(2 + i) % 40, (12 + j) % 40] for i in range(0, 40, 5) for j in range(0, 40, 5))
    assert found.lattice == pytest.approx(lattice, rel=0.1)
    assert found.true + found.alias + found.repeats == pytest.approx(false, rel=0.1)


def test_rubbish_is_refused(net):
    with pytest.raises(ValueError, match="not from 'conv3'"):
        project_alias(net, (0.3, 0.05), 0, "conv3")
    with pytest.raises(ValueError, match="One grating at a time"):
        project_alias(net, [(0.3, 0.05)], 0)
    with pytest.raises(ValueError, match="no map 48"):
        project_alias(net, (0.3, 0.05), 48)
    with pytest.raises(ValueError, match="folds to zero"):
        project_alias(net, (0.25, 0), 0)
    silent = zflib.ConvNet(zflib.ALEXNET.mini()).initialise(seed=0)
    silent.conv1.bias.data.fill_(-1e6)
    with pytest.raises(ValueError, match="does not respond"):
        project_alias(silent, (0.3, 0.05), 0)
