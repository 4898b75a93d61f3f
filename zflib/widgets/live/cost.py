"""Chapter 7's bet: what does it cost AlexNet to lose some of its layers, in the paper's table and under our recipes?

The reader sets a marker for each network; the paper's errors follow, ours at three learning rates, and then each recipe
by itself. In the page cost.js moves the markers and scores the bet; all that was measured is drawn here.
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
LAYERS = ("layers 3 and 4", "layer 7", "layers 6 and 7", "all four")
LOST = 50  # percent of error beyond which a seed has hardly learnt; a guess has 90
LOW, HIGH, TICKS = -12, 36, (-10, 0, 10, 20, 30)  # points of top-1 error
COUNTS, NOT_RUN = ("no", "one", "two", "three", "four"), "not run"
IDLE = f"ours {NOT_RUN}"  # what a track says that a recipe has nothing for
BET, PAPER, TOGETHER = "my bet", "the paper", "three rates"
RECIPES = {  # by what they are called: what the network as it is and the changed one have, against the table's recipe
    "rate 0.003": ({"rate": 0.003}, {"rate": 0.003}),
    "rate 0.01": ({}, {}),
    "rate 0.02": ({"rate": 0.02}, {"rate": 0.02}),
    "36 epochs": ({"budget": 36}, {"budget": 36}),
    "no dropout": ({"dropout": 0.0}, {}),  # of use where the changed network has none to lose
}
DROPOUT_GOES = ROWS["without_6_and_7"]
RATES = [stage for stage in RECIPES if stage.startswith("rate")]
STAGES = (BET, PAPER, TOGETHER, *RECIPES)


class CostOfLayers(Panel):
    """Where networks of Table 3 land that lost some of their layers: a bet, the paper's answer, and ours.

    start  values of its controls other than those it begins with: the bets (whole points of error, -12 to 36), by
           "without_3_and_4" and the like, and show. Raises ValueError for what they don't offer.
    """

    title = "What does it cost to take layers away?"
    script = "cost"
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
            f'<p class="zf-verdict" aria-live="polite">{said(stage, bets)}</p>'
            f'<div class="zf-cost">{tracks}<div class="zf-cost-axis" aria-hidden="true">{ticks}</div></div>'
            '<p class="zf-faint">Change of the validation error, points. Left of 0: less than the whole network.</p>'
        )

    def before(self) -> str:
        button = '<button type="button" data-stage="{0}" aria-pressed="false">{0}</button>'.format
        return f'<div class="zf-buttons" role="group" aria-label="show">{"".join(map(button, STAGES))}</div>'

    def data(self) -> dict[str, Any]:
        """What is drawn and said of each stage but the bets; the paper's changes."""
        stages = {stage: {"drawn": drawn(stage), "said": said(stage, [])} for stage in STAGES}
        scale = {"low": LOW, "high": HIGH, "counts": COUNTS, "idle": IDLE}
        return {"stages": stages, "paper": paper(), "bets": list(ROWS), **scale}


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
        if stage == TOGETHER:
            for lane, rate in enumerate(RATES):
                mark, _, brief = _one(measured(rate)[at])
                marks += f'<span class="lane{lane} rate{lane}">{mark}</span>'
                words += f'<span class="ours rate{lane}">{brief} at {rate.removeprefix("rate ")}</span>'
        elif stage != PAPER:
            mark, long, _ = _one(measured(stage)[at])
            named = stage if stage in RATES else "rate 0.01"  # the table's, where no other is named
            shade = f"rate{RATES.index(named)}"
            marks += f'<span class="{shade}">{mark}</span>'
            words += f'<span class="ours {shade}">ours {long}</span>'
        made.append((marks, words))
    return made


def _one(found: ablation.Difference | BySeed | None) -> tuple[str, str, str]:
    """The marks of a change, and its words, long and brief. What lies beyond the scale is one arrow at its end."""
    if found is None:
        return "", NOT_RUN, NOT_RUN
    if isinstance(found, BySeed):
        marks = "".join(
            f'<i class="ours ring" style="left:{place(each)}%"></i>' for each in found.changes if each <= HIGH
        )
        if max(found.changes) > HIGH:
            marks += '<i class="ours beyond"></i>'
        by_seed = ", ".join(number(each, 1) for each in found.changes)
        return marks, f"by seed {by_seed}", "seeds fail"
    low, high = found.interval()
    left, right = place(low), place(high)
    marks = f'<b style="left:{left}%;width:{float(right) - float(left):.1f}%"></b>'
    marks += f'<i class="ours" style="left:{place(found.estimate)}%"></i>'
    brief = number(found.estimate, 1)
    return marks, f"{brief} ({number(low, 1)} to {number(high, 1)})", brief


