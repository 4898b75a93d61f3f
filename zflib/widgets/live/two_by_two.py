"""Chapter 3's bet, settled by the reader: is it the unit that a projection shows, or its picture's switches?

Units are drawn by lot, and each is projected four times: it or another map of its layer, through the switches of its
picture or of another one. The page does the same in two_by_two.js with the networks of the page; draws are numbered, so
that both faces, and two readers, draw the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import floor, sqrt
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image

from zflib import weights
from zflib.analysis.likeness import blurred, correlation, magnitude
from zflib.data import copies
from zflib.data.copies import NAMES
from zflib.deconvnet import DeconvNet
from zflib.plots.pictures import signed
from zflib.plots.words import true_minus
from zflib.widgets import page
from zflib.widgets.axes import Axis
from zflib.widgets.live.panel import Panel
from zflib.widgets.live.photographs import CALLED

NETWORKS = {"ZFNet-mini": "zfnet-mini", "AlexNet-mini": "alexnet-mini"}
STEPS = ("conv2", "conv3", "conv4", "conv5")
MOST, BLURS, SHOWN, CLIP = 30, tuple(range(9)), 288, 0.995
CELLS = ("the projection", "switches kept", "unit kept", "neither")
WHAT = (
    "this map, this photograph's switches",
    "another map, this photograph's switches",
    "this map, another photograph's switches",
    "another map, another photograph's switches",
)
MEASURES = ("signed", "magnitude")


def lot(seed: int) -> Callable[[int], int]:
    """lot(seed)(n): whole numbers from 0 to n - 1, the same for the same seed, also in the page (mulberry32)."""
    state, mask = seed, 2**32 - 1

    def draw(n: int) -> int:
        nonlocal state
        state = (state + 0x6D2B79F5) & mask
        t = (state ^ (state >> 15)) * (1 | state) & mask
        t = (t + ((t ^ (t >> 7)) * (61 | t) & mask)) & mask ^ t
        return floor((t ^ (t >> 14)) / 2**32 * n)

    return draw


@cache
def _deconv(network: str) -> tuple[Any, Any]:
    net = weights.load(NETWORKS[network]).cpu()
    return net, DeconvNet(net)


@cache
def _trace(network: str, name: str) -> Any:
    net, deconv = _deconv(network)
    return deconv.forward(net.preprocess(copies.picture(name))[None], upto=STEPS[-1])


@cache
def drawn(network: str, step: str, number: int) -> tuple[str, str, np.ndarray]:
    """Draw `number`: the picture, the other one, and (4, 3, h, w) the four projections in the order of `CELLS`, on the
    part of the unit's field that lies on the picture. The unit is its map's strongest on the picture, its map one that
    fires there; all start from 1."""
    draw = lot(number)
    first = draw(len(NAMES))
    second = (first + 1 + draw(len(NAMES) - 1)) % len(NAMES)
    (net, deconv), trace = _deconv(network), _trace(network, NAMES[first])
    maps = trace[step][0].flatten(1)
    alive = torch.nonzero(maps.amax(1) > 0).flatten()
    map = int(alive[draw(len(alive))])
    other = (map + 1 + draw(len(maps) - 1)) % len(maps)
    place = divmod(int(maps[map].argmax()), trace[step].shape[3])
    units = torch.tensor([[0, map, *place], [0, other, *place]])
    sets = [_trace(network, NAMES[at]) for at in (first, second)]
    patches = [deconv.project_units(each, step, units, seed=1) for each in sets]
    field = next(each for each in net.architecture.geometry() if each.name == step).box(*place)
    top, left, bottom, right = (min(max(0, at), net.architecture.input_size) for at in field)
    pixels = np.stack([each.paste(at).numpy()[:, top:bottom, left:right] for each in patches for at in (0, 1)])
    return NAMES[first], NAMES[second], pixels


@cache
def alike(network: str, step: str, number: int, blur: int) -> list[list[float]]:
    """Likeness of each of the three other projections to the first: signed and magnitude, after the blur."""
    found = drawn(network, step, number)[2].astype(np.float64)
    soft = blurred(found, blur), blurred(magnitude(found), blur)
    return [[float(correlation(each[0], each[at])) for each in soft] for at in (1, 2, 3)]


def number(value: float) -> str:
    return true_minus(f"{value:z.2f}")


def says(draws: int, first: str, second: str) -> str:
    """Which photographs a draw has, by the names of `drawn`, in a sentence."""
    one, other = (CALLED.get(name, name) for name in (first, second))
    return f"Draw {draws}: its photograph is the {one}, the other one the {other}."


def summary(network: str, layer: str, draws: int, blur: int) -> str:
    """Means over the draws with twice their standard errors as a table, and what they say, as HTML."""
    each = np.array([alike(network, layer, n, blur) for n in range(1, draws + 1)])  # (draws, 3, 2)
    rows = []
    for at, name in enumerate(CELLS[1:]):
        cells = "".join(f"<td>{_mean(each[:, at, m])}</td>" for m in (0, 1))
        rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    head = f'<tr><td></td>{"".join(f"""<th scope="col">{m}</th>""" for m in MEASURES)}</tr>'
    units = "1 unit" if draws == 1 else f"{draws} units"
    caption = f"<caption>Likeness to the projection: mean of {units}, ± twice its standard error</caption>"
    said = " ".join(_verdict(each[:, :, m], m, draws) for m in (0, 1))
    return (
        f'<table>{caption}<thead>{head}</thead><tbody>{"".join(rows)}</tbody></table><p class="zf-verdict">{said}</p>'
    )


def _mean(values: np.ndarray) -> str:
    values = values[~np.isnan(values)]
    if not len(values):
        return "–"
    half = f" ± {2 * values.std(ddof=1) / sqrt(len(values)):.2f}" if len(values) > 1 else ""
    return number(float(values.mean())) + half


def _verdict(values: np.ndarray, measure: int, draws: int) -> str:
    """Which keeps more, by one measure; (draws, 3)."""
    apart = values[:, 0] - values[:, 1]
    apart = apart[~np.isnan(apart)]
    start = ("Signed", "Magnitude")[measure]
    if len(apart) < 5:
        return f"{start}: too few units to say; draw more."
    mean, error = apart.mean(), apart.std(ddof=1) / sqrt(len(apart))
    if abs(mean) < 2 * error:
        return f"{start}: undecided after {draws} units."
    return f"{start}: the <b>{'switches' if mean > 0 else 'unit'}</b> keep{'' if mean > 0 else 's'} more."


def picture_of(found: np.ndarray) -> Image.Image:
    """A projection as the page draws it, SHOWN pixels a side."""
    pixels = signed(found, float(np.quantile(np.abs(found), CLIP)) or None)
    height, width = pixels.shape[:2]
    scale = SHOWN / max(height, width)
    return Image.fromarray(pixels).resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)


class TwoByTwo(Panel):
    """Unit or switches: projections drawn by lot, with either replaced, and what is left by two measures.

    start  values of its controls other than those it begins with: network, layer, draws, blur (standard deviation in
           pixels). Raises ValueError for what they don't offer.
    """

    title = "The unit, or the switches?"
    script = "two_by_two"
    uses = ("likeness",)
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("layer", STEPS),
        Axis("draws", tuple(range(1, MOST + 1))),
        Axis("blur", BLURS),
    )
    defaults: ClassVar = {"network": "ZFNet-mini", "layer": "conv3", "draws": 1, "blur": 2}

    def view(self, network: str, layer: str, draws: int, blur: int) -> str:
        """The four projections of the last draw, and the summary of all draws."""
        first, second, found = drawn(network, layer, draws)
        near = [[1.0, 1.0], *alike(network, layer, draws, blur)]
        cells = []
        for name, what, one, values in zip(CELLS, WHAT, found, near, strict=True):
            words = f"{what}: signed {number(values[0])}, magnitude {number(values[1])}"
            image = page.first_image(picture_of(one), words)
            cells.append(f"<figure>{image}<figcaption><b>{name}</b><br>{words}</figcaption></figure>")
        return (
            f'<p class="zf-words">{says(draws, first, second)}</p>'
            f'<div class="zf-two">{"".join(cells)}</div>'
            f'<div class="zf-summary" aria-live="polite">{summary(network, layer, draws, blur)}</div>'
        )

    def before(self) -> str:
        buttons = "".join(
            f'<button type="button" data-draw="{count}">Draw {words}</button>'
            for count, words in ((1, "a unit"), (10, "ten more"))
        )
        scripts = "".join(
            f'<script defer src="../_static/live/{name}.js"></script>' for name in ("live", "photographs")
        )
        return f'<div class="zf-buttons">{buttons}</div>{scripts}'

    def data(self) -> dict[str, Any]:
        """Names only: the page's networks do the rest."""
        words = {"cells": CELLS, "what": WHAT, "measures": MEASURES}
        return {"networks": NETWORKS, "photographs": NAMES, "called": CALLED, **words}
