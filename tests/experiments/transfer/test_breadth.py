"""The diets differ in one thing at a time; the command trains, scores, and goes on where it was."""

import json
from dataclasses import replace

import numpy as np
import pytest

from zflib import data
from zflib.data import PictureSet
from zflib.experiments.transfer import breadth
from zflib.experiments.transfer.breadth import DIETS, Diet, part


@pytest.fixture
def pictures():
    """Twelve classes of 20 pictures; a picture's pixels say its class and number."""
    labels = np.repeat(np.arange(12), 20)
    pixels = np.stack([labels, np.tile(np.arange(20), 12), 0 * labels], axis=1)[:, None, None].astype(np.uint8)
    return PictureSet("all", pixels, labels, tuple("abcdefghijkl"), "f")


def members(found):
    return {(found.class_names[label], int(p[0, 0, 1])) for label, p in zip(found.labels, found.pixels, strict=True)}


def test_all_diets_take_as_many_steps():
    steps = {diet.epochs * (diet.classes * diet.pictures // diet.recipe.batch_size) for diet in DIETS}
    assert max(steps) - min(steps) <= 10 and min(steps) == 7800


def test_a_smaller_diet_lies_inside_a_larger_one_of_its_seed(pictures):
    small, classes, many = (part(pictures, Diet(c, p, 1), 0) for c, p in ((3, 5), (6, 5), (6, 15)))
    assert members(small) < members(classes) < members(many)
    assert len(small) == 15 and len(many) == 90 and (np.bincount(many.labels) == 15).all()
    for found in (small, classes, many):  # the labels still say what the pixels say
        assert ["abcdefghijkl"[value] for value in found.pixels[:, 0, 0, 0]] == [
            found.class_names[at] for at in found.labels
        ]
    assert members(part(pictures, Diet(3, 5, 1), 1)) != members(small)
    assert set(part(pictures, Diet(3, 5, 1), 0, most=10**6).class_names) == set(small.class_names)


def test_what_is_not_there_is_refused(pictures):
    with pytest.raises(ValueError, match="has 12 classes, fewer than 13"):
        part(pictures, Diet(13, 5, 1), 0)
    with pytest.raises(ValueError, match="has 20 pictures, fewer than 21"):
        part(pictures, Diet(3, 21, 1), 0)


def test_the_command_trains_scores_and_goes_on(tmp_path, monkeypatch):
    generator = np.random.default_rng(0)

    def noise(name, per_class, side):
        labels = np.repeat(np.arange(3), per_class)
        pixels = generator.integers(0, 256, (len(labels), side, side, 3), dtype=np.uint8)
        return PictureSet(name, pixels, labels, ("x", "y", "z"), name)

    monkeypatch.setattr(data, "folder", lambda where, side: noise(where.name, 4, side))
    monkeypatch.setattr(data, "caltech101", lambda side: noise("caltech", 5, side))
    monkeypatch.setattr(breadth, "DIETS", (Diet(2, 4, 1),))
    monkeypatch.setattr(breadth, "TRAIN", 3)
    monkeypatch.setattr(breadth, "FOLDS", 2)
    monkeypatch.setattr(breadth, "LAYERS", ("1", "5"))
    monkeypatch.setattr(breadth, "MINI", replace(breadth.MINI, batch_size=4))
    monkeypatch.setattr("zflib.training.recipe.best_precision", lambda: "32-true")
    arguments = ["--data", str(tmp_path), "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "b.json")]
    breadth.main([*arguments, "--seeds", "4"])
    (run,) = json.loads((tmp_path / "b.json").read_text())["runs"]
    assert run["diet"] == "2 classes x 4 pictures" and run["seed"] == 4 and run["epochs"] == 1
    assert {layer: len(folds) for layer, folds in run["transfer"].items()} == {"1": 2, "5": 2}
    monkeypatch.setattr(data, "folder", lambda where, side: noise(where.name + "2", 4, side))
    with pytest.raises(ValueError, match="another data"):
        breadth.main([*arguments, "--seeds", "4"])
    monkeypatch.setattr(data, "folder", lambda where, side: noise(where.name, 4, side))
    monkeypatch.setattr(breadth, "measure", None)  # a second time nothing is measured
    breadth.main([*arguments, "--seeds", "4"])
