"""Chapter 7's bet: what does it cost AlexNet to lose some of its layers, in the paper's table and under our recipes?

The reader sets a marker for each network; the paper's errors follow, and then ours, recipe by recipe. In the page
cost.js moves the markers and scores the bet; all that was measured is drawn here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np

from zflib.experiments import ablation
from zflib.plots.words import true_minus
from zflib.widgets.axes import Axis
from zflib.widgets.live.panel import Panel

ROWS = {
    "without_3_and_4": "removed_layers_3_4",
    "without_7": "removed_layer_7",
    "without_6_and_7": "removed_layers_6_7",
    "without_all_four": "removed_layers_3_4_6_7",
}
WHAT = (
    "two convolutions",
    "one of two fully connected",
    "both fully connected",
    "three convolutions and layer 8 are left",
)
LOST = 50  # percent of error beyond which a seed has hardly learnt; a guess has 90
LOW, HIGH, TICKS = -12, 36, (-10, 0, 10, 20, 30)  # points of top-1 error
BET, PAPER = "my bet", "the paper"
RECIPES = {  # by what they are called: what the network as it is and the changed one have, against the table's recipe
    "ours, 12 epochs": ({}, {}),
    "ours, 36 epochs": ({"budget": 36}, {"budget": 36}),
    "ours, rate 0.003": ({"rate": 0.003}, {"rate": 0.003}),
    "ours, rate 0.02": ({"rate": 0.02}, {"rate": 0.02}),
    "ours, no dropout": ({"dropout": 0.0}, {}),  # of use where the changed network has none to lose
    "ours, He initialisation": ({"he": True}, {"he": True}),
}
DROPOUT_GOES = ROWS["without_6_and_7"]
STAGES = (BET, PAPER, *RECIPES)


class CostOfLayers(Panel):
    """Where networks of Table 3 land that lost some of their layers: a bet, the paper's answer, and ours.

    start  values of its controls other than those it begins with: the bets (whole points of error, -12 to 36), by
           "without_3_and_4" and the like, and show. Raises ValueError for what they don't offer.
    """

    title = "What does it cost to take layers away?"
    script = "cost"
    view_first = True
    axes = (*(Axis(name, tuple(range(LOW, HIGH + 1))) for name in ROWS), Axis("show", STAGES))
    defaults: ClassVar = dict.fromkeys(ROWS, 0) | {"show": BET}

    def view(self, **setting: Any) -> str:
        """A track for each network with what is shown on it, and what it comes to."""
        bets, stage = [setting[name] for name in ROWS], setting["show"]
        tracks = "".join(
            _track(name, what, bet, marks, words)
            for name, what, bet, (marks, words) in zip(ROWS, WHAT, bets, drawn(stage), strict=True)
        )
        ticks = "".join(f'<span style="left:{place(tick)}%">{number(tick)}</span>' for tick in TICKS)
        return (
            f'<div class="zf-cost">{tracks}<div class="zf-cost-axis" aria-hidden="true">{ticks}</div></div>'
            '<p class="zf-faint">Change of the top-1 error on validation pictures, points. Right of zero: the '
            "smaller network errs more. Bars: 95 % intervals, for other seeds and pictures.</p>"
            f'<p class="zf-verdict" aria-live="polite">{said(stage, bets)}</p>'
        )

    def before(self) -> str:
        return '<div class="zf-buttons"><button type="button" data-next>Bet: show the paper\'s</button></div>'

    def data(self) -> dict[str, Any]:
        """What is drawn and said of each stage but the bets; the paper's changes."""
        stages = {stage: {"drawn": drawn(stage), "said": said(stage, [])} for stage in STAGES}
        return {"stages": stages, "paper": paper(), "low": LOW, "high": HIGH, "bets": list(ROWS)}


def place(points: float) -> str:
    """Where a change lies on its track, in percent of the width; beyond an end at that end."""
    return f"{100 * (min(max(points, LOW), HIGH) - LOW) / (HIGH - LOW):.1f}"


def number(points: float, digits: int = 0) -> str:
    return true_minus(f"{points:+.{digits}f}") if points else "0"


def paper() -> list[float]:
    """What each network costs in Table 3, in the order of `ROWS`."""
    errors = {row: top1 for row, (_, top1, _) in ablation.published("alexnet").items()}
    return [round(errors[row] - errors["as_is"], 1) for row in ROWS.values()]


@cache
def _runs() -> tuple[ablation.Ablation, ablation.Spread]:
    """All runs, and the spread from seed to seed: of every row of the table but that whose seeds end so differently."""
    runs = ablation.result()
    kinds = [(network, row) for network in ("alexnet", "zfnet") for row in ablation.published(network)]
    kinds.remove(("alexnet", ROWS["without_all_four"]))
    return runs, ablation.between_seeds([runs.row(*kind) for kind in kinds])


