"""Variants of the two networks: what is changed, what can't be, and which rows of Table 3 come nearest.

The page computes the same in variants.js; the tests compare the two on many settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zflib.architecture import ALEXNET, ZFNET, Architecture, Step
from zflib.experiments.ablation import plan

NETWORKS = {"ZFNet": ZFNET, "AlexNet": ALEXNET}
MAPS = {"as they are": (384, 384, 256), "512-1024-512 maps": (512, 1024, 512), "half the maps": (192, 192, 128)}
UNITS = {f"{units} units": units for units in (1024, 2048, 4096, 8192)}
SCALES = ("paper: 224 px", "mini: 128 px")
REMOVABLE = (2, 3, 4, 5, 6, 7)  # layer 1 carries the kernel and the stride, layer 8 tells the classes apart
NEAREST = 3


@dataclass(frozen=True)
class Row:
    """A row of Table 3: its words, its network at the paper's scale, the paper's validation top-1 error in percent, and
    ours in words."""

    words: str
    architecture: Architecture
    paper: float
    ours: str


def variant(
    network: str, layers_3_to_5: str, layers_6_and_7: str, kernel: int, stride: int, left_out: Sequence[int] = ()
) -> Architecture:
    """The changed network at the paper's scale."""
    base = NETWORKS[network].with_maps(dict(zip((3, 4, 5), MAPS[layers_3_to_5], strict=True)))
    first = base.convs[0]
    pad = max(0, first.pad + (kernel - first.kernel) // 2)
    base = replace(base, convs=(replace(first, kernel=kernel, stride=stride, pad=pad), *base.convs[1:]))
    return base.with_units(UNITS[layers_6_and_7]).without(*left_out)


def at_scale(architecture: Architecture, scale: str) -> Architecture:
    """A paper-scale network at one of `SCALES`."""
    return architecture if scale == SCALES[0] else architecture.mini()


def changes(one: Architecture, other: Architecture) -> int:
    """In how many of the ways that `VariantExplorer`'s caption names two networks differ."""

    def differ(a: dict[int, int], b: dict[int, int]) -> bool:
        return any(a[layer] != b[layer] for layer in a.keys() & b.keys())

    first, second = one.convs[0], other.convs[0]
    return (
        len(set(one.layers) ^ set(other.layers))
        + differ({d.layer: d.units for d in one.dense}, {d.layer: d.units for d in other.dense})
        + differ({c.layer: c.maps for c in one.convs}, {c.layer: c.maps for c in other.convs})
        + (first.kernel != second.kernel)
        + (first.stride != second.stride)
        + (one.name != other.name)
    )


def describe(architecture: Architecture) -> str:
    """A network in words: what was changed in which of the two."""
    name, base = next((name, base) for name, base in NETWORKS.items() if base.name == architecture.name)
    first = architecture.convs[0]
    words = []
    if (first.kernel, first.stride) != (base.convs[0].kernel, base.convs[0].stride):
        words.append(f"{first.kernel}×{first.kernel} filters, stride {first.stride}")
    if missing := [layer for layer in base.layers if layer not in architecture.layers]:
        words.append(f"without {_layers(missing)}")
    there = {c.layer: c.maps for c in architecture.convs}
    if any(there.get(c.layer, c.maps) != c.maps for c in base.convs):
        middle = [layer for layer in (3, 4, 5) if layer in there]
        words.append(f"{'-'.join(str(there[layer]) for layer in middle)} maps in {_layers(middle)}")
    if architecture.dense and architecture.dense[0].units != base.dense[0].units:
        words.append(f"{architecture.dense[0].units} units")
    return f"{name}, {'; '.join(words) or 'as it is'}"


def _layers(numbers: Sequence[int]) -> str:
    return f"layer{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def problems(layers_3_to_5: str, layers_6_and_7: str, kernel: int, stride: int, left_out: Sequence[int]) -> list[str]:
    """What is impossible or amiss in a setting, a sentence each."""
    found = []
    if stride > kernel:
        found.append(
            f"A stride of {stride} exceeds the kernel of {kernel}: layer 1 never sees the pixels between windows."
        )
    if {3, 4, 5} <= set(left_out) and MAPS[layers_3_to_5] != MAPS["as they are"]:
        found.append("Layers 3, 4 and 5 are left out: their maps can't be changed.")
    if {6, 7} <= set(left_out) and UNITS[layers_6_and_7] != UNITS["4096 units"]:
        found.append("Layers 6 and 7 are left out: their units can't be changed.")
    return found


def nearest(architecture: Architecture, scale: str, rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """The rows with the fewest changes from a network, ties by the ratio of multiply-adds, nearest first."""
    own = total(at_scale(architecture, scale).geometry(), "macs")

    def far(row: Row) -> tuple[int, float]:
        macs = total(at_scale(row.architecture, scale).geometry(), "macs")
        return changes(architecture, row.architecture), max(own, macs) / min(own, macs)

    return [(far(row)[0], row) for row in sorted(rows, key=far)[:NEAREST]]


def total(steps: Sequence[Step], what: str) -> int:
    return sum(getattr(step, what) for step in steps)


def rows_of_table_3(trained: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[Row]:
    """The twelve rows, with our results in those that are trained. Raises ValueError for others."""
    published = {
        (network, row): errors[1] for network in plan.NETWORKS for row, errors in plan.published(network).items()
    }
    for key, ours in trained.items():
        if key not in published:
            raise ValueError(f"{key!r} is no row of Table 3; rows are named like ('zfnet', 'as_is').")
        if "error" not in ours and "by_seed" not in ours:
            raise ValueError(f'The row {key!r} needs an "error" in percent; it has {sorted(ours)}.')
    rows = []
    for (network, name), paper in published.items():
        architecture = plan.variant(plan.NETWORKS[network], name)
        rows.append(Row(describe(architecture), architecture, paper, _in_words(trained.get((network, name)))))
    return rows


def _in_words(ours: Mapping[str, Any] | None) -> str:
    if ours is None:
        return "–"
    if "by_seed" in ours:
        return ", ".join(f"{error:.1f}" for error in ours["by_seed"])
    spread = f" ± {ours['sd']:.1f}" if ours.get("sd") is not None else ""
    seeds = f" ({ours['seeds']} seeds)" if ours.get("seeds", 1) > 1 else ""
    return f"{ours['error']:.1f}{spread}{seeds}"
