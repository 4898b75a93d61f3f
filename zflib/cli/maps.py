"""What the commands about one map share: which network and step it is of, and the picture that they write."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zflib import atomic, memory
from zflib.arguments import brief
from zflib.cli import options


def add_net_and_step(added: argparse.ArgumentParser) -> None:
    added.add_argument("--net", default="zfnet-mini", metavar="NAME", help="weights to use (default: %(default)s)")
    added.add_argument("--step", default="conv5", help="layer or step: conv1 ... fc8 (default: %(default)s)")
    added.add_argument(
        "--out",
        type=options.picture_file,
        metavar="FILE",
        help="picture to write, in the format that its ending names (default: a .png named after the map)",
    )
    added.add_argument(
        "--enlarge", type=options.count, default=1, metavar="TIMES", help="draw every pixel as a square of this side"
    )
    options.add_weights(added)


def check_step(step: str, steps: Sequence[str]) -> None:
    if step not in steps:
        raise ValueError(f"There is no step {brief(repr(step))}; the steps are {', '.join(steps)}.")


def check_out(out: Path | None, height: int, width: int, enlarge: int) -> None:
    """Raise OSError or ValueError, before any work, where the picture can't be written or is too large to draw."""
    options.check_folder(out.parent if out else Path(), new=False)
    # An array of it, an enlarged one, and the picture.
    needed = 3 * 3 * height * width * enlarge**2
    memory.check(needed, f"A picture of {width * enlarge:,} x {height * enlarge:,} pixels (--enlarge {enlarge})")


def write_picture(path: Path, pixels: Any) -> None:
    from PIL import Image

    how = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    format = options.FORMATS[path.suffix.lower()]
    with atomic.replacing(path) as file:
        Image.fromarray(pixels).save(file, format=format, **how.get(format, {}))
