"""How alike are single pairs of projections on the page Your picture? `python -m zflib.experiments.pairs`

Chapter 3 gives means over many units of what each control leaves of a projection. A reader of the page sees one pair at
a time, so the page also shows where single pairs lie: those of the units that it offers itself, the strongest units of
the maps that fire most on its photographs. The same pairs say between which likenesses a bet is open.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zflib import weights
from zflib.analysis import control_projections, likeness
from zflib.data import copies
from zflib.deconvnet import DeconvNet
from zflib.experiments import read, write
from zflib.experiments.controls import NETWORKS, STEPS, chosen

FILE = Path(__file__).with_suffix(".json")
PER_PICTURE = 9  # the page's tiles
SEEDS = (0, 1)  # of the other maps and pictures, shuffles and random weights: each gives pairs of its own
MIDDLE = (0.1, 0.9)  # of the pairs, four in five lie between these quantiles
CONTROLS = ("random channel", "shuffled switches", "random picture", "own layer random", "all layers random", "neither")


def result() -> dict[str, Any]:
    """The committed result. result()["found"][network][step] holds by control the likeness (correlation over the part
    of the field that lies on the picture) of every pair, sorted, three decimals."""
    return read(FILE)


def middle(likenesses: Sequence[float]) -> tuple[float, float]:
    """Between which likenesses four in five pairs lie."""
    low, high = np.quantile(likenesses, MIDDLE)
    return float(low), float(high)


def thirds(likenesses: Sequence[float]) -> tuple[float, float]:
    """Two likenesses, multiples of 0.05, below, between and above which about as many pairs lie."""
    low, high = (round(float(at) / 0.05) * 0.05 for at in np.quantile(likenesses, (1 / 3, 2 / 3)))
    return round(low, 2), round(high, 2)


def run() -> dict[str, Any]:
    """Everything that the result file holds, but for how it was made."""
    found: dict[str, Any] = {}
    for name in NETWORKS:
        net = weights.load(name).cpu()
        images = torch.stack([net.preprocess(copies.picture(each)) for each in copies.NAMES])
        trace = DeconvNet(net).forward(images, upto=STEPS[-1])
        found[name] = {}
        for step in STEPS:
            units = chosen(trace, step, "strongest", PER_PICTURE)
            pairs: dict[str, list[float]] = {control: [] for control in CONTROLS}
            for seed in SEEDS:
                came = control_projections(net, images, step, units, seed)
                random = [each for each in came if each.startswith("random conv")]
                came["own layer random"], came["all layers random"] = came[random[0]], came[random[-1]]
                for control in CONTROLS:
                    alike = likeness(came["projection"], came[control])["signed"]
                    pairs[control] += [round(float(each), 3) for each in alike if np.isfinite(each)]
            found[name][step] = {control: sorted(each) for control, each in pairs.items()}
    return {
        "what": "likeness of single projections to their controls, on the page Your picture",
        "photographs": copies.NAMES,
        "units": f"on each photograph the strongest units of the {PER_PICTURE} maps that fire most",
        "seeds": SEEDS,
        "networks": {name: weights.record(name)["sha256"] for name in NETWORKS},
        "found": found,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.pairs",
        description="Compare projections of the page Your picture with their controls, pair by pair. Some two minutes.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the page)")
    given = parser.parse_args(arguments)
    write(given.out, run(), "zflib.experiments.pairs", torch.device("cpu"))
    print(f"{given.out} written.")


if __name__ == "__main__":
    main()
