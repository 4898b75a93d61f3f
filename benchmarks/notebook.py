"""One notebook, run from its first cell to its last. Imports little: what runs it counts as memory of the chapter."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path


def run(path: Path) -> float:
    """Run a copy on the embedded photographs; returns the seconds that it took, its kernel's start included."""
    import nbformat
    from nbclient import NotebookClient

    os.environ["ZFLIB_PICTURES"] = "embedded"
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            nbformat.read(path, as_version=4),
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )
        start = time.perf_counter()
        client.execute(stderr=subprocess.DEVNULL)  # what the kernel says of itself
        return time.perf_counter() - start
