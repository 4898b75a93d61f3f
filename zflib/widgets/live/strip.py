"""Chapter 5's strip: every filter of a bank at its peak frequency, and what the test says of the middle one chooses.

The page draws and says the same in strip.js, from the verdicts of `zflib.experiments.middles`.
"""

from __future__ import annotations

from functools import cache, cached_property
from html import escape
from itertools import pairwise
from math import acos, floor, log2, pi, sqrt
from typing import Any, ClassVar

from zflib.analysis import spectrum
from zflib.analysis.spectrum.densities import LOWEST
from zflib.analysis.spectrum.filters import CORNER
from zflib.analysis.spectrum.gap import EMPTY, MIDDLES, NYQUIST, SIDELESS, GapTest
from zflib.experiments import middles
from zflib.widgets.axes import Axis
from zflib.widgets.live import middles_map
from zflib.widgets.live.middles_map import WORDS
from zflib.widgets.live.panel import Panel
from zflib.widgets.live.strip_sheets import filter_at, pictures, sheets, slug

# Of the drawing; block: for what peaks below 1/22; title: how far below the axis the height's stands, beside the axis's
# own or below it.
WIDE = {"width": 720, "block": 120, "height": 300, "largest": 26, "title": 36}
NARROW = {"width": 340, "block": 64, "height": 260, "largest": 16, "title": 54}
OCTAVE, AREA = "octaves equally wide", "areas equally wide"
TICKS = {OCTAVE: ("0.063", "0.125", "0.25", "0.5"), AREA: ("0.1", "0.2", "0.3", "0.4", "0.5")}
HEIGHTS = {OCTAVE: "height: filters per octave", AREA: "height: filters per area"}
SIGNS = {"supported": "+", "contradicted": "−", "undecided": "?", SIDELESS: "×"}
BANKS = middles.NAMES
OPEN, GAP, NONE, UNSURE = "not placed", "a gap", "no gap", "undecided"
QUESTION = (
    "Is the shaded middle a gap, at most half as full as either side? Bet on what a test says: a gap, no gap, or "
    "undecided, which is too few filters to tell. Then drag the edges."
)
LATER = (
    "With your bet come the counts, the verdict, and in how many of a hundred such banks the test would find an empty "
    "middle."
)


class FilterStrip(Panel):
    """Every filter of a bank at its peak frequency; the edges of the middle, and the verdict on it, follow the reader.

    The height of the columns is the density, per octave or per area: what the axis has equally wide.

    start  values of its controls other than those it begins with: bank, filters, axis, middle_from, middle_to, bet (on
           what the test finds). Raises ValueError for what they don't offer.
    """

    title = "Where filters peak, and whether that leaves a gap in the middle"
    script = "strip"
    styles = ("bet",)
    view_first = True
    axes = (
        Axis("bank", BANKS),
        Axis("filters", middles.FILTERS),
        Axis("axis", (OCTAVE, AREA)),
        Axis("middle_from", middles.EDGES),
        Axis("middle_to", middles.EDGES),
        Axis("bet", (OPEN, GAP, NONE, UNSURE)),
    )
    defaults: ClassVar = {
        "bank": "AlexNet, ImageNet",  # it has filters on both sides of every middle here, so that the bet is open
        "filters": middles.FILTERS[0],
        "axis": OCTAVE,
        "middle_from": MIDDLES[0][0],
        "middle_to": MIDDLES[0][1],
        "bet": OPEN,
    }

    def view(
        self, bank: str, filters: str, axis: str, middle_from: float, middle_to: float, bet: str, layout: Any = WIDE
    ) -> str:
        """Verdict, strip and words, the verdict only once the bet is placed; `layout` is that of the drawing."""
        middle = between(middle_from, middle_to)
        first, second = said(bank, filters, spectrum.gap_test(middles.choose(bank, filters), [middle]), bet)
        return (
            f'<p class="zf-verdict">{first}</p><div class="zf-strip">{strip(bank, filters, axis, middle, layout)}</div>'
            f'<p class="zf-words" aria-live="polite">{second}</p>'
        )

    def still(self, **setting: Any) -> str:
        return sheets() + super().still(**setting)

    def before(self) -> str:
        bet = '<button type="button" data-bet="{0}" aria-pressed="false">Bet: {0}</button>'
        bets = "".join(map(bet.format, (GAP, NONE, UNSURE)))
        button = '<button type="button" data-middle="{low:g} {high:g}">{low:g} to {high:g}</button>'
        named = "".join(button.format(low=low, high=high) for low, high in MIDDLES)
        group = '<div class="zf-buttons{}" role="group" aria-label="{}">{}</div>'.format
        return sheets() + group(" zf-gap", "Your bet", bets) + group("", "The middles of this chapter", named)

    def after(self) -> str:
        fold = f"<summary>{middles_map.TITLE}</summary>"
        return f'<details>{fold}<div class="zf-map"></div><p class="zf-words"></p></details>'

    def data(self) -> dict[str, Any]:
        """Peaks and answers of all banks, and what the sheets of filters hold."""
        return {
            "edges": middles.EDGES,
            "layouts": [WIDE, NARROW],
            "ticks": TICKS,
            "heights": HEIGHTS,
            "question": QUESTION,
            "later": LATER,
            "signs": SIGNS,
            "banks": {name: [list(row) for row in members(name)] for name in BANKS},
            "answers": middles.result()["banks"],
            "kernels": {name: kernel for name, (kernel, _) in pictures().items()},
        }

    @cached_property
    def widget(self) -> Any:
        """The kernel's face, with the page's buttons and its map of all middles."""
        return middles_map.around(super().widget, [axis.name for axis in self.axes], all_middles)


