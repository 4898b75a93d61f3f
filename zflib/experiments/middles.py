"""The gap of chapter 5, wherever one puts the middle. `python -m zflib.experiments.middles`

Section 4.1 of the paper sees a gap in the middle of AlexNet's first layer and does not say where the middle lies. So
the test of `zflib.spectrum` is asked at every pair of edges of a grid, of each bank that chapter 5 looks at: a verdict
with its power, which takes a thousand drawn banks each. The strip of filters that opens the chapter reads the answers
from the file that this command writes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zflib import paper
from zflib.analysis import spectrum
from zflib.analysis.spectrum import gap
from zflib.experiments import read, stems, write

FILE = Path(__file__).with_suffix(".json")
EDGES = tuple(sorted({*(n / 100 for n in range(5, 50)), 0.125}))  # cycles per pixel; chapter 5's own among them
MIDDLES = tuple(combinations(EDGES, 2))
FILTERS = ("all filters", "grey filters", "coloured filters")
MINI = {"AlexNet-mini": "alexnet-mini", "ZFNet-mini": "zfnet-mini"}
IMAGENET = {"AlexNet, ImageNet": "bvlc_alexnet", "SqueezeNet, ImageNet": "squeezenet_1_0"}
MADE = "AlexNet, ImageNet, with a gap cut into it"
CUT = (0.15, 0.30)  # where that gap is
WHICH = ("three seeds", "seed 0", "seed 1", "seed 2")
NAMES = (*(f"{name}, {which}" for name in MINI for which in WHICH), *IMAGENET, MADE)


@cache
def banks() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Every bank by name: its peaks and its luminance shares, each (seeds, maps).

    Of the banks that others trained on ImageNet the course has the peaks alone: their luminance shares are NaN. One
    bank is made up, as chapter 5 makes it, so that there is a gap to be found: from ImageNet's AlexNet the peaks from
    0.15 to 0.30 are cut out, and it is filled up to as many from what is left.
    """
    found = {}
    for name, key in MINI.items():
        bank = stems.filters(key)
        both = [np.stack([ask(f) for f in bank]) for ask in (spectrum.peaks, spectrum.luminance_shares)]
        seeds = (slice(None), *(slice(s, s + 1) for s in range(len(bank))))
        found |= {f"{name}, {which}": tuple(b[s] for b in both) for which, s in zip(WHICH, seeds, strict=True)}
    theirs = {name: np.array(paper.BANKS[key]["at"]) for name, key in IMAGENET.items()}
    peaks = theirs["AlexNet, ImageNet"]
    outside = peaks[(peaks < CUT[0]) | (peaks >= CUT[1])]
    theirs[MADE] = outside[np.arange(len(peaks)) * len(outside) // len(peaks)]
    return found | {name: (peaks[None], np.full((1, len(peaks)), np.nan)) for name, peaks in theirs.items()}


def choose(name: str, filters: str) -> np.ndarray:
    """The peaks of a bank's filters that count, (seeds, maps); NaN for the others.

    name     one of `NAMES`
    filters  one of `FILTERS`: a filter is grey where half of its energy or more is in the mean over colour. Where
             colours are not known all filters count
    """
    if name not in NAMES:
        raise ValueError(f"There are no filters of a bank {name!r}; there are those of {'; '.join(NAMES)}.")
    if filters not in FILTERS:
        raise ValueError(f"filters is one of {', '.join(FILTERS)}, not {filters!r}.")
    peaks, grey = banks()[name]
    if filters == FILTERS[0] or np.isnan(grey).all():
        return peaks
    return np.where((grey >= 0.5) == (filters == FILTERS[1]), peaks, np.nan)


def contradiction(name: str) -> np.ndarray:
    """(M,) p of "a gap worth the name" in a bank at each of `MIDDLES`; none is corrected for the others."""
    edges = np.array(MIDDLES)
    return gap.p_values(gap.band_counts(choose(name, FILTERS[0]), edges), edges)[1]


def asked() -> list[tuple[str, str]]:
    """Names and filters whose answers differ."""
    known = [name for name, (_, grey) in banks().items() if not np.isnan(grey).all()]
    return [(name, filters) for name in NAMES for filters in (FILTERS if name in known else FILTERS[:1])]


def judge(peaks: np.ndarray, middles: Sequence[tuple[float, float]] = MIDDLES) -> dict[str, str]:
    """Verdicts by their first letters, and the two powers in percent, two hexadecimal digits each, by middle.

    peaks    (seeds, maps) cycles per pixel, of `choose`
    middles  pairs of edges, each judged by itself with the seed that `gap_test` has by default
    """
    tests = [spectrum.gap_test(peaks, [middle]) for middle in middles]
    powers = [int(f"{power:.0%}"[:-1]) for test in tests for power in test.power[0]]
    return {"verdicts": "".join(test.verdicts[0][0] for test in tests), "powers": bytes(powers).hex()}


def result() -> dict[str, Any]:
    """The committed answers: "banks" holds by name and filters what `judge` gave for all of `MIDDLES`."""
    return read(FILE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.middles",
        description=f"Judge {len(asked())} banks at {len(MIDDLES)} middles each; takes some five minutes on one core.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the chapter)")
    given = parser.parse_args(arguments)
    found: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
    for name, filters in asked():
        print(f"{name}, {filters}", flush=True)
        found[name][filters] = judge(choose(name, filters))
    what = "is there a gap in the middle of a first layer's frequencies, by where the middle begins and ends"
    write(given.out, {"what": what, "edges": EDGES, "banks": found}, "zflib.experiments.middles", torch.device("cpu"))
    print(f"{given.out} written.")


if __name__ == "__main__":
    main()
