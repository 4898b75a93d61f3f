"""A small ZFNet with random weights and two pictures gone through it."""

import pytest
import torch

import zflib
from zflib.deconvnet import DeconvNet


@pytest.fixture(scope="module")
def mini(device):
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=7).eval().to(device)
    deconv = DeconvNet(net)
    images = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(8)) * 60
    return net, deconv, deconv.forward(images)
