"""What came of training and measuring: tables, training records, class entropy, changes against a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from typing import Any

import numpy as np

from zflib.plots.axes import figure, show
from zflib.plots.pictures import enlarge, filters, tile
from zflib.plots.words import true_minus

_COLOURS = ("#1f77b4", "#b34700", "#555555")


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    caption: str,
    *,
    narrow: bool = False,
    fold: str = "",
) -> Any:
    """Rows as an HTML table: a caption, header cells with a scope, numbers at the right with thousands separators and
    minus signs.

    narrow  of short cells: on a phone its columns stay side by side, in smaller letters, where others stand as cards
    fold    the words to open it by, where most readers pass it over

    The first cell of a row is its header. Cells are numbers or anything else, which is shown as text.
    """
    from IPython.display import HTML

    def line(cells: Sequence[Any], scopes: Sequence[str]) -> str:
        html = ""
        for value, scope, side in zip(cells, scopes, sides, strict=True):
            text = escape(true_minus(f"{value:,}" if isinstance(value, int | float) else str(value)))
            tag, attribute = ("th", f' scope="{scope}"') if scope else ("td", "")
            html += f'<{tag}{attribute} style="text-align:{side};padding:0 0.5em">{text}</{tag}>'
        return f"<tr>{html}</tr>"

    numeric = [any(isinstance(row[at], int | float) for row in rows) for at in range(len(columns))]
    sides = ["right" if number else "left" for number in numeric]
    head = line(columns, ["col"] * len(columns))
    body = "".join(line(row, ["row", *[""] * (len(columns) - 1)]) for row in rows)
    kind = ' class="zf-narrow"' if narrow else ""
    title = escape(true_minus(caption))
    html = f"<table{kind}><caption>{title}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"
    return HTML(f'<details class="zf-fold"><summary>{escape(fold)}</summary>{html}</details>' if fold else html)


def training_record(record: Mapping[str, Any], conv1: Any) -> Any:
    """A training record as a matplotlib figure: the first layer's filters, the loss and the accuracy by epoch.

    record  of named weights, or of a seed
    conv1   (maps, 3, k, k)
    """
    fig, (left, middle, right) = figure(1, 3, width=12, height=3.6)
    show(left, enlarge(tile(filters(conv1), columns=8), 4), "First-layer filters, each scaled by its own maximum")
    curves, scores = record["curves"], record["accuracy"]
    looked = [entry for entry in curves if "validation_loss" in entry]
    for axes, quantity, unit in (
        (middle, "loss", "cross-entropy (nats)"),
        (right, "top1", "share of correct pictures"),
    ):
        axes.plot([e["epoch"] for e in curves], [e[f"train_{quantity}"] for e in curves], label="training (augmented)")
        seen = [e[f"validation_{quantity}"] for e in looked]
        axes.plot([e["epoch"] for e in looked], seen, "o-", label="validation (one crop)")
        axes.set(xlabel="epoch", ylabel=unit)
        axes.legend(fontsize=8)
    best = f"one crop {scores['one_crop']['top1']:.1%}, ten crops {scores['ten_crops']['top1']:.1%}"
    middle.set_title(f"{record['architecture']['name']}, seed {record['seed']}", fontsize=9)
    right.set_title(f"Validation: {best}", fontsize=9)
    return fig


def class_entropy(entropy: Mapping[str, Mapping[str, Mapping[str, Sequence[float | None]]]], random_nine: float) -> Any:
    """Box plots of class entropy against layer, trained beside untrained, one panel per network.

    entropy      bits of every map by network, "trained" or "untrained", and step; None for maps that have none
    random_nine  what nine random pictures have

    Returns the matplotlib figure. Whiskers end at the farthest map within one and a half box lengths.
    """
    fig, axes = figure(1, len(entropy), width=3.9 * len(entropy), height=3.6)
    axes = np.atleast_1d(axes)  # figure gives one panel bare
    for each, (name, of_network) in zip(axes, entropy.items(), strict=True):
        for shift, state, colour in ((-0.18, "trained", "#1f77b4"), (0.18, "untrained", "#b0b0b0")):
            values = [[bits for bits in maps if bits is not None] for maps in of_network[state].values()]
            drawn = each.boxplot(
                values,
                positions=np.arange(1, len(values) + 1) + shift,
                widths=0.3,
                patch_artist=True,
                showfliers=False,
                boxprops={"facecolor": colour},
                medianprops={"color": "black"},
            )
            drawn["boxes"][0].set_label(state)
        each.axhline(random_nine, color="#b34700", linestyle="--", label="nine random pictures")
        layers = range(1, len(values) + 1)
        each.set(xticks=layers, xticklabels=layers, xlabel="layer", title=name, ylim=(-0.1, 3.3))
    axes[0].set_ylabel("class entropy, bits")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return fig


def by_blur(
    kept: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Sequence[tuple[float, float, float]]]]]],
    blurs: Sequence[float],
    controls: Mapping[str, str],
) -> Any:
    """What controls keep of a projection against how much both are blurred, as a figure (chapter 3).

    kept      (value, low, high) for every blur, by network, step, measure and control
    blurs     in pixels, evenly spaced in the figure
    controls  those that are shown, with the words for them

    A column for each step, a row for each measure, a colour for each control; the first network's lines are solid, the
    second's dashed, with their intervals as bands.
    """
    steps = list(next(iter(kept.values())))
    measures = list(next(iter(kept.values()))[steps[0]])
    fig, axes = figure(len(measures), len(steps), width=8, height=0.8 + 1.9 * len(measures))
    places, grid = range(len(blurs)), np.reshape(axes, (len(measures), len(steps)))
    for (row, measure), (column, step) in product(enumerate(measures), enumerate(steps)):
        each = grid[row, column]
        for (network, of_network), line in zip(kept.items(), ("-", "--"), strict=False):
            for (control, words), colour in zip(controls.items(), _COLOURS, strict=False):
                value, low, high = np.transpose(of_network[step][measure][control])
                each.plot(places, value, line, color=colour, label=f"{words}, {network}")
                each.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
        each.set(ylim=(-0.1, 1.05), xticks=places, xticklabels=blurs)
        each.axhline(0, color="grey", linewidth=0.6)
        if row == 0:
            each.set_title(f"layer {step.removeprefix('conv')}", fontsize=9)
        if row == len(measures) - 1:
            each.set_xlabel("blur, px")
        if column == 0:
            each.set_ylabel(f"{measure} correlation")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=len(kept), fontsize=8, frameon=False)
    return fig


def changes(
    found: Mapping[str, tuple[float, float, float] | list[float]],
    expected: Mapping[str, Sequence[float]],
    published: Mapping[str, float],
    limits: tuple[float, float],
    unit: str,
) -> Any:
    """Changes against a baseline, one below the other, as a figure (chapter 7).

    found      (estimate, low, high) by words, in this order from the top: a dot and its interval. A list where
               there is no mean to speak of: a ring for each run
    expected   (low, high) by the same words: a grey bar behind it
    published  the paper's figure by the same words: a cross
    limits     of the axis; what lies beyond is written at the edge it lies behind
    unit       of the axis

    A word without an expectation or a published figure goes without.
    """
    fig, axes = figure(width=5.2, height=0.7 + 0.36 * len(found))
    axes.axvline(0, color="#888888", linewidth=0.8)
    for row, (words, came) in enumerate(found.items()):
        if words in expected:
            start, end = expected[words]
            axes.barh(row, end - start, 0.62, start, color="#e3e3e3", label="expected")
        alone = isinstance(came, list)
        if not alone:
            axes.plot(came[1:], (row, row), color="#1f77b4", linewidth=2)
        ours = ("one run", "none") if alone else ("ours", "#1f77b4")
        marks = [(value, "o", "#1f77b4", *ours, -4) for value in (sorted(set(came)) if alone else came[:1])]
        if words in published:
            marks.append((published[words], "x", "#b34700", "the paper", "#b34700", 4))
        beyond = set()
        for value, marker, colour, label, face, clear in marks:
            at = float(np.clip(value, *limits))
            axes.plot(at, row, marker, color=colour, markerfacecolor=face, markersize=6, clip_on=False, label=label)
            if at != value and (at, clear) not in beyond:  # of several runs at one edge the nearest is written
                beyond.add((at, clear))
                beside = {"ha": "right" if at == limits[1] else "left", "va": "bottom" if clear > 0 else "top"}
                where = {"xytext": (0, clear), "textcoords": "offset points"}
                axes.annotate(true_minus(f"{value:+.1f}"), (at, row), color=colour, **where, **beside)
    axes.set_yticks(range(len(found)), found)
    axes.set(xlim=limits, ylim=(len(found) - 0.5, -0.5), xlabel=unit)
    by_label = {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    fig.legend(by_label.values(), by_label, loc="outside upper center", ncols=4, frameon=False, columnspacing=1)
    return fig
