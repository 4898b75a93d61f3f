"""What a panel calls: networks that load layer by layer, and newer requests that take the place of older ones."""

import numpy as np
import pytest
import torch

import zflib
from zflib.data.photographs import photograph
from zflib.deconvnet import DeconvNet

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def cat():
    """(net, its deconvnet, a trace of the cat)"""
    net = zflib.load("zfnet-mini").cpu()
    deconv = DeconvNet(net)
    return net, deconv, deconv.forward(net.preprocess(photograph("chelsea").picture)[None])


@pytest.fixture
def pixels(cat):
    return cat[2].images[0].numpy()


def test_the_networks_run_from_a_server_and_from_the_disk(browser, run, origin, cat, pixels):
    net, deconv, trace = cat
    browser.get(f"{origin}/index.html")
    found = run(
        """
        const live = ZFLIB.open("zfnet-mini"), layers = [];
        await live.forward(unpacked(given[0]), { onLayer: (layer) => layers.push(layer) });
        const [best] = await live.strongest("conv5", 1);
        const projection = await live.project({ step: "conv5", unit: best.unit });
        return { layers, best, projection: { ...projection, values: packed(projection.values) },
                 classes: await live.classes() };
        """,
        pixels,
    )
    assert found["layers"] == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    channel = found["best"]["unit"][0]
    assert channel == int(trace["conv5"][0].amax((1, 2)).argmax())
    window = found["projection"]
    shown = np.zeros((3, 128, 128), np.float32)
    rows, columns = (slice(window[a], window[a] + window[b]) for a, b in (("top", "height"), ("left", "width")))
    shown[:, rows, columns] = window["values"].reshape(3, window["height"], window["width"])
    wanted = deconv.project(trace, "conv5", channel=channel)[0].numpy()
    assert np.abs(shown - wanted).max() < 1e-4 * np.abs(wanted).max()
    probabilities = torch.softmax(trace["fc8"][0], 0)
    assert [each["name"] for each in found["classes"]] == [net.class_names[i] for i in probabilities.argsort().flip(0)]
    assert found["classes"][0]["probability"] == pytest.approx(float(probabilities.max()), abs=1e-5)
