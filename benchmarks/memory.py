"""The most memory that some work takes, in a process of its own."""

from __future__ import annotations

import multiprocessing
import re
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

EVERY = 0.05  # seconds between two looks


def peak_of(work: Callable[..., object], *arguments: object) -> tuple[object, float]:
    """What `work` returns, and the gigabytes (10^9 bytes) that its process and the processes it starts held at most.

    Those that live at the same time are added, each with its own peak: on Linux the kernel's mark of high water, which
    misses nothing; elsewhere what a look every 50 ms finds. `ru_maxrss` would not do: it survives fork and exec, so
    that a child never reports less than its parent held when it was started.

    work  can be pickled, with its arguments and its result

    Raises ChildProcessError when the work fails; its traceback is on stderr.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_do, args=(theirs, work, *arguments))
    process.start()
    theirs.close()
    root, peak = psutil.Process(process.pid), 0
    while not ours.poll(EVERY):
        peak = max(peak, _held_by_all(root))
    peak = max(peak, _held_by_all(root))  # the work is done, and its process waits for this
    try:
        result = ours.recv()
    except EOFError:
        raise ChildProcessError(f"{work.__name__} failed; its traceback stands above.") from None
    finally:
        ours.close()
        process.join()
    return result, peak / 1e9


def _do(pipe: Connection, work: Callable[..., object], *arguments: object) -> None:
    pipe.send(work(*arguments))
    pipe.poll(None)  # until the other end is closed


def _held_by_all(root: psutil.Process) -> int:
    try:
        return sum(map(_held, [root, *root.children(recursive=True)]))
    except psutil.NoSuchProcess:
        return 0


def _held(process: psutil.Process) -> int:
    """Bytes: at most so far on Linux, now elsewhere; 0 for a process that has ended."""
    try:
        if sys.platform == "linux":
            found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
            return 1024 * int(found[1]) if found else 0
        return process.memory_info().rss
    except (OSError, psutil.Error):
        return 0
