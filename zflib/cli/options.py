"""How a command is added to the command line, the options that several commands have, and what these stand for."""

from __future__ import annotations

import argparse
import math
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zflib.arguments import brief
from zflib.weights import SHIPPED

if TYPE_CHECKING:
    from zflib.data import PictureSet


def command(
    under: Any, name: str, run: Callable[[argparse.Namespace], None], summary: str, example: str, more: str = ""
) -> argparse.ArgumentParser:
    """Add a command, or an action of one; its help shows the summary as a sentence, what more there is to say, and the
    example."""
    added = under.add_parser(
        name,
        help=summary,
        description=textwrap.fill(f"{summary[0].upper()}{summary[1:]}. {more}", 79),
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(run=run)
    return added


def add_weights(added: argparse.ArgumentParser, purpose: str = "folder of the weights") -> None:
    added.add_argument(
        "--weights", type=Path, default=SHIPPED, metavar="FOLDER", help=f"{purpose} (default: zflib's own)"
    )


def add_precision(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--precision",
        choices=("auto", "32", "bf16"),
        default="auto",
        help="auto takes bf16 where the processor or GPU has it in hardware (default: %(default)s)",
    )


def precision(given: argparse.Namespace) -> str:
    """The recipe's name for what `--precision` says."""
    from zflib.training.recipe import best_precision

    return {"auto": best_precision(), "32": "32-true", "bf16": "bf16-mixed"}[given.precision]


def add_data(added: argparse.ArgumentParser, default: str | None = "imagenette", otherwise: str = "") -> None:
    added.add_argument(
        "--data",
        default=default,
        help="imagenette (under ZFLIB_DATA), synthetic, or a folder with train/CLASS/ and val/CLASS/ pictures, "
        f"which are held in memory (default: {default or otherwise})",
    )
    added.add_argument("--download", action="store_true", help="download Imagenette (99 MB) if it is not there")


def picture_set(name: str, split: str, side: int, download: bool) -> PictureSet:
    """The pictures that `--data` names, of one split, their shorter side scaled to `side`."""
    from zflib import data

    if name == "imagenette":
        return data.imagenette(split, side, download)
    if name == "synthetic":
        return data.synthetic(2000, side, seed=0) if split == "train" else data.synthetic(500, side, seed=1)
    return data.folder(Path(name) / split, side)


def training_and_validation(name: str, sides: tuple[int, int], download: bool) -> tuple[PictureSet, PictureSet]:
    """Both splits of what `--data` names, each at its own side."""
    return picture_set(name, "train", sides[0], download), picture_set(name, "val", sides[1], download)


def whole(text: str) -> int:
    value = _number(text, int)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is negative")
    return value


def positive(text: str) -> float:
    value = _number(text, float)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{value:g} is not positive")
    return value


def share(text: str) -> float:
    value = _number(text, float)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{value:g} is not from 0 to below 1")
    return value


def count(text: str) -> int:
    value = _number(text, int)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def _number(text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        what = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"{brief(repr(text))} is no {what}") from None


# What a picture file may end in, and the format that this names.
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}


def picture_file(text: str) -> Path:
    """A file for a picture, whose ending names the format."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{brief(repr(text))} is a folder; name a file in it")
    if path.suffix.lower() not in FORMATS:
        raise argparse.ArgumentTypeError(f"{brief(repr(text))} names no picture; end it in {', '.join(FORMATS)}")
    return path


def check_folder(folder: Path, new: bool = True) -> None:
    """Raise OSError unless a folder can be written, or made where it is not there and may be new."""
    there = folder
    while new and not there.exists() and there != there.parent:
        there = there.parent
    if not there.exists():
        raise FileNotFoundError(f"There is no folder {there} to write to.")
    if not there.is_dir():
        raise NotADirectoryError(f"{there} is a file, and {folder} can't be a folder to write to.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(f"The folder {there} can't be written to: permission denied.")
