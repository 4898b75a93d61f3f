"""The measured figures as files, one for each kind of machine: its processor, its cores, the precision it trains in."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from benchmarks.figure import Figure
from zflib import atomic
from zflib.training.recipe import best_precision

FOLDER = Path(__file__).parent / "results"
PRECISIONS = {torch.float32: "fp32", torch.bfloat16: "bf16"}


def here() -> dict[str, Any]:
    """What kind of machine this is; cores are those that torch computes on."""
    precision = "bf16" if best_precision() == "bf16-mixed" else "fp32"
    return {"machine": _processor(), "cores": torch.get_num_threads(), "precision": precision}


def file(kind: dict[str, Any]) -> Path:
    """Where the figures of such a machine are kept."""
    words = f"{kind['machine']} {kind['cores']} cores {kind['precision']}"
    return FOLDER / f"{re.sub(r'[^a-z0-9.]+', '-', words.lower()).strip('-')}.json"


def entry(figure: Figure) -> dict[str, Any]:
    """A figure as the file holds it, to four significant digits."""
    products = None if figure.products is None else float(f"{figure.products:.4g}")
    return {
        "name": figure.name,
        "value": float(f"{figure.value:.4g}"),
        "unit": figure.unit,
        "matrix_products": products,
    }


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    atomic.write(path, (json.dumps(content, indent=1) + "\n").encode())


def committed(path: Path) -> dict[str, Any] | None:
    """The file as the last commit has it; None where it has none, or where there is no git."""
    command = ["git", "show", f"HEAD:./{path.name}"]
    try:
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return json.loads(done.stdout)


def _processor() -> str:
    if sys.platform == "darwin":
        asked = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
        return asked.stdout.strip() or platform.machine()
    try:
        listed = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    named = re.search(r"^model name\s*:\s*(.+)", listed, re.MULTILINE)
    return named[1].strip() if named else platform.machine()
