"""Training on a fold from random weights and from named ones; the command goes on where it was."""

import json
from dataclasses import replace

import numpy as np
import pytest

from zflib import data
from zflib.data import PictureSet
from zflib.experiments.transfer import finetune


@pytest.fixture
def caltech(monkeypatch):
    """Two classes of five pictures and one of two, at whatever side is asked for; one number a picture."""

    def read(side, download=False):
        labels = np.array([0] * 5 + [1] * 5 + [2] * 2)
        pixels = np.broadcast_to(np.arange(12, dtype=np.uint8)[:, None, None, None] * 20, (12, side, side, 3))
        files = tuple(f"{label}/{at}.jpg" for at, label in enumerate(labels))
        return PictureSet("caltech101", pixels.copy(), labels, ("a", "b", "c"), "f", files=files)

    monkeypatch.setattr(data, "caltech101", read)
    monkeypatch.setattr(finetune, "TRAIN", (2, 3))
    return read


def test_a_fold_has_two_sides_that_share_nothing(caltech):
    training, test = finetune.sides(caltech(16), 3, 0)
    assert not set(training.files) & set(test.files)
    assert np.bincount(training.labels).tolist() == [3, 3] and np.bincount(test.labels).tolist() == [2, 2]
    for side in (training, test):  # pixels, labels and names still belong together
        names = [f"{label}/{p[0, 0, 0] // 20}.jpg" for label, p in zip(side.labels, side.pixels, strict=True)]
        assert names == list(side.files)
    assert finetune.sides(caltech(16), 3, 1)[0].fingerprint != training.fingerprint


def test_tuning_keeps_the_network_and_goes_slower():
    assert finetune.architecture("alexnet-mini", 101).convs == finetune.architecture("alexnet-mini", 10).convs
    assert finetune.architecture("", 101) == finetune.architecture("zfnet-mini", 101)
    assert finetune.recipe("zfnet-mini", 15).learning_rate < finetune.recipe("", 15).learning_rate


@pytest.mark.parametrize("start", finetune.STARTS)
def test_more_pictures_do_not_mean_more_steps(start):
    few, many = (finetune.recipe(start, train) for train in finetune.TRAIN)
    steps = [101 * train // of.batch_size * of.epochs for train, of in zip(finetune.TRAIN, (few, many), strict=True)]
    assert steps[0] == pytest.approx(steps[1], rel=0.01)
    assert replace(few, epochs=1) == replace(many, epochs=1)


def test_the_command_trains_what_is_missing(caltech, tmp_path, monkeypatch):
    monkeypatch.setattr(finetune, "FOLDS", 1)
    for name in ("SCRATCH", "TUNED"):
        monkeypatch.setattr(finetune, name, replace(getattr(finetune, name), epochs=2, batch_size=4))
    monkeypatch.setattr("zflib.training.recipe.best_precision", lambda: "32-true")
    arguments = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "f.json")]
    finetune.main([*arguments, "--starts", "zfnet-mini"])
    finetune.main(arguments)
    runs = json.loads((tmp_path / "f.json").read_text())["runs"]
    assert [(run["start"], run["train"]) for run in runs] == [("zfnet-mini", 2), ("zfnet-mini", 3), ("", 2), ("", 3)]
    assert all(0 <= run["accuracy"] <= 1 and len(run["by_class"]) == 2 for run in runs)
    assert all(0 <= run["training"] <= 1 for run in runs)
    monkeypatch.setattr("zflib.training.loop.train", None)
    finetune.main(arguments)


def test_the_committed_runs_are_those_of_todays_recipes():
    found = finetune.result()
    for start, made in found["recipes"].items():
        expected = json.loads(json.dumps(finetune.recipe(start, 15).record()))
        assert made | {"precision": expected["precision"]} == expected
    kinds = [(run["start"], run["train"], run["fold"]) for run in found["runs"]]
    assert len(set(kinds)) == len(kinds) and {fold for *_, fold in kinds} <= set(range(finetune.FOLDS))
    for run in found["runs"]:
        assert run["accuracy"] == pytest.approx(np.mean(run["by_class"]), abs=1e-4) and len(run["by_class"]) == 101
        assert run["epochs"] == finetune.recipe(run["start"], run["train"]).epochs
        assert run["training"] > 0.5, "a run that names few of its own pictures says nothing of others"