def _track(name: str, what: str, bet: int, marks: str, words: str) -> str:
    title, idle = name.replace("_", " "), " idle" * (IDLE in words)  # dim
    zero = f'<s style="left:{place(0)}%"></s>'
    handle = f'<u style="left:{place(bet)}%"></u>'
    return (
        f'<div class="zf-cost-row{idle}" data-row="{name}"><span class="name">{title} <small>{what}</small></span>'
        f'<span class="words"><span class="bet">bet {number(bet)}</span>{words}</span>'
        f'<div class="track">{zero}<span>{marks}</span>{handle}</div></div>'
    )


def score(bets: list[int]) -> str:
    """How far the markers that were moved are off the paper's, beside what they would be at 0."""
    moved = [(bet, true) for bet, true in zip(bets, paper(), strict=True) if bet]
    if not moved:
        return "You moved no marker. "
    off, idle = (np.mean([abs(at - true) for at, true in pairs]) for pairs in (moved, [(0, true) for _, true in moved]))
    who = "Your bet is" if len(moved) == 1 else f"Your {COUNTS[len(moved)]} bets are"
    return f"{who} {off:.1f} points off{' on average' * (len(moved) > 1)} (left at 0: {idle:.1f}). "


def said(stage: str, bets: list[int]) -> str:
    """What a stage comes to, as HTML; without bets, only what does not depend on them."""
    if stage == BET:
        return (
            "AlexNet loses layers and is trained anew: how many points more does it err, or fewer? Drag each marker to "
            f"your bet, right of 0 for more errors, left for fewer. Then press <b>{PAPER}</b>."
        )
    if stage == PAPER:
        cost = dict(zip(LAYERS, (number(points, 1) for points in paper()), strict=True))
        said = (
            f"<b>The paper: two layers less cost {cost[LAYERS[0]]} and {cost[LAYERS[2]]} points, all four "
            f"{cost[LAYERS[3]]}.</b> One run each on ImageNet, so it can't say how much chance is in them."
        )
        return (score(bets) if bets else "") + said
    if stage == TOGETHER:
        return at_three_rates()
    return " ".join(sentences(measured(stage)))


def side(found: ablation.Difference | BySeed | None) -> str:
    """Whether a network errs less or more than the whole one, as its interval says; "open" where it doesn't."""
    if found is None:
        return "not run"
    if isinstance(found, BySeed):
        return "by seed"
    low, high = found.interval()
    return "less" if high < 0 else "more" if low > 0 else "open"


def change(found: ablation.Difference) -> str:
    """ "2.0 points less (0.8 to 3.3)", in brackets the 95 % interval; with signs where it holds 0."""
    low, high = found.interval()
    if side(found) == "open":
        return f"{number(found.estimate, 1)} ({number(low, 1)} to {number(high, 1)})"
    low, high = sorted((abs(low), abs(high)))
    return f"{abs(found.estimate):.1f} points {side(found)} ({low:.1f} to {high:.1f})"


def at_three_rates() -> str:
    """How many answers the rates give, for all networks but that of four layers, and the first one's changes."""
    several = [measured(rate)[:-1] for rate in RATES]
    answers = {tuple(map(side, found)) for found in several}
    told = [
        f"{change(found[0])} at {rate.removeprefix('rate ')}"
        for rate, found in zip(RATES, several, strict=True)
        if isinstance(found[0], ablation.Difference)
    ]
    alike = [
        rate.removeprefix("rate ")
        for rate, found in zip(RATES, several, strict=True)
        if all(isinstance(e, ablation.Difference) and e.estimate * p > 0 for e, p in zip(found, paper(), strict=False))
    ]
    signs = f"The paper's signs come at {' and '.join(alike)} only." if 0 < len(alike) < len(RATES) else ""
    return (
        f"<b>One table, {COUNTS[len(RATES)]} learning rates, {COUNTS[len(answers)]} "
        f"answer{'s' * (len(answers) > 1)}.</b> Without {LAYERS[0]} AlexNet-mini errs {', '.join(told)}. {signs}"
    )


def sentences(found: list[ablation.Difference | BySeed | None]) -> list[str]:
    """Which networks err less than the whole one, or more, and by how much at least; of which that is not shown."""
    by_side: dict[str, list[tuple[str, Any]]] = {}
    for name, each in zip(LAYERS, found, strict=True):
        by_side.setdefault(side(each), []).append((name, each))
    told = []
    for way in ("less", "more"):
        if those := by_side.get(way):
            who = " or ".join(name for name, _ in those).replace(" or ", ", ", len(those) - 2)
            least = change(min((each for _, each in those), key=lambda each: abs(each.estimate)))
            told.append(f"<b>Without {who} AlexNet-mini errs {'at least ' * (len(those) > 1)}{least}.</b>")
    if those := by_side.get("open"):
        each = "; ".join(f"without {name}: {change(each)}" for name, each in those)
        told.append(f"No difference is shown {each}." if told else f"<b>No difference is shown</b> {each}.")
    for name, each in by_side.get("by seed", []):
        told.append(f"Without {name}, {each.lost} of {len(each.changes)} seeds hardly learn.")
    return told
