"""One run in a folder at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class BusyFolder(ValueError):
    """Another process trains in the folder."""


@contextmanager
def alone(folder: Path, fabric: Fabric) -> Iterator[None]:
    """The folder for this process, or group of processes; raises BusyFolder while another one has it.

    The lock is the system's and goes with the process that holds it: nothing stale is left after a kill, only an empty
    file. Where the folder can't be written, or the file system has no locks, there is none.
    """
    from filelock import FileLock, Timeout

    lock, busy = None, False
    if fabric.is_global_zero:
        lock = FileLock(folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            busy = True
        except (OSError, NotImplementedError):
            lock = None
    if fabric.broadcast(busy):
        raise BusyFolder(f"Another process is training in {folder}; wait for it, or give this run a folder of its own.")
    try:
        yield
    finally:
        if lock:
            lock.release()
