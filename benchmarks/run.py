"""Every claim about speed and memory, measured again: `python -m benchmarks [--only PART ...]`.

The figures go to the file of this kind of machine under benchmarks/results/ and from there into benchmarks/README.md.
What got slower or larger than in the last committed run on such a machine is said at the end.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import Any

import torch
from tqdm import tqdm

from benchmarks import compare, render, results
from benchmarks.timing import matmul_rate
from zflib.training import machine

PARTS = ("deconvnet", "contrast_norm", "spectrum", "live", "training", "chapters")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="PART", default=PARTS, help=f"of {', '.join(PARTS)}")
    chosen = parser.parse_args(arguments).only
    if unknown := [name for name in chosen if name not in PARTS]:
        sys.exit(f"There is no part {' or '.join(unknown)}; the parts are {', '.join(PARTS)}.")

    file = results.file(results.here())
    before, kept = results.committed(file), results.read(file) if file.exists() else results.here() | {"parts": {}}
    load = os.getloadavg()[0]
    with tqdm(total=_expected(kept, chosen), unit="figure", disable=None) as bar:
        for name in chosen:
            bar.set_description(name)
            kept["parts"][name] = _measured(name, bar) | {"load": load}
            results.write(file, kept)  # after each part: what is done stays if a later one is interrupted
    render.README.write_text(render.page(), encoding="utf-8")
    print(f"\nWritten to {file.relative_to(render.README.parents[1])} and benchmarks/README.md.")
    for sentence in compare.sentences(before, kept, chosen):
        print(sentence)


def _expected(kept: dict[str, Any], chosen: Sequence[str]) -> int | None:
    """How many figures are to come, if all of these parts have been measured here before."""
    if not set(chosen) <= kept["parts"].keys():
        return None
    return sum(len(kept["parts"][name]["figures"]) for name in chosen)


def _measured(name: str, bar: tqdm) -> dict[str, Any]:
    """One part: what it was measured with, and its figures."""
    part, start = import_module(f"benchmarks.{name}"), time.monotonic()
    made = machine.describe(torch.device("cpu"))
    facts = {
        "date": date.today().isoformat(),
        "commit": made["commit"],
        "torch": made["versions"]["torch"],
        "precision": results.PRECISIONS[part.PRECISION],
        "matmul_gmacs": round(matmul_rate(part.PRECISION) / 1e9, 1),
    }
    bar.write(f"\n{part.__doc__.splitlines()[0]}\n")
    figures = []
    for figure in part.figures():
        figures.append(figure)
        bar.write(str(figure))
        bar.update()
    if bar.disable:
        print(f"{name}: {len(figures)} figures in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return facts | {"figures": [results.entry(figure) for figure in figures]}
