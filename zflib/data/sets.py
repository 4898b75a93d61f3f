"""Labelled sets of square pictures, decoded once and held as bytes."""

from __future__ import annotations

import hashlib
import os
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL

from zflib import atomic
from zflib.arguments import brief
from zflib.data.files import is_picture, say_left_out
from zflib.data.pictures import UnreadablePicture, centre_square, read, to_array


@dataclass(frozen=True)
class PictureSet:
    """Pictures and labels in memory.

    pixels       (N, side, side, 3) uint8
    labels       (N,) int64, positions in `class_names`
    fingerprint  SHA-256 over the files' names, classes and contents (or the generator's settings): which data this was
    unreadable   what could not be read and was left out, one message each
    files        CLASS_FOLDER/NAME of each picture's file; empty for a set that comes from no files
    """

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    fingerprint: str
    unreadable: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


def data_root() -> Path:
    """Where data sets live: the folder ZFLIB_DATA names, else the user's cache folder.

    Raises FileNotFoundError, saying what to do, for a user without a home.
    """
    from platformdirs import user_cache_path

    try:
        return Path(os.environ.get("ZFLIB_DATA") or user_cache_path("zflib")).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(f"{error} Set ZFLIB_DATA to a folder for data sets.") from error


def imagenette(split: str, side: int, download: bool = False) -> PictureSet:
    """Imagenette's "train" or "val" pictures as squares of `side` pixels, found under `data_root()`.

    Decoding takes seconds once; the pixels are then kept in the data root for the next run. Raises ValueError for
    another split, FileNotFoundError, saying what to do, when the pictures are not there and `download` is off or fails.
    Warns when there are fewer pictures than the set has.
    """
    if split not in _PICTURES:
        raise ValueError(f"Imagenette has the splits {' and '.join(_PICTURES)}, not {brief(repr(split))}.")
    from torchvision.datasets import Imagenette

    root = data_root()
    folder = root / "imagenette2-160" / split
    remedy = "Set ZFLIB_DATA to the folder that holds a whole imagenette2-160, or call with download=True (99 MB)."
    try:
        if download and not folder.is_dir():
            Imagenette(root, split=split, size="160px", download=True)
        samples, _ = _of_classes(folder)
        names = tuple(names[0] for names in Imagenette(root, split=split, size="160px").classes)
    except (OSError, RuntimeError, KeyError) as error:
        raise FileNotFoundError(f"Imagenette can't be read from {folder}: {error}. {remedy}") from error
    if len(samples) < _PICTURES[split]:
        warnings.warn(f"{folder} holds {len(samples)} of Imagenette's {_PICTURES[split]} pictures.", stacklevel=2)
    return decoded(f"imagenette2-160 {split}", samples, names, side, root)


_PICTURES = {"train": 9469, "val": 3925}

# The copies that the weights and results were made with keep the fingerprints, of names and sizes, that stand in their
# records. In pairs: the fingerprint of the contents, the recorded one.
_RECORDED = (
    (
        "458534376e6debaf39c35da5b6b79b2a5a88e21dd929c13db3999a32e4427b95",
        "837b5a877b578e5e6434ffc6e96a73c96490fa21338e63e7a9669b8c658064aa",
    ),
    (
        "6bef326c21e30c74a4e3b4fabc2b87ccb23e990bae4c5b7cae7705cdffb9b566",
        "00e788118a8a09667671d74bf095bb3169c6089bdb63dad8553824140a975b64",
    ),
)


def folder(path: str | os.PathLike[str], side: int) -> PictureSet:
    """The pictures of a folder with one folder for each class (torchvision's ImageFolder), as squares of `side` pixels.

    All of them are held in memory, 3 * side**2 bytes each. What counts is every file that Pillow knows, by its ending
    or its content; what does not is named in a warning. Raises FileNotFoundError when there is no such folder, no
    class in it, or a class without pictures; UnreadablePicture when none of them can be read.
    """
    where = Path(path).expanduser().resolve()
    try:
        samples, classes = _of_classes(where)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{where} must hold a folder of pictures for each class: {error}") from error
    return decoded(f"{where.parent.name} {where.name}", samples, classes, side, data_root())


def _of_classes(where: Path) -> tuple[list[tuple[str, int]], tuple[str, ...]]:
    """(path, label) of each picture in a folder with one folder for each class, and the names of the classes."""
    from torchvision.datasets import ImageFolder

    no_pictures: list[str] = []

    def counts(path: str) -> bool:
        return is_picture(path) or no_pictures.append(path) is not None

    found = ImageFolder(where, is_valid_file=counts)
    say_left_out(where, no_pictures)
    return found.samples, tuple(found.classes)


