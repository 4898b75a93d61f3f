"""Chapter 6's flickering map: a picture is dragged under one filter, at any stride, and its map stands still or not.

The page computes and says the same in flicker.js; what is at stake is `zflib.aliasing.equivariance_error` of one map.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from zflib.analysis import aliasing
from zflib.widgets.axes import Axis
from zflib.widgets.frames import to_png
from zflib.widgets.live.flicker_maps import (
    MARGIN,
    NETWORKS,
    PHOTOGRAPHS,
    PLATE,
    SIDE,
    compared,
    dense,
    filters,
    mean,
    picture,
)
from zflib.widgets.live.flicker_tiles import MOST, WINDOW, curve, spread
from zflib.widgets.live.lobes import inked, planes
from zflib.widgets.live.panel import Panel

# What a network begins with when it is chosen: the stride of its first layer, and the filter of which it loses most.
OWN = {"AlexNet-mini": {"stride": 4, "filter": 47}, "ZFNet-mini": {"stride": 2, "filter": 20}}
STILL, CLEAR = 0.05, 0.3  # errors up to which a map stands still, and from which it flickers
BET_FIRST = (
    "Your bet first. Then drag the picture, or let it sway.",
    "How far off the map is comes with your bet, as an error: 0 stands still, 1 is unrelated, 2 has turned into its "
    "negative.",
)
# What the page alone has, for those in a kernel.
PAGE_ONLY = "In the page of the book you drag the picture itself, let it sway by a button, and take one of your own."
OPEN, BOTH, NEITHER = "not placed", "both", "neither"
REMEDY = OWN["ZFNet-mini"]["stride"]  # the paper's; the bet is on whose map stands still at it
BEGIN = {"network": "AlexNet-mini", **OWN["AlexNet-mini"], "picture": "brick wall", "right": 2, "down": 0}
SETTLED = BEGIN | {"stride": REMEDY, "right": 1}  # where a bet leads; half a sample is hardest to foretell
TILES = {
    "picture": "The picture: drag it",
    "map": "Its map at this stride",
    "back": "The map, moved back: does it stand still?",
    "lobes": "The filter's lobes, to ±0.5 cycles/px",
    "folded": "After the stride, to ±{nyquist} cycles/px; no colour where they meet",
    "error": "Error by shift to the right, pixels",
}


class FlickeringMap(Panel):
    """A picture under one first-layer filter: its map at a stride, moved back, and the lobes that the stride folds.

    start  values of its controls other than those it begins with: network, filter (the index of its map), picture,
           stride, right and down (pixels), bet (whose map stands still at stride 2). Raises ValueError for what they
           don't offer.
    """

    title = "A map that stands still or flickers when the picture moves"
    script = "flicker"
    uses = ("picture", "chooser", "lobes")
    styles = ("bet", "chooser")
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("filter", tuple(range(48))),
        Axis("picture", (*PHOTOGRAPHS, PLATE)),
        Axis("stride", tuple(range(1, 9))),
        Axis("right", tuple(range(-MOST, MOST + 1))),
        Axis("down", tuple(range(-MOST, MOST + 1))),
        Axis("bet", (OPEN, *NETWORKS, BOTH, NEITHER)),
    )
    defaults: ClassVar = BEGIN | {"bet": OPEN}

    def view(self, bet: str, **setting: Any) -> str:
        """The bet, verdict, tiles and words; the errors in words only once the bet is placed."""
        first, second = said(**setting, bet=bet)
        nyquist = f"{0.5 / setting['stride']:.3g}"
        captions = {name: f"<figcaption>{words.format(nyquist=nyquist)}</figcaption>" for name, words in TILES.items()}
        tiles = "".join(
            f'<figure data-tile="{name}"><div>{content}</div>{captions[name]}</figure>'
            for name, content in contents(**setting, bet=bet).items()
        )
        return (
            f'<p class="zf-outcome" role="status">{bet_words(bet)}</p><p class="zf-verdict">{first}</p>'
            f'<div class="zf-tiles">{tiles}</div><p class="zf-words" aria-live="polite">{second}</p>'
        )

    def error(self, **setting: Any) -> float:
        """The equivariance error that the map shows, with these controls otherwise than it begins with."""
        return compared(**{name: value for name, value in (self.start | setting).items() if name != "bet"})[-1]

    def before(self) -> str:
        bet = '<button type="button" data-bet="{0}" aria-pressed="false">Bet: {0}</button>'
        return (
            f'<div class="zf-buttons zf-bets">{"".join(map(bet.format, (*NETWORKS, BOTH, NEITHER)))}</div>'
            '<div class="zf-buttons zf-moves"><button type="button" data-sway aria-pressed="false">Let the picture sway'
            '</button><button type="button" data-rest>Put it back</button></div>'
        )

    def after(self) -> str:
        return "<details><summary>Take a picture of your own</summary><div data-chooser></div></details>"

    def data(self) -> dict[str, Any]:
        """Filters, pictures and the mean, packed; sizes; where each filter's spectrum peaks."""
        banks = {}
        for name in NETWORKS:
            bank, pad, direction = filters(name)
            half = b64encode(bank.astype("<f2").tobytes()).decode()
            banks[name] = {"kernel": bank.shape[-1], "pad": pad, "weights": half, "towards": direction.tolist()}
        packed = {name: b64encode(picture(name).tobytes()).decode() for name in PHOTOGRAPHS}
        sizes = {"side": SIDE, "window": WINDOW, "margin": MARGIN, "most": MOST, "still": STILL, "clear": CLEAR}
        said = {"tiles": TILES, "first": BET_FIRST, "bets": {bet: bet_words(bet) for bet in self.axes[-1].values}}
        networks = {"banks": banks, "mean": mean().tolist(), "own": OWN}
        return sizes | said | networks | {"pictures": packed, "settled": SETTLED}

    @cached_property
    def widget(self) -> Any:
        """The kernel's face; there, too, a network brings its own stride and filter, a bet leads to what it is on, and
        the picture can sway."""
        import ipywidgets

        box = super().widget
        controls = {axis.name: control for axis, control in zip(self.axes, box.children[:-1], strict=True)}

        def bring(values: dict[str, Any]) -> None:
            for name, value in values.items():
                controls[name].value = value

        controls["network"].observe(lambda change: bring(OWN[change["new"]]), "value")
        controls["bet"].observe(lambda change: bring(SETTLED), "value")
        right = controls["right"]
        play = ipywidgets.Play(min=-MOST, max=MOST, value=right.value, interval=400, repeat=True)
        ipywidgets.link((play, "value"), (right, "value"))
        box.children += (ipywidgets.HBox([play, ipywidgets.HTML(f"Let the picture sway. {PAGE_ONLY}")]),)
        return box


