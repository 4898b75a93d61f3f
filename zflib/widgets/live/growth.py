"""Chapter 8's instrument, the paper's Figure 4: what a map responds to most after some epochs, and what it passes back.

The reader bets on how many maps are still unsteady at the end; then layer, row and epoch are theirs to choose. All that
is shown is made here: in the page growth.js puts it in place.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from math import floor
from typing import Any

from zflib.architecture import ZFNET
from zflib.experiments import evolution, evolution_pictures
from zflib.experiments.evolution_pictures import MAPS, SIDE
from zflib.widgets.axes import Axis
from zflib.widgets.live.panel import Panel

RUN = evolution.RUNS[0]
LAYERS = (1, 2, 3, 4, 5)
NUMBERS = ("first", "second", "third", "fourth")
OPEN = "not placed"
BETS = {"one in ten": 0.1, "one in four": 0.25, "half": 0.5, "three in four": 0.75, "nearly all": 0.95}
WIDE, HIGH, EDGE = 360, 200, 30  # of the chart
TITLE = '<text x="0" y="14">of its final nine pictures, %</text>'


@cache
def found() -> dict[str, dict[str, dict[str, float]]]:
    """What was measured, by epoch and step."""
    return evolution.result()["runs"][RUN]


@cache
def shown() -> dict[str, Any]:
    """Which maps are shown, and what they respond to, by step."""
    return evolution_pictures.result()["runs"][RUN]


@cache
def epochs() -> tuple[int, ...]:
    return tuple(map(int, found()))


def whole(share: float) -> str:
    """A share in percent, halves upwards."""
    return f"{floor(100 * share + 0.5)}&nbsp;%"


def sheets(layers: Iterable[int]) -> str:
    """The sheets of some layers, unseen; tiles show pieces of them."""
    images = "".join(
        f'<image id="zf-growth-{layer}" width="{SIDE * len(epochs())}" height="{2 * MAPS * SIDE}" '
        f'href="data:image/webp;base64,{_sheet(layer)}"/>'
        for layer in layers
    )
    return f'<svg class="zf-sheets" width="0" height="0" aria-hidden="true"><defs>{images}</defs></svg>'


@cache
def _sheet(layer: int) -> str:
    return b64encode(evolution_pictures.packed()[f"{RUN}/conv{layer}"].tobytes()).decode()


def piece(layer: int, row: int, column: int, words: str = "") -> str:
    """A square of a layer's sheet; it is passed over where it has no words."""
    said = f'role="img" aria-label="{words}"' if words else 'aria-hidden="true"'
    box = f"{SIDE * column} {SIDE * row} {SIDE} {SIDE}"
    return f'<svg class="piece" viewBox="{box}" {said}><use href="#zf-growth-{layer}"/></svg>'


def seen(layer: int, row: int) -> list[tuple[str | None, int | None]]:
    """In which photograph, and which view of all, a map responds most, by epoch; None where nothing excites it."""
    return [(name, view) for name, _, view in (shown()[f"conv{layer}"]["found"][str(e)][row] for e in epochs())]


def grid(layer: int, row: int | None = None, epoch: int | None = None) -> str:
    """What four maps pass back after each epoch, a map a row; the chosen tile is marked, and where the view changes."""
    head = "".join(f"<span>{each}</span>" for each in epochs())
    tiles = ""
    for at in range(MAPS):
        views = [view for _, view in seen(layer, at)]
        for column, each in enumerate(epochs()):
            marks = " new" * (column > 0 and views[column] != views[column - 1])
            marks += " chosen" * ((at, each) == (row, epoch))
            tiles += f'<div class="tile{marks}">{piece(layer, 2 * at + 1, column)}</div>'
    words = f"What four maps of layer {layer} pass back, one a row, after epochs {', '.join(map(str, epochs()))}"
    return f'<div class="grid" role="img" aria-label="{words}" style="--columns:{len(epochs())}">{head}{tiles}</div>'


def large(layer: int, row: int, epoch: int) -> str:
    """A map at one epoch, as large as it goes: what it responds to most, and what it passes back of it."""
    column, number = epochs().index(epoch), shown()[f"conv{layer}"]["maps"][row]
    name, _ = seen(layer, row)[column]
    words = f"map {number} of layer {layer} after epoch {epoch}"
    left = piece(layer, 2 * row, column, f"What {words} responds to most, of {name or 'nothing'}")
    right = piece(layer, 2 * row + 1, column, f"What {words} passes back of it, on mid-grey")
    return (
        f"<figure>{left}<figcaption>what it responds to most</figcaption></figure>"
        f"<figure>{right}<figcaption>what it passes back</figcaption></figure>"
    )


def told(layer: int, row: int, epoch: int) -> str:
    """A map at one epoch, in words."""
    column, number = epochs().index(epoch), shown()[f"conv{layer}"]["maps"][row]
    name, when = seen(layer, row)[column][0], f"after epoch {epoch}" if epoch else "before training"
    changes = sum(one != other for one, other in pairwise(seen(layer, row)))
    times = {0: "never", 1: "once", 2: "twice"}.get(changes, f"{changes} times")
    what = (
        f"its strongest view is from the photograph <b>{name}</b>" if name else "it responds to none of the photographs"
    )
    return (
        f"Map {number} of layer {layer}, the {NUMBERS[row]} of four drawn by lot, {when}: {what}. "
        f"The view changes {times} in {len(epochs()) - 1} steps (orange edges)."
    )