def all_middles(bank: str, filters: str, middle_from: float, middle_to: float, **_others: str) -> str:
    """The map of all middles as SVG; the other controls make no difference to it."""
    return middles_map.drawing(bank, filters, between(middle_from, middle_to))


def between(one: float, other: float) -> tuple[float, float]:
    """The middle that two edges make, in order; where they are one, the next step up is the other."""
    low, high = sorted((one, other))
    if low == high:
        at = middles.EDGES.index(low)
        low, high = middles.EDGES[at : at + 2] if at + 1 < len(middles.EDGES) else middles.EDGES[-2:]
    return low, high


@cache
def members(bank: str) -> list[tuple[float, int, str, int]]:
    """The filters of a bank from the coarsest to the finest: peak (rounded to 1e-6), 1 for grey, sheet and place on it.

    Of a bank whose filters are not here the sheet is "".
    """
    peaks, grey = middles.banks()[bank]
    rows = []
    for seed, (at, share) in enumerate(zip(peaks, grey, strict=True)):
        sheet = bank.replace("three seeds", f"seed {seed}") if bank.startswith(tuple(middles.MINI)) else ""
        rows += [(round(float(f), 6), int(g >= 0.5), sheet, n) for n, (f, g) in enumerate(zip(at, share, strict=True))]
    return sorted((row for row in rows if row[0] == row[0]), key=lambda row: row[0])


def strip(bank: str, filters: str, axis: str, middle: tuple[float, float], layout: Any) -> str:
    """The drawing as SVG."""
    width, height, shown = layout["width"], layout["height"], counted(bank, filters)
    side = thumb(shown, layout)
    places, hidden = stacked(shown, axis, side, layout)
    low, high = (position(f, axis, layout) for f in middle)
    levels = [min(level, height) for level in densities(shown, middle, axis, side, layout)]
    bands = [(layout["block"] if axis == OCTAVE else 0, low), (low, high), (high, position(NYQUIST, axis, layout))]
    parts = [f'<rect class="middle" x="{whole(low)}" y="0" width="{whole(high) - whole(low)}" height="{height}"/>']
    for (left, right), level in zip(bands, levels, strict=True):
        x, y = whole(left), whole(height - level)
        parts.append(f'<rect class="level" x="{x}" y="{y}" width="{whole(right) - x}" height="{height - y}"/>')
    parts.append("<g>")
    for (x, y), (_, _, sheet, place) in zip(places, shown, strict=True):
        if y >= 0:
            parts.append(filter_at(x, y, side, sheet, place))
    parts.append("</g>")
    y = whole(height - EMPTY * min(levels[0], levels[2]))
    parts.append(f'<line class="half" x1="{whole(low)}" x2="{whole(high)}" y1="{y}" y2="{y}"/>')
    for name, x in (("from", whole(low)), ("to", whole(high))):
        parts.append(f'<g class="edge" data-edge="{name}"><line x1="{x}" x2="{x}" y1="-18" y2="{height}"/>')
        parts.append(f'<circle cx="{x}" cy="-18" r="11"/></g>')
    if hidden:
        parts.append(f'<text class="more" x="{4 * side}" y="12">and {hidden} more, above the top</text>')
    parts.append(f'<line class="axis" x1="0" x2="{width}" y1="{height}" y2="{height}"/>')
    if axis == OCTAVE:
        parts.append(f'<text x="{whole(layout["block"] / 2)}" y="{height + 18}" text-anchor="middle">near 0</text>')
    for tick in TICKS[axis]:
        x = whole(position(float(tick), axis, layout))
        parts.append(f'<text x="{x}" y="{height + 18}" text-anchor="middle">{tick}</text>')
    parts.append(f'<text x="0" y="{height + layout["title"]}">{HEIGHTS[axis]}</text>')
    parts.append(f'<text x="{width}" y="{height + 36}" text-anchor="end">peak frequency, cycles/px</text>')
    label = f"{len(shown)} filters by peak frequency, {axis}; the middle is from {middle[0]:g} to {middle[1]:g}"
    box = f"-12 -32 {width + 24} {height + 38 + layout['title']}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def counted(bank: str, filters: str) -> list[tuple[float, int, str, int]]:
    """Those of `members` that count; where colours are not known, all."""
    rows = members(bank)
    if filters == middles.FILTERS[0] or not rows[0][2]:
        return rows
    return [row for row in rows if row[1] == (filters == middles.FILTERS[1])]


