"""The committed result is whole and belongs to the shipped weights; the measurement agrees with its parts."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import zflib
from zflib import data
from zflib.analysis import class_entropy, top_activations
from zflib.experiments import class_entropy as experiment


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    return data.PictureSet("noise", pixels, generator.integers(0, 3, 12), ("a", "b", "c"), "none")


def test_the_committed_result_is_of_the_shipped_weights():
    found = experiment.result()
    for name in experiment.NETWORKS:
        assert found["networks"][name]["sha256"] == zflib.weights.record(name)["sha256"], (
            "the weights have changed: run python -m zflib.experiments.class_entropy"
        )
        geometry = {s.name: s.maps for s in zflib.load(name).architecture.geometry()}
        for state in ("trained", "untrained"):
            for step in experiment.STEPS:
                values = found["entropy"][name][state][step]
                assert len(values) == geometry[step]
                assert all(v is None or 0 <= v <= np.log2(9) + 1e-3 for v in values)
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()
    assert {"set", "count", "fingerprint", "size"} <= found["pictures"].keys()


def test_chapter_4_opens_with_a_map_whose_nine_patches_are_of_one_class():
    """Where its pictures are Imagenette's, it says so: "one thing"."""
    chapter = Path(__file__).parents[2] / "notebooks" / "04_layers_1_to_5.ipynb"
    (opening,) = re.findall(r"opening = (\d+) if many", chapter.read_text(encoding="utf-8"))
    assert experiment.result()["entropy"]["zfnet-mini"]["trained"]["conv5"][int(opening)] == 0


def test_a_map_with_fewer_than_nine_active_pictures_has_no_entropy(pictures):
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0).eval()
    with torch.no_grad():
        net.conv3.bias[4] = -1e6
    found = experiment.measure(net, pictures, 96)
    assert list(found) == list(experiment.STEPS) and found["conv3"][4] is None
    top = top_activations(net, pictures, "conv2", size=96)
    right = class_entropy(pictures.labels[top.picture])
    for value, expected, active in zip(found["conv2"], right, top.active, strict=True):
        assert value == (pytest.approx(expected, abs=1e-4) if active.all() else None)


def test_the_command_writes_what_it_measured_and_how(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "imagenette", lambda split, side, download: pictures)
    monkeypatch.setattr(experiment, "NETWORKS", ("zfnet-mini",))
    monkeypatch.setattr(experiment, "STEPS", ("conv1",))
    experiment.main(["--size", "64", "--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["pictures"] == {"set": "noise", "count": 12, "fingerprint": "none", "size": 64}
    assert found["made"]["command"].endswith("--size 64")
    assert set(found["entropy"]["zfnet-mini"]) == {"trained", "untrained"}
