"""What a map responds to, against single forward passes; and traces that are kept from one map to the next."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image

import zflib
from zflib.analysis import Traces, responses, top_activations


@pytest.fixture(scope="module")
def net():
    # In double precision, so that rounding breaks no order.
    return zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0).eval().double()


@pytest.fixture
def pictures():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)
    return [Image.fromarray(p).resize((128, 128)) for p in pixels]


def test_responses_show_the_pixels_that_excite_and_project_them(net, pictures):
    found = top_activations(net, pictures, "conv3", k=4, size=96)
    shown = responses(net, pictures, found, 11)
    deconv = zflib.DeconvNet(net)
    side = found.box[11, 0, 2] - found.box[11, 0, 0]
    assert shown.patches.shape == (4, side, side, 3) and shown.projections.shape == (4, 3, side, side)
    for at in range(4):
        image = net.preprocess(pictures[found.picture[11, at]], size=96)[None]
        trace = deconv.forward(image, upto="conv3")
        row, column = found.row[11, at], found.column[11, at]
        assert float(trace["conv3"][0, 11, row, column]) == pytest.approx(found.value[11, at], rel=1e-4)
        whole = deconv.project(trace, "conv3", unit=(11, int(row), int(column)))[0]
        top, left = found.box[11, at, :2]
        for r, c in itertools.product(range(0, side, 10), range(0, side, 10)):
            y, x = top + r, left + c
            inside = 0 <= y < 96 and 0 <= x < 96
            pixel = image[0, :, y, x] + 128 if inside else torch.full((3,), 128.0)
            np.testing.assert_array_equal(shown.patches[at, r, c], pixel.numpy())
            value = whole[:, y, x].numpy() if inside else 0
            np.testing.assert_allclose(shown.projections[at, :, r, c], value, atol=1e-5 * float(whole.abs().max()))


def test_responses_leave_silent_units_out(pictures):
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0)
    grey, bright = Image.new("RGB", (128, 128), (128, 128, 128)), pictures[0]
    found = top_activations(net, [grey, bright, grey], "conv1", k=3)
    assert found.active.sum(1).tolist() == [1] * 48
    assert len(responses(net, [grey, bright, grey], found, 0).patches) == 1


class Counted:
    """Pictures that note which of them were asked for."""

    def __init__(self, pictures):
        self.pictures, self.asked = pictures, []

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, at):
        self.asked.append(at)
        return self.pictures[at]


def test_traces_are_those_of_one_forward_pass_and_each_is_made_once(net, pictures):
    counted = Counted(pictures)
    traces = Traces(net, counted, 96, "conv4")
    together = traces.together([4, 1], "conv3")
    once = traces.deconv.forward(torch.stack([net.preprocess(pictures[at], size=96) for at in (4, 1)]), "conv3")
    assert list(together.activations) == list(once.activations) and together.switches.keys() == once.switches.keys()
    assert torch.equal(together.images, once.images)
    for step, values in once.activations.items():
        assert torch.allclose(together[step], values, rtol=1e-12)
    assert all(torch.equal(together.switches[step], switches) for step, switches in once.switches.items())
    traces.together([1, 2, 4], "conv4")
    assert counted.asked == [4, 1, 2]


def test_only_the_last_traces_are_held(net, pictures):
    counted = Counted(pictures)
    traces = Traces(net, counted, 96, "conv1", keep=2)
    for number in (0, 1, 0, 2, 1):
        traces.together([number], "conv1")
    assert counted.asked == [0, 1, 2, 1]


def test_kept_traces_change_nothing(net, pictures):
    found = top_activations(net, pictures, "conv3", k=4, size=96)
    traces = Traces(net, pictures, 96, "conv5")
    for channel in (3, 11):
        alone, kept = (responses(net, pictures, found, channel, traces=t) for t in (None, traces))
        for part in ("patches", "projections", "boxes", "units"):
            assert np.allclose(getattr(alone, part), getattr(kept, part), rtol=1e-12), part


def test_traces_of_something_else_are_refused(net, pictures):
    found = top_activations(net, pictures, "conv3", k=4, size=96)
    with pytest.raises(ValueError, match="pictures of 64 px and not 96"):
        responses(net, pictures, found, 0, traces=Traces(net, pictures, 64, "conv3"))
    other = zflib.ConvNet(zflib.ZFNET.mini()).eval()
    with pytest.raises(ValueError, match="another network"):
        responses(net, pictures, found, 0, traces=Traces(other, pictures, 96, "conv3"))
    with pytest.raises(KeyError, match="conv3"):
        responses(net, pictures, found, 0, traces=Traces(net, pictures, 96, "conv2"))
    with pytest.raises(KeyError, match="conv9"):
        Traces(net, pictures, 96, "conv9").together([0], "conv9")


class Cropped(Counted):
    """A random part of a picture each time that it is asked for."""

    def __getitem__(self, at):
        self.asked.append(at)
        left, top = np.random.default_rng(len(self.asked)).integers(0, 64, 2).tolist()
        return self.pictures[at].crop((left, top, left + 64, top + 64))


def test_pictures_that_are_others_the_second_time_are_refused(net, pictures):
    cropped = Cropped(pictures)
    found = top_activations(net, cropped, "conv3", k=3, size=96)
    with pytest.raises(
        ValueError, match=r"Picture \d excited map 11 of conv3 by \S+ and now does by \S+\. .*random crops"
    ):
        responses(net, cropped, found, 11)
    with pytest.raises(ValueError, match=r"Picture \d excited map 11"):
        responses(net, pictures[::-1], found, 11)
    with pytest.raises(ValueError, match="There is no picture 5 among 1"):
        Traces(net, pictures[:1], 96, "conv3").together([0, 5], "conv3")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("step", ["conv5", "fc7"])
def test_rounding_is_no_difference(net, pictures, dtype, step):
    other = zflib.ConvNet(net.architecture)
    other.load_state_dict(net.state_dict())
    other.to(dtype)
    found = top_activations(other, pictures, step, k=4)
    for channel in np.flatnonzero(found.active.all(1))[:4]:
        assert len(responses(other, pictures, found, int(channel)).patches) == 4
