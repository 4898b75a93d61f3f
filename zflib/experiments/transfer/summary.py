"""What the runs of `python -m zflib transfer` came to, in the form that chapter 12 reads.

`python -m zflib.experiments.transfer` puts the runs under results/transfer into the package.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from zflib import atomic

FILE = Path(__file__).with_suffix(".json")
CONFUSED = Path(__file__).with_suffix(".safetensors")
MOST = 3  # other classes that a class is taken for, the most frequent ones


class Interval(NamedTuple):
    """A mean over folds and a 95 % interval for other folds of the same pictures."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """All scores on one set of pictures, in percent."""

    content: dict[str, Any]

    @property
    def classes(self) -> list[str]:
        return self.content["classes"]

    @property
    def sources(self) -> list[str]:
        """Names of what features were taken from, as `zflib.experiments.transfer.sources.source` knows them."""
        return list(self.content["sources"])

    def layers(self, source: str) -> list[str]:
        return list(self.content["sources"][source]["layers"])

    def counts(self, source: str, classifier: str = "svm") -> list[int]:
        """Numbers of training pictures of each class."""
        return sorted({train for name, _, made_by, train in self._scores if (name, made_by) == (source, classifier)})

    def accuracy(
        self, source: str, layer: str, train: int, classifier: str = "svm", measure: str = "accuracy"
    ) -> np.ndarray:
        """(folds,) share of test pictures that get their class's name, the mean over classes.

        measure  "plain" for the share of all test pictures instead

        Raises KeyError where there is no such run.
        """
        score = self._scores[source, layer, classifier, train]
        return 100 * np.array(score[measure])

    def difference(self, one: np.ndarray, other: np.ndarray, train: int) -> Interval:
        """`one` less `other`, (folds,) each on the same folds.

        Folds share pictures, so their spread alone would promise too much. The variance of the mean over k folds is
        taken as (1/k + tested/trained) times theirs, after Nadeau & Bengio (2003), with Student's t of k - 1 degrees.
        The networks are the ones at hand: another seed of their training is not in the interval.
        """
        from scipy.stats import t

        apart = np.asarray(one) - np.asarray(other)
        folds = self.content["folds"][str(train)]
        scale = np.sqrt(1 / len(apart) + folds["tested"] / folds["trained"])
        reach = float(t.ppf(0.975, len(apart) - 1) * scale * apart.std(ddof=1))
        return Interval(float(apart.mean()), float(apart.mean()) - reach, float(apart.mean()) + reach)

    @cached_property
    def _scores(self) -> dict[tuple[str, str, str, int], dict[str, Any]]:
        return {
            (name, score["layer"], score["classifier"], score["train"]): score
            for name, made in self.content["sources"].items()
            for score in made["scores"]
        }


def result() -> Summary:
    """The committed result on Caltech-101 without its background: 101 classes."""
    return Summary(json.loads(FILE.read_text(encoding="utf-8")))


def confused() -> dict[str, np.ndarray]:
    """What test pictures of each class were taken for by support vectors, the mean over folds.

    By "SOURCE/LAYER/TRAIN": (classes, 1 + 2 * MOST) uint8, the percentage that was named right; then, the most
    frequent first, another class and the percentage that got its name.
    """
    from safetensors.numpy import load_file

    return load_file(CONFUSED)


def collect(folder: Path, data: str = "caltech101") -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `write` writes, from the results that `python -m zflib transfer --out FOLDER` left.

    Raises FileNotFoundError when there are none, ValueError when they are not of the same pictures.
    """
    files = sorted(file for file in folder.glob(f"{data}-*.json") if file.name != f"{data}-folds.json")
    if not files:
        raise FileNotFoundError(f"There are no results of {data} in {folder}; make them with python -m zflib transfer.")
    drawn = json.loads((folder / f"{data}-folds.json").read_text(encoding="utf-8"))
    labels, sources, named, classes = np.array(drawn["labels"]), {}, {}, None
    for file in files:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["identity"]["fingerprint"] != drawn["fingerprint"] or classes not in (None, found["classes"]):
            raise ValueError(f"{file} holds results of other pictures or classes than {files[0]}.")
        classes, name = found["classes"], found["identity"]["features"]
        with np.load(file.with_suffix(".npz")) as stored:
            given = dict(stored)
        by_kind: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
        for score in found["scores"]:
            by_kind.setdefault((score["layer"], score["classifier"], score["train"]), []).append(score)
        scores = []
        for (layer, classifier, train), of_folds in by_kind.items():
            of_folds.sort(key=lambda score: score["fold"])
            kept = {key: [score[key] for score in of_folds] for key in ("accuracy", "plain", "C")}
            scores.append({"layer": layer, "classifier": classifier, "train": train, **kept})
            if classifier == "svm":
                pairs = [(labels[drawn["folds"][f"{train}-{s['fold']}"]["test"]], given[s["key"]]) for s in of_folds]
                named[f"{name}/{layer}/{train}"] = taken_for(*map(np.concatenate, zip(*pairs, strict=True)))
        sources[name] = {"layers": found["layers"], "made": found["made"], "scores": scores}
    folds: dict[str, dict[str, int]] = {}
    for key, fold in drawn["folds"].items():
        folds.setdefault(key.split("-")[0], {"trained": len(fold["train"]), "tested": len(fold["test"])})
    content = {"data": data, "fingerprint": drawn["fingerprint"], "classes": classes, "folds": folds}
    return content | {"sources": sources}, named


def taken_for(truth: np.ndarray, named: np.ndarray) -> np.ndarray:
    """What the test pictures of each class were named, as `confused` holds it; classes are those of `truth`, sorted."""
    there = np.unique(truth)
    rows = []
    for label in there:
        shares = np.array([(named[truth == label] == other).mean() for other in there])
        own = np.flatnonzero(there == label)[0]
        others = [at for at in np.argsort(-shares, kind="stable") if at != own][:MOST]
        rows.append([round(100 * shares[own]), *(each for at in others for each in (at, round(100 * shares[at])))])
    return np.array(rows, np.uint8)


def write(folder: Path = Path("results/transfer")) -> Summary:
    """Put the results into the package."""
    from safetensors.numpy import save

    content, named = collect(folder)
    atomic.write(CONFUSED, save(named))
    atomic.write(FILE, (json.dumps(content) + "\n").encode())
    return Summary(content)