def part(pictures: PictureSet, percent: float) -> PictureSet:
    """That share of each class's pictures, the same ones every time; a smaller share lies inside a larger one.

    Raises ValueError for a share outside ]0, 100] or one that leaves a class without pictures.
    """
    if not 0 < percent <= 100:
        raise ValueError(f"A part must be more than 0 and at most 100 percent, not {percent}.")
    shuffled = np.random.default_rng(0).permutation(len(pictures))
    chosen = []
    for label in np.unique(pictures.labels):
        there = shuffled[pictures.labels[shuffled] == label]
        count = round(len(there) * percent / 100)
        if not count:
            raise ValueError(f"{percent:g} % of {pictures.name} leaves {pictures.class_names[label]} no picture.")
        chosen.append(there[:count])
    kept = np.sort(np.concatenate(chosen))
    return PictureSet(
        name=f"{pictures.name}, {percent:g} %",
        pixels=pictures.pixels[kept],
        labels=pictures.labels[kept],
        class_names=pictures.class_names,
        fingerprint=hashlib.sha256(f"{pictures.fingerprint} {percent:g} %".encode()).hexdigest(),
        files=tuple(pictures.files[at] for at in kept) if pictures.files else (),
    )


def decoded(
    name: str, samples: Sequence[tuple[str, int]], class_names: tuple[str, ...], side: int, root: Path
) -> PictureSet:
    """The pictures in files, (path, label) each, as squares of `side` pixels; decoded once and kept under `root`."""
    fingerprint = _contents(samples)
    # Another Pillow may decode other pixels.
    made_of = f"{name.replace(' ', '-')}-{side}-{fingerprint[:16]}-pillow{PIL.__version__}"
    kept = root / "decoded" / f"{made_of}.npz"
    try:
        with np.load(kept) as stored:
            pixels, readable, reasons = stored["pixels"], stored["readable"], stored["reasons"].tolist()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or not whole
        pixels, readable, reasons = _decode(name, [path for path, _ in samples], side)
        _keep(kept, pixels=pixels, readable=readable, reasons=np.array(reasons, dtype=str))
    left_out = [path for (path, _), good in zip(samples, readable, strict=True) if not good]
    unreadable = tuple(path + reason for path, reason in zip(left_out, reasons, strict=True))
    if not readable.any():
        raise UnreadablePicture(f"None of {name}'s {len(samples)} pictures can be read. The first: {unreadable[0]}")
    labels = np.array([label for _, label in samples], dtype=np.int64)[readable]
    recorded = dict(_RECORDED).get(fingerprint, fingerprint)
    files = tuple("/".join(Path(path).parts[-2:]) for (path, _), good in zip(samples, readable, strict=True) if good)
    return PictureSet(name, pixels, labels, class_names, recorded, unreadable, files)


def _contents(samples: Sequence[tuple[str, int]]) -> str:
    """SHA-256 over each file's name, class and contents."""
    digest = hashlib.sha256()
    for path, label in samples:
        try:
            with open(path, "rb") as file:
                held = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:  # a broken link, say: `read` will say so
            held = str(error.errno)
        digest.update(f"{Path(path).name} {held} {label}\n".encode())
    return digest.hexdigest()


def _decode(name: str, paths: Sequence[str], side: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Pixels of the readable pictures, which of all they are, and for each of the others what follows its path in the
    message: the same file may lie elsewhere next time."""
    from tqdm.auto import tqdm

    pixels = np.empty((len(paths), side, side, 3), dtype=np.uint8)
    readable, reasons = np.ones(len(paths), dtype=bool), []
    for at, path in enumerate(tqdm(paths, desc=f"reading {name}", unit="picture", mininterval=1)):
        try:
            pixels[at] = to_array(centre_square(read(path), side))
        except UnreadablePicture as error:
            readable[at] = False
            reasons.append(str(error).removeprefix(path))
            tqdm.write(f"left out: {error}")
    return pixels[readable], readable, reasons


def _keep(path: Path, **arrays: np.ndarray) -> None:
    """Write the decoded pictures for the next run; a folder that can't be written costs only the time to decode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as file:
            np.savez(file, **arrays)
    except OSError as error:
        warnings.warn(f"The decoded pictures are not kept in {path.parent}: {error.strerror}.", stacklevel=4)
