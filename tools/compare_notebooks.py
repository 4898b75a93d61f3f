"""Compare the chapters as they were run with the committed ones, by nbval: `python tools/compare_notebooks.py`.

nbval would run every chapter once more. Here it asks, in place of a kernel, the copy that tools/run_notebooks.py has
run for the pages: what the reader sees is what is compared. Arguments go to pytest.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import nbval.plugin
import pytest
from run_notebooks import EXECUTED, INPUTS, ROOT, fingerprint, made_from, stamp

COMMON = fingerprint(*INPUTS)


class Replay:
    """Answers cells as nbval's kernel does, from a notebook that was run before: each cell by the outputs it had."""

    def __init__(self, executed: Path) -> None:
        cells = nbformat.read(executed, as_version=4).cells
        self._cells = iter([cell for cell in cells if cell.cell_type == "code"])
        self._messages: Iterator[dict] = iter(())

    def is_alive(self) -> bool:
        return True

    def stop(self) -> None:
        pass

    def execute_cell_input(self, source: str, allow_stdin: bool) -> str:
        cell = next(cell for cell in self._cells if cell.source == source)
        ended = {"output_type": "status", "execution_state": "idle"}
        self._messages = iter([_message(cell.id, output) for output in [*cell.outputs, ended]])
        return cell.id

    def await_reply(self, message: str, timeout: float) -> None:
        pass

    def await_idle(self, message: str, timeout: float) -> None:
        pass

    def get_message(self, stream: str, timeout: float) -> dict:
        return next(self._messages)


def _message(cell: str, output: dict) -> dict:
    return {"msg_type": output["output_type"], "content": output, "parent_header": {"msg_id": cell}}


def start(file: nbval.plugin.IPyNbFile) -> None:
    """Give nbval a replay in place of a kernel; fails where the chapter was not run, or not by this code."""
    if made_from(EXECUTED, file.path) != stamp(file.path, COMMON):
        pytest.fail(f"{file.path.name} has not been run by this code: run tools/build_book.py first.", pytrace=False)
    file.kernel = Replay(EXECUTED / file.path.stem / file.path.name)
    file.setup_sanitize_files()


def main(notebooks: Path, *arguments: str) -> int:
    nbval.plugin.IPyNbFile.setup = start
    return pytest.main(["--nbval-lax", "-q", *arguments, str(notebooks)])


if __name__ == "__main__":
    sys.exit(main(ROOT / "notebooks", *sys.argv[1:]))
