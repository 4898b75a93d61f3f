"""The most memory that a check takes: the card's where there is one, else this process's."""

from __future__ import annotations

import gc

import torch

from zflib.training import machine


def forget(device: torch.device) -> None:
    """Give back what the checks before left, and count the peak from now on, where the system can."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    elif device.type == "mps":
        torch.mps.empty_cache()
    else:
        machine.forget_peak_memory()


def peak(device: torch.device) -> float | None:
    """10^9 bytes, None where the system does not say. Apple's driver tells what it holds now, not a peak."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() / 1e9
    return machine.peak_memory_gb()
