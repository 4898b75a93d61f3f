"""Caltech-101 and Caltech-256 (Section 5.2), read where torchvision keeps them."""

from __future__ import annotations

from pathlib import Path

from zflib.data.sets import PictureSet, data_root, decoded

_BACKGROUND = {"101": "BACKGROUND_Google", "256": "257.clutter"}


def caltech101(side: int, download: bool = False, background: bool = False) -> PictureSet:
    """The 8,677 pictures of Caltech-101's 101 classes as squares of `side` pixels, found under `data_root()`.

    background  add the 467 pictures of BACKGROUND_Google as a class of its own: 102 classes, as many articles count

    Grey pictures are read as RGB with three equal channels. Raises FileNotFoundError, saying what to do, when the
    pictures are not there and `download` is off or fails.
    """
    return _read("101", side, download, background)


def caltech256(side: int, download: bool = False, background: bool = False) -> PictureSet:
    """The pictures of Caltech-256's 256 classes; arguments and errors as for `caltech101`. `background` adds its
    257th, 257.clutter."""
    return _read("256", side, download, background)


def _read(which: str, side: int, download: bool, background: bool) -> PictureSet:
    from torchvision import datasets

    root = data_root()
    where = Path(root) / f"caltech{which}" / f"{which}_ObjectCategories"
    remedy = f"Set ZFLIB_DATA to the folder that holds caltech{which}, or call with download=True."
    try:
        if download and not where.is_dir():
            getattr(datasets, f"Caltech{which}")(root, download=True)
        classes = sorted(folder.name for folder in where.iterdir() if folder.is_dir())
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(f"Caltech-{which} can't be read from {where}: {error}. {remedy}") from error
    if not background:
        classes = [name for name in classes if name != _BACKGROUND[which]]
    if not classes:
        raise FileNotFoundError(f"{where} holds no folder of a class. {remedy}")
    samples = [
        (str(file), label) for label, name in enumerate(classes) for file in sorted((where / name).glob("*.jpg"))
    ]
    if not samples:
        raise FileNotFoundError(f"{where} holds no picture. {remedy}")
    return decoded(f"caltech{which}" + " with background" * background, samples, tuple(classes), side, root)
