"""Chapter 3's instrument: fifteen pixels up through a small network and one unit down again, one operation a step.

The page computes the same in steps.js; the tests compare the two, setting by setting.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from zflib.deconvnet import METHODS
from zflib.plots.words import true_minus
from zflib.widgets import page as page_face
from zflib.widgets.axes import Axis
from zflib.widgets.explorer import ELSEWHERE, bundle, in_the_book
from zflib.widgets.geometry import note

__all__ = ["PIXELS", "StepsExplorer", "row"]  # chapter 3 settles its bet with the row

# The cheat sheet's row. Its middle window holds zeros only and takes a positive signal down, its last one a negative
# signal to an active unit: the three methods differ.
PIXELS = (3, 1, 2, 3, 1, 0, 3, 0, 4, 0, 5, 0, 2, 3, 2)
CONV1, STRIDE1, BIAS1 = (1, 2, -1), 2, -2
WINDOW, STRIDE = 3, 2
CONV2, BIAS2 = (2, 1, -1), 1
UP = ("picture", "conv1", "ReLU", "pool", "conv2", "ReLU")
DOWN = ("seed", "rectify", "filter", "unpool", "rectify", "filter")
RULES = (
    "15 pixels, 0 to 5",
    "filter (1, 2, −1), stride 2, bias −2",
    "negative values become 0",
    "largest of 3, stride 2",
    "filter (2, 1, −1), bias 1",
    "the unit's activation",
    "the unit's own value",
    "by the method's rule",
    "copies of (2, 1, −1), no bias",
    "to the switches, adding up",
    "by the method's rule",
    "copies of (1, 2, −1), no bias",
)
STEPS = len(RULES)
BET = "your bet: the pixels that come back"  # in place of the last rule, until the last step is shown


@dataclass(frozen=True)
class Row:
    """All that a row of pixels gives: `values` of the twelve steps, six up and six down, and pool's `switches`."""

    values: tuple[tuple[int, ...], ...]
    switches: tuple[int, ...]


def correlate(x: tuple[int, ...], taps: tuple[int, ...], stride: int, bias: int) -> tuple[int, ...]:
    """A convolution as networks have it, of one row."""
    starts = range(0, len(x) - len(taps) + 1, stride)
    return tuple(sum(t * x[at + i] for i, t in enumerate(taps)) + bias for at in starts)


def lay_down(signal: tuple[int, ...], taps: tuple[int, ...], stride: int) -> tuple[int, ...]:
    """Its transpose: each value lays down a copy of the filter, and copies add up."""
    out = [0] * ((len(signal) - 1) * stride + len(taps))
    for at, value in enumerate(signal):
        for i, tap in enumerate(taps):
            out[at * stride + i] += value * tap
    return tuple(out)


def rectify(signal: tuple[int, ...], activation: tuple[int, ...], method: str) -> tuple[int, ...]:
    """What passes a ReLU on the way down."""
    passes = {"gradient": lambda s, a: a > 0, "deconvnet": lambda s, a: s > 0, "guided": lambda s, a: min(s, a) > 0}
    return tuple(s if passes[method](s, a) else 0 for s, a in zip(signal, activation, strict=True))


def row(pixels: tuple[int, ...], method: str) -> Row:
    """Fifteen pixels up, and the unit at the top down again, by "deconvnet", "gradient" or "guided"."""
    conv1 = correlate(pixels, CONV1, STRIDE1, BIAS1)
    relu1 = tuple(max(0, v) for v in conv1)
    starts = range(0, len(relu1) - WINDOW + 1, STRIDE)
    switches = tuple(max(range(at, at + WINDOW), key=relu1.__getitem__) for at in starts)  # the first of equals
    pool = tuple(relu1[at] for at in switches)
    conv2 = correlate(pool, CONV2, 1, BIAS2)
    relu2 = tuple(max(0, v) for v in conv2)
    passed = rectify(relu2, relu2, method)
    below = lay_down(passed, CONV2, 1)
    unpooled = [0] * len(relu1)
    for at, value in zip(switches, below, strict=True):
        unpooled[at] += value
    kept = rectify(tuple(unpooled), relu1, method)
    down = relu2, passed, below, tuple(unpooled), kept, lay_down(kept, CONV1, STRIDE1)
    return Row((pixels, conv1, relu1, pool, conv2, relu2, *down), switches)


def signed(value: int) -> str:
    return true_minus(str(value))


