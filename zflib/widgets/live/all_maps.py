"""Chapter 4's contact sheet: what every map of a layer makes of one picture, and one map at large.

The page does the same in all_maps.js with the networks of the page, for the reader's own picture, too; there it
computes only what is in sight.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image, ImageDraw

from zflib import weights
from zflib.data import copies
from zflib.deconvnet import DeconvNet
from zflib.plots.pictures import grey, signed, tile
from zflib.widgets import page
from zflib.widgets.axes import Axis
from zflib.widgets.live import photographs
from zflib.widgets.live.panel import Panel

__all__ = ["AllMaps", "peaks"]  # chapter 4 counts with it

NETWORKS = {"ZFNet-mini": "zfnet-mini", "AlexNet-mini": "alexnet-mini"}
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5")
STRONGEST = "strongest"  # in place of a map's number
MOST = 192  # maps of the widest layer
CLIP = 0.995  # of a projection's magnitudes, as draw.js
THUMB, COLUMNS, LARGE = 44, 16, 264  # sides in pixels, and thumbnails in a row
PARTS = {
    "projection": "What its strongest unit passes back from its field: mid-grey is 0, the largest 0.5 % are clipped",
    "map": "The map: framed, that unit",
    "field": "The picture: framed, what the unit sees",
}


@cache
def _deconv(network: str) -> tuple[Any, Any]:
    net = weights.load(NETWORKS[network]).cpu()
    return net, DeconvNet(net)


@cache
def _trace(network: str, picture: str) -> Any:
    net, deconv = _deconv(network)
    return deconv.forward(net.preprocess(copies.picture(picture))[None], upto=LAYERS[-1])


def peaks(network: str, layer: str, picture: str) -> tuple[np.ndarray, np.ndarray]:
    """Of each map its strongest unit on a picture, (C, 2) row and column, and that unit's value (C,)."""
    maps = _trace(network, picture)[layer][0]
    place = maps.flatten(1).argmax(1).numpy()
    return np.stack(np.divmod(place, maps.shape[2]), axis=1), maps.amax((1, 2)).numpy()


def ordered(network: str, layer: str, picture: str, order: str) -> np.ndarray:
    """The numbers of a layer's maps in the order of the sheet; of equal values the smaller number comes first."""
    values = peaks(network, layer, picture)[1]
    return np.argsort(-values, kind="stable") if order == "strength" else np.arange(len(values))


def chosen(network: str, layer: str, picture: str, map: int | str) -> int:
    """The map that is shown at large: one that the layer doesn't have gives way to the strongest."""
    values = peaks(network, layer, picture)[1]
    return int(values.argmax()) if map == STRONGEST or map >= len(values) else map


@lru_cache(8)
def projections(network: str, layer: str, picture: str) -> np.ndarray:
    """Of each map what its strongest unit passes back, as pixels, (C, f, f, 3) uint8; grey where it is silent.

    f is the side of the unit's field, or of the picture where that is smaller; a field that reaches beyond the border
    is shown on the square beside it, as zflibDraw.square.
    """
    (net, deconv), trace = _deconv(network), _trace(network, picture)
    step = next(each for each in net.architecture.geometry() if each.name == layer)
    places, _ = peaks(network, layer, picture)
    units = [[0, channel, *place] for channel, place in enumerate(places.tolist())]
    patches = deconv.project_units(trace, layer, torch.tensor(units))
    side = net.architecture.input_size
    size, drawn = min(step.receptive_field, side), []
    for at, place in enumerate(places):
        box = step.box(*place)
        top, left, bottom, right = (min(max(0, edge), side) for edge in box)
        whole = patches.paste(at).numpy()
        largest = float(np.quantile(np.abs(whole[:, top:bottom, left:right]), CLIP))
        y, x = (min(max(0, edge), side - size) for edge in box[:2])
        drawn.append(signed(whole[:, y : y + size, x : x + size], largest or None))
    return np.stack(drawn)


@lru_cache(8)
def activations(network: str, layer: str, picture: str) -> np.ndarray:
    """A layer's maps as pixels (C, h, w, 3) uint8: white is each map's own largest value, a silent one is black."""
    maps = _trace(network, picture)[layer][0].numpy()
    return np.stack([grey(values, float(values.max()) or 1) for values in maps])


def words(network: str, layer: str, picture: str) -> str:
    """What the sheet shows, in a sentence."""
    _, values = peaks(network, layer, picture)
    size = _trace(network, picture)[layer].shape[2]
    return (
        f"{layer} of {network}: {len(values)} maps of {size} × {size} units; {(values > 0).sum()} of them fire on this "
        "picture."
    )


def said(network: str, layer: str, picture: str, map: int | str) -> str:
    """What one map does, as HTML."""
    at, (places, values) = chosen(network, layer, picture, map), peaks(network, layer, picture)
    without = "" if map in (STRONGEST, at) else f"{layer} has maps 0 to {len(values) - 1}; this is its strongest. "
    if not values[at] > 0:
        return f"{without}<b>Map {at}</b> of {layer} is silent on this picture, so nothing comes down from it."
    row, column = places[at]
    rank = int((values > values[at]).sum()) + 1
    return (
        f"{without}<b>Map {at}</b> of {layer}: its strongest unit, row {row}, column {column}, fires with "
        f"<b>{values[at]:.2f}</b>; by that it is number {rank} of {len(values)} maps."
    )


