"""What the course takes in memory: each chapter, and training the mini preset. `make bench` prints it.

Each is run in a process of its own, whose peak the operating system reports when it ends.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def peak_of(work: Callable[..., object], *arguments: object) -> float:
    """Gigabytes that `work` takes at most, its children (a notebook's kernel) counted by the largest."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(theirs, work, *arguments))
    process.start()
    theirs.close()
    peak = ours.recv()
    process.join()
    return peak


def _measured(pipe, work: Callable[..., object], *arguments: object) -> None:
    work(*arguments)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    pipe.send(peak / (2**30 if sys.platform == "darwin" else 2**20))


def run_notebook(path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()


def train_briefly(name: str) -> None:
    import zflib
    from zflib.data import synthetic
    from zflib.training.loop import Run, train
    from zflib.training.recipe import MINI

    pictures = synthetic(9469, 160, seed=0)  # as many bytes as Imagenette
    validation = synthetic(256, 146, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        train(Run(getattr(zflib, name).mini(), MINI, 0, pictures, validation), Path(folder), stop_after_steps=8)


def main() -> None:
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        print(f"{notebook.name:<52}{peak_of(run_notebook, notebook):9.2f} GB", flush=True)
    for name in ("ZFNET", "ALEXNET"):
        print(
            f"{f'training {name.lower()}-mini, 9,469 pictures of 160 px':<52}{peak_of(train_briefly, name):9.2f} GB",
            flush=True,
        )


if __name__ == "__main__":
    main()
