"""Chapter 2's instrument: two pictures, pooled, and the values of either carried down along the switches of either.

The page does and says the same in swap.js with its networks. Random switches are drawn alike in both languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from zflib import plots, weights
from zflib.analysis.likeness import blurred, correlation, magnitude
from zflib.analysis.recovery import recovered
from zflib.data import copies
from zflib.data.pictures import centre_square
from zflib.deconvnet import DeconvNet, Trace, unpool
from zflib.widgets import page
from zflib.widgets.axes import Axis
from zflib.widgets.live import draws
from zflib.widgets.live.panel import Panel
from zflib.widgets.live.two_by_two import CLIP, NETWORKS, number

WORDS = ("cat", "astronaut", "pagoda", "dahlia", "motorcycle", "coffee cup", "rocket")
PICTURES = dict(zip(WORDS, copies.NAMES, strict=True))
STEPS = ("pool1", "pool2", "pool5")
ALL = "all maps"
MAPS = (ALL, "the strongest map", *(f"the {n} strongest" for n in ("2nd", "3rd", *(f"{n}th" for n in range(4, 10)))))
OPEN, VALUES, SWITCHES = "not placed", "the values", "the switches"
BLUR, LEAST = 2, 0.05  # pixels; the least difference between two likenesses that counts
WAYS = ("own", "other", "shuffled")  # whose switches
PUT_BACK = (
    "One map of the first picture, pooled and put back. In per cent: how much of the map’s variance returns once its "
    "mean is set right. 100 % is a perfect copy, 0 % is what one number everywhere gives."
)


@cache
def _deconv(network: str) -> tuple[Any, DeconvNet]:
    net = weights.load(NETWORKS[network]).cpu()
    return net, DeconvNet(net)


@cache
def _trace(network: str, picture: str) -> Trace:
    net, deconv = _deconv(network)
    return deconv.forward(net.preprocess(copies.picture(PICTURES[picture]))[None], upto=STEPS[-1])


@cache
def shuffled(network: str, picture: str) -> Trace:
    """The picture's trace with each switch at a random place of its window; the page draws the same ones."""
    return draws.shuffled(_trace(network, picture), _deconv(network)[0], draw=0)


def ways(network: str, first: str, second: str) -> tuple[Trace, Trace, Trace]:
    """Traces that give the first picture's values their switches, in the order of `WAYS`."""
    return _trace(network, first), _trace(network, second), shuffled(network, first)


def chosen(network: str, layer: str, first: str, maps: str) -> int:
    """The map that is looked at: by its rank among the first picture's strongest units."""
    peaks = _trace(network, first)[layer][0].flatten(1).amax(1)
    return int(peaks.argsort(descending=True, stable=True)[max(0, MAPS.index(maps) - 1)])


@lru_cache(8)
def carried(network: str, layer: str, first: str, second: str, maps: str) -> np.ndarray:
    """(2, 3, 3, 128, 128): the values of either picture, carried down along each of `WAYS`."""
    _, deconv = _deconv(network)
    map, found = chosen(network, layer, first, maps), []
    for mine, other in ((first, second), (second, first)):
        values = _trace(network, mine)[layer].clone()
        if maps != ALL:
            values[:, :map] = 0
            values[:, map + 1 :] = 0
        found.append([deconv.carry_down(each, layer, values)[0] for each in ways(network, mine, other)])
    return np.array([[one.numpy() for one in row] for row in found])


def put_back(network: str, layer: str, first: str, second: str, maps: str) -> list[np.ndarray]:
    """One map of the first picture (H, W): before pooling, pooled, and put back along each of `WAYS`."""
    map, trace = chosen(network, layer, first, maps), _trace(network, first)
    before, pooled = trace.before(layer), trace[layer]
    along = [each.switches[layer] for each in ways(network, first, second)]
    backs = [unpool(pooled, switches, before.shape[2:], "last") for switches in along]
    return [each[0, map].numpy() for each in (before, pooled, *backs)]


