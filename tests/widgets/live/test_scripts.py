"""What is written beside the pages: every number of the shipped weights, and the steps by which the engine computes."""

import hashlib
import json
import re
from base64 import b64decode

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import zflib
from zflib import weights
from zflib.architecture import ZFNET
from zflib.deconvnet import DeconvNet
from zflib.network import ConvNet
from zflib.widgets.live.scripts import steps


@pytest.fixture(scope="module")
def networks(folder):
    """What live.js says of the networks."""
    said = (folder / "live" / "live.js").read_text("utf-8").rpartition("Object.assign(ZFLIB.networks,")[2]
    return json.loads(said.strip().removesuffix(");"))


def test_all_networks_are_there(networks):
    assert tuple(networks) == weights.available()
    for name, facts in networks.items():
        record, net = weights.record(name), zflib.load(name)
        assert facts["sha256"] == record["sha256"] and facts["classes"] == record["class_names"]
        assert facts["mean"] == net.mean.flatten().tolist()
        assert (facts["inputSize"], facts["resizedSide"]) == (128, net.resized_side)


def test_the_scripts_hold_the_stored_weights_to_the_last_bit(folder, networks):
    written = {"live.js", "worker.js"}
    for name, facts in networks.items():
        stored = load_file(weights.SHIPPED / f"{name}.safetensors")
        assert list(facts["layers"]) == [key.removesuffix(".weight") for key in stored if key.endswith(".weight")]
        for layer, parts in facts["layers"].items():
            content = b""
            for part in parts:
                text = (folder / "live" / part["file"]).read_text("ascii")
                file, data = re.fullmatch(r'ZFLIB\.received\("([^"]+)", "([\w+/=]+)"\);\n', text).groups()
                piece = b64decode(data)
                assert (file, len(text)) == (part["file"], part["bytes"])
                assert hashlib.sha256(piece).hexdigest() == part["sha256"]
                written.add(file)
                content += piece
            tensors = [stored[f"{layer}.{kind}"].numpy().astype("<f2").tobytes() for kind in ("weight", "bias")]
            assert content == b"".join(tensors)
    there = {path.name for path in (folder / "live").iterdir()}  # beside them what other pages' tests write
    assert written <= there and not [file for file in there - written if file.startswith(weights.available())]


def test_what_a_page_loads_is_as_light_as_the_book_says(folder, networks):
    """Convolutions about 2.5 MB, fully connected layers about 6; what a panel's page names itself is small."""
    for name in ("alexnet-mini", "zfnet-mini"):
        sizes = {layer: sum(part["bytes"] for part in parts) for layer, parts in networks[name]["layers"].items()}
        convolutions = sum(size for layer, size in sizes.items() if layer.startswith("conv"))
        assert convolutions < 2.6e6 and sum(sizes.values()) - convolutions < 6.1e6
        assert sizes["conv1"] < 50_000  # the first layer answers at once
    assert (folder / "live" / "live.js").stat().st_size < 60_000


@pytest.mark.parametrize("name", weights.available())
def test_the_steps_are_the_deconvnets(networks, name):
    net = zflib.load(name).cpu()
    found = networks[name]["steps"]
    assert tuple(step["name"] for step in found) == DeconvNet(net).steps
    trace = DeconvNet(net).forward(torch.zeros(1, 3, 128, 128))
    for step in found:
        if step["kind"] != "flatten":
            assert step["maps"] == trace[step["name"]].shape[1]
            assert step["size"] == (trace[step["name"]].shape[2] if trace[step["name"]].ndim == 4 else 1)
    geometry = {step.name: step for step in net.architecture.geometry()}
    conv4 = next(step for step in found if step["name"] == "conv4")
    assert conv4["receptiveField"] == geometry["conv4"].receptive_field
    assert (conv4["jump"], conv4["offset"]) == (geometry["conv4"].jump, geometry["conv4"].offset)


def test_a_layer_that_the_engine_does_not_know_is_named():
    net = ConvNet(ZFNET.mini())
    net.pool1 = nn.AvgPool2d(3, 2)
    with pytest.raises(TypeError, match=r"^The page's engine has no AvgPool2d\.$"):
        steps(net)
