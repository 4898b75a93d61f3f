"""NaN and infinity, on the way up and on the way down: an error that names the picture and the step."""

import pytest
import torch
from by_hand import small_net
from torch import nn

import zflib
from zflib.deconvnet import DeconvNet
from zflib.deconvnet.trace import NotFinite


def test_an_overflow_names_the_picture_and_the_step_where_it_began():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0).half()
    images = torch.randn(3, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 60
    images[1] *= 1000
    with pytest.raises(
        NotFinite, match=r"Picture 1 gives NaN or infinity in conv1, in float16\. .*net\.float\(\)"
    ) as said:
        DeconvNet(net).forward(images)
    assert (said.value.step, said.value.picture) == ("conv1", 1)
    trace = DeconvNet(net.float()).forward(images)  # which has room
    assert all(torch.isfinite(values).all() for values in trace.activations.values())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("at", [0, 3])
def test_weights_that_are_no_numbers_are_named(at, value):
    net = small_net()
    net[at].weight.data[1, 1, 1, 1] = value
    with pytest.raises(ValueError, match=f"Picture 0 gives NaN or infinity in {at}, in float32"):
        DeconvNet(net).forward(torch.rand(2, 3, 17, 17))
    other = small_net()
    deconv = DeconvNet(other)
    trace = deconv.forward(torch.rand(2, 3, 17, 17))
    other[at].weight.data[:] = value  # weights are read when used
    with pytest.raises(ValueError, match="A projection from 5 on picture 0 holds NaN or infinity, in float32"):
        deconv.project(trace, "5", channel=0, seed=1)


def test_large_numbers_whose_sum_alone_overflows_pass():
    """In half precision a map's sum soon leaves what the type holds; the numbers themselves don't."""
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
    net[0].weight.data[:] = 1
    for dtype, value in ((torch.float16, 6e4), (torch.float32, 3e38)):
        deconv = DeconvNet(net.to(dtype))
        trace = deconv.forward(torch.full((1, 1, 20, 20), value))
        assert torch.isfinite(trace["0"]).all()
        assert torch.equal(deconv.project(trace, "0", unit=(0, 1, 1))[0, 0, 1, 1], trace["0"][0, 0, 1, 1])


def test_a_large_negative_number_before_a_relu_is_0_after_it():
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU()).half()
    net[0].weight.data[:] = -1000
    assert not DeconvNet(net).forward(torch.full((1, 1, 2, 2), 1000.0))["0"].any()
