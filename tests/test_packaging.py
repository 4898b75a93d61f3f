"""What an installation gives: every import is declared, every file is in the wheel, and the wheel works elsewhere."""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution, packages_distributions, requires
from pathlib import Path

import nbformat
import pytest
import run_elsewhere
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from zflib import weights

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


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
    pins = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line)
    pins = {normal(name): version for name, version in pins.items()}
    extras = PROJECT["optional-dependencies"]
    for requirement in map(Requirement, PROJECT["dependencies"] + extras["train"]):
        assert requirement.specifier.contains(pins[normal(requirement.name)]), requirement


def test_the_ranges_admit_what_colab_has():
    """Or installing zflib there would replace Colab's torch or NumPy under a kernel that may have loaded them."""
    text = (ROOT / "tools" / "colab.txt").read_text()
    assert "3.13" in SpecifierSet(PROJECT["requires-python"]) and "Python 3.13" in text
    there = dict(line.split("==") for line in text.splitlines() if "==" in line)
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert requirement.specifier.contains(there[normal(requirement.name)]), requirement


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    tree = run_elsewhere.copy_of_the_tree(folder / "source")
    for kind in ("wheel", "sdist"):
        code = f"from setuptools import build_meta; build_meta.build_{kind}({str(folder)!r})"
        subprocess.run([sys.executable, "-c", code], cwd=tree, check=True, capture_output=True)
    shutil.rmtree(tree)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def sdist(built):
    """{name below the top folder: bytes}"""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {member.name.partition("/")[2]: member.size for member in archive if member.isfile()}


def of_the_package():
    """The files of zflib, but for the drawings of trained filters, which are there to be looked at on GitHub."""
    return {name for name in run_elsewhere.files("zflib") if not name.endswith(".png")}


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == of_the_package()


def test_what_is_large_in_the_wheel_are_weights_and_results(wheel):
    large = {info.filename: info.file_size for info in wheel.infolist() if info.file_size > 200_000}
    places = r"zflib/(shipped|exercises/patients|experiments|experiments/ablation)/[\w-]+\.safetensors"
    others = {name for name in large if not re.fullmatch(places, name)}
    assert others <= {"zflib/experiments/ablation/summary.json", "zflib/experiments/controls.json"}
    assert {f"zflib/shipped/{name}.safetensors" for name in weights.available()} <= set(large)
    assert max(large.values()) < 13e6
    assert sum(info.compress_size for info in wheel.infolist()) < 30e6


def test_the_metadata_names_the_licence_and_the_files_have_it(wheel, sdist):
    (about,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_bytes(wheel.read(about))
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert wheel.read(about.replace("METADATA", "licenses/LICENSE")) == (ROOT / "LICENSE").read_bytes()
    assert "LICENSE" in sdist


def test_the_source_distribution_is_the_package_and_what_builds_it(sdist):
    made = {name for name in sdist if name.startswith("zflib.egg-info/")} | {"PKG-INFO", "setup.cfg"}
    assert set(sdist) - made == of_the_package() | {"LICENSE", "MANIFEST.in", "README.md", "pyproject.toml"}
    assert sum(sdist.values()) < 33e6  # 24 MB of it are the weights


def required(requirements):
    """Names of all distributions that these requirements bring along here."""
    found, waiting = set(), [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for extra in ("", *requirement.extras):
            if (normal(requirement.name), extra) not in found:
                found.add((normal(requirement.name), extra))
                waiting += [(Requirement(text), extra) for text in requires(requirement.name) or ()]
    return {name for name, _ in found}


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """The Python of an environment that holds the wheel and what it requires, and a folder away from this checkout.

    Nothing is downloaded: the requirements are links to what is installed here. tools/run_elsewhere.py installs them.
    """
    away = tmp_path_factory.mktemp("away")
    venv.create(away / "environment", symlinks=True)
    (packages,) = away.glob("environment/lib/python*/site-packages")
    wheel.extractall(packages)
    (about,) = packages.glob("zflib-*.dist-info/METADATA")
    for name in required(message_from_bytes(about.read_bytes()).get_all("Requires-Dist")):
        found = distribution(name)
        for top in {path.parts[0] for path in found.files} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(found.locate_file(top))
    return away / "environment" / "bin" / "python", away


def test_the_wheel_projects_a_photograph_in_an_empty_environment(elsewhere):
    run_elsewhere.project(*elsewhere)


def test_the_wheel_brings_all_that_the_notebooks_import(elsewhere):
    lines = {"import zflib"}
    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/deeper/*.ipynb")]:
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        for node in (node for source in cells[1:] for node in ast.parse(source).body):
            if isinstance(node, ast.Import | ast.ImportFrom):
                lines.add(ast.unparse(node))
    assert len(lines) > 20
    run_elsewhere.run([elsewhere[0], "-c", "\n".join(sorted(lines))], elsewhere[1])


def test_the_wheel_reads_a_checkouts_results(elsewhere):
    result = ROOT / "results" / "ablation" / "zfnet-as_is-seed0.json"
    line = (
        f"from pathlib import Path; from zflib.experiments.ablation import results; results.read(Path({str(result)!r}))"
    )
    run_elsewhere.run([elsewhere[0], "-c", line], elsewhere[1])


def test_what_the_package_does_not_declare_is_not_elsewhere(elsewhere):
    """Or the two tests above would find everything that is installed here."""
    with pytest.raises(SystemExit, match="No module named 'captum'"):
        run_elsewhere.run([elsewhere[0], "-c", "import captum"], elsewhere[1])
