"""What `pip install zflib` gives: every import is declared, every file that the code reads is in the wheel."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_PYTHON = {".yaml", ".json", ".js", ".css", ".safetensors"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements):
    return {normal(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}


def imported():
    """{top-level package: a file of zflib that imports it}"""
    found = {}
    for path in (ROOT / "zflib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module]
            else:
                continue
            found |= {module.split(".")[0]: path.name for module in modules}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names and name != "zflib"}


def test_every_import_is_declared():
    declared = names(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        declared |= names(extra)
    distributions = packages_distributions()
    undeclared = {
        name: path for name, path in imported().items() if not declared & set(map(normal, distributions.get(name, [])))
    }
    assert not undeclared


def test_pins_satisfy_the_ranges():
    from packaging.requirements import Requirement

    pins = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line)
    pins = {normal(name): version for name, version in pins.items()}
    extras = PROJECT["optional-dependencies"]
    for requirement in map(Requirement, PROJECT["dependencies"] + extras["train"]):
        assert requirement.specifier.contains(pins[normal(requirement.name)]), requirement


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy: setuptools leaves a folder in the tree that it builds from."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "zflib", tree / "zflib", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (ROOT / "pyproject.toml", *ROOT.glob("README.md"), *ROOT.glob("LICENSE*")):
        shutil.copy(path, tree)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    subprocess.run(command, cwd=tree, check=True)
    (path,) = (tree / "dist").glob("*.whl")
    return path


def test_the_wheel_holds_every_file_of_the_package(wheel):
    packed = set(zipfile.ZipFile(wheel).namelist())
    here = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "zflib").rglob("*") if path.suffix in {".py", *NOT_PYTHON}
    }
    assert here <= packed
    assert not {name for name in packed if not name.startswith(("zflib/", "zflib-"))}


def test_the_wheel_stays_under_25_megabytes(wheel):
    assert wheel.stat().st_size < 25e6
