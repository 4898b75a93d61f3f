"""What the commands about one map share: which network and step it is of, and the picture that they write."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zflib import atomic
from zflib.arguments import brief
from zflib.cli import options


def add_net_and_step(added: argparse.ArgumentParser) -> None:
    added.add_argument("--net", default="zfnet-mini", metavar="NAME", help="weights to use (default: %(default)s)")
    added.add_argument("--step", default="conv5", help="layer or step: conv1 ... fc8 (default: %(default)s)")
    added.add_argument("--out", type=Path, metavar="PNG", help="file to write (default: named after the map)")
    added.add_argument(
        "--enlarge", type=options.count, default=1, metavar="TIMES", help="draw every pixel as a square of this side"
    )
    options.add_weights(added)


def check_step(step: str, steps: Sequence[str]) -> None:
    if step not in steps:
        raise ValueError(f"There is no step {brief(repr(step))}; the steps are {', '.join(steps)}.")


def write_png(path: Path, pixels: Any) -> None:
    from PIL import Image

    with atomic.replacing(path) as file:
        Image.fromarray(pixels).save(file, format="PNG")