@dataclass(frozen=True)
class BySeed:
    """The change of each seed of a network, points, and how many of these seeds hardly learnt."""

    changes: list[float]
    lost: int


@cache
def measured(stage: str) -> list[ablation.Difference | BySeed | None]:
    """Of each network under a recipe of ours: its change against the network as it is; that of each seed where one of
    them, or of the network as it is, hardly learns; None where it was not run so, or where the recipe is no other."""
    (runs, spread), (of_whole, of_changed) = _runs(), RECIPES[stage]
    found: list[ablation.Difference | BySeed | None] = []
    for row in ROWS.values():
        both = ("as_is", of_whole), (row, of_changed)
        run = all(any(o.correct is not None for o in runs.of("alexnet", name, **of)) for name, of in both)
        if not run or ("dropout" in of_whole and row != DROPOUT_GOES):
            found.append(None)
            continue
        whole, changed = (runs.row("alexnet", name, **of) for name, of in both)
        wrong, before = changed.wrong.mean(axis=1), whole.wrong.mean(axis=1)
        if (before > LOST).any():  # its mean describes none of its seeds: seed against seed
            wrong, before = (errors[: min(len(wrong), len(before))] for errors in (wrong, before))
            found.append(BySeed((wrong - before).tolist(), int((wrong > LOST).sum())))
        elif (wrong > LOST).any():
            found.append(BySeed((wrong - before.mean()).tolist(), int((wrong > LOST).sum())))
        else:
            found.append(ablation.compare(whole, changed, spread).error)
    return found


def drawn(stage: str) -> list[tuple[str, str]]:
    """Of each network: the marks on its track, and its words, both HTML."""
    made = []
    for at, published in enumerate(paper()):
        if stage == BET:
            made.append(("", ""))
            continue
        marks = f'<i class="paper" style="left:{place(published)}%"></i>'
        words = f'<span class="paper">paper {number(published, 1)}</span>'
        if stage != PAPER:
            found = measured(stage)[at]
            if found is None:
                words += '<span class="ours">ours: not run</span>'
            elif isinstance(found, BySeed):
                for each in found.changes:
                    beyond = " beyond" if each > HIGH else ""
                    marks += f'<i class="ours ring{beyond}" style="left:{place(each)}%"></i>'
                words += (
                    f'<span class="ours">ours, by seed {", ".join(number(each, 1) for each in found.changes)}</span>'
                )
            else:
                low, high = found.interval()
                left, right = place(low), place(high)
                marks += f'<b style="left:{left}%;width:{float(right) - float(left):.1f}%"></b>'
                marks += f'<i class="ours" style="left:{place(found.estimate)}%"></i>'
                words += f'<span class="ours">ours {number(found.estimate, 1)} '
                words += f"({number(low, 1)} to {number(high, 1)})</span>"
        made.append((marks, words))
    return made


def _track(name: str, what: str, bet: int, marks: str, words: str) -> str:
    title = name.replace("_", " ")
    zero = f'<s style="left:{place(0)}%"></s>'
    handle = f'<u style="left:{place(bet)}%"></u>'
    return (
        f'<div class="zf-cost-row" data-row="{name}"><span class="name">{title} <small>{what}</small></span>'
        f'<span class="words"><span class="bet">bet {number(bet)}</span>{words}</span>'
        f'<div class="track">{zero}<span>{marks}</span>{handle}</div></div>'
    )


def score(bets: list[int]) -> str:
    """How far the bets are off the paper's, beside those of who bets on no change at all."""
    off, idle = (
        np.mean([abs(bet - true) for bet, true in zip(each, paper(), strict=True)]) for each in (bets, [0] * 4)
    )
    return f"Your bets are {off:.1f} points off on average (four bets on 0: {idle:.1f}). "


def said(stage: str, bets: list[int]) -> str:
    """What a stage comes to, as HTML; without bets, only what does not depend on them."""
    if stage == BET:
        return "AlexNet loses layers and is trained anew. Place the four markers, then bet."
    if stage == PAPER:
        said = "One run each on ImageNet. <b>Layers seem to matter, all four together most.</b>"
        return (score(bets) if bets else "") + said
    found = [each for each in measured(stage) if each is not None]
    ends = [each.interval() for each in found if not isinstance(each, BySeed)]
    counts = {
        "err less": sum(high < 0 for _, high in ends),
        "err more": sum(low > 0 for low, _ in ends),
        "not told apart": sum(low <= 0 <= high for low, high in ends),
    }
    parts = [f"{words}: {count}" for words, count in counts.items() if count]
    for each in found:
        if isinstance(each, BySeed):
            parts.append(f"no mean, as {each.lost} of {len(each.changes)} seeds hardly learnt: 1")
    return f"AlexNet-mini, ten classes. Of {len(found)} networks, against the whole one, <b>{'; '.join(parts)}</b>."
