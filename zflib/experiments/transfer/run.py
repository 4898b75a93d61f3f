"""The runs: one score for every layer, number of training pictures, fold and classifier, kept at once."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from zflib import atomic
from zflib.data.sets import PictureSet
from zflib.data.voc import CLASSES, SeveralLabels
from zflib.experiments.transfer import classify, folds
from zflib.experiments.transfer.gram import gram, passes
from zflib.experiments.transfer.sources import Source
from zflib.network import device
from zflib.training.machine import describe


class OtherResults(ValueError):
    """The file holds results of other pictures or other features."""


class Job(NamedTuple):
    """One score: `fold` draws which pictures train."""

    layer: str
    classifier: str
    train: int
    fold: int

    @property
    def key(self) -> str:
        return "-".join(map(str, self))


@dataclass(frozen=True)
class Plan:
    """What to score: all combinations of layers, classifiers, numbers of training pictures a class, and folds.

    least        classes with fewer pictures are left out, so that every number of training pictures is asked of the
                 same classes
    most_tested  pictures of a class to test on at most
    """

    source: Source
    pictures: PictureSet
    layers: tuple[str, ...]
    classifiers: tuple[str, ...]
    train: tuple[int, ...]
    folds: int
    least: int
    most_tested: int

    def jobs(self, layer: str) -> list[Job]:
        return [
            Job(layer, classifier, train, fold)
            for train in self.train
            for fold in range(self.folds)
            for classifier in self.classifiers
        ]

    def identity(self) -> dict[str, Any]:
        """What results must agree on to stand in one file."""
        return {
            "data": self.pictures.name,
            "fingerprint": self.pictures.fingerprint,
            "features": self.source.name,
            "weights": fingerprint(self.source),
            "least": self.least,
            "most_tested": self.most_tested,
        }


def fingerprint(source: Source) -> str:
    """SHA-256 over the weights that make the features."""
    digest = hashlib.sha256()
    for name, value in source.net.state_dict().items():
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def execute(plan: Plan, file: Path, command: str) -> dict[str, Any]:
    """Make the scores that `file` lacks, and return all that it then holds.

    Beside it stand FILE.npz, the class that each test picture was given, by `Job.key`, in the order of the fold; and
    the folds: DATA-folds.json, the names and classes of all files and for each fold what trains and what tests.

    Raises OtherResults when the file was made of other pictures, weights or rules.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    content = read(file, plan.identity())
    kept, named = content["scores"], _named(file)
    labels = folds.of_at_least(plan.pictures.labels, plan.least)
    classes = [plan.pictures.class_names[label] for label in np.unique(labels[labels >= 0])]
    if len(classes) < 2:
        raise ValueError(
            f"{plan.pictures.name} has no two classes of {plan.least} pictures or more; learn from fewer of each."
        )
    content |= {"classes": classes, "layers": plan.source.layers}
    done = {score["key"] for score in kept}
    todo = {layer: [job for job in plan.jobs(layer) if job.key not in done] for layer in plan.layers}
    total = sum(map(len, todo.values()))
    made = {"command": command} | describe(device(), 1)
    with tqdm(total=total, desc=f"{plan.source.name} on {plan.pictures.name}", unit="score", mininterval=1) as bar:
        for layer, jobs in todo.items():
            if not jobs:
                continue
            products = _products(plan, layer)
            for job in jobs:
                drawn = folds.fold(labels, job.train, job.fold, plan.most_tested)
                score, found = _score(products, labels, drawn, job)
                kept.append({"key": job.key, **job._asdict(), "digest": drawn.digest(plan.pictures.files), **score})
                named[job.key] = found.astype(np.int16)
                _keep(file, content | {"scores": kept, "made": made}, named)
                bar.update()
    _keep_folds(plan, labels, file.parent)
    return read(file, plan.identity())


