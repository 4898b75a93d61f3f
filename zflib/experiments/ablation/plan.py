"""What is to be trained: the rows of Table 3 as architectures, and one recipe and budget for all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from zflib import paper
from zflib.architecture import ALEXNET, ZFNET, Architecture
from zflib.training.recipe import MINI, PAPER, Recipe

NETWORKS = {"alexnet": ALEXNET, "zfnet": ZFNET}
_PUBLISHED = {"alexnet": "alexnet_replication", "zfnet": "zfnet"}  # the names that tables.yaml gives them

# The paper's own crops and noise at the mini scale: the variable crops of `MINI` and its treatment of the first layer
# keep filters clean over fifty epochs, but here it is training error that has to show, and twelve epochs are short.
MINI_TABLE = replace(
    MINI,
    epochs=12,
    conv1_weight_decay=MINI.weight_decay,
    conv1_std=None,
    crop_area=PAPER.crop_area,
    crop_aspect=PAPER.crop_aspect,
    contrast=PAPER.contrast,
)


@dataclass(frozen=True)
class Preset:
    """A scale: the recipe, the sides in pixels at which training and validation pictures are held, and the seeds."""

    recipe: Recipe
    sides: tuple[int, int]
    seeds: tuple[int, ...]

    def architecture(self, network: str, row: str, classes: int) -> Architecture:
        """The network of a row at this scale. Errors as for `variant`."""
        wide = variant(NETWORKS[network], row)
        return wide.mini(classes) if self is PRESETS["mini"] else replace(wide, classes=classes)


PRESETS = {
    "mini": Preset(MINI_TABLE, sides=(160, 146), seeds=(0, 1, 2)),
    "paper": Preset(PAPER, sides=(256, 256), seeds=(0,)),
}
MEMBERS = 5  # convnets of one kind that Table 2 averages


def published(network: str) -> dict[str, tuple[float, float, float]]:
    """Rows of Table 3 for "alexnet" or "zfnet", in the paper's order: training top-1, validation top-1 and top-5 error,
    percent."""
    return dict(paper.TABLES[3][_PUBLISHED[network]])


def variant(architecture: Architecture, row: str) -> Architecture:
    """The architecture that a row of Table 3 describes, its name in the spelling of `tables.yaml`.

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