def sentence(made: Row, method: str, step: int) -> str:
    """What happens at a step, with this row's numbers; steps are counted from 0."""
    picture, conv1, relu1, pool, conv2, relu2, seed, passed, below, unpooled, kept, _ = made.values
    switches = ", ".join(map(str, made.switches))
    if step >= 6 and not seed[0]:
        return "The unit is silent on this row: there is nothing to send down. Make some pixels brighter."
    if step == 0:
        return "A picture of one row. Click a pixel to make it brighter, then go up."
    if step == 1:
        a, b, c = map(signed, picture[:3])
        return f"Filter: the first unit sees {a}, {b} and {c}, and says {a} + 2·{b} − {c} − 2 = {signed(conv1[0])}."
    if step == 2:
        return f"Rectify: what is negative becomes 0; {sum(v < 0 for v in conv1)} of 7 values were."
    if step == 3:
        return f"Pool: the largest of each three. The switches remember where it was: {switches}."
    if step == 4:
        a, b, c = map(signed, pool)
        return f"Filter: one unit is left, 2·{a} + {b} − {c} + 1 = {signed(conv2[0])}."
    if step == 5:
        return f"Rectify: the unit's activation is {relu2[0]}. Which pixels made it so? Now down."
    if step == 6:
        return f"Seed: every other unit of the layer is set to 0; this one starts from its own value, {seed[0]}."
    if step == 7:
        return f"Rectify: {passed[0]} is positive and passes, by any of the three rules."
    if step == 8:
        return f"Filter: {passed[0]} lays down a copy of its filter, {', '.join(map(signed, below))}. No bias."
    if step == 9:
        shared = next((at for at in made.switches if made.switches.count(at) > 1), None)
        empty = next((at for at in made.switches if not relu1[at]), None)
        if shared is None and empty is not None:
            return f"Unpool: each to its switch, {switches}. The window of zeros has one in name only, {empty}."
        if shared is None:
            return f"Unpool: each value goes to its switch, {switches}; zeros elsewhere."
        claims = " + ".join(
            f"({signed(v)})" if v < 0 else str(v) for v, at in zip(below, made.switches, strict=True) if at == shared
        )
        return f"Unpool: each to its switch. Windows overlap at {shared}: {claims} = {signed(unpooled[shared])}."
    if step == 10:
        rules = {
            "deconvnet": "passes what is positive now",
            "gradient": "passes where the activation was positive",
            "guided": "asks for both: positive now, and positive on the way up",
        }
        ended = [signed(u) for u, k in zip(unpooled, kept, strict=True) if u != k]
        what = f"{' and '.join(ended)} ended here" if ended else "nothing ended here"
        who = "guided backpropagation" if method == "guided" else f"the {method}"
        return f"Rectify: {who} {rules[method]}; {what}."
    count = sum(v != 0 for v in kept)
    copies = "One value lays down a copy" if count == 1 else f"{count} values lay down copies"
    return f"Filter: {copies} of the filter. What arrives at the pixels is the projection."


def score(bet: Collection[int], projection: tuple[int, ...]) -> str:
    """How a bet on the pixels that come back did; where none was placed, how many do."""
    came = {at for at, value in enumerate(projection) if value}
    if not bet:
        return f" {len(came)} pixels come back; you have placed no bet."
    right, wrong = len(came.intersection(bet)), len(set(bet) - came)
    if right == len(came) and not wrong:
        return f" Your bet is won: these {right} pixels, and no others."
    return f" Your bet has {right} of the {len(came)} that come back, and {wrong} that don't."


def columns(length: int) -> range:
    """Where the values of a row stand, of 15 columns: each unit over the middle of what it sees."""
    return {15: range(1, 16), 7: range(2, 15, 2), 3: range(4, 13, 4), 1: range(8, 9)}[length]


def board(pixels: tuple[int, ...], method: str, shown: int, bet: Collection[int] = ()) -> str:
    """The rows up and down, those up to step `shown` filled in, under a sentence on the last of them, as HTML.

    bet  positions of the pixels that are to come back: marked in the last row, and scored once it is filled in
    """
    made, last = row(pixels, method), STEPS - 1
    sides = []
    for side, names, first in (("up", UP, 0), ("down", DOWN, 6)):
        rows = []
        for step in range(first, first + 6):
            values = made.values[step]
            largest = max(map(abs, values)) or 1
            cells = []
            for at, (value, column) in enumerate(zip(values, columns(len(values)), strict=True)):
                mine = " zf-mine" if step == last and at in bet else ""
                if step > shown:
                    here = f' data-bet="{at}"' if step == last else ""
                    cells.append(f'<span class="zf-cell{mine}"{here} style="grid-column:{column}"></span>')
                    continue
                kind = "minus" if value < 0 else "plus"
                ring = " zf-switch" if step in (2, 9) and shown >= 3 and at in made.switches else ""
                share, long = f"{100 * abs(value) / largest:.0f}", " zf-long" if len(signed(value)) > 3 else ""
                cells.append(
                    f'<span class="zf-cell zf-{kind}{ring}{long}{mine}" data-step="{step}" data-at="{at}" '
                    f'style="grid-column:{column};--share:{share}%">{signed(value)}</span>'
                )
            now = " zf-now" if step == shown else ""
            name = f"<b>{names[step - first]}</b> {BET if step == last > shown else RULES[step]}"
            few = "" if len(values) == 15 else " zf-few"
            rows.append(
                f'<div class="zf-row{now}"><p>{name}</p><div class="zf-cells{few}">{"".join(cells)}</div></div>'
            )
        sides.append(f'<div class="zf-{side}">{"".join(rows)}</div>')
    said = sentence(made, method, shown) + (score(bet, made.values[last]) if shown == last else "")
    return f'{note(said, "plain")}<div class="zf-steps">{"".join(sides)}</div>'


