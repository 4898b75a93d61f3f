"""What `import zflib` costs, and that the floors of the library only lean on those below."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import zflib

ROOT = Path(zflib.__file__).parent

# From the ground up; a module may import from its own floor and those below, never from above.
FLOORS = (
    ("architecture", "arguments", "data", "atomic", "memory"),
    ("network", "paper"),
    ("deconvnet", "weights"),
    ("analysis", "training"),
    ("plots", "experiments"),
    ("widgets",),
    ("exercises",),
    ("cli", "__main__"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path):
    """Dotted names of the zflib modules that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by full name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] == "zflib")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_upwards(path):
    for name in imported(path):
        if name == "zflib":
            assert room(path) in FLOORS[-1], f"{path} imports zflib as a whole: only the top floor may"
            continue
        target = name.split(".")[1]
        # Names that `zflib` itself offers (ZFNET, load ...) are for its readers; inside, we say where they live.
        assert target in FLOOR, f"{path} imports {name}: import from the module that defines it"
        assert FLOOR[target] <= FLOOR[room(path)], f"{path} imports {name}, which is above it"


def test_every_room_has_a_floor():
    assert {room(path) for path in MODULES} <= set(FLOOR)


def test_no_imports_in_circles():
    graph = {}
    for path in MODULES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(("zflib", *(p for p in parts if p != "__init__")))
        graph[name] = set(imported(path))
    # "from zflib.data.sets import read" names a thing inside the module zflib.data.sets.
    edges = {
        name: {t for t in {n if n in graph else n.rpartition(".")[0] for n in names} if t in graph and t != name}
        for name, names in graph.items()
    }
    while free := {name for name, below in edges.items() if not below}:
        edges = {name: below - free for name, below in edges.items() if name not in free}
    assert not edges, f"These import each other: {sorted(edges)}"


ONE_AFTER_THE_OTHER = (
    "import torch, numpy, contextlib, importlib",
    "import zflib",
    "zflib.data.photographs(); zflib.paper.TABLES; zflib.data.synthetic(1, 8); dir(zflib)",
)


@pytest.fixture(scope="module")
def loaded():
    """Top-level names of all modules that a fresh interpreter has loaded after each of these lines."""
    code = "import sys\n" + "\nprint(*{name.split('.')[0] for name in sys.modules})\n".join((*ONE_AFTER_THE_OTHER, ""))
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_import_needs_torch_and_numpy_only(loaded):
    assert loaded[1] - loaded[0] <= {"zflib"}


def test_rooms_and_names_are_reachable_after_a_plain_import(loaded):
    heavy = {"torchvision", "skimage", "sklearn", "scipy", "lightning_fabric", "matplotlib", "ipywidgets"}
    assert "zflib" in loaded[2] and not loaded[2] & heavy
    with pytest.raises(AttributeError, match="nonsense"):
        _ = zflib.nonsense
