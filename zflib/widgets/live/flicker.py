"""Chapter 6's flickering map: a picture is dragged under one filter, at any stride, and its map stands still or not.

The page computes and says the same in flicker.js; what is at stake is `zflib.aliasing.equivariance_error` of one map.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache, cached_property
from math import floor
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from zflib import weights
from zflib.analysis import aliasing, spectrum
from zflib.analysis.aliasing.shifts import NEIGHBOURS, between
from zflib.data import photograph
from zflib.data.pictures import centre_square, to_array
from zflib.widgets.axes import Axis
from zflib.widgets.frames import to_png
from zflib.widgets.live.flicker_tiles import MOST, WINDOW, curve, first_pixel, spread
from zflib.widgets.live.lobes import inked, planes
from zflib.widgets.live.panel import Panel

NETWORKS = {"AlexNet-mini": "alexnet-mini", "ZFNet-mini": "zfnet-mini"}
# What a network begins with when it is chosen: the stride of its first layer, and a filter that the chapter looks at.
OWN = {"AlexNet-mini": {"stride": 4, "filter": 38}, "ZFNet-mini": {"stride": 2, "filter": 48}}
PHOTOGRAPHS = {"brick wall": "brick", "cat": "chelsea"}
PLATE = "zone plate"
SIDE = 146  # of the scaled picture, in pixels
MARGIN = (SIDE - WINDOW) // 2
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

    start  values of its controls other than those it begins with: network, filter (by peak frequency, from 1), picture,
           stride, right and down (pixels), bet (whose map stands still at stride 2). Raises ValueError for what they
           don't offer.
    """

    title = "A map that stands still or flickers when the picture moves"
    script = "flicker"
    uses = ("picture", "chooser", "lobes")
    styles = ("bet", "chooser")
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("filter", tuple(range(1, 49))),
        Axis("picture", (*PHOTOGRAPHS, PLATE)),
        Axis("stride", tuple(range(1, 9))),
        Axis("right", tuple(range(-MOST, MOST + 1))),
        Axis("down", tuple(range(-MOST, MOST + 1))),
        Axis("bet", (OPEN, *NETWORKS, BOTH, NEITHER)),
    )
    defaults: ClassVar = {
        "network": "AlexNet-mini",
        **OWN["AlexNet-mini"],
        "picture": "brick wall",
        "right": 2,
        "down": 0,
        "bet": OPEN,
    }

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
        return sizes | said | {"banks": banks, "pictures": packed, "mean": mean().tolist(), "own": OWN}

    @cached_property
    def widget(self) -> Any:
        """The kernel's face; there, too, a network brings its own stride and filter, and the picture can sway."""
        import ipywidgets

        box = super().widget
        controls = {axis.name: control for axis, control in zip(self.axes, box.children[:-1], strict=True)}

        def bring(change: dict[str, Any]) -> None:
            for name, value in OWN[change["new"]].items():
                controls[name].value = value

        controls["network"].observe(bring, "value")
        right = controls["right"]
        play = ipywidgets.Play(min=-MOST, max=MOST, value=right.value, interval=400, repeat=True)
        ipywidgets.link((play, "value"), (right, "value"))
        box.children += (ipywidgets.HBox([play, ipywidgets.HTML(f"Let the picture sway. {PAGE_ONLY}")]),)
        return box


@cache
def filters(network: str) -> tuple[np.ndarray, int, np.ndarray]:
    """A first layer in order of peak frequency: (48, 3, k, k), its padding, and where each peaks (48, 2), cycles/px."""
    net = weights.load(NETWORKS[network]).cpu()
    order = np.argsort(spectrum.peaks(net), kind="stable")
    bank = net.conv1.weight.detach().numpy()[order]
    angle = np.radians(np.nan_to_num(spectrum.orientations(bank)))
    towards = np.stack([np.cos(angle), np.sin(angle)], axis=1).round(6)
    return bank, net.conv1.padding[0], towards


@cache
def mean() -> np.ndarray:
    """(3,) of the training pictures, which both networks take off; 0 to 255."""
    return weights.load("alexnet-mini").mean.flatten().cpu().double().numpy()


@cache
def picture(name: str) -> np.ndarray:
    """(146, 146, 3) bytes."""
    if name == PLATE:  # from 0 cycles per pixel in the middle to 0.5 in the middle of each side
        at = np.arange(SIDE) - SIDE // 2
        rings = np.floor(128 + 100 * np.cos(np.pi * (at**2 + at[:, None] ** 2) / SIDE))
        return np.repeat(rings[..., None], 3, axis=2).astype(np.uint8)
    return to_array(centre_square(photograph(PHOTOGRAPHS[name]).picture, SIDE))


