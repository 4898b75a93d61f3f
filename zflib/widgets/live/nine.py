"""Chapter 4's first figure: the nine strongest of a map, layer by layer, and a bet on what one of them stands for.

As in the paper's Figure 2: what nine units pass back, and the patches of pictures that they saw. A tile turns over to
its patch; behind a third button, the control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Any, ClassVar, NamedTuple

import numpy as np
from PIL import Image

from zflib.plots import sheet
from zflib.plots.pictures import tile
from zflib.widgets import page
from zflib.widgets.axes import Axis
from zflib.widgets.explorer import Impossible, in_the_book
from zflib.widgets.frames import write_webp
from zflib.widgets.live.panel import Panel

__all__ = ["Nine", "Strongest"]  # chapter 4 opens with it

OPEN, ONE, NINE = "not placed", "one thing", "nine things"
SHOW = ("projections", "photographs", "control")
QUESTION = "The photographs behind these: one thing nine times, or nine things?"
LAYERS = (1, 2, 3, 4, 5)
THUMB, SHARP = 64, 40  # sides in pixels: of a thumbnail, and of fields whose pixels stay squares


class Strongest(NamedTuple):
    """What is shown of a map: (u, f, f, 3) uint8 each, u from one to nine, in one order, and what it is in words."""

    projections: np.ndarray
    photographs: np.ndarray
    control: np.ndarray
    words: str


class Nine(Panel):
    """The strongest patches of a map, their projections and a control, to move through by layer and map.

    look      (network, layer, map) -> Strongest, or raises Impossible for a map that has none
    networks  names that `look` knows
    maps      numbers of maps that a kernel offers; on_page: those that the built page does
    bet_on    the map of layer 5 of the first network that it opens with, and that the bet is about
    one       whether its patches show one thing, to our eyes; found: what they show, in a sentence
    """

    title = "What a map responds to"
    script = "nine"
    styles = ("bet",)
    defaults: ClassVar = {}

    def __init__(
        self,
        look: Callable[[str, int, int], Strongest],
        networks: Sequence[str],
        maps: Iterable[int],
        on_page: Iterable[int],
        bet_on: int,
        one: bool,
        found: str,
    ) -> None:
        self._look, self._true, self._found = look, ONE if one else NINE, found
        self.axes = (
            Axis("bet", (OPEN, ONE, NINE)),
            Axis("network", tuple(networks)),
            Axis("layer", LAYERS),
            Axis("map", tuple(on_page if in_the_book() else maps)),
            Axis("show", SHOW),
        )
        self._asked = {"network": networks[0], "layer": LAYERS[-1], "map": bet_on}
        super().__init__(bet=OPEN, **self._asked, show=SHOW[0])

    def words(self, bet: str) -> str:
        """The question, or what became of a bet."""
        if bet == OPEN:
            return QUESTION
        return f"You bet on {bet}: {'won' if bet == self._true else 'lost'}. {self._found}"

    def view(self, bet: str, show: str, **map: Any) -> str:
        """The bet and the map, its photographs folded below until the bet is placed."""
        outcome = f'<p class="zf-outcome" role="status">{escape(self.words(bet))}</p>'
        try:
            found = self._look(**map)
        except Impossible as impossible:
            return outcome + page.problem(str(impossible))
        pictures = {name: getattr(found, name) for name in SHOW}
        behind = sheet(pictures["photographs"], f"The photographs behind them. {found.words}").data
        return (
            f'{outcome}<div class="zf-nine">{sheet(pictures[show], _alt(show, **map)).data}'
            f"<details{'' if bet == OPEN else ' open'}><summary>The photographs behind them</summary>{behind}"
            f"<p>{escape(found.words)}</p></details></div>"
        )

    def before(self) -> str:
        button = '<button type="button" data-bet="{0}" aria-pressed="false">Bet: {0}</button>'
        return f'<div class="zf-buttons zf-bets">{"".join(map(button.format, (ONE, NINE)))}</div>'

    def data(self) -> dict[str, Any]:
        """What is said of each bet, and of every map of the page its words and files, written beside the page."""
        names = self.axes[1].values
        return {
            "words": {bet: self.words(bet) for bet in (OPEN, ONE, NINE)},
            "asked": self._asked,
            "networks": {name: {layer: self._layer(name, layer) for layer in LAYERS} for name in names},
        }

    def _layer(self, network: str, layer: int) -> dict[str, Any]:
        """A sheet of thumbnails, each map's strongest projection, and what is to be known of each map."""
        maps, thumbs = [], []
        for map in self.axes[3].values:
            try:
                found = self._look(network, layer, map)
            except Impossible as impossible:
                maps.append({"impossible": str(impossible)})
                thumbs.append(np.full((THUMB, THUMB, 3), 128, dtype=np.uint8))
                continue
            side = found.projections.shape[1]
            files = [_written(tile(getattr(found, name), 3, gap=0), lossless=side < SHARP) for name in SHOW]
            maps.append({"words": found.words, "side": side, "count": len(found.projections), "files": files})
            how = Image.Resampling.NEAREST if side < SHARP else Image.Resampling.BICUBIC
            thumbs.append(np.asarray(Image.fromarray(found.projections[0]).resize((THUMB, THUMB), how)))
        return {"thumbs": _written(tile(thumbs, len(thumbs), gap=0)), "maps": maps}


def _alt(show: str, network: str, layer: int, map: int) -> str:
    what = {
        "projections": "What the strongest units of one map pass back, on mid-grey",
        "photographs": "The patches of photographs that excite one map most",
        "control": "What units of other maps pass back from the same places, on mid-grey",
    }[show]
    return f"{what}: map {map} of layer {layer} of {network}."


def _written(pixels: np.ndarray, lossless: bool = False) -> dict[str, str]:
    """Write pixels (H, W, 3) uint8 as a WebP beside the page; its address, as tools/check_site.py finds it."""
    content = BytesIO()
    Image.fromarray(pixels).save(content, "WEBP", **({"lossless": True} if lossless else {"quality": 85}))
    return {"src": f"{page.FOLDER}/{write_webp(content.getvalue(), page.FOLDER)}"}
