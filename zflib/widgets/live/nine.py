"""Chapter 4's opening bet: nine projections of one map, and whether the patches behind them show one thing or nine."""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

from zflib.plots import sheet
from zflib.widgets.axes import Axis
from zflib.widgets.live.panel import Panel

__all__ = ["NineBet"]  # chapter 4 opens with it

OPEN, ONE, NINE = "not placed", "one thing", "nine things"
QUESTION = "Behind these nine stand nine patches of photographs. Do they show one thing nine times, or nine things?"


class NineBet(Panel):
    """Nine projections of a map, a bet on the patches that they come from, and these patches once it is placed.

    projections, patches  (9, H, W, 3) uint8, in the same order
    one    whether the patches show one thing, to our eyes
    found  what they show, in a sentence; source: where they come from, in another
    """

    title = "One thing, or nine?"
    script = "nine"
    styles = ("bet",)
    axes = (Axis("bet", (OPEN, ONE, NINE)),)
    defaults: ClassVar = {"bet": OPEN}

    def __init__(self, projections: Any, patches: Any, one: bool, found: str, source: str) -> None:
        self._projections = sheet(projections, "What units of one map pass back from nine patches, on mid-grey").data
        self._patches = sheet(patches, "The nine patches, each at the place of its projection").data
        self._true, self._found, self._source = ONE if one else NINE, found, source
        super().__init__()

    def words(self, bet: str) -> str:
        """The question, or what became of a bet."""
        if bet == OPEN:
            return QUESTION
        return f"You bet on {bet}: {'won' if bet == self._true else 'lost'}. {self._found}"

    def view(self, bet: str) -> str:
        """The bet, the projections, and the patches, folded until it is placed."""
        return (
            f'<p class="zf-outcome" role="status">{escape(self.words(bet))}</p><div class="zf-nine">{self._projections}'
            f"<details{'' if bet == OPEN else ' open'}><summary>The nine patches</summary>{self._patches}"
            f"<p>{escape(self._source)}</p></details></div>"
        )

    def before(self) -> str:
        button = '<button type="button" data-bet="{0}" aria-pressed="false">Bet: {0}</button>'
        return f'<div class="zf-buttons">{"".join(map(button.format, (ONE, NINE)))}</div>'

    def data(self) -> dict[str, Any]:
        """What is said of each bet."""
        return {"words": {bet: self.words(bet) for bet in (OPEN, ONE, NINE)}}