def read_pixels(text: str) -> tuple[int, ...]:
    """Fifteen digits from 0 to 5, whatever stands between them. Raises ValueError for anything else."""
    digits = text.replace(",", " ").replace(" ", "")
    if len(digits) != 15 or not set(digits) <= set("012345"):
        raise ValueError(f"The row must be fifteen digits from 0 to 5, such as {''.join(map(str, PIXELS))}.")
    return tuple(map(int, digits))


def read_bet(text: str) -> frozenset[int]:
    """Positions of pixels, 0 to 14, with spaces or commas between, or none. Raises ValueError for anything else."""
    words = text.replace(",", " ").split()
    if not all(word.isdecimal() and int(word) < 15 for word in words):
        raise ValueError("The bet must be positions of pixels from 0 to 14, such as 0 7 14.")
    return frozenset(map(int, words))


def _style() -> str:
    return f"<style>{page_face.asset('live/panel.css')}{page_face.asset('live/steps.css')}</style>"


class StepsExplorer:
    """A row of pixels up through a small network, and its unit down again, one operation a step (chapter 3).

    In the built book the page computes all of this: pixels change at a click, and each value says what made it. It
    opens before the last step: the reader bets on the pixels that come back, sees them, and goes through the steps.
    """

    name = "The deconvnet, one operation at a time"
    axes = (Axis("step", tuple(range(1, STEPS + 1))), Axis("method", METHODS))

    def __init__(self) -> None:
        self.start = {"step": STEPS - 1, "method": METHODS[0]}  # all but what the bet asks for: a press shows it
        self._html = self.page_html() if in_the_book() else self._still(**self.start) + ELSEWHERE

    @staticmethod
    def _result(step: int, method: str, pixels: str = "".join(map(str, PIXELS)), bet: str = "") -> str:
        try:
            return board(read_pixels(pixels), method, step - 1, read_bet(bet))
        except ValueError as error:
            return note(escape(str(error)), "red")

    def _still(self, **setting: Any) -> str:
        return f'{_style()}<div class="zf-panel" data-panel="steps">{self._result(**setting)}</div>'

    def page_html(self) -> str:
        """The page's face: native controls, and a script that computes what they show."""
        uid = page_face.unique_id()
        code = page_face.asset("shared.js") + page_face.asset("live/steps.js")
        said = {"pixels": PIXELS, "names": UP + DOWN, "rules": RULES, "bet": BET}
        return (
            f'<div class="zf-panel" id="{uid}" data-panel="steps" role="group" aria-label="{self.name}">{_style()}'
            f"{page_face.controls(uid, self.name, self.axes, self.start)}"
            '<div class="zf-buttons"><button type="button">Back</button><button type="button">Last step</button>'
            '<button type="button">From the start</button></div>'
            f'<div class="zf-board">{self._result(**self.start)}</div><p class="zf-made" aria-live="polite">Bet before '
            "the last step: click, in its empty row, the pixels that will come back.</p>"
            "<noscript><p>The controls need JavaScript.</p></noscript>"
            f'<script type="application/json">{page_face.json_text(said)}</script>'
            f"<script>{code}</script></div>"
        )

    @cached_property
    def widget(self) -> Any:
        """The kernel's face: an ipywidgets box of the controls, the row and the bet as text, and the board."""
        import ipywidgets

        from zflib.widgets import kernel

        controls = {axis.name: kernel.control(axis, self.start[axis.name]) for axis in self.axes}
        for name, text in (("pixels", "".join(map(str, PIXELS))), ("bet", "")):
            controls[name] = ipywidgets.Text(text, description=name, style=kernel.STYLE, layout=kernel.LAYOUT)
        controls["bet"].placeholder = "positions of the pixels that come back, such as 0 7 14"
        return kernel.box(controls, self._still(**self.start), self._still)

    def __repr__(self) -> str:
        return "StepsExplorer()"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self, self._html)