def execute_several(
    source: Source, layer: str, training: SeveralLabels, validation: SeveralLabels, costs: tuple[float, ...]
) -> dict[str, Any]:
    """Average precision of each class of VOC 2012 (Table 6), by support vectors on one layer.

    A picture that shows a class only in objects marked difficult teaches nothing about it either way: it stands among
    the others in training, and is passed over in judging, as the challenge says. C is chosen on a fifth of the
    training pictures, for all classes together.
    """
    pixels = np.concatenate([training.pictures.pixels, validation.pictures.pixels])
    products = classify.of_unit_length(_gram(source, layer, pixels))
    truth = np.concatenate([training.present, validation.present])
    hard = np.concatenate([training.difficult, validation.difficult])
    learnt, judged = np.split(np.arange(len(pixels)), [len(training.pictures)])
    shuffled = np.random.default_rng(0).permutation(learnt)
    inner, held = np.split(shuffled, [len(shuffled) - len(shuffled) // 5])

    def precisions(train: np.ndarray, test: np.ndarray, cost: float) -> list[float]:
        decided = classify.svm(products, truth, train, test, cost)
        return [
            classify.average_precision(decided[:, at], truth[test, at], hard[test, at]) for at in range(truth.shape[1])
        ]

    cost = costs[int(np.argmax([np.nanmean(precisions(inner, held, cost)) for cost in costs]))]
    found = precisions(learnt, judged, cost)
    by_class = dict(zip(CLASSES, (None if np.isnan(value) else value for value in found), strict=True))
    return {"layer": layer, "C": cost, "mean": float(np.nanmean(found)), "average_precision": by_class}


def read(file: Path, identity: dict[str, Any] | None = None) -> dict[str, Any]:
    """A result file; with `identity` an empty one where there is none, and OtherResults where it has another."""
    if identity is not None and not file.exists():
        return {"identity": identity, "scores": []}
    content = json.loads(file.read_text(encoding="utf-8"))
    for key, value in (identity or {}).items():
        if content["identity"].get(key) != value:
            raise OtherResults(
                f"{file} holds results with another {key} ({content['identity'].get(key)} there, {value} here); "
                "write these elsewhere with --out."
            )
    return content


def _products(plan: Plan, layer: str) -> np.ndarray:
    return classify.of_unit_length(_gram(plan.source, layer, plan.pictures.pixels))


def _gram(source: Source, layer: str, pixels: np.ndarray) -> np.ndarray:
    total = passes(len(pixels), source.features(pixels[:1], layer).shape[1])
    with tqdm(total=total, desc=f"layer {layer}", unit="picture", mininterval=1, leave=False) as bar:
        return gram(lambda batch: source.features(batch, layer), pixels, progress=bar.update)


def _score(products: np.ndarray, labels: np.ndarray, drawn: folds.Fold, job: Job) -> tuple[dict[str, Any], np.ndarray]:
    found, cost = classify.named(classify.CLASSIFIERS[job.classifier], products, labels, drawn)
    truth = labels[drawn.test]
    by_class = classify.accuracies(truth, found)
    score = {
        "C": cost,
        "accuracy": round(float(by_class.mean()), 5),
        "plain": round(float((found == truth).mean()), 5),
        "by_class": [round(float(value), 4) for value in by_class],
    }
    return score, found


def _named(file: Path) -> dict[str, np.ndarray]:
    beside = file.with_suffix(".npz")
    if not file.exists():
        return {}
    if not beside.exists():
        raise FileNotFoundError(f"{beside} is gone, which belongs to {file}; remove that, too, to score anew.")
    with np.load(beside) as stored:
        return dict(stored)


def _keep(file: Path, content: dict[str, Any], named: dict[str, np.ndarray]) -> None:
    """The names first: a score whose names are lost would never be made again."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named)
    atomic.write(file.with_suffix(".npz"), buffer.getvalue())
    atomic.write(file, (json.dumps(content) + "\n").encode())


def _keep_folds(plan: Plan, labels: np.ndarray, folder: Path) -> None:
    files = plan.pictures.files
    found = {}
    for train in plan.train:
        for seed in range(plan.folds):
            drawn = folds.fold(labels, train, seed, plan.most_tested)
            found[f"{train}-{seed}"] = {
                "train": drawn.train.tolist(),
                "test": drawn.test.tolist(),
                "digest": drawn.digest(files),
            }
    kept = folder / f"{plan.pictures.name}-folds.json"
    before = json.loads(kept.read_text(encoding="utf-8"))["folds"] if kept.exists() else {}
    content = {
        "fingerprint": plan.pictures.fingerprint,
        "class_names": plan.pictures.class_names,
        "files": files,
        "labels": plan.pictures.labels.tolist(),
        "folds": before | found,
    }
    atomic.write(kept, (json.dumps(content) + "\n").encode())
