"""Files that are never half there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to under a temporary name, flushed to disk and renamed at the end: a reader sees the old file or
    the new one, whole.

    Raises OSError when the disk is full or the folder can't be written; the old file is then untouched.
    """
    # Processes of two machines that share a folder may have one number.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write(path: Path, content: bytes) -> None:
    """Write a whole file at once, as `replacing` does."""
    with replacing(path) as file:
        file.write(content)
