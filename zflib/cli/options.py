"""How a command is added to the command line, the options that several commands have, and what these stand for."""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is negative")
    return value


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{value:g} is not positive")
    return value


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{value:g} is not from 0 to below 1")
    return value


def count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value
