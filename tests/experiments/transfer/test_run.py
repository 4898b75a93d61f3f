"""From pictures to a file of scores, cut off and resumed."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from zflib.data import PictureSet
from zflib.data.voc import CLASSES, SeveralLabels
from zflib.experiments.transfer import run as transfer
from zflib.experiments.transfer.run import OtherResults, Plan, execute, execute_several
from zflib.experiments.transfer.sources import Source


def coloured(count, seed):
    """Pictures in three colours, with noise that hides them now and then."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pixels = 90.0 + 60 * np.eye(3)[labels][:, None, None] + generator.normal(scale=40, size=(count, 4, 4, 3))
    return pixels.clip(0, 255).astype(np.uint8), labels


@pytest.fixture
def source():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 2), nn.ReLU(), nn.Conv2d(8, 4, 2), nn.ReLU()).eval()

    def prepare(pixels):
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 60 - 2

    return Source("tiny", net, {"1": "1", "2": "3"}, 4, prepare)


@pytest.fixture
def plan(source):
    pixels, labels = coloured(90, 0)
    files = tuple(f"{'abc'[label]}/{at}.png" for at, label in enumerate(labels))
    pictures = PictureSet("blots", pixels, labels, ("red", "green", "blue"), "f" * 64, (), files)
    return Plan(source, pictures, ("1", "2"), ("svm", "softmax"), (5, 15), 2, 16, 10)


def test_a_score_for_each_job_and_what_it_was_made_of(plan, tmp_path):
    found = execute(plan, tmp_path / "blots-tiny.json", "the command")
    assert len(found["scores"]) == 2 * 2 * 2 * 2 and found["classes"] == ["red", "green", "blue"]
    assert found["made"]["command"] == "the command" and found["made"]["versions"]["torch"] == torch.__version__
    named = np.load(tmp_path / "blots-tiny.npz")
    folds = json.loads((tmp_path / "blots-folds.json").read_text())
    assert folds["files"] == list(plan.pictures.files) and folds["labels"] == plan.pictures.labels.tolist()
    assert folds["class_names"] == list(plan.pictures.class_names)
    for score in found["scores"]:
        drawn = folds["folds"][f"{score['train']}-{score['fold']}"]
        assert len(drawn["train"]) == 3 * score["train"] and len(drawn["test"]) == 30
        truth = plan.pictures.labels[drawn["test"]]
        right = named[score["key"]] == truth
        assert score["plain"] == pytest.approx(right.mean(), abs=1e-5)
        assert score["by_class"] == pytest.approx([right[truth == c].mean() for c in range(3)], abs=1e-4)
        assert score["accuracy"] == pytest.approx(np.mean(score["by_class"]), abs=1e-4)
        assert score["digest"] == drawn["digest"] and score["accuracy"] > 0.4


def test_cut_off_and_resumed_is_what_it_would_have_been(plan, tmp_path, monkeypatch):
    whole = execute(plan, tmp_path / "whole" / "r.json", "")
    real, left = transfer._score, 7

    def dies(*arguments):
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(transfer, "_score", dies)
    with pytest.raises(KeyboardInterrupt):
        execute(plan, tmp_path / "cut" / "r.json", "")
    assert len(transfer.read(tmp_path / "cut" / "r.json")["scores"]) == 7
    left = 9
    resumed = execute(plan, tmp_path / "cut" / "r.json", "")
    assert resumed["scores"] == whole["scores"] and left == 0
    assert {**np.load(tmp_path / "cut" / "r.npz")}.keys() == {**np.load(tmp_path / "whole" / "r.npz")}.keys()


def test_other_weights_or_pictures_are_refused(plan, tmp_path):
    execute(plan, tmp_path / "r.json", "")
    with torch.no_grad():
        plan.source.net[0].bias += 1
    with pytest.raises(OtherResults, match="another weights"):
        execute(plan, tmp_path / "r.json", "")


def test_scores_without_the_names_they_came_from_are_not_gone_on_with(plan, tmp_path):
    execute(plan, tmp_path / "r.json", "")
    (tmp_path / "r.npz").unlink()
    with pytest.raises(FileNotFoundError, match=r"r\.npz is gone, which belongs to .*r\.json"):
        execute(plan, tmp_path / "r.json", "")


def test_small_classes_are_left_out_for_every_count(plan, tmp_path):
    labels = plan.pictures.labels.copy()
    labels[(labels == 2) & (np.arange(90) > 40)] = 1
    pictures = replace(plan.pictures, labels=labels)
    fewer = Plan(plan.source, pictures, ("1",), ("svm",), (5, 15), 1, 16, 10)
    found = execute(fewer, tmp_path / "r.json", "")
    assert found["classes"] == ["red", "green"] and all(len(s["by_class"]) == 2 for s in found["scores"])


def test_several_classes_in_a_picture(source):
    def several(count, seed):
        pixels, labels = coloured(count, seed)
        present = np.zeros((count, len(CLASSES)), dtype=bool)
        present[np.arange(count), labels] = True
        present[labels == 1, 4] = True
        difficult = np.zeros_like(present)
        present[:3], difficult[:3] = False, present[:3]
        return SeveralLabels(PictureSet("voc", pixels, 0 * labels, CLASSES, ""), present, difficult)

    found = execute_several(source, "1", several(60, 0), several(45, 1), (0.1, 10.0))
    judged = {name: value for name, value in found["average_precision"].items() if value is not None}
    assert set(judged) == {CLASSES[0], CLASSES[1], CLASSES[2], CLASSES[4]}
    assert judged[CLASSES[1]] == pytest.approx(judged[CLASSES[4]])
    assert found["mean"] == pytest.approx(np.mean(list(judged.values()))) and found["mean"] > 0.5