def alike(pixels: np.ndarray) -> dict[str, list[Any]]:
    """Likeness of projections (2, 3, 3, H, W), signed and of the blurred magnitudes.

    Returns (2,) for "floor", the two pictures' own projections; (2, 2) for the others, by whose values were carried:
    "values" of the swapped one to the one with the same values, "switches" to the one with the same switches, and
    "shuffled" of the one along shuffled switches to its own.
    """
    strong = blurred(magnitude(pixels), BLUR)

    def near(a: tuple[int, int], b: tuple[int, int]) -> list[float]:
        return [float(correlation(each[a], each[b])) for each in (pixels, strong)]

    pairs = (0, 1), (1, 0)
    return {
        "floor": near((0, 0), (1, 0)),
        "values": [near((mine, 1), (mine, 0)) for mine, _ in pairs],
        "switches": [near((mine, 1), (other, 0)) for mine, other in pairs],
        "shuffled": [near((mine, 2), (mine, 0)) for mine, _ in pairs],
    }


def both(values: Sequence[float]) -> str:
    """Likeness by both measures, signed and magnitude, as it is shown."""
    return " / ".join("–" if value != value else number(value) for value in values)


def verdict(near: dict[str, list[Any]]) -> tuple[str, str]:
    """Who decides what comes out, by both measures or by none, and a sentence, as HTML."""
    by = {name: np.mean(near[name], axis=0) for name in ("values", "switches")}
    apart = by["switches"] - by["values"]
    who = SWITCHES if (apart > LEAST).all() else VALUES if (apart < -LEAST).all() else OPEN
    if who == OPEN:
        tied = f"neither (less than {LEAST} apart)"
        sides = [SWITCHES if d > LEAST else VALUES if d < -LEAST else tied for d in apart]
        said = f"Undecided: signed it goes with {sides[0]}, by the magnitude with {sides[1]}."
    else:
        said = f"By both measures what comes out goes with {who}."
    return who, (
        f"<b>{said}</b> Likeness, signed / magnitude: with the same switches and other values {both(by['switches'])}; "
        f"with the same values and other switches {both(by['values'])}; with neither, the floor, {both(near['floor'])}."
    )


def bet_words(bet: str, who: str) -> str:
    """What became of a bet."""
    if bet == OPEN:
        return "Whose picture is under a covered square: that which lends the values, or the switches?"
    return f"You bet on {bet}: " + ("undecided." if who == OPEN else "won." if who == bet else "lost.")


def captions(first: str, second: str, near: dict[str, list[Any]]) -> list[str]:
    """Under the six projections: what went down, along what, and what it is like, as HTML."""
    found = []
    for at, (mine, other) in enumerate(((first, second), (second, first))):
        found += [
            f"<b>{mine}’s values, {mine}’s switches</b>",
            f"<b>{mine}’s values, {other}’s switches</b><br>like {other}’s own {both(near['switches'][at])}, like "
            f"{mine}’s own {both(near['values'][at])}",
            f"<b>{mine}’s values, shuffled switches</b><br>like {mine}’s own {both(near['shuffled'][at])}",
        ]
    return found


def percent(share: float) -> str:
    return plots.true_minus(f"{100 * share:.0f}\u00a0%").replace("−0\u00a0", "0\u00a0")


def map_captions(second: str, map: int, count: int, maps: Sequence[np.ndarray]) -> list[str]:
    """Under the map before pooling, pooled and put back; of its variance, what each way recovers, as HTML."""
    before, pooled, *backs = maps
    names = "its own switches", f"{second}’s switches", "shuffled switches"
    words = [
        f"put back by {name}: <b>{percent(recovered(before, back, level=True))}</b>"
        for name, back in zip(names, backs, strict=True)
    ]
    sizes = [f"{len(each)}\u00a0×\u00a0{len(each)}" for each in (before, pooled)]
    return [f"map {map} of {count} before pooling, {sizes[0]}", f"pooled, {sizes[1]}", *words]


def picture_of(projection: np.ndarray) -> Image.Image:
    """A projection (3, H, W) as the page draws it."""
    return Image.fromarray(plots.signed(projection, float(np.quantile(np.abs(projection), CLIP)) or None))


def seen(network: str, picture: str) -> Image.Image:
    """What the network sees of a picture."""
    net, _ = _deconv(network)
    inner = net.architecture.input_size
    edge = (net.resized_side - inner) // 2
    square = centre_square(copies.picture(PICTURES[picture]), net.resized_side)
    return square.crop((edge, edge, edge + inner, edge + inner))


