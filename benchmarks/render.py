"""The tables of benchmarks/README.md, written from the files of figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.figure import digits

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- begin: written by python -m benchmarks -->", "<!-- end -->"


def page() -> str:
    """The whole README: what is written by hand, and between the marks the figures of each kind of machine."""
    above, below = README.read_text(encoding="utf-8").split(BEGIN)
    _, below = below.split(END)
    tables = "\n".join(_machine(results.read(path)) for path in sorted(results.FOLDER.glob("*.json")))
    return f"{above}{BEGIN}\n\n{tables}\n{END}{below}"


def _machine(found: dict[str, Any]) -> str:
    parts = "\n".join(line for name, part in sorted(found["parts"].items()) for line in _part(name, part))
    return f"## {found['machine']}, {found['cores']} cores, {found['precision']}\n\n{parts}"


def _part(name: str, part: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}\n"
    yield (
        f"{part['date']}, {part['precision']}, torch {part['torch']}, commit {(part['commit'] or 'unknown')[:7]}; "
        f"a matrix product on all cores at {part['matmul_gmacs']:.0f} GMAC/s; "
        f"load average {part['load']:.1f} before the run.\n"
    )
    yield "| what | | matrix products |\n|---|---:|---:|"
    for figure in part["figures"]:
        products = "" if figure["matrix_products"] is None else digits(figure["matrix_products"])
        yield f"| {figure['name']} | {digits(figure['value'])} {figure['unit']} | {products} |"
    yield ""