class AllMaps(Panel):
    """All maps of a layer on one picture as a contact sheet, and one of them at large.

    start  values of its controls other than those it begins with: network, layer, show ("projections" or
           "activations"), order ("strength" or "number"), picture, map (a number, or "strongest"). Raises ValueError
           for what they don't offer.
    """

    title = "All maps of a layer on one picture"
    script = "all_maps"
    uses = ("address", "chooser")
    styles = ("chooser",)
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("layer", LAYERS),
        Axis("show", ("projections", "activations")),
        Axis("order", ("strength", "number")),
        Axis("picture", copies.NAMES, photographs.CALLED),
        Axis("map", (STRONGEST, *range(MOST))),
    )
    defaults: ClassVar = {
        "network": "ZFNet-mini",
        "layer": "conv5",
        "show": "projections",
        "order": "strength",
        "picture": "chelsea",
        "map": STRONGEST,
    }

    def view(self, network: str, layer: str, show: str, order: str, picture: str, map: int | str) -> str:
        """The sheet, and the chosen map at large."""
        where = network, layer, picture
        cells = (projections if show == "projections" else activations)(*where)[ordered(*where, order)]
        how = Image.Resampling.NEAREST if len(cells[0]) < 20 else Image.Resampling.BICUBIC
        thumbs = [np.asarray(Image.fromarray(cell).resize((THUMB, THUMB), how)) for cell in cells]
        first = "the strongest first" if order == "strength" else "by number"
        sheet = page.first_image(Image.fromarray(tile(thumbs, COLUMNS, gap=2)), f"{show} of all maps, {first}")
        figures = "".join(
            f'<figure data-part="{part}"><div>{page.first_image(image, PARTS[part])}</div>'
            f"<figcaption>{PARTS[part]}</figcaption></figure>"
            for part, image in large(*where, map).items()
        )
        return (
            f'<p class="zf-words" role="status">{words(*where)}</p>'
            f'<div class="zf-sheet" role="group" aria-label="Maps of the layer">{sheet}</div>'
            f'<div class="zf-detail">{figures}</div>'
            f'<p class="zf-chosen" aria-live="polite">{said(*where, map)}</p>'
        )

    def before(self) -> str:
        return "".join(f'<script defer src="../_static/live/{name}.js"></script>' for name in ("live", "photographs"))

    def after(self) -> str:
        return (
            '<p class="zf-link"><a href="../book/your_picture.html">This unit on the page Your picture</a>, with its '
            "controls.</p><details><summary>Take a picture of your own</summary><div data-chooser></div></details>"
        )

    def data(self) -> dict[str, Any]:
        """Names and sizes only: the page's networks do the rest."""
        (side, resized), *other = {(net.architecture.input_size, net.resized_side) for net, _ in map(_deconv, NETWORKS)}
        assert not other, "the chooser cuts one picture for both networks"
        return {"networks": NETWORKS, "parts": PARTS, "inputSize": side, "resizedSide": resized}


def large(network: str, layer: str, picture: str, map: int | str) -> dict[str, Image.Image]:
    """A map's projection, the map, and the picture with the field, each LARGE pixels a side."""
    at, (places, values) = chosen(network, layer, picture, map), peaks(network, layer, picture)
    net, trace = _deconv(network)[0], _trace(network, picture)
    step = next(each for each in net.architecture.geometry() if each.name == layer)
    pixels = (trace.images[0] + net.mean).permute(1, 2, 0).numpy().astype(np.uint8)
    shown = {
        "projection": projections(network, layer, picture)[at],
        "map": activations(network, layer, picture)[at],
        "field": pixels,
    }
    found = {}
    for part, each in shown.items():
        how = Image.Resampling.BICUBIC if part == "field" or len(each) >= 20 else Image.Resampling.NEAREST
        found[part] = Image.fromarray(each).resize((LARGE, LARGE), how)
    if values[at] > 0:
        (row, column), scale = places[at], LARGE / trace[layer].shape[2]
        _frame(found["map"], (row * scale, column * scale, (row + 1) * scale, (column + 1) * scale))
        _frame(found["field"], (edge * LARGE / len(pixels) for edge in step.box(row, column)))
    return found


def _frame(image: Image.Image, box: Any) -> None:
    """An orange frame, edged in black, around what lies in a box: top, left, bottom, right."""
    top, left, bottom, right = (min(max(0, round(edge)), LARGE) for edge in box)
    draw = ImageDraw.Draw(image)
    for inset, colour in ((0, "black"), (1, "darkorange"), (2, "darkorange"), (3, "black")):
        draw.rectangle((left + inset, top + inset, right - 1 - inset, bottom - 1 - inset), outline=colour)