def chart(layer: int, epoch: int) -> str:
    """How much of the final nine each layer's maps have, by epoch; the chosen layer stands out."""
    step = (WIDE - 2 * EDGE) / (len(epochs()) - 1)

    def place(at: int, of: int) -> tuple[int, int]:
        share = found()[str(epochs()[at])][f"conv{of}"]["nine"]
        return floor(EDGE + step * at + 0.5), floor(HIGH - EDGE - (HIGH - 2 * EDGE) * share + 0.5)

    def line(of: int) -> str:
        points = " ".join(f"{x},{y}" for x, y in (place(at, of) for at in range(len(epochs()))))
        mine = ' class="mine"' if of == layer else ""
        return f'<polyline{mine} points="{points}"/>'

    lines = "".join(line(of) for of in LAYERS if of != layer) + line(layer)
    x, y = place(epochs().index(epoch), layer)
    ticks = "".join(
        f'<text x="{floor(EDGE + step * at + 0.5)}" y="{HIGH - 8}" text-anchor="middle">{each}</text>'
        for at, each in enumerate(epochs())
    )
    sides = "".join(
        f'<text x="{EDGE - 6}" y="{floor(HIGH - EDGE - (HIGH - 2 * EDGE) * share + 5)}" text-anchor="end">'
        f"{floor(100 * share)}</text>"
        for share in (0, 0.5, 1)
    )
    share = whole(found()[str(epoch)][f"conv{layer}"]["nine"]).replace("&nbsp;", " ")
    label = f"Share of the final nine that maps of layer {layer} have, by epoch: {share} at epoch {epoch}"
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{label}">{TITLE}{ticks}{sides}{lines}'
        f'<circle cx="{x}" cy="{y}" r="6"/></svg>'
    )


def said(layer: int, epoch: int) -> str:
    """What was measured of a layer at an epoch, as HTML."""
    now = found()[str(epoch)][f"conv{layer}"]
    before = epochs()[max(epochs().index(epoch) - 1, 0)]
    then = f"after epoch {before}" if before else "before training"
    steady = f" {whole(now['changed'])} of its maps have another strongest picture than {then}."
    return (
        f"<b>Layer {layer} {f'after epoch {epoch}' if epoch else 'before training'}: of the nine pictures that a map "
        f"responds to most in the end, {whole(now['nine'])} are among its nine already.</b>{steady if epoch else ''}"
    )


def outcome(bet: str) -> str:
    """What became of a bet."""
    before, last = epochs()[-2:]
    maps, share = ZFNET.mini().maps(5), found()[str(last)]["conv5"]["changed"]
    if bet == OPEN:
        return (
            f"From epoch {before} to {last}, the last: how many of layer 5's {maps} maps change the picture that they "
            "respond to most? The answer was counted over validation pictures, which the strips do not show."
        )
    nearest = min(BETS, key=lambda each: abs(BETS[each] - share))
    came = "won" if bet == nearest else f"lost, {nearest} is nearer"
    return (
        f"You bet on {bet}: {came}. From epoch {before} to {last}, {round(share * maps)} of layer 5's {maps} maps "
        f"change the picture that they respond to most, {whole(share)}."
    )


class GrowingFeatures(Panel):
    """What maps respond to most, and pass back, from before training to its end: by layer, map and epoch.

    start  values of its controls other than those it begins with: layer, row (1 to 4, maps drawn by lot), epoch (a kept
           one), bet. Raises ValueError for what they don't offer.
    """

    title = "How features grow"
    script = "growth"
    styles = ("bet",)

    @property
    def axes(self) -> tuple[Axis, ...]:
        return (
            Axis("layer", LAYERS),
            Axis("row", tuple(range(1, MAPS + 1))),
            Axis("epoch", epochs()),
            Axis("bet", (OPEN, *BETS)),
        )

    @property
    def defaults(self) -> dict[str, Any]:
        return {"layer": 5, "row": 1, "epoch": epochs()[-1], "bet": OPEN}

    def view(self, layer: int, row: int, epoch: int, bet: str) -> str:
        """The bet, Figure 4's strips, one map at large, and what was measured of its layer."""
        return (
            f'<div class="zf-growth" data-bet="{bet}"><p class="zf-outcome" role="status">{outcome(bet)}</p>'
            f'<div class="zf-strips">{grid(layer, row - 1, epoch)}</div>'
            f'<div class="zf-one"><div class="zf-large">{large(layer, row - 1, epoch)}</div>'
            f'<p class="zf-told" aria-live="polite">{told(layer, row - 1, epoch)}</p></div>'
            f'<div class="zf-hidden"><div class="zf-chart">{chart(layer, epoch)}</div>'
            f'<p class="zf-verdict" aria-live="polite">{said(layer, epoch)}</p></div></div>'
        )

    def before(self) -> str:
        button = '<button type="button" data-bet="{0}" aria-pressed="false">{1}</button>'
        bets = "".join(button.format(bet, f"Bet: {bet}" if at == 0 else bet) for at, bet in enumerate(BETS))
        return f'<div class="zf-buttons">{bets}</div>{sheets(LAYERS)}'

    def still(self, **setting: Any) -> str:
        """The view with its style and the sheet of its layer."""
        body = f"{sheets((setting['layer'],))}{self.view(**setting)}"
        return f'{self._style()}<div class="zf-panel" data-panel="{self.script}">{body}</div>'

    def data(self) -> dict[str, Any]:
        """All that the view is put together from."""
        return {
            "outcomes": {bet: outcome(bet) for bet in (OPEN, *BETS)},
            "layers": {layer: self._layer(layer) for layer in LAYERS},
        }

    def _layer(self, layer: int) -> dict[str, Any]:
        each = [[(row, epoch) for epoch in epochs()] for row in range(MAPS)]
        return {
            "grid": grid(layer),
            "large": [[large(layer, *at) for at in row] for row in each],
            "told": [[told(layer, *at) for at in row] for row in each],
            "chart": [chart(layer, epoch) for epoch in epochs()],
            "said": [said(layer, epoch) for epoch in epochs()],
        }
