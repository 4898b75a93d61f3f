"""Each chapter, run from its first cell to its last on the embedded photographs: time, and memory with its kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks import notebook
from benchmarks.figure import Figure, took
from benchmarks.memory import peak_of
from benchmarks.timing import matmul_rate

PRECISION = torch.float32
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def figures() -> Iterator[Figure]:
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        seconds, gigabytes = peak_of(notebook.run, path)
        yield took(f"chapter {int(path.stem[:2])}", seconds, matmul_rate())
        yield Figure(f"chapter {int(path.stem[:2])}, memory", gigabytes, "GB")
