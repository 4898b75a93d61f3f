"""The pictures that one edition of the book shows: the embedded photographs, or a data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from zflib.arguments import brief
from zflib.data.photographs import photographs
from zflib.data.sets import imagenette


class Pictures(Sequence):
    """RGB pictures by number, each made only when it is asked for; a slice is again such a sequence."""

    def __init__(self, numbers: Sequence[int], make: Callable[[int], Image.Image]) -> None:
        self._numbers, self._make = numbers, make

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, at):
        if isinstance(at, slice):
            return Pictures(self._numbers[at], self._make)
        return self._make(self._numbers[at])


@dataclass(frozen=True)
class Gallery:
    """Pictures to look at, and what a chapter needs to say about them.

    pictures         RGB PIL pictures, read when asked for
    titles           a caption for each
    labels           (N,) int64, positions in `class_names`; None where the pictures have no classes
    one_per_picture  whether the strongest patches of a map are taken one per picture, the paper's way; with a few
                     photographs they may be several well-separated windows of one
    sentence         which pictures these are, to print
    """

    name: str
    pictures: Sequence[Image.Image]
    titles: tuple[str, ...]
    labels: np.ndarray | None
    class_names: tuple[str, ...]
    one_per_picture: bool
    sentence: str


def gallery() -> Gallery:
    """The pictures of this edition: those that the environment variable ZFLIB_PICTURES names.

    "embedded", or nothing, means the photographs of `photographs()`, which need no network; "imagenette" means
    Imagenette's validation pictures at 160 px, downloaded once if they are not under `data_root()`. Raises ValueError
    for another name, FileNotFoundError, saying what to do, when Imagenette can't be had.
    """
    name = os.environ.get("ZFLIB_PICTURES") or "embedded"
    if name not in _GALLERIES:
        raise ValueError(
            f"ZFLIB_PICTURES is {brief(repr(name))}; set it to one of {', '.join(_GALLERIES)}, or leave it out."
        )
    return _GALLERIES[name]()


def _embedded() -> Gallery:
    found = photographs()
    return Gallery(
        name="embedded",
        pictures=Pictures(range(len(found)), lambda at: found[at].picture),
        titles=tuple(p.title for p in found),
        labels=None,
        class_names=(),
        one_per_picture=False,
        sentence=f"Pictures: the {len(found)} photographs that come with scikit-image and scikit-learn.",
    )


def _imagenette() -> Gallery:
    found = imagenette("val", 160, download=True)
    return Gallery(
        name="imagenette",
        pictures=Pictures(range(len(found)), lambda at: Image.fromarray(found.pixels[at])),
        titles=tuple(f"{found.class_names[label]}, validation picture {at}" for at, label in enumerate(found.labels)),
        labels=found.labels,
        class_names=found.class_names,
        one_per_picture=True,
        sentence=f"Pictures: the {len(found):,} validation pictures of Imagenette, 160 x 160 pixels; "
        "the networks were not trained on them.",
    )


_GALLERIES = {"embedded": _embedded, "imagenette": _imagenette}
