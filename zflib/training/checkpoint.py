"""Checkpoints that survive a kill, a full disk and a damaged file."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import Any

import torch

_PREVIOUS = ".previous"


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name, flush to disk, rename: a reader sees the old file or the new one, whole."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def save(path: Path, state: dict[str, Any]) -> None:
    """Keep `state` at `path`, the checkpoint before it beside it. The file begins with its own SHA-256."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getvalue()
    if path.exists():
        # A hard link, so that there is no moment without a checkpoint under the plain name.
        spare = path.with_name(path.name + _PREVIOUS)
        spare.unlink(missing_ok=True)
        os.link(path, spare)
    write_atomically(path, hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)


def load(path: Path) -> dict[str, Any] | None:
    """The newest whole checkpoint, or None if there is none. A damaged one is named in a warning and passed over."""
    for candidate in (path, path.with_name(path.name + _PREVIOUS)):
        if not candidate.exists():
            continue
        digest, _, payload = candidate.read_bytes().partition(b"\n")
        if hashlib.sha256(payload).hexdigest().encode() == digest:
            return torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        warnings.warn(f"The checkpoint {candidate} is damaged; going on from the one before it.", stacklevel=2)
    return None
