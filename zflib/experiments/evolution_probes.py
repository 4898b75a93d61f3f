"""Linear probes: how well a classifier names pictures by one layer of a network, after each epoch that a run kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from zflib import atomic
from zflib.data.sets import PictureSet, decoded
from zflib.network import ConvNet

PROBED = {"conv1": "1", "conv2": "2", "conv3": "3", "conv4": "4", "conv5": "5"}
TRAIN, PROBE_COST = 30, 10.0  # pictures of each class, and C: one for all, so that epochs differ in features alone


def few(where: Path, side: int) -> PictureSet:
    """`TRAIN` pictures of each class of a folder, drawn by lot, as squares of `side` pixels, for a probe to learn."""
    from torchvision.datasets import ImageFolder

    from zflib.data import data_root
    from zflib.experiments.transfer import folds

    found = ImageFolder(where)
    drawn = folds.fold(np.array(found.targets), TRAIN, seed=0, most_tested=1).train
    chosen = [found.samples[at] for at in drawn]
    return decoded(f"{where.parent.name} {TRAIN} a class", chosen, tuple(found.classes), side, data_root())


def probe(net: ConvNet, layer: str, learnt: PictureSet, validation: PictureSet) -> float:
    """What share of the validation pictures support vectors name that have learnt others, mean over classes."""
    from zflib.experiments.transfer import classify

    products = _products(net, layer, learnt.pixels, validation.pixels)
    labels = np.concatenate([learnt.labels, validation.labels])
    train, test = np.split(np.arange(len(labels)), [len(learnt)])
    decided = classify.svm(products, labels, train, test, PROBE_COST)
    return classify.mean_accuracy(labels[test], classify.classes_of(labels, train)[decided.argmax(1)])


def _products(net: ConvNet, layer: str, learnt: np.ndarray, tested: np.ndarray, batch: int = 64) -> np.ndarray:
    """The columns of a Gram matrix that a classifier reads: inner products of all pictures' features, each of length 1,
    with those that are learnt from. (learnt + tested, learnt) float64."""
    from zflib.experiments.transfer.sources import of_net

    source = of_net("", net)

    def features(pixels: np.ndarray) -> torch.Tensor:
        return F.normalize(source.features(pixels, layer))

    held = torch.cat([features(learnt[at : at + batch]) for at in range(0, len(learnt), batch)])
    rest = [features(tested[at : at + batch]) @ held.T for at in range(0, len(tested), batch)]
    return torch.cat([held @ held.T, *rest]).double().numpy()


def probes(
    nets: dict[int, ConvNet], file: Path, learnt: PictureSet, validation: PictureSet
) -> dict[str, dict[str, float]]:
    """By epoch and step what `probe` gives of each network.

    file  keeps each once it is known: they can be taken while a run goes on, one by one
    """
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for epoch, net in nets.items():
        known = found.setdefault(str(epoch), {})
        for step in (step for step in PROBED if step not in known):
            known[step] = round(probe(net, PROBED[step], learnt, validation), 4)
            atomic.write(file, json.dumps(found).encode())
    return found
