"""What a run was made with: code, versions, device, memory."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = ("zflib", "torch", "torchvision", "numpy", "lightning-fabric")
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def describe(device: torch.device, processes: int = 1) -> dict[str, Any]:
    """Commit of the code (None outside a checkout), device with threads and processes, and versions."""
    threads = torch.get_num_threads()
    if device.type == "cuda":
        named = torch.cuda.get_device_name(device)
    elif device.type == "mps":
        named = f"Apple GPU ({platform.machine()})"
    else:
        named = f"CPU ({platform.machine()}), {threads} thread{'s' * (threads > 1)}"
    if processes > 1:
        named += f", {processes} processes"
    versions = {"python": platform.python_version()} | _versions() | {"torch": torch.__version__}
    return {"commit": _commit(), "device": named, "versions": versions}


def peak_memory_gb() -> float | None:
    """The most memory that this process has held since its start or since `forget_peak_memory`, in 10^9 bytes; None
    where the system does not say (Windows).

    On Linux the kernel's mark of high water: `ru_maxrss` survives fork and exec, so that a process never reports less
    than the one that started it held.
    """
    with suppress(OSError):
        return round(int(re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())[1]) * 1024 / 1e9, 2)
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes, on macOS bytes
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e9, 2)


def forget_peak_memory() -> None:
    """Let `peak_memory_gb` begin anew with what is held now, as for the second of two runs in one process.

    Where the system can't, which is everywhere but on Linux, the peak remains the whole process's.
    """
    with suppress(OSError):
        _CLEAR.write_text("5")


def _commit() -> str | None:
    try:
        where = Path(__file__).parent
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=where, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return found.stdout.strip() or None


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # zflib itself, run from a checkout that is not installed
            continue
    return found
