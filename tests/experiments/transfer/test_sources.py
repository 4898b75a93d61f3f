import numpy as np
import pytest
import torch

import zflib
from zflib.data import photographs
from zflib.data.pictures import centre_square, to_array
from zflib.experiments.transfer.sources import STEPS, source


def squares(side):
    return np.stack([to_array(centre_square(p.picture, side)) for p in photographs()[:3]])


def test_features_are_what_the_layers_hold():
    net, ours = zflib.load("zfnet-mini"), source("zfnet-mini")
    crops = torch.stack([net.preprocess(p.picture) for p in photographs()[:3]])
    trace = zflib.DeconvNet(net).forward(crops)
    assert ours.side == net.resized_side and ours.layers == STEPS
    for layer, step in STEPS.items():
        found = ours.features(squares(ours.side), layer)
        assert found.shape[0] == 3 and torch.allclose(found, trace[step].flatten(1), rtol=1e-4, atol=1e-3)


def test_pixels_are_the_square_that_the_network_sees():
    ours = source("pixels")
    net = zflib.load("zfnet-mini")
    crops = torch.stack([net.preprocess(p.picture) for p in photographs()[:3]])
    assert torch.equal(ours.features(squares(ours.side), "0"), crops.flatten(1))


def test_random_weights_are_drawn_anew_and_by_seed():
    one, again, other = (source("random:zfnet-mini", seed).features(squares(146), "2") for seed in (0, 0, 1))
    trained = source("zfnet-mini").features(squares(146), "2")
    assert torch.equal(one, again) and not torch.equal(one, other) and not torch.equal(one, trained)


def test_no_layer_above_the_one_asked_for_runs():
    ours = source("zfnet-mini")
    ours.net.conv2.register_forward_hook(lambda *_: pytest.fail("conv2 ran"))
    ours.features(squares(ours.side), "1")


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match="resnet"):
        source("resnet")
