"""What makes features general, classes or pictures? `python -m zflib.experiments.transfer.breadth`

Huh, Agrawal & Efros (2016) asked it of AlexNet and ImageNet; here it stands beside Zeiler and Fergus's Table 7.
Networks learn from parts of 100 ImageNet classes, all for as many steps, and are compared by what their features are
worth for Caltech-101. 5,000 pictures may be of 10, 50 or 100 classes, and 50 or 100 classes may have few pictures or
many: one thing moves at a time. Runs that the result file holds are kept and not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from zflib.architecture import ZFNET
from zflib.data.sets import PictureSet
from zflib.experiments import read, write
from zflib.network import ConvNet, device
from zflib.training.recipe import MINI, Recipe

FILE = Path(__file__).with_suffix(".json")
LAYERS = ("1", "2", "3", "4", "5", "6", "7")
TRAIN = 30  # pictures of each class of Caltech-101
FOLDS = 3
SEEDS = (0, 1)


@dataclass(frozen=True)
class Diet:
    """What a network learns from; `epochs` makes the steps of all diets equal (7,800 of 64 pictures, to 10)."""

    classes: int
    pictures: int
    epochs: int

    @property
    def name(self) -> str:
        return f"{self.classes} classes x {self.pictures} pictures"

    @property
    def recipe(self) -> Recipe:
        return replace(MINI, epochs=self.epochs)


DIETS = (Diet(10, 500, 100), Diet(50, 100, 100), Diet(100, 50, 100), Diet(50, 500, 20), Diet(100, 500, 10))


def result() -> dict[str, Any]:
    """The committed result: "runs" holds one a diet and seed, with `accuracy` on its own validation classes and
    `transfer`, by layer, the mean over classes of Caltech-101 for each fold; beside how they were made."""
    return read(FILE)


def part(pictures: PictureSet, diet: Diet, seed: int, most: int | None = None) -> PictureSet:
    """The pictures of a diet: classes drawn by the seed, the first few of its order; of each as many pictures.

    most  pictures of each class, in place of the diet's (for validation: all there are)

    A smaller diet lies inside a larger one of the same seed. Raises ValueError where there are not enough.
    """
    order = np.random.default_rng([seed, 0]).permutation(len(pictures.class_names))[: diet.classes]
    wanted = diet.pictures if most is None else most
    if len(order) < diet.classes:
        raise ValueError(f"{pictures.name} has {len(pictures.class_names)} classes, fewer than {diet.classes}.")
    kept, labels = [], []
    for label, of in enumerate(np.sort(order)):
        there = np.flatnonzero(pictures.labels == of)
        if most is None and len(there) < wanted:
            raise ValueError(f"{pictures.class_names[of]} has {len(there)} pictures, fewer than {wanted}.")
        chosen = np.random.default_rng([seed, 1, int(of)]).permutation(there)[:wanted]
        kept.append(np.sort(chosen))
        labels.append(np.full(len(chosen), label))
    at = np.concatenate(kept)
    return PictureSet(
        name=f"{pictures.name}, {diet.name}, seed {seed}",
        pixels=pictures.pixels[at],
        labels=np.concatenate(labels),
        class_names=tuple(pictures.class_names[of] for of in np.sort(order)),
        fingerprint=f"{pictures.fingerprint} {diet.classes} {wanted} {seed}",
        files=tuple(pictures.files[each] for each in at) if pictures.files else (),
    )


def transfer(net: ConvNet, pictures: PictureSet) -> dict[str, list[float]]:
    """By layer, the share of `pictures` that support vectors name, the mean over classes of each fold."""
    from zflib.experiments.transfer import classify, folds
    from zflib.experiments.transfer.gram import gram
    from zflib.experiments.transfer.sources import of_net

    source = of_net("breadth", net.eval())
    labels = folds.of_at_least(pictures.labels, TRAIN + 1)
    found: dict[str, list[float]] = {}
    for layer in LAYERS:
        products = classify.of_unit_length(gram(lambda p, at=layer: source.features(p, at), pictures.pixels))
        found[layer] = []
        for seed in range(FOLDS):
            drawn = folds.fold(labels, TRAIN, seed)
            named, _ = classify.named(classify.svm, products, labels, drawn)
            found[layer].append(round(classify.mean_accuracy(labels[drawn.test], named), 5))
    return found


def measure(folder: Path, validation: PictureSet, caltech: PictureSet) -> dict[str, Any]:
    """The figures of one finished run. Raises UnfinishedRun when it is not."""
    from zflib.training.evaluate import evaluate
    from zflib.training.ship import finished

    net, made = finished(folder, validation.class_names)
    net.to(device())
    return {
        "accuracy": round(evaluate(net, validation).top1, 5),
        "training": round(made["log"][-1]["train_top1"], 5),
        "transfer": transfer(net, caltech),
        "epochs": made["progress"]["epoch"],
        "minutes": round(made["progress"]["seconds"] / 60, 1),
        **made["made"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    from zflib.data import caltech101, data_root, folder
    from zflib.experiments.transfer.run import read as kept_results
    from zflib.training.loop import Run, train
    from zflib.training.recipe import best_precision

    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.transfer.breadth",
        description=f"Train {len(DIETS) * len(SEEDS)} networks on parts of 100 classes of ImageNet and score their "
        "features on Caltech-101, but for those that the result file has. Half an hour each on a CPU core; "
        "interrupted, it goes on where it was.",
    )
    parser.add_argument(
        "--data", type=Path, default=None, help="folder with train/ and val/ (default: mini_imagenet100 in ZFLIB_DATA)"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs/breadth"), help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the chapter)")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="default: 0 1")
    given = parser.parse_args(arguments)
    where = given.data or data_root() / "mini_imagenet100"
    training, validation = folder(where / "train", 160), folder(where / "val", 146)
    caltech = caltech101(146)
    pictures = {"data": training.name, "fingerprint": training.fingerprint, "judged on": caltech.fingerprint}
    runs = kept_results(given.out, pictures).get("runs", [])
    for seed in given.seeds:
        for diet in DIETS:
            if any((run["diet"], run["seed"]) == (diet.name, seed) for run in runs):
                continue
            kept = given.runs / f"{diet.classes}-{diet.pictures}-seed{seed}"
            eaten = part(training, diet, seed)
            recipe = replace(diet.recipe, precision=best_precision())
            architecture = ZFNET.mini(classes=diet.classes)
            train(Run(architecture, recipe, seed, eaten, part(validation, diet, seed, 10**6)), kept)
            found = measure(kept, part(validation, diet, seed, 10**6), caltech)
            runs.append({"diet": diet.name, "classes": diet.classes, "pictures": diet.pictures, "seed": seed} | found)
            write(
                given.out,
                {"identity": pictures, "train": TRAIN, "folds": FOLDS, "runs": runs},
                "zflib.experiments.transfer.breadth",
                device(),
            )
    print(f"{given.out}: {len(runs)} runs.")


if __name__ == "__main__":
    main()
