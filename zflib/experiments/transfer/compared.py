"""In what SqueezeNet and our networks differ besides training. `python -m zflib.experiments.transfer.compared`

Which classes of Caltech-101 a network was taught, by their names; how large the pictures are that it sees; how many
numbers each of its layers gives for one of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zflib import weights
from zflib.experiments import read, write
from zflib.experiments.transfer import summary
from zflib.experiments.transfer.sources import Source, source
from zflib.network import device

FILE = Path(__file__).with_suffix(".json")
NETWORKS = ("zfnet-mini", "alexnet-mini", "squeezenet")


def result() -> dict[str, Any]:
    """The committed result, each by network:

    taught   by `taught`, for zfnet-mini's ten classes and SqueezeNet's thousand: class of Caltech-101 -> names of its
             own classes. They are those of torchvision, one name a class: by their synonyms there would be more
    side     pixels a side of the pictures that it sees
    numbers  by layer, how many it gives for one picture
    """
    return read(FILE)


def taught(classes: Iterable[str], names: Iterable[str]) -> dict[str, list[str]]:
    """The classes whose name is one of `names`, or the end of one ("camera": "reflex camera"), and which.

    Underscores are spaces, capitals small letters; a word's last "s" does not count.
    """
    own = {name: words(name) for name in names}
    found = {each: [name for name, of in own.items() if of[-len(words(each)) :] == words(each)] for each in classes}
    return {each: which for each, which in found.items() if which}


def words(name: str) -> list[str]:
    return [word.removesuffix("s") for word in name.lower().replace("_", " ").split()]


def numbers(of: Source) -> dict[str, int]:
    """By layer, how many numbers it gives for a picture."""
    grey = np.full((1, of.side, of.side, 3), 128, np.uint8)
    return {layer: of.features(grey, layer).shape[1] for layer in of.layers}


def measure() -> dict[str, Any]:
    from torchvision.models import SqueezeNet1_0_Weights

    made = {name: source(name) for name in NETWORKS}
    grey = {name: np.full((1, of.side, of.side, 3), 128, np.uint8) for name, of in made.items()}
    classes = summary.result().classes
    return {
        "taught": {
            "zfnet-mini": taught(classes, weights.load("zfnet-mini").class_names),
            "squeezenet": taught(classes, SqueezeNet1_0_Weights.IMAGENET1K_V1.meta["categories"]),
        },
        "side": {name: of.prepare(grey[name]).shape[-1] for name, of in made.items()},
        "numbers": {name: numbers(of) for name, of in made.items()},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.transfer.compared",
        description="Which of Caltech-101's classes networks were taught, and how many numbers their layers give.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the chapter)")
    given = parser.parse_args(arguments)
    found = measure()
    write(given.out, found, "zflib.experiments.transfer.compared", device())
    for name, which in found["taught"].items():
        print(f"{name}: {len(which)} classes of Caltech-101.")


if __name__ == "__main__":
    main()
