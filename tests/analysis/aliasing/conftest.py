"""Small networks with random weights, and pictures for them."""

import numpy as np
import pytest

import zflib


def narrow(architecture, seed=0):
    few = architecture.with_maps(dict.fromkeys(range(1, 6), 12)).with_units(32)
    return zflib.ConvNet(few.mini()).initialise(std=0.08, seed=seed).eval()


@pytest.fixture(name="narrow", scope="session")
def _narrow():
    return narrow


@pytest.fixture(scope="module", params=[zflib.ALEXNET, zflib.ZFNET], ids=lambda a: a.name)
def net(request):
    return narrow(request.param)


@pytest.fixture(scope="module")
def pictures():
    side = 146  # to which these networks scale a picture
    return np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
