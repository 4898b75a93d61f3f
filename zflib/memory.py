"""What can't fit the memory, refused before the machine is brought to its knees."""

from __future__ import annotations

import os

import torch


def check(needed: float, what: str, device: torch.device | None = None) -> None:
    """Raise ValueError when `what` needs more bytes than the device, or this machine, has in all."""
    there = _total(device)
    if there and needed > there:
        raise ValueError(f"{what} would need {needed / 1e9:,.0f} GB of memory; there are {there / 1e9:,.0f}.")


def _total(device: torch.device | None) -> int | None:
    """Bytes of memory; None where the system does not say (Windows)."""
    if device is not None and device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
