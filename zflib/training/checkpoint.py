"""Checkpoints that survive a kill, a full disk and a damaged file."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_bytes

from zflib import atomic


class DamagedCheckpoint(ValueError):
    """No checkpoint of the run is whole any more."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Keep `state` at `path`, the checkpoint before it beside it. The file begins with its own SHA-256.

    Raises OSError when it can't be written; the checkpoint before it then remains.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getvalue()
    if path.exists():
        os.replace(path, _previous(path))
    atomic.write(path, hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)


def load(path: Path) -> dict[str, Any] | None:
    """The newest whole checkpoint, or None if there is none. A damaged one is named in a warning and passed over.

    Raises DamagedCheckpoint when there are some and none is whole.
    """
    there = [candidate for candidate in (path, _previous(path)) if candidate.exists()]
    for candidate in there:
        digest, _, payload = candidate.read_bytes().partition(b"\n")
        if hashlib.sha256(payload).hexdigest().encode() == digest:
            return torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        warnings.warn(f"The checkpoint {candidate} is damaged; looking for the one before it.", stacklevel=2)
    if there:
        raise DamagedCheckpoint(f"No checkpoint in {path.parent} is whole; remove them to start the run afresh.")
    return None


def keep_epoch(folder: Path, epoch: int, state: dict[str, torch.Tensor]) -> None:
    """Keep a network's tensors as they are after `epoch`: `epoch-005.safetensors` in `folder`, in float16.

    Raises OSError when it can't be written.
    """
    half = {name: value.detach().half().contiguous() for name, value in state.items()}
    atomic.write(folder / f"epoch-{epoch:03}.safetensors", to_bytes(half))


def _previous(path: Path) -> Path:
    return path.with_name(path.name + ".previous")
