"""PASCAL VOC 2012 (Section 5.2, Table 6): pictures that may hold several classes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from zflib.data.sets import PictureSet, data_root, decoded

CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)


class SeveralLabels(NamedTuple):
    """Pictures of which each may hold several of the 20 classes; the set's own labels are all 0.

    present    (N, 20) booleans: an object of the class is there that is not marked difficult
    difficult  (N, 20) booleans: objects of the class are there, all of them marked difficult; the challenge
               passes such a picture over when it judges the class
    """

    pictures: PictureSet
    present: np.ndarray
    difficult: np.ndarray


def voc2012(split: str, side: int, download: bool = False) -> SeveralLabels:
    """VOC 2012's "train" (5,717) or "val" (5,823) pictures as squares of `side` pixels, found under `data_root()`.

    Its test labels were never published, so one learns from "train" and is judged on "val". Raises ValueError for
    another split, FileNotFoundError, saying what to do, when it is not there and `download` is off or fails.
    """
    from torchvision.datasets import VOCDetection

    if split not in ("train", "val"):
        raise ValueError(f"VOC 2012 has the splits train and val, not {split!r}.")
    root = data_root()
    where = Path(root) / "VOCdevkit" / "VOC2012"
    try:
        held = VOCDetection(root, "2012", split, download=download and not where.is_dir())
        objects = [_objects(path) for path in held.annotations]
    except (OSError, RuntimeError, ElementTree.ParseError) as error:
        raise FileNotFoundError(
            f"PASCAL VOC 2012 can't be read from {where}: {error}. "
            "Set ZFLIB_DATA to the folder that holds VOCdevkit, or call with download=True (2 GB)."
        ) from error
    pictures = decoded(f"voc2012 {split}", [(path, 0) for path in held.images], CLASSES, side, root)
    readable = set(pictures.files)
    kept = ["/".join(Path(path).parts[-2:]) in readable for path in held.images]
    present, difficult = np.zeros((2, len(objects), len(CLASSES)), dtype=bool)
    for at, found in enumerate(objects):
        for name, hard in found:
            (difficult if hard else present)[at, CLASSES.index(name)] = True
    return SeveralLabels(pictures, present[kept], (difficult & ~present)[kept])


def _objects(annotation: str) -> list[tuple[str, bool]]:
    """(class, whether it is marked difficult) of each object in a picture."""
    found = ElementTree.parse(annotation).getroot().iter("object")
    return [(each.findtext("name", ""), each.findtext("difficult", "0").strip() == "1") for each in found]