def thumb(shown: list[Any], layout: Any) -> int:
    """The largest side of a thumbnail, in units of the drawing, with which no column outgrows it over octaves."""
    for side in range(layout["largest"], 4, -1):
        if not stacked(shown, OCTAVE, side, layout)[1]:
            return side
    return 4


def stacked(shown: list[Any], axis: str, side: int, layout: Any) -> tuple[list[tuple[int, int]], int]:
    """The top left corner of every thumbnail, and how many are beyond the top: those of y below 0.

    Over octaves, what peaks below 1/22 fills a block of its own on the left.
    """
    start = layout["block"] if axis == OCTAVE else 0
    rows, across = layout["height"] // side, start // side
    filled: dict[int, int] = {}
    places, hidden = [], 0
    for frequency, *_ in shown:
        if axis == OCTAVE and frequency < LOWEST:
            n = filled[-1] = filled.get(-1, -1) + 1
            x, row = n % across * side, n // across
        else:
            column = floor((position(frequency, axis, layout) - start) / side)
            row = filled[column] = filled.get(column, -1) + 1
            x = start + column * side
        hidden += row >= rows
        places.append((x, layout["height"] - (row + 1) * side))
    return places, hidden


def position(frequency: float, axis: str, layout: Any) -> float:
    """Where a frequency lies on the drawing's axis."""
    if axis == AREA:
        return layout["width"] * area(frequency)
    start = layout["block"]
    return start + (layout["width"] - start) * log2(max(frequency, LOWEST) / LOWEST) / log2(CORNER / LOWEST)


def area(frequency: float) -> float:
    """The part of the frequency plane up to a frequency; beyond 0.5 the disc sticks out of the square."""
    within = min(frequency, CORNER)
    beyond = max(within, 0.5)
    return pi * within**2 - 4 * (beyond**2 * acos(0.5 / beyond) - 0.5 * sqrt(max(beyond**2 - 0.25, 0)))


def densities(shown: list[Any], middle: tuple[float, float], axis: str, side: int, layout: Any) -> list[float]:
    """How high the thumbnails of the low band, the middle and the high band, up to 0.5, would lie if levelled out."""
    edges = (0.0, *middle, NYQUIST)
    ends = [position(edge, axis, layout) for edge in edges]
    held = [sum(low <= row[0] < high for row in shown) for low, high in pairwise(edges)]
    return [n * side**2 / (right - left) for n, (left, right) in zip(held, pairwise(ends), strict=True)]


def scored(bet: str, verdict: str) -> str:
    """What becomes of a bet where this is the verdict."""
    if verdict == SIDELESS:
        return f"Your bet, {bet}, is neither won nor lost here. "
    return f"Your bet, {bet}, {'wins' if WORDS[verdict] == bet else 'loses'} here. "


def said(bank: str, filters: str, test: GapTest, bet: str) -> tuple[str, str]:
    """Of the first middle of a test: the bet, the verdict and its reason; counts and sensitivity. As HTML, and before
    the bet is placed the question alone."""
    if bet == OPEN:
        return f"<strong>?</strong> {QUESTION}", LATER
    (low, high), counts = test.middles[0], test.counts[0].sum(0)
    verdict, found = test.verdicts[0], [f"{p:.0%}"[:-1] for p in test.power[0]]
    # What "undecided" adds on sensitivity stands in the words below.
    reason = test.reason.partition("; an empty")[0].rstrip(".")
    if verdict == SIDELESS:
        side = f"below {low:g}" if counts[2] else f"above {high:g}"
        reason = f"no filter peaks {side} cycles/px: the bank ends there, and a gap needs filters on both sides"
    first = scored(bet, verdict) + (
        f"The middle from {low:g} to {high:g}: "
        f'<strong class="zf-{slug(verdict)}">{SIGNS[verdict]} {WORDS[verdict].capitalize()}</strong> '
        f"{reason[0].upper()}{reason[1:]}."
    )
    second = (
        f"<strong>{counts[0]}</strong> filters peak below, <strong>{counts[1]}</strong> in the middle, "
        f"<strong>{counts[2]}</strong> above. "
    )
    if verdict != SIDELESS:
        second += (
            f"Had this middle been empty, the test would find the gap in <strong>{found[0]}</strong> of 100 such banks;"
            f" had it been half as dense as its sparser side, in <strong>{found[1]}</strong>."
        )
    if verdict == "contradicted":
        second += " The verdict “no gap” doesn't hang on that: with a gap, such counts would come up in under 5 of 100."
    if filters != middles.FILTERS[0] and not members(bank)[0][2]:
        second += " Of this bank the course has the peaks alone, not the colours: all filters count."
    return first, second


def whole(value: float) -> int:
    """Halves upwards, as the page's script does it."""
    return floor(value + 0.5)
