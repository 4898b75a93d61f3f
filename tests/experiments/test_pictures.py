"""The committed spectrum is whole; the measurement sees the pictures as training shows them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from zflib import data, spectrum
from zflib.experiments import pictures as experiment
from zflib.training.recipe import MINI


@pytest.fixture(scope="module")
def waves():
    """Waves of 0.1 cycles per pixel along the rows, at twelve phases."""
    turns = 0.1 * np.arange(160) + np.arange(12)[:, None] / 12
    rows = (128 + 100 * np.cos(2 * np.pi * turns)).round().astype(np.uint8)
    pixels = np.broadcast_to(rows[:, None, :, None], (12, 160, 160, 3)).copy()
    return data.PictureSet("waves", pixels, np.zeros(12, np.int64), ("wave",), "none")


def test_the_committed_result_is_whole():
    found = experiment.result()
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()
    assert found["pictures"]["count"] == 9469 and found["pictures"]["set"].endswith("train")
    power, edges = np.array(found["power"]), np.array(found["edges"])
    distance = np.hypot(spectrum.frequencies()[:, None], spectrum.frequencies())
    for low, high, mean in zip(edges[:-2], edges[1:-1], found["radial"], strict=False):
        assert power[(distance >= low) & (distance < high)].mean() * power.size == pytest.approx(mean, rel=0.01)
    assert (np.diff(found["radial"]) < 0).all() and 0.1 < found["horizontal"] < found["vertical"] < 0.5


@pytest.mark.parametrize("area", [1.0, 0.36])
def test_a_crop_that_is_enlarged_holds_lower_frequencies(waves, area):
    recipe = replace(MINI, crop_area=(area, area), crop_aspect=1.0, contrast=0.0)
    power = np.array(experiment.measure(waves, recipe)["power"])
    row, column = np.unravel_index(power.argmax(), power.shape)
    shown = 0.1 * 160 * area**0.5 / 128  # the crop's side in pixels of the set, over the side it is scaled to
    assert spectrum.frequencies()[row] == 0
    assert abs(spectrum.frequencies()[column]) == pytest.approx(shown, abs=0.01)


def test_the_command_writes_what_it_measured_and_how(waves, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "imagenette", lambda split, side, download: waves)
    experiment.main(["--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["pictures"] == {"set": "waves", "count": 12, "fingerprint": "none", "size": 128}
    assert found["horizontal"] > 0.95 and found["recipe"]["crop_area"] == list(MINI.crop_area)
    assert found["made"]["command"] == "python -m zflib.experiments.pictures"
