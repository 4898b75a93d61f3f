"""All middles of a bank in one square, which chapter 5's strip shows on request, and how a kernel's strip comes by it.

The page draws the same in strip.js.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import floor
from typing import Any

from zflib.analysis.spectrum.gap import MIDDLES, SIDELESS
from zflib.experiments import middles
from zflib.widgets.page import asset

CELL = 9  # side of a middle's square, in units of the drawing
TITLE = f"Bet placed? All {len(middles.MIDDLES):,} middles at once"
# What the panel calls a verdict of `gap_test`.
WORDS = {"supported": "a gap", "contradicted": "no gap", "undecided": "undecided", SIDELESS: SIDELESS}
LEGEND = ("strong grey: an empty middle", "would be found", "across: where the middle begins; up: where it ends")


def drawing(bank: str, filters: str, middle: tuple[float, float]) -> str:
    """The map as SVG: a square for each middle, where it begins to the right, where it ends upwards; `middle` is
    marked. Its label counts the verdicts."""
    edges = middles.EDGES
    answers = middles.result()["banks"][bank]
    filters = filters if filters in answers else middles.FILTERS[0]  # of which the colours are not known, all count
    found = answers[filters]
    powers, side, counts, parts = bytes.fromhex(found["powers"]), len(edges) * CELL, dict.fromkeys(WORDS, 0), []
    letters = {verdict[0]: verdict for verdict in WORDS}
    for at, ((i, low), (j, high)) in enumerate(combinations(enumerate(edges), 2)):
        kind = letters[found["verdicts"][at]]
        counts[kind] += 1
        chosen = " chosen" if (low, high) == middle else ""
        faint = f' fill-opacity="{floor(25.5 + 0.75 * powers[2 * at]) / 100:g}"' if kind == "undecided" else ""
        x, y = i * CELL, side - (j + 1) * CELL
        place = f'data-at="{i} {j}" x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}"'
        parts.append(f'<rect class="{kind.replace(" ", "-")}{chosen}"{faint} {place}/>')
    for tick in (0.1, 0.2, 0.3, 0.4):
        at = edges.index(tick) * CELL + CELL / 2
        parts.append(f'<text x="{at:g}" y="{side + 16}" text-anchor="middle">{tick}</text>')
        parts.append(f'<text x="-6" y="{side - at + 5:g}" text-anchor="end">{tick}</text>')
    for at, (verdict, count) in enumerate(counts.items()):
        y = side - 118 + 22 * at
        parts.append(f'<rect class="{verdict.replace(" ", "-")}" x="{side - 178}" y="{y}" width="14" height="14"/>')
        parts.append(f'<text x="{side - 158}" y="{y + 12}">{WORDS[verdict]}: {count}</text>')
    for words, y in zip(LEGEND, (side - 20, side - 3, side + 34), strict=True):
        parts.append(f'<text x="{side}" y="{y}" text-anchor="end">{words}</text>')
    box = f"-34 0 {side + 40} {side + 40}"
    return f'<svg viewBox="{box}" role="img" aria-label="{words_of(bank, filters, counts)}">{"".join(parts)}</svg>'


def words_of(bank: str, filters: str, counts: dict[str, int]) -> str:
    """What the map shows, in words."""
    said = ", ".join(f"{WORDS[verdict]} at {count}" for verdict, count in counts.items())
    return f"{bank}, {filters}: {said} of {sum(counts.values())} middles, each judged as if it were the only one."


def around(box: Any, names: Sequence[str], picture: Callable[..., str]) -> Any:
    """A strip's ipywidgets box, of controls with these names and a view, with the page's buttons and its map, which
    `picture` draws of the controls' values."""
    import ipywidgets

    *given, view = box.children
    controls = dict(zip(names, given, strict=True))

    def go_to(low: float, high: float) -> Any:
        button = ipywidgets.Button(description=f"{low:g} to {high:g}", layout={"width": "auto"})

        def go(_button: Any) -> None:
            controls["middle_from"].value, controls["middle_to"].value = low, high

        button.on_click(go)
        return button

    square = ipywidgets.HTML()
    fold = ipywidgets.Accordion([square], selected_index=None)
    fold.set_title(0, TITLE)

    def draw(_change: Any) -> None:
        if fold.selected_index is None:
            return
        style = f"<style>{asset('live/panel.css')}{asset('live/strip.css')}</style>"
        svg = picture(**{name: control.value for name, control in controls.items()})
        square.value = f'{style}<div class="zf-panel"><div class="zf-map">{svg}</div></div>'

    for widget in given:
        widget.observe(draw, "value")
    fold.observe(draw, "selected_index")
    return ipywidgets.VBox([*given, ipywidgets.HBox([go_to(*middle) for middle in MIDDLES]), view, fold])
