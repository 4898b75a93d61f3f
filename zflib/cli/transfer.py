"""`python -m zflib transfer`: what a network's features are worth for other pictures (Tables 4 to 7, Figure 9)."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zflib.cli import options
from zflib.weights import SHIPPED

if TYPE_CHECKING:
    from zflib.data import PictureSet
    from zflib.experiments.transfer.sources import Source

_SETS = ("caltech101", "caltech256")


def add(commands: Any) -> None:
    added = options.command(
        commands,
        "transfer",
        run,
        "learn to name other pictures from a network's features",
        "python -m zflib transfer --data caltech101 --net zfnet-mini --train 15 30",
        "For each layer a linear classifier learns from some pictures of each class and names the others, fold by fold;"
        " the score is the mean over classes. Interrupted, the same command goes on where it was. Writes DATA-NET.json "
        "(scores), DATA-NET.npz (the class each test picture was given) and DATA-folds.json (which pictures).",
    )
    added.add_argument(
        "--data",
        required=True,
        help="caltech101, caltech256 or voc2012 (under ZFLIB_DATA), or a folder of folders, one for each class",
    )
    added.add_argument("--download", action="store_true", help="download the set if it is not there")
    added.add_argument(
        "--background", action="store_true", help="count Caltech's background pictures as one more class"
    )
    added.add_argument(
        "--net",
        default="zfnet-mini",
        metavar="NAME",
        help="a name of 'weights list', random:NAME for its untrained twin, squeezenet (of ImageNet), or pixels "
        "(default: %(default)s)",
    )
    options.add_weights(added)
    added.add_argument("--layers", nargs="+", metavar="LAYER", help="numbers of the paper's layers (default: all)")
    added.add_argument(
        "--train",
        nargs="+",
        type=options.count,
        default=(15, 30),
        metavar="PICTURES",
        help="to learn from, of each class (default: 15 30)",
    )
    added.add_argument("--folds", type=options.count, default=5, help="default: %(default)s")
    added.add_argument("--classifiers", nargs="+", choices=("svm", "softmax"), default=("svm",), help="default: svm")
    added.add_argument(
        "--least",
        type=options.count,
        metavar="PICTURES",
        help="leave out classes with fewer (default: the largest number to learn from, and one to test)",
    )
    added.add_argument(
        "--most-tested",
        type=options.count,
        default=50,
        metavar="PICTURES",
        help="of each class (default: %(default)s, as in the paper)",
    )
    added.add_argument("--out", type=Path, default=Path("runs/transfer"), metavar="FOLDER", help="default: %(default)s")


def run(given: argparse.Namespace) -> None:
    from zflib.experiments.transfer.run import Plan, execute
    from zflib.experiments.transfer.sources import source

    options.check_folder(given.out)
    features = source(given.net, folder=given.weights)
    layers = _layers(given, features)
    file = given.out / f"{Path(given.data).name}-{given.net.replace(':', '-')}.json"
    if given.data == "voc2012":
        _several(given, features, layers, file)
        return
    pictures = _pictures(given, features.side)
    least = given.least or max(given.train) + 1
    plan = Plan(
        features, pictures, layers, tuple(given.classifiers), tuple(given.train), given.folds, least, given.most_tested
    )
    found = execute(plan, file, _command(given))
    for layer in layers:
        for classifier in given.classifiers:
            print(f"layer {layer}, {classifier}: {_row(found['scores'], layer, classifier, given)}")
    print(f"{file}: written. {len(found['classes'])} classes; mean over classes, s.d. over {given.folds} folds.")


def _row(scores: list[dict[str, Any]], layer: str, classifier: str, given: argparse.Namespace) -> str:
    from statistics import mean, pstdev

    said = []
    for train in given.train:
        wanted = (layer, classifier, train)
        here = [
            100 * each["accuracy"]
            for each in scores
            if (each["layer"], each["classifier"], each["train"]) == wanted and each["fold"] < given.folds
        ]
        said.append(f"{mean(here):.1f} +- {pstdev(here):.1f} % from {train}")
    return ", ".join(said)


def _layers(given: argparse.Namespace, features: Source) -> tuple[str, ...]:
    layers = tuple(given.layers or features.layers)
    for layer in layers:
        if layer not in features.layers:
            raise ValueError(f"{given.net} has no layer {layer!r}; its layers are {', '.join(features.layers)}.")
    return layers


def _pictures(given: argparse.Namespace, side: int) -> PictureSet:
    from zflib import data

    if given.data in _SETS:
        return getattr(data, given.data)(side, given.download, given.background)
    return data.folder(given.data, side)


def _several(given: argparse.Namespace, features: Source, layers: tuple[str, ...], file: Path) -> None:
    """Table 6: each layer's mean average precision on VOC 2012, learnt from "train" and judged on "val"."""
    from zflib import atomic
    from zflib.data import voc2012
    from zflib.experiments.transfer.classify import COSTS
    from zflib.experiments.transfer.run import execute_several, fingerprint, read
    from zflib.network import device
    from zflib.training.machine import describe

    file.parent.mkdir(parents=True, exist_ok=True)
    sides = [voc2012(split, features.side, given.download) for split in ("train", "val")]
    pictures = [side.pictures.fingerprint for side in sides]
    identity = {"data": "voc2012", "fingerprint": pictures, "weights": fingerprint(features)}
    scores = dict(read(file, identity)["scores"])
    for layer in layers:
        if layer not in scores:
            scores[layer] = execute_several(features, layer, *sides, costs=COSTS)
            made = {"command": _command(given)} | describe(device(), 1)
            content = {"identity": identity, "scores": scores, "made": made}
            atomic.write(file, (json.dumps(content) + "\n").encode())
        print(f"layer {layer}: mean average precision {100 * scores[layer]['mean']:.1f} %")


def _command(given: argparse.Namespace) -> str:
    """The command as its reader would type it, without where its files lie."""
    words = ["python -m zflib transfer", "--data", Path(given.data).name, "--net", given.net]
    words += ["--weights", given.weights.name] * (given.weights != SHIPPED)
    for option in ("layers", "train", "classifiers"):
        if getattr(given, option):
            words += [f"--{option}", *map(str, getattr(given, option))]
    words += ["--folds", str(given.folds)] + ["--background"] * given.background
    return words[0] + " " + shlex.join(words[1:])
