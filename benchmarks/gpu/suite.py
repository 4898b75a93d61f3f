"""The unit tests that take the device: those with an argument `device`, which tests/conftest.py gives them."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.gpu.finding import Finding

if TYPE_CHECKING:
    from benchmarks.gpu.setting import Setting

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"


def files() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each file of tests that has such tests, as a path from the root, and the packages that it imports."""
    for path in sorted(TESTS.rglob("test_*.py")):
        above = [folder / "conftest.py" for folder in path.parents if folder.is_relative_to(TESTS)]
        above = [file for file in above if file.exists()]
        # The device itself, and fixtures for which a conftest.py has taken it.
        wanted = {"device"} | {name for file in above for name in takers(file, {"device"})}
        if takers(path, wanted):
            packages = set().union(*map(imported, [path, *above])) - {"zflib", "torch", "numpy"}
            yield path.relative_to(ROOT).as_posix(), tuple(sorted(packages))


def takers(path: Path, wanted: set[str]) -> list[str]:
    """Names of a file's functions that have one of these arguments."""
    functions = (node for node in _tree(path).body if isinstance(node, ast.FunctionDef))
    return [f.name for f in functions if wanted & {argument.arg for argument in f.args.args}]


def imported(path: Path) -> set[str]:
    """Names of the packages that a file imports as it is read, but for Python's own and the tests' modules."""
    names = set()
    for node in _tree(path).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    ours = {file.stem for folder in _shared() for file in folder.glob("*.py")}
    return names - set(sys.stdlib_module_names) - ours


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _shared() -> tuple[Path, ...]:
    """Folders of modules that several tests share."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    return tuple(ROOT / folder for folder in options["pythonpath"])


def run(setting: Setting, file: str) -> Finding:
    """pytest in a process of its own, without pyproject.toml's options: they need plugins that a bare machine lacks."""
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, f"--rootdir={ROOT}", "--import-mode=importlib"]
    command += ["-q", "-rf", "-p", "no:cacheprovider", "-m", "device", file]
    paths = os.pathsep.join([str(ROOT), *map(str, _shared()), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    return read(done.stdout, done.returncode, setting.device.type)


def read(output: str, code: int, device: str) -> Finding:
    """How many tests failed, from what pytest printed and its exit code."""
    found = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", output)}
    failed = found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0)
    what = f"failed on {device}; {found.get('passed', 0)} passed, {found.get('skipped', 0)} skipped"
    names = re.findall(r"^(?:FAILED|ERROR) \S+?::(\S+)", output, re.MULTILINE)
    if names:
        what += ": " + ", ".join(names)
    if code and not failed:  # nothing was found, or pytest itself broke
        return Finding(float("nan"), 0, f"pytest ended with code {code}: " + " ".join(output.split()[-30:]))
    return Finding(failed, 0, what)