class SwitchSwap(Panel):
    """Whose picture comes out: that of the values, or that of the switches? And what one map gets back by either.

    start  values of its controls other than those it begins with: network, layer, first_picture, second_picture,
           carried_down (all maps, or one by its rank), bet. Raises ValueError for what they don't offer.
    """

    title = "Values of one picture, switches of another"
    script = "swap"
    uses = ("likeness", "chooser")
    styles = ("bet", "chooser")
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("layer", STEPS),
        Axis("first_picture", tuple(PICTURES)),
        Axis("second_picture", tuple(PICTURES)),
        Axis("carried_down", MAPS),
        Axis("bet", (OPEN, VALUES, SWITCHES)),
    )
    defaults: ClassVar = {
        "network": "ZFNet-mini",
        "layer": "pool2",
        "first_picture": "astronaut",
        "second_picture": "cat",
        "carried_down": ALL,
        "bet": OPEN,
    }

    def view(self, bet: str, first_picture: str, second_picture: str, **how: Any) -> str:
        """The two pictures, six projections, the verdict, and one map put back."""
        two = first_picture, second_picture
        setting = how["network"], how["layer"], *two, how["carried_down"]
        found = carried(*setting)
        near = alike(found)
        who, said = verdict(near)
        pictures = "".join(
            f"<figure>{page.first_image(seen(how['network'], each), f'The photograph: {each}')}"
            f"<figcaption>{each}</figcaption></figure>"
            for each in two
        )
        projections = "".join(
            f'<figure data-way="{WAYS[at % 3]}"><div>{page.first_image(picture_of(one), _plain(words))}</div>'
            f"<figcaption>{words}</figcaption></figure>"
            for at, (one, words) in enumerate(
                zip(found.reshape(6, *found.shape[2:]), captions(*two, near), strict=True)
            )
        )
        return (
            f'<div class="zf-swap" data-bet="{bet}"><div class="zf-lenders">{pictures}'
            f'<div><p class="zf-outcome" role="status">{bet_words(bet, who)}</p></div></div>'
            f'<div class="zf-projections">{projections}</div>'
            f'<div class="zf-hidden"><p class="zf-verdict" aria-live="polite" data-who="{who}">{said}</p></div>'
            f'<p class="zf-faint">{PUT_BACK}</p><div class="zf-maps">{self._maps(*setting)}</div>'
            '<p class="zf-words" role="status"></p></div>'
        )

    def _maps(self, network: str, layer: str, first: str, second: str, maps: str) -> str:
        found, map = put_back(network, layer, first, second, maps), chosen(network, layer, first, maps)
        words = map_captions(second, map, _trace(network, first)[layer].shape[1], found)
        white = float(found[0].max()) or 1
        return "".join(
            f"<figure>{page.exact_image(Image.fromarray(plots.grey(one, white)[..., 0]), _plain(each))}"
            f"<figcaption>{each}</figcaption></figure>"
            for one, each in zip(found, words, strict=True)
        )

    def before(self) -> str:
        bet = '<button type="button" data-bet="{0}" aria-pressed="false">Bet: {0}</button>'
        bets = "".join(map(bet.format, (VALUES, SWITCHES)))
        scripts = "".join(
            f'<script defer src="../_static/live/{name}.js"></script>' for name in ("live", "photographs")
        )
        return (
            f'<div class="zf-buttons">{bets}<button type="button" data-do="swap">Swap the pictures</button>'
            f'<button type="button" data-do="another">Two others, and bet again</button></div>{scripts}'
        )

    def after(self) -> str:
        return (
            "<details><summary>Take a picture of your own</summary>"
            '<div class="zf-buttons" role="group" aria-label="Which of the two it replaces">'
            '<button type="button" data-role="0" aria-pressed="true">as the first picture</button>'
            '<button type="button" data-role="1" aria-pressed="false">as the second</button></div>'
            "<div data-chooser></div></details>"
        )

    def data(self) -> dict[str, Any]:
        """Names, and the setting that the still shows; the page's networks do the rest."""
        return {"networks": NETWORKS, "pictures": PICTURES, "start": self.start, "blur": BLUR, "least": LEAST}


def _plain(words: str) -> str:
    """A caption as an image's alternative text."""
    return words.replace("<br>", ": ").replace("<b>", "").replace("</b>", "")
