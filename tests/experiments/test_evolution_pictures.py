"""What maps respond to most, and what they pass back of it, at one network twice and one without any response."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

import zflib
from zflib.analysis import Views
from zflib.data import photograph
from zflib.experiments import evolution_pictures
from zflib.experiments.evolution_pictures import MAPS, SIDE, STEPS
from zflib.network import ConvNet

NAMES = "chelsea", "rocket"


@pytest.fixture(scope="module")
def followed():
    """A network that never responds from conv2 on, and then zfnet-mini, over two photographs."""
    last = zflib.load("zfnet-mini").cpu()
    silent = ConvNet(last.architecture, last.mean).eval()
    silent.load_state_dict(last.state_dict())
    torch.nn.init.constant_(silent.get_submodule("conv2").bias, -1e6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evolution_pictures, "views", lambda: Views([photograph(n).picture for n in NAMES], scales=[1, 2]))
        patch.setattr(evolution_pictures, "photographs", lambda: [photograph(name) for name in NAMES])
        yield last, *evolution_pictures.follow({0: silent, 7: last})


def sheet(arrays, step):
    pixels = np.asarray(Image.open(io.BytesIO(arrays[step].tobytes())).convert("RGB")).astype(int)
    return pixels.reshape(MAPS, 2, SIDE, 2, SIDE, 3).transpose(3, 0, 1, 2, 4, 5)  # (epochs, maps, 2, SIDE, SIDE, 3)


def test_the_strongest_value_is_that_of_a_plain_search(followed):
    net, found, _ = followed
    views = Views([photograph(name).picture for name in NAMES], scales=[1, 2])
    trace = zflib.DeconvNet(net).forward(torch.stack([net.preprocess(view) for view in views]))
    for step in STEPS:
        peaks = trace[step].amax((2, 3))
        for channel, (name, value, view) in zip(found[step]["maps"], found[step]["found"]["7"], strict=True):
            assert view == int(peaks[:, channel].argmax())
            assert value == pytest.approx(float(peaks[:, channel].max()), abs=1e-3)
            assert name == NAMES[views.picture[int(peaks[:, channel].argmax())]]


def test_the_projection_is_the_deconvnets(followed):
    net, found, arrays = followed
    views = Views([photograph(name).picture for name in NAMES], scales=[1, 2])
    trace = zflib.DeconvNet(net).forward(torch.stack([net.preprocess(view) for view in views]))
    step = next(each for each in net.architecture.geometry() if each.name == "conv5")
    for row, channel in enumerate(found["conv5"]["maps"]):
        maps = trace["conv5"][:, channel]
        view, at, across = np.unravel_index(int(maps.argmax()), maps.shape)
        one = zflib.DeconvNet(net)
        alone = one.forward(net.preprocess(views[view])[None])
        projection = one.project(alone, "conv5", unit=(channel, at, across))[0].numpy()
        top, left, bottom, right = (min(max(0, each), 128) for each in step.box(at, across))
        assert np.abs(projection).sum() == pytest.approx(np.abs(projection[:, top:bottom, left:right]).sum())
        scaled = np.asarray(
            Image.fromarray(zflib.plots.signed(projection, clip=1)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        ).astype(int)
        drawn = sheet(arrays, "conv5")[1, row, 1]
        assert np.corrcoef(scaled.ravel(), drawn.ravel())[0, 1] > 0.85  # its brightest half per cent are clipped


def test_where_nothing_responds_there_is_plain_grey(followed):
    _, found, arrays = followed
    for step in STEPS[1:]:
        silent = all(each == [None, 0, None] for each in found[step]["found"]["0"])
        assert silent == (np.abs(sheet(arrays, step)[0] - 128).mean() < 1), step
    assert all(name is None for name, *_ in found["conv2"]["found"]["0"])
    assert found["conv1"]["found"]["0"] == found["conv1"]["found"]["7"]
    assert arrays["filters"].shape == (2, 48, 3, 7, 7)


def test_maps_are_drawn_by_lot_from_those_that_respond(followed):
    _, found, _ = followed
    for step in STEPS:
        maps = found[step]["maps"]
        assert maps == sorted(set(maps)) and len(maps) == MAPS
        assert all(value > 0 for _, value, _ in found[step]["found"]["7"])
