"""Run the chapters, each in a process of its own, as many at a time as there are cores, longest first.

`run` does it for the book (tools/build_book.py), for the committed outputs (tools/refresh_notebooks.py) and for tests.
What a chapter leaves behind lies in a folder of its own: the executed notebook, the frames of its explorers, and a
stamp that says what it was made from. A copy is used again only if nothing that it depends on has changed since: the
notebook, zflib, the results, the versions of Python and of all packages, the edition and its pictures.
"""

import asyncio
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path

import edition
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ROOT = Path(__file__).parent.parent
EXECUTED = ROOT / "_build" / "executed"
LOG = ROOT / "_build" / "log" / "notebooks.log"
INPUTS = ("zflib", "results", "pyproject.toml", "tools/run_notebooks.py")
PASSING = ("__pycache__", ".ipynb_checkpoints", "explorers")
STAMP = "made_from"
GIGABYTES_EACH = 2  # of memory: what CONTRIBUTING.md allows a chapter
TIMEOUT = 1200  # seconds a cell; for slow machines, the chapters ask for far less


class Failed(RuntimeError):
    """A cell raised; the message names the notebook and carries the traceback."""


def notebooks() -> list[Path]:
    """The chapters in reading order, then the Deeper pages, which most readers skip."""
    return [path for pattern in ("*.ipynb", "deeper/*.ipynb") for path in sorted((ROOT / "notebooks").glob(pattern))]


def fingerprint(*names: str) -> str:
    """SHA-256 over files and folders of the tree, the edition's pictures, the Python that runs and its packages."""
    packages = sorted(f"{found.name} {found.version}" for found in distributions())
    digest = hashlib.sha256("\n".join([edition.fingerprint(), sys.version, *packages]).encode())
    for top in (ROOT / name for name in names):
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            name = path.relative_to(ROOT)
            if path.is_file() and not set(PASSING) & set(name.parts):
                digest.update(f"\0{name.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def stamp(notebook: Path, common: str) -> str:
    """What the executed copy of a notebook is made from; `common` is the fingerprint of INPUTS."""
    return hashlib.sha256(common.encode() + notebook.read_bytes()).hexdigest()


def run(notebooks: Sequence[Path], into: Path, say: Callable[[str], None] = print, reuse: bool = False) -> None:
    """Run notebooks; the executed copy of `a.ipynb` is `into/a/a.ipynb`.

    say    told in a sentence, at each end of a notebook, how many are left
    reuse  keep the copies that nothing has changed for

    Raises Failed with the first cell that raised; the other notebooks are stopped, and what ended before is kept.
    """
    try:
        asyncio.run(_run(sorted(notebooks, key=seconds, reverse=True), into, say, reuse))
    except* Failed as failed:  # the first one; others may be kernels that were stopped for it
        raise failed.exceptions[0] from None


def seconds(notebook: Path) -> int:
    """How long a chapter says that its code runs; a notebook that says nothing may be the longest."""
    said = re.search(r"the code runs in about (?:(\d+) seconds|a minute)", notebook.read_text(encoding="utf-8"))
    return 3600 if said is None else int(said[1] or 60)


def workers(count: int) -> int:
    """How many of so many notebooks run at a time."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return max(1, min(count, os.cpu_count() or 1, int(memory / GIGABYTES_EACH)))


def made_from(into: Path, notebook: Path) -> str | None:
    """The stamp of the executed copy; None if there is none."""
    file = into / notebook.stem / STAMP
    return file.read_text() if file.is_file() else None


async def _run(notebooks: Sequence[Path], into: Path, say: Callable[[str], None], reuse: bool) -> None:
    common = fingerprint(*INPUTS)
    stamps = {path: stamp(path, common) for path in notebooks}
    todo = [path for path in notebooks if not (reuse and made_from(into, path) == stamps[path])]
    if len(todo) < len(notebooks):
        say(f"{len(notebooks) - len(todo)} of {len(notebooks)} chapters are as they were run before.")
    if not todo:
        return
    at_a_time = workers(len(todo))
    # Threads wait for each other, and beside other work they wait long: chapter 4 took 39 s of processor with one,
    # 275 s with two.
    os.environ["OMP_NUM_THREADS"] = "1"
    free, left = asyncio.Semaphore(at_a_time), [path.stem for path in todo]
    say(f"Running {len(left)} chapters, {at_a_time} at a time: {', '.join(left)}")

    async def one(path: Path, log) -> None:
        async with free:
            started = time.monotonic()
            await _execute(path, into / path.stem, log)
            if stamp(path, fingerprint(*INPUTS)) == stamps[path]:  # not if someone has edited anything meanwhile
                (into / path.stem / STAMP).write_text(stamps[path])
            left.remove(path.stem)
            took = f"{path.stem} ran in {time.monotonic() - started:.0f} s"
            say(f"{took}; {len(left)} to go: {', '.join(left)}" if left else f"{took}; that was the last.")

    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as log:
        async with asyncio.TaskGroup() as group:
            for path in todo:
                group.create_task(one(path, log))


async def _execute(path: Path, folder: Path, log) -> None:
    """Run one notebook in an empty `folder` of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,  # times of day would change the file at every run
        store_widget_state=False,  # the page's face of an explorer is HTML
    )
    try:
        await client.async_execute(stdout=log, stderr=log)  # what the kernel says of itself
    except (CellExecutionError, DeadKernelError) as error:
        raise Failed(f"{path.name}: {error}") from None
    nbformat.write(notebook, folder / path.name)
