"""What is to be trained: the rows of Table 3 as architectures, and one recipe and budget for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from zflib import paper
from zflib.architecture import ALEXNET, ZFNET, Architecture
from zflib.training.recipe import MINI_SHORT, PAPER, Recipe

NETWORKS = {"alexnet": ALEXNET, "zfnet": ZFNET}
_PUBLISHED = {"alexnet": "alexnet_replication", "zfnet": "zfnet"}  # their keys in paper.TABLES[3]

MINI_TABLE = replace(MINI_SHORT, epochs=12)  # training error has to show, and twelve epochs are short


@dataclass(frozen=True)
class Preset:
    """A scale: its recipe, the sides in pixels at which training and validation pictures are held, and its seeds."""

    recipe: Recipe
    sides: tuple[int, int]
    seeds: tuple[int, ...]
    mini: bool

    def architecture(self, network: str, row: str, classes: int) -> Architecture:
        """The network of a row at this scale. Errors as for `variant`."""
        changed = variant(NETWORKS[network], row)
        return changed.mini(classes) if self.mini else replace(changed, classes=classes)


PRESETS = {
    "mini": Preset(MINI_TABLE, sides=(160, 146), seeds=(0, 1, 2), mini=True),
    "paper": Preset(PAPER, sides=(256, 256), seeds=(0,), mini=False),
}
MEMBERS = 5  # convnets of one kind that Table 2 averages: so many seeds of ZFNet as it is


@dataclass(frozen=True)
class Job:
    """One run of the table: a network, a row by its name in `zflib.paper.TABLES[3]`, and a seed."""

    network: str
    row: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.network}-{self.row}-seed{self.seed}"


def jobs(
    preset: Preset,
    networks: Sequence[str] = tuple(NETWORKS),
    rows: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> tuple[Job, ...]:
    """The runs of a table, the first seed of every row before the second of any.

    rows   names in `zflib.paper.TABLES[3]`; a row that both networks have is meant for both. All when left out
    seeds  the preset's when left out, and for ZFNet as it is at least five, for Table 2's ensemble

    Raises ValueError for a row that none of the networks has.
    """
    table = {network: [row for row in published(network) if rows is None or row in rows] for network in networks}
    for row in rows or ():
        if not any(row in found for found in table.values()):
            known = dict.fromkeys(row for network in networks for row in published(network))
            raise ValueError(f"Table 3 has no row {row!r} for {' or '.join(networks)}; it has {', '.join(known)}.")
    chosen = [Job(network, row, seed) for seed in seeds or preset.seeds for network in table for row in table[network]]
    if seeds is None and "as_is" in table.get("zfnet", ()):
        chosen += [Job("zfnet", "as_is", seed) for seed in range(len(preset.seeds), MEMBERS)]
    return tuple(dict.fromkeys(chosen))


def published(network: str) -> dict[str, tuple[float, float, float]]:
    """Rows of Table 3 for "alexnet" or "zfnet", in the paper's order: training top-1, validation top-1 and top-5 error,
    percent. Raises ValueError for another network."""
    if network not in _PUBLISHED:
        raise ValueError(f"Table 3 has the networks {' and '.join(_PUBLISHED)}, not {network!r}.")
    return dict(paper.TABLES[3][_PUBLISHED[network]])


def predictions(of: str = "plan") -> dict[str, Any]:
    """What was expected, in points of error and four-in-five ranges, each file committed before the runs it speaks of.

    of  "plan": the table's runs; "afterwards": those that these made us ask for; "settling": those that move one thing
        at a time, rate, dropout or initialisation, to tell what made the difference

    Raises ValueError for another name.
    """
    import yaml

    names = {"plan": "predictions", "afterwards": "afterwards", "settling": "settling"}
    if of not in names:
        raise ValueError(f"There are predictions of {', '.join(names)}, not of {of!r}.")
    return yaml.safe_load(files(__package__).joinpath(f"{names[of]}.yaml").read_text(encoding="utf-8"))


def variant(architecture: Architecture, row: str) -> Architecture:
    """The architecture that a row of Table 3 describes, its name as in `zflib.paper.TABLES[3]`.

    "removed_layers_3_4" leaves layers out, "layers_6_7_2048_units" sets units, "layers_3_4_5_512_1024_512" sets maps;
    "_and_" joins changes; "as_is" changes nothing. Raises ValueError for anything else.
    """
    for change in row.split("_and_"):
        if change == "as_is":
            continue
        if match := re.fullmatch(r"removed_layers?((?:_\d)+)", change):
            architecture = architecture.without(*map(int, match[1].split("_")[1:]))
        elif match := re.fullmatch(r"layers_6_7_(\d+)_units", change):
            architecture = architecture.with_units(int(match[1]))
        elif match := re.fullmatch(r"layers_3_4_5_(\d+)_(\d+)_(\d+)", change):
            architecture = architecture.with_maps(dict(zip((3, 4, 5), map(int, match.groups()), strict=True)))
        else:
            raise ValueError(f"{row!r} is no row of Table 3: {change!r} describes no change of an architecture.")
    return architecture
