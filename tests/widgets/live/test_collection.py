"""The strongest patches of every map over the photographs: as if by looking at each view, and packed for a page."""

import json
from base64 import b64decode

import numpy as np
import pytest
import torch

import zflib
from zflib.data import copies
from zflib.data import photographs as embedded
from zflib.widgets.live import collection


@pytest.fixture(scope="module")
def script():
    text = collection.script()
    assert text.startswith("globalThis.zflibCollection = ") and text.endswith(";\n")
    return json.loads(text.removeprefix("globalThis.zflibCollection = ").removesuffix(";\n"))


def test_the_nine_are_the_strongest_of_each_photograph():
    """Of some maps of layer 4, by looking at every view."""
    net = zflib.load("zfnet-mini").cpu()
    deconv, views = zflib.DeconvNet(net), collection.views()
    best = {}
    for at in range(len(views)):
        maps = deconv.forward(net.preprocess(views[at])[None], upto="conv4")["conv4"][0, :3]
        for channel, each in enumerate(maps):
            held = best.setdefault(channel, {})
            photograph = int(views.picture[at])
            held[photograph] = max(held.get(photograph, (0.0, -1)), (float(each.max()), at))
    for channel, held in best.items():
        strongest = sorted(held.values(), reverse=True)[:9]
        found = [collection.patch("zfnet-mini", "conv4", channel, rank) for rank in range(9)]
        np.testing.assert_allclose([each["value"] for each in found], [value for value, _ in strongest], rtol=1e-4)
        assert [each["photograph"].name for each in found] == [
            embedded()[int(views.picture[at])].name for _, at in strongest
        ]


def test_the_script_holds_what_was_mined(script):
    assert [each["name"] for each in script["photographs"]] == [each.name for each in embedded()]
    assert all(("src" in each) != (each["name"] in copies.NAMES) for each in script["photographs"])
    for network, steps in script["found"].items():
        for step, packed in steps.items():
            view, place, value = np.moveaxis(np.frombuffer(b64decode(packed), "<u2").reshape(-1, 9, 3), -1, 0)
            top = collection.mined(network)[step]
            assert (view == top.picture).all() and (place >> 8 == top.row).all() and (place % 256 == top.column).all()
            assert np.abs(value / 16 - top.value).max() <= 1 / 32
    for (photograph, left, top, side), view in zip(script["views"], collection.views(), strict=True):
        copy = copies.picture(script["photographs"][photograph]["name"])
        crop = copy.convert("RGB").crop((left, top, left + side, top + side))
        assert np.array_equal(np.asarray(crop), np.asarray(view))


def test_a_patch_makes_its_unit_fire():
    net = zflib.load("alexnet-mini").cpu()
    found = collection.patch("alexnet-mini", "conv3", 7, 2)
    trace = zflib.DeconvNet(net).forward(net.preprocess(found["picture"])[None], upto="conv3")
    assert float(trace["conv3"][0][found["unit"]]) == pytest.approx(found["value"], rel=1e-4)
    assert torch.isfinite(trace["conv3"]).all()
