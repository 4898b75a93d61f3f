"""Seconds, and the machine's matrix product by which speeds are judged: the same for every benchmark and device."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

SIDE = 2048  # of the matrices that are multiplied on a CPU
SIDE_ON_ACCELERATORS = 8192  # smaller ones leave a large GPU waiting


def seconds(
    work: Callable[[], object],
    repeats: int = 3,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The fastest of some runs after one that warms up: the machine may be doing other things as well.

    device  where the work is done; its queue is empty when the clock is read
    clock   `time.process_time` counts this process's computing only, over all its threads
    """
    wait = getattr(torch, torch.device(device).type).synchronize
    work()
    times = []
    for _ in range(repeats):
        wait()
        start = clock()
        work()
        wait()
        times.append(clock() - start)
    return min(times)


def matmul_rate(
    precision: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Multiply-adds per second of a large matrix product in this precision."""
    side = SIDE if torch.device(device).type == "cpu" else SIDE_ON_ACCELERATORS
    a = torch.rand(side, side, dtype=precision, device=device)
    return side**3 / seconds(lambda: a @ a, 5, device, clock)