def bet_words(bet: str) -> str:
    """The question, or what became of a bet; a map stands still if it does after every shift along the rows."""
    mine, theirs = (f"{name}’s filter {own['filter']}" for name, own in OWN.items())
    if bet == OPEN:
        return (
            f"Two extreme filters, one of each network. At stride {REMEDY}, whose map stands still when the wall moves:"
            f" that of {mine}, that of {theirs}, both or neither?"
        )
    wall, shifts = next(iter(PHOTOGRAPHS)), range(1, MOST + 1)
    errors = {n: max(compared(n, OWN[n]["filter"], wall, REMEDY, at, 0)[-1] for at in shifts) for n in NETWORKS}
    still = [name for name, error in errors.items() if error < STILL]
    came = BOTH if len(still) == len(NETWORKS) else still[0] if still else NEITHER
    what = (f"{n}’s map {'stands still' if n in still else 'does not'} (error {errors[n]:.2f})" for n in NETWORKS)
    outcome = f"You bet on {bet}: {'won' if bet == came else 'lost'}. {', '.join(what)}."
    return f"{outcome} The first is shown; choose {list(NETWORKS)[1]} for the second."


def said(network: str, filter: int, picture: str, stride: int, right: int, down: int, bet: str) -> tuple[str, str]:
    """What happens to the map, and by how much, as HTML; before the bet is placed only how far the picture moved."""
    *_, error = compared(network, filter, picture, stride, right, down)
    lost = aliasing.overlap(filters(network)[0][filter : filter + 1], stride)[0]
    ways = [(right, "to the right" if right > 0 else "to the left"), (down, "down" if down > 0 else "up")]
    ways = [way for way in ways if way[0]] or [(0, "anywhere")]
    moved = " and ".join(f"{abs(shift)} px {way}" for shift, way in ways)
    samples = " and ".join(f"{abs(shift) / stride:.3g}" for shift, _ in ways)
    second = f"The picture has moved {moved}; counted in samples of the map: {samples}. "
    if bet == OPEN:
        first = f'<strong class="zf-undecided">Stride {stride}</strong> {BET_FIRST[0]}'
        return first, second + BET_FIRST[1]
    if not right and not down:
        verdict, words = "undecided", "Drag the picture, or let it sway."
    elif stride > 1 and error < CLEAR and any(shift and shift % stride == 0 for shift in (right, down)):
        verdict, words = "undecided", f"By whole samples any map moves along. Error {error:.2f}: move it by less."
    elif error < STILL:
        verdict, words = "supported", f"The map stands still. Error {error:.2f}."
    elif error < CLEAR:
        verdict, words = "undecided", f"The map trembles. Error {error:.2f}."
    else:
        verdict, words = "contradicted", f"The map flickers. Error {error:.2f}."
    first = f'<strong class="zf-{verdict}">Stride {stride}</strong> {words}'
    second += (
        "Moved back by interpolation, the map differs from the one at rest by an equivariance error of "
        f"<strong>{error:.2f}</strong>: 0 stands still, 1 is unrelated, 2 has turned into its negative. At this stride "
        f"<strong>{100 * lost:.0f}&nbsp;%</strong> of the filter's energy lies under stronger energy of its own "
        "(overlap)."
    )
    return first, second


