"""Table 4 with what its retellings add. `python -m zflib.experiments.transfer.finetune`

The paper keeps the layers of its ImageNet network fixed and trains a new softmax on top of them; its retellings have
it "fine-tuned". Both, and a network that sees Caltech-101 alone, on the same folds: a softmax on layer 7 is `python -m
zflib transfer --layers 7 --classifiers softmax`; this command trains all layers, from random weights and from named
ones. Runs that the result file holds are kept and not made again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from zflib import weights
from zflib.architecture import Architecture
from zflib.data.sets import PictureSet
from zflib.experiments import read, write
from zflib.experiments.transfer import classify, folds
from zflib.network import device
from zflib.training.recipe import MINI, Recipe

FILE = Path(__file__).with_suffix(".json")
TRAIN = (15, 30)
FOLDS = 5
STARTS = ("", "zfnet-mini")
# Epochs with `TRAIN[0]` pictures a class, as many steps with more. A first try with batches of 64, half as many epochs
# and a quarter of TUNED's rate named a fifth of its *training* pictures in the end. These were chosen by how many of
# those a run on one fold names; its test pictures were not looked at.
SCRATCH = replace(MINI, batch_size=32, epochs=120)
# What is learnt is to be kept: a lower rate, and no decay that would wear conv1's filters down.
TUNED = replace(SCRATCH, epochs=60, learning_rate=0.004, conv1_weight_decay=MINI.weight_decay)


def result() -> dict[str, Any]:
    """The committed result: "runs" holds one a start ("" for random weights), number of training pictures and fold,
    with its `accuracy`, the mean over classes, and `plain`, over pictures; `training` is the share of its training
    pictures, cut at random and with dropout, that it named in its last epoch. Beside them how they were made."""
    return read(FILE)


def recipe(start: str, train: int) -> Recipe:
    """How a run learns that starts from named weights, or from random ones (""), with `train` pictures a class."""
    how = TUNED if start else SCRATCH
    return replace(how, epochs=round(how.epochs * TRAIN[0] / train))


def architecture(start: str, classes: int) -> Architecture:
    """The network of named weights, zfnet-mini where there are none, with as many classes."""
    return replace(weights.load(start or "zfnet-mini").architecture, classes=classes)


def sides(pictures: PictureSet, train: int, fold: int) -> tuple[PictureSet, PictureSet]:
    """What a run learns from and what it is tested on."""
    drawn = folds.fold(folds.of_at_least(pictures.labels, max(TRAIN) + 1), train, fold)

    def part(at: np.ndarray, use: str) -> PictureSet:
        return PictureSet(
            f"{pictures.name}, {use} of fold {fold} with {train} a class",
            pictures.pixels[at],
            pictures.labels[at],
            pictures.class_names,
            f"{pictures.fingerprint} {drawn.digest(pictures.files)}",
            files=tuple(pictures.files[each] for each in at),
        )

    return part(drawn.train, "training"), part(drawn.test, "test")


def main(arguments: Sequence[str] | None = None) -> None:
    from zflib.data import caltech101
    from zflib.experiments.transfer.run import read as kept_results
    from zflib.training.evaluate import centre_logits
    from zflib.training.loop import Run, train
    from zflib.training.recipe import best_precision

    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.transfer.finetune",
        description="Train networks on Caltech-101 from random weights and from named ones, but for those that the "
        "result file has. Ten to twenty minutes each on a CPU core; interrupted, it goes on where it was.",
    )
    parser.add_argument(
        "--starts", nargs="+", default=STARTS, metavar="NAME", help='default: "" (random) and zfnet-mini'
    )
    parser.add_argument("--runs", type=Path, default=Path("runs/finetune"), help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the chapter)")
    parser.add_argument("--download", action="store_true", help="fetch Caltech-101 if it is not there")
    given = parser.parse_args(arguments)
    learnt, tested = caltech101(160, given.download), caltech101(146, given.download)
    pictures = {"data": learnt.name, "fingerprint": tested.fingerprint}
    runs = kept_results(given.out, pictures).get("runs", [])
    done = {(run["start"], run["train"], run["fold"]) for run in runs}
    wanted = [(start, count, fold) for fold in range(FOLDS) for count in TRAIN for start in given.starts]
    for start, count, fold in wanted:
        if (start, count, fold) in done:
            continue
        training, test = sides(learnt, count, fold)[0], sides(tested, count, fold)[1]
        how = replace(recipe(start, count), precision=best_precision())
        kept = given.runs / f"{start or 'random'}-{count}-fold{fold}"
        # Looked at once, at the end: the test pictures decide nothing.
        run = Run(architecture(start, len(learnt.class_names)), how, fold, training, test, start)
        net = train(run, kept, evaluate_every=how.epochs)
        named = centre_logits(net, test).argmax(1)
        log = json.loads((kept / "log.json").read_text(encoding="utf-8"))
        runs.append(
            {
                "start": start,
                "train": count,
                "fold": fold,
                "epochs": how.epochs,
                "training": round(log[-1]["train_top1"], 5),
                "accuracy": round(classify.mean_accuracy(test.labels, named), 5),
                "plain": round(float((named == test.labels).mean()), 5),
                "by_class": [round(float(value), 4) for value in classify.accuracies(test.labels, named)],
            }
        )
        found = {
            "identity": pictures,
            "recipes": {
                name: replace(recipe(name, TRAIN[0]), precision=how.precision).record()
                for name in sorted({run["start"] for run in runs})
            },
            "runs": runs,
        }
        write(given.out, found, "zflib.experiments.transfer.finetune", device())
    print(f"{given.out}: {len(runs)} runs.")


if __name__ == "__main__":
    main()
