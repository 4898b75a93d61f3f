"""Which files of a folder are pictures."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import Image


def is_picture(path: str | os.PathLike[str]) -> bool:
    """Whether to read a file as a picture: its ending is one of Pillow's, or its content is."""
    path = Path(path)
    if path.suffix.lower() in _endings():
        return True  # if it can't be read, that is worth a message of its own
    if not path.is_file():
        return False
    try:
        with Image.open(path):
            return True
    except Exception:  # decoders meet rubbish with errors of every kind
        return False


def say_left_out(folder: Path, paths: Sequence[str | os.PathLike[str]]) -> None:
    """Warn once about a folder's files that are no pictures."""
    if paths:
        names = ", ".join(Path(path).name for path in paths[:3]) + " and others" * (len(paths) > 3)
        what = "1 file that is no picture is" if len(paths) == 1 else f"{len(paths)} files that are no pictures are"
        warnings.warn(f"In {folder} {what} left out: {names}.", stacklevel=3)


@cache
def _endings() -> frozenset[str]:
    return frozenset(ending for ending, format in Image.registered_extensions().items() if format in Image.OPEN)