def contents(bet: str, **setting: Any) -> dict[str, str]:
    """What stands in each tile: pictures, and the curve of errors at this shift down."""
    alt = {name: words.partition(",")[0] for name, words in TILES.items()}
    alt |= {"picture": f"The picture: {setting['picture']}", "filter": "The filter itself, enlarged"}
    alt["back"] = said(**setting, bet=bet)[0].partition("</strong> ")[2]
    found = {}
    for name, pixels in pictures(**setting).items():
        grey = pixels.shape[-1] == 3 and (pixels == pixels[..., :1]).all()  # a third of the bytes
        data = b64encode(to_png(Image.fromarray(pixels[..., 0] if grey else pixels))).decode()
        found[name] = f'<img class="dark-light" src="data:image/png;base64,{data}" alt="{alt[name]}">'
    # What the stride can carry: the square that all else folds into.
    square = f'<i class="zf-square" style="inset: {50 - 50 / setting["stride"]:.3g}%;"></i>'
    found["lobes"] += found.pop("filter") + square
    errors = [compared(**setting | {"right": at})[-1] for at in range(-MOST, MOST + 1)]
    return found | {"error": curve(errors, setting["right"])}


def pictures(network: str, filter: int, picture: str, stride: int, right: int, down: int) -> dict[str, np.ndarray]:
    """What the tiles show, (h, w, 3) bytes, of maps (h, w, 2) as `spread`; the filter is in a corner of its lobes."""
    from zflib import plots

    answers, (bank, pad, towards) = dense(network, filter, picture), filters(network)
    now, back, (rows, columns), _ = compared(network, filter, picture, stride, right, down)
    returned = np.full(now.shape, np.nan)
    returned[rows, columns] = back
    top, left, most = MARGIN - down, MARGIN - right, np.abs(answers).max()
    lobes, folded = planes(bank[filter], towards[filter], stride)
    return {
        "picture": globals()["picture"](picture)[top : top + WINDOW, left : left + WINDOW],
        "map": spread(now, stride, bank.shape[-1], pad, most),
        "back": spread(returned, stride, bank.shape[-1], pad, most),
        "lobes": inked(lobes),
        "filter": plots.filters(bank[filter : filter + 1])[0],
        "folded": inked(folded),
    }
