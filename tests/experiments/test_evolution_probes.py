"""What a layer is worth to a classifier that sees nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import zflib
from zflib import data
from zflib.experiments import evolution_probes
from zflib.experiments.transfer import classify
from zflib.experiments.transfer.gram import gram
from zflib.experiments.transfer.sources import of_net

HALVES = slice(0, 15), slice(15, 24)


def test_a_probe_reads_the_gram_matrix_of_the_layers_features(pictures):
    net = zflib.load("zfnet-mini")
    learnt, tested = (replace(pictures, pixels=pictures.pixels[at], labels=pictures.labels[at]) for at in HALVES)
    source = of_net("", net)
    whole = classify.of_unit_length(gram(lambda pixels: source.features(pixels, "3"), pictures.pixels))
    train, test = (np.arange(24)[at] for at in HALVES)
    named = classify.svm(whole, pictures.labels, train, test, evolution_probes.PROBE_COST).argmax(1)
    right = np.mean([(named[tested.labels == label] == label).mean() for label in range(3)])
    assert evolution_probes.probe(net, "3", learnt, tested) == pytest.approx(right)


def test_few_pictures_of_each_class_are_drawn_from_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(evolution_probes, "TRAIN", 2)
    monkeypatch.setattr(data, "data_root", lambda: tmp_path / "kept")
    for name in "ab":
        (tmp_path / "train" / name).mkdir(parents=True)
        for at in range(5):
            grey = 40 * at + 10 * (name == "b")
            Image.new("RGB", (20, 20), (grey,) * 3).save(tmp_path / "train" / name / f"{at}.png")
    found = evolution_probes.few(tmp_path / "train", 16)
    assert found.labels.tolist() == [0, 0, 1, 1] and found.pixels.shape == (4, 16, 16, 3)
    assert len(set(found.files)) == 4
    assert (found.pixels == evolution_probes.few(tmp_path / "train", 16).pixels).all()