@cache
def dense(network: str, filter: int, shown: str) -> np.ndarray:
    """What the filter answers at every pixel: (147 - k, 147 - k). A map at any stride and shift is a part of it."""
    weight = torch.from_numpy(filters(network)[0][filter - 1]).double()
    pixels = torch.from_numpy(picture(shown) - mean()).permute(2, 0, 1)
    return F.conv2d(pixels[None], weight[None])[0, 0].numpy()


def sampled(answers: np.ndarray, stride: int, pad: int, top: int, left: int) -> np.ndarray:
    """The map (n, n) of the window that begins at these pixels of the picture, without units that see its padding."""
    kernel, start = SIDE + 1 - len(answers), first_pixel(stride, pad)
    n = (WINDOW - start - kernel) // stride + 1
    rows, columns = (begin + start + stride * np.arange(n) for begin in (top, left))
    return answers[np.ix_(rows, columns)]


def moved_back(values: np.ndarray, down: int, right: int, stride: int) -> tuple[np.ndarray, tuple[slice, slice]]:
    """The map of the moved picture, interpolated where the units of the picture at rest now lie.

    Returns its values and which rows and columns of the map at rest they stand for: where the picture has moved along
    an axis, interpolation needs eight samples and leaves the border out.
    """
    found, places = torch.from_numpy(values), []
    for axis, shift in ((0, down), (1, right)):
        if shift == 0:
            places.append(slice(0, len(values)))
            continue
        ahead, steps = NEIGHBOURS // 2 - 1, floor(shift / stride)
        # Value i lies at sample i + ahead + shift / stride - steps, which is unit i + ahead - steps at rest.
        found = between(found.movedim(axis, -1), shift / stride - steps)
        begin, end = max(0, ahead - steps), min(len(values), ahead - steps + found.shape[-1])
        found = found[..., begin - ahead + steps : end - ahead + steps].movedim(-1, axis)
        places.append(slice(begin, end))
    return found.numpy(), tuple(places)


def difference(rest: np.ndarray, back: np.ndarray) -> tuple[float, float]:
    """Sum of (a - b)^2 and of a^2 + b^2, the maps without their means: what the equivariance error is made of."""
    a, b = rest - rest.mean(), back - back.mean()
    # As `equivariance_error`, which compares the values as they are.
    return float(((rest - back) ** 2).sum()), float((a**2).sum() + (b**2).sum())


def compared(
    network: str, filter: int, picture: str, stride: int, right: int, down: int
) -> tuple[Any, Any, Any, float]:
    """The map of the moved picture, that map moved back, its place in the map at rest, and the error."""
    answers, pad = dense(network, filter, picture), filters(network)[1]
    rest, now = (sampled(answers, stride, pad, MARGIN - y, MARGIN - x) for y, x in ((0, 0), (down, right)))
    back, place = moved_back(now, down, right, stride)
    wrong, energy = difference(rest[place], back)
    return now, back, place, wrong / energy if energy else 0.0


def bet_words(bet: str) -> str:
    """The question, or what became of a bet; a map stands still if it does after every shift along the rows."""
    mine, theirs = (f"{name}’s filter {own['filter']}" for name, own in OWN.items())
    if bet == OPEN:
        return f"At stride {REMEDY}, whose map stands still when the wall moves: {mine}, {theirs}, both or neither?"
    wall, shifts = next(iter(PHOTOGRAPHS)), range(1, MOST + 1)
    errors = {n: max(compared(n, OWN[n]["filter"], wall, REMEDY, at, 0)[-1] for at in shifts) for n in NETWORKS}
    still = [name for name, error in errors.items() if error < STILL]
    came = BOTH if len(still) == len(NETWORKS) else still[0] if still else NEITHER
    what = (f"{n}’s map {'stands still' if n in still else 'does not'} (error {errors[n]:.2f})" for n in NETWORKS)
    return f"You bet on {bet}: {'won' if bet == came else 'lost'}. {', '.join(what)}."


def said(network: str, filter: int, picture: str, stride: int, right: int, down: int, bet: str) -> tuple[str, str]:
    """What happens to the map, and by how much, as HTML; before the bet is placed only how far the picture moved."""
    *_, error = compared(network, filter, picture, stride, right, down)
    lost = aliasing.overlap(filters(network)[0][filter - 1 : filter], stride)[0]
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
    lobes, folded = planes(bank[filter - 1], towards[filter - 1], stride)
    return {
        "picture": globals()["picture"](picture)[top : top + WINDOW, left : left + WINDOW],
        "map": spread(now, stride, bank.shape[-1], pad, most),
        "back": spread(returned, stride, bank.shape[-1], pad, most),
        "lobes": inked(lobes),
        "filter": plots.filters(bank[filter - 1 : filter])[0],
        "folded": inked(folded),
    }
