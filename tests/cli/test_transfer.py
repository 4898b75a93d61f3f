import json

import numpy as np
import pytest
from PIL import Image

import zflib
from zflib import data, weights
from zflib.data import SeveralLabels


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder with a folder for each of two classes: dark and light squares."""
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    for name, value in (("dark", 60), ("light", 190)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for at in range(5):
            pixels = generator.normal(value, 30, (150, 160, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "own" / name / f"{at}.png")
    return tmp_path / "own"


def test_transfer_scores_a_folder_of_ones_own(run, pictures, tmp_path):
    command = ["transfer", "--data", pictures, "--net", "zfnet-mini", "--layers", "1", "5", "--train", "2"]
    status, out, err = run(*command, "--folds", "2", "--classifiers", "svm", "softmax", "--out", tmp_path / "out")
    assert status == 0, err
    assert "layer 1, svm: 100.0 +- 0.0 % from 2" in out and "layer 5, softmax:" in out
    found = json.loads((tmp_path / "out" / "own-zfnet-mini.json").read_text())
    assert found["classes"] == ["dark", "light"] and str(tmp_path) not in json.dumps(found)
    assert "--data own" in found["made"]["command"]


def test_transfer_takes_weights_of_ones_own(run, pictures, tmp_path):
    net = zflib.load("zfnet-mini")
    net.initialise(seed=3)
    weights.store(net, {"seed": 3}, "mine", tmp_path / "kept")
    command = ["transfer", "--data", pictures, "--net", "mine", "--layers", "1", "--train", "2", "--folds", "2"]
    status, _, err = run(*command, "--out", tmp_path / "out")
    assert status == 1 and "mine" in err
    status, out, err = run(*command, "--weights", tmp_path / "kept", "--out", tmp_path / "out")
    assert status == 0, err
    found = json.loads((tmp_path / "out" / "own-mine.json").read_text())
    assert "layer 1, svm:" in out and found["identity"]["features"] == "mine"
    assert "--net mine --weights kept" in found["made"]["command"] and str(tmp_path) not in json.dumps(found)


def test_transfer_says_what_is_wrong(run, pictures, tmp_path):
    out = ["--out", tmp_path / "out"]
    status, _, err = run("transfer", "--data", pictures, "--layers", "9", *out)
    assert status == 1 and "zfnet-mini has no layer '9'; its layers are 1, 2" in err
    status, _, err = run("transfer", "--data", pictures, "--net", "resnet", *out)
    assert status == 1 and "resnet" in err and err.count("\n") == 1
    status, _, err = run("transfer", "--data", "caltech101", *out)
    assert status == 1 and "Set ZFLIB_DATA to the folder that holds caltech101" in err
    status, _, err = run("transfer", "--data", "voc2012", *out)
    assert status == 1 and "Set ZFLIB_DATA to the folder that holds VOCdevkit" in err
    status, _, err = run("transfer", "--data", pictures, "--train", "9", *out)
    assert status == 1 and "has no two classes of 10 pictures or more" in err


def test_results_of_other_weights_stay(run, tmp_path, monkeypatch):
    several = SeveralLabels(data.PictureSet("voc2012", *np.empty((2, 0)), (), "f"), *np.empty((2, 0, 20)))
    monkeypatch.setattr(data, "voc2012", lambda split, side, download: several)
    kept = tmp_path / "voc2012-pixels.json"
    kept.write_text(json.dumps({"identity": {"data": "voc2012", "weights": "others"}, "scores": {"0": {"mean": 0.5}}}))
    before = kept.read_text()
    status, _, err = run("transfer", "--data", "voc2012", "--net", "pixels", "--out", tmp_path)
    assert status == 1 and "write these elsewhere with --out" in err and kept.read_text() == before
