"""The page Your picture, and the same for a kernel: what a network passes back from a picture, and its controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from zflib import weights
from zflib.data import copies
from zflib.deconvnet import DeconvNet, Trace
from zflib.network import ConvNet
from zflib.plots.pictures import labelled
from zflib.plots.unit_view import alike, drawn, field, square
from zflib.plots.words import true_minus
from zflib.widgets import page
from zflib.widgets.axes import Axis
from zflib.widgets.live import collection, draws, likenesses, photographs
from zflib.widgets.live.panel import Panel

SCRIPTS = ("ruler", "chooser", "address", "unit_view", "strongest", "your_picture")  # the others are in live.js
STYLES = ("panel", "ruler", "chooser", "your_picture")
STEPS = ("conv1", "conv2", "conv3", "conv4", "conv5")
NETWORKS = {"ZFNet-mini": "zfnet-mini", "AlexNet-mini": "alexnet-mini"}
METHODS = ("deconvnet", "gradient", "guided")
CONTROLS = {  # by what the page calls them: names as in an address
    "none": "",
    "another map, same place": "other-map",
    "shuffled switches": "shuffled-switches",
    "another picture's switches": "another-pictures-switches",
    "random weights in this layer": "random-layer",
    "random weights in all layers up to it": "random-weights",
}
SILENT = "It is silent here, so nothing comes down: take another map or place."
OWN = "your picture"
# What the page opens with, chosen by eye: the rim of a cup, on which either side of the bet can win.
NETWORK, PHOTOGRAPH, OPENING = "zfnet-mini", "coffee", ("conv3", (181, 0, 2))
SCALE = (0.2, 0.5, 0.75)  # likenesses to be shown
SIDE = 224  # of a picture on the still, in pixels


def write(folder: Path) -> None:
    """Write beside the networks' scripts (`zflib.widgets.live.write`) what book/your_picture.md names.

    photographs.js, your_picture.js, your_picture.css; collection.js, which comes when the reader reaches the strongest
    patches; your_picture.webp, the still; likenesses.webp, what likenesses look like
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photographs.js").write_text(photographs.script(), encoding="utf-8")
    (folder / "collection.js").write_text(collection.script(), encoding="utf-8")
    step, (channel, row, column) = OPENING
    opening = f"#{NETWORK}/{step}/{channel}/{row},{column}/{PHOTOGRAPH}"
    known = {"zflibTypical": likenesses.typical(), "zflibRanges": likenesses.ranges(), "zflibOpening": opening}
    bundle(folder, "your_picture", SCRIPTS, STYLES, known)
    Image.fromarray(still()).save(folder / "your_picture.webp", quality=80, method=6)
    Image.fromarray(scale()[0]).save(folder / "likenesses.webp", quality=80, method=6)


def bundle(folder: Path, name: str, scripts: Sequence[str], styles: Sequence[str], data: Mapping[str, Any]) -> None:
    """Write NAME.js and NAME.css: these scripts and style sheets of this folder, joined.

    data  what the scripts find under these global names
    """
    made = "".join(f"globalThis.{key} = {page.json_text(value)};\n" for key, value in data.items())
    code = "\n".join(page.asset(f"live/{each}.js") for each in scripts)
    (folder / f"{name}.js").write_text(made + code, encoding="utf-8")
    text = "\n".join(page.asset(f"live/{each}.css") for each in styles)
    (folder / f"{name}.css").write_text(text, encoding="utf-8")


def opened() -> tuple[Any, np.ndarray, list[tuple[int, np.ndarray, float]]]:
    """The unit with which the page opens: its step, what it passes back (3, S, S), and of every other map (number,
    what its unit at the same place passes back, the likeness of the two)."""
    step_name, unit = OPENING
    net, deconv = _network(NETWORK)
    step = next(each for each in net.architecture.geometry() if each.name == step_name)
    trace = deconv.forward(net.preprocess(copies.picture(PHOTOGRAPH))[None], upto=step_name)
    units = torch.tensor([(0, channel, *unit[1:]) for channel in range(step.maps)])
    found = deconv.project_units(trace, step_name, units, seed=1)
    own = found.paste(unit[0]).numpy()
    others = [(at, found.paste(at).numpy()) for at in range(step.maps) if at != unit[0]]
    return step, own, [(at, each, alike(own, each, step, unit)) for at, each in others]


def still() -> np.ndarray:
    """The photograph with the frame, and what two units pass back from there: that with which the page opens, and the
    first other that the page takes. (H, W, 3) uint8."""
    step, own, others = opened()
    unit, (net, _) = OPENING[1], _network(NETWORK)
    other = draws.other_map(unit[0], step.maps, 0)
    passed = {unit[0]: own, **{at: each for at, each, _ in others}}
    picture = framed(net.preprocess(copies.picture(PHOTOGRAPH)), net, step, unit)
    pictures = [picture, *(enlarged(drawn(passed[at], step, unit)) for at in (unit[0], other))]
    return labelled(pictures, ["the frame", f"map {unit[0]}", f"map {other}"], columns=3)


def scale() -> tuple[np.ndarray, list[tuple[int, float]]]:
    """What likenesses look like: what the opening unit passes back, and those of other maps nearest to `SCALE`.
    Returns the picture, (H, W, 3) uint8, and the maps with their likenesses."""
    step, own, others = opened()
    chosen = [min(others, key=lambda each: abs(each[2] - wanted)) for wanted in SCALE]
    pictures = [enlarged(drawn(each, step, OPENING[1])) for each in (own, *(each for _, each, _ in chosen))]
    labels = [f"map {OPENING[1][0]}", *(f"map {at}: {number(near)}" for at, _, near in chosen)]
    return labelled(pictures, labels, columns=4), [(at, near) for at, _, near in chosen]


def framed(image: Tensor, net: ConvNet, step: Any, unit: tuple[int, int, int]) -> np.ndarray:
    """A prepared picture, enlarged, with the unit's field in a frame."""
    picture = Image.fromarray((image + net.mean).permute(1, 2, 0).round().byte().numpy())
    scale, (rows, columns) = SIDE / image.shape[1], field(step, unit, image.shape[1])
    picture = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    left, top, right, bottom = (round(at * scale) for at in (columns.start, rows.start, columns.stop, rows.stop))
    ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), outline="white", width=3)
    return np.asarray(picture)


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """In SIDE x SIDE pixels; a first layer's few pixels stay squares."""
    how = Image.Resampling.NEAREST if len(pixels) < 20 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), how))


@cache
def _network(name: str) -> tuple[ConvNet, DeconvNet]:
    net = weights.load(name).cpu()
    return net, DeconvNet(net)


def number(value: float) -> str:
    return true_minus(f"{value:z.2f}")


class YourPicture(Panel):
    """What a network passes back from a picture, its controls, and the strongest patches of the same map.

    In the book it is the page Your picture, which also takes the reader's own. The first one in a kernel mines the
    patches, some ten seconds.

    picture  as `ConvNet.preprocess` takes it; one of the page's photographs where left out
    start    values of its controls other than those it begins with: network, photograph, layer, rank (1 for the map
             that fires most), method, control, draw (of the control). Raises ValueError for what they don't offer.
    """

    title = "Your picture, in two networks"
    script = "your_picture"
    styles = ("ruler", "chooser")
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("photograph", copies.NAMES, photographs.CALLED),
        Axis("layer", STEPS),
        Axis("rank", tuple(range(1, 10))),
        Axis("method", METHODS),
        Axis("control", tuple(CONTROLS)),
        Axis("draw", tuple(range(10))),
    )
    defaults: ClassVar = {
        "network": "ZFNet-mini",
        "photograph": PHOTOGRAPH,
        "layer": OPENING[0],
        "rank": 4,  # the map of OPENING
        "method": METHODS[0],
        "control": "none",
        "draw": 0,
    }

    def __init__(self, picture: Any = None, **start: Any) -> None:
        self._picture = picture
        if picture is not None:
            self.axes = tuple(Axis("photograph", (OWN,)) if axis.name == "photograph" else axis for axis in self.axes)
            self.defaults = {**self.defaults, "photograph": OWN, "rank": 1}
        super().__init__(**start)

    def _image(self, network: str, photograph: str) -> Tensor:
        net, _ = _network(network)
        return net.preprocess(self._picture if photograph == OWN else copies.picture(photograph))

    def _unit(self, network: str, photograph: str, layer: str, rank: int) -> tuple[tuple[int, int, int], float]:
        """The strongest unit (map, row, column) of the map of that rank, and its value."""
        maps = self._trace(NETWORKS[network], photograph, layer)[layer][0]
        channel = int(maps.flatten(1).amax(1).argsort(descending=True, stable=True)[rank - 1])
        row, column = divmod(int(maps[channel].argmax()), maps.shape[2])
        return (channel, row, column), float(maps[channel, row, column])

    def _trace(self, network: str, photograph: str, layer: str) -> Trace:
        return _network(network)[1].forward(self._image(network, photograph)[None], upto=layer)

    def _control(
        self,
        network: str,
        photograph: str,
        layer: str,
        unit: tuple[int, int, int],
        method: str,
        control: str,
        draw: int,
    ) -> tuple[np.ndarray, str]:
        """A control's projection (3, S, S), with the draws that the page makes, and what it is in words."""
        name, kind = NETWORKS[network], CONTROLS[control]
        net, deconv = _network(name)
        trace, words = self._trace(name, photograph, layer), control
        if kind == "other-map":
            unit = (draws.other_map(unit[0], trace[layer].shape[1], draw), *unit[1:])
            words = f"map {unit[0]}, same place"
        elif kind == "shuffled-switches":
            trace = draws.shuffled(trace, net, draw)
        elif kind == "another-pictures-switches":
            at = copies.NAMES.index(photograph) if photograph in copies.NAMES else -1
            other = copies.NAMES[(at + 1) % len(copies.NAMES)]
            trace = replace(trace, switches=self._trace(name, other, layer).switches)
        else:
            upto = STEPS.index(layer) + 1
            net = draws.randomised(net, STEPS[:upto] if kind == "random-weights" else (layer,), draw)
            deconv = DeconvNet(net)
            trace = deconv.forward(self._image(name, photograph)[None], upto=layer)
        return deconv.project(trace, layer, unit=unit, method=method, seed=1)[0].numpy(), words

    def view(self, network: str, photograph: str, layer: str, rank: int, method: str, control: str, draw: int) -> str:
        """The picture with the unit's field, what it passes back, a control, and the map's strongest patches."""
        name = NETWORKS[network]
        net, deconv = _network(name)
        step = next(each for each in net.architecture.geometry() if each.name == layer)
        unit, value = self._unit(network, photograph, layer, rank)
        trace = self._trace(name, photograph, layer)
        own = deconv.project(trace, layer, unit=unit, method=method)[0].numpy()
        strongest = float(trace[layer].max())
        fires = f"It fires with {value:.2f} (its layer's strongest here with {strongest:.2f})."
        figures = [
            (framed(self._image(name, photograph), net, step, unit), "The frame: what the unit sees."),
            (enlarged(drawn(own, step, unit)), f"What it passes back. {fires}"),
        ]
        said = SILENT if not value > 0 else ""
        if value > 0 and CONTROLS[control]:
            other, words = self._control(network, photograph, layer, unit, method, control, draw)
            figures.append((enlarged(drawn(other, step, unit)), f"The control: {words}."))
            said = told(alike(own, other, step, unit, "signed"), words, usual(name, layer, method, control))
        head = f"One unit of layer {layer[-1]}: map {unit[0]}, row {unit[1]}, column {unit[2]}"
        trio = "".join(_figure(pixels, words) for pixels, words in figures)
        return (
            f'<h2 class="zf-unit">{head}</h2><div class="zf-trio">{trio}</div><p class="zf-verdict">{said}</p>'
            f"{self._strongest(name, net, step, unit[0], value)}"
        )

    def _strongest(self, network: str, net: ConvNet, step: Any, channel: int, value: float) -> str:
        found = [collection.patch(network, step.name, channel, rank) for rank in range(collection.STRONGEST)]
        cells = []
        for each in found:
            image = net.preprocess(each["picture"])
            rows, columns = square(step, each["unit"], image.shape[1])
            pixels = (image + net.mean)[:, rows, columns].permute(1, 2, 0).round().byte().numpy()
            fires = f"{each['value']:.1f}" if each["value"] > 0 else "silent"
            cells.append(_figure(enlarged(pixels), fires, f"{each['photograph'].title}: a patch"))
        words = (
            f"Its strongest unit on each of nine photographs of {len(collection.embedded())}, in other crops and "
            f"sizes, fires with {found[0]['value']:.1f} to {found[-1]['value']:.1f}; on this picture the unit above "
            f"with {value:.1f}."
        )
        return f'<p class="zf-nine-words">{words}</p><div class="zf-nine">{"".join(cells)}</div>'

    def page_html(self) -> str:
        """The page's own instrument, which opens with this setting; with a picture of one's own its still."""
        if self._picture is not None:
            return self.still(**self.start)
        network, photograph, layer = (self.start[name] for name in ("network", "photograph", "layer"))
        (channel, row, column), _ = self._unit(network, photograph, layer, self.start["rank"])
        address = [NETWORKS[network], layer, str(channel), f"{row},{column}", photograph]
        address += [self.start["method"]] if self.start["method"] != METHODS[0] else []
        address += [CONTROLS[self.start["control"]]] if CONTROLS[self.start["control"]] else []
        scripts = "".join(
            f'<script defer src="../_static/live/{name}.js"></script>'
            for name in ("live", "photographs", "your_picture")
        )
        return (
            '<link rel="stylesheet" href="../_static/live/your_picture.css">'
            f'<div class="zf-panel" data-panel="your-picture" data-opening="#{"/".join(address)}" role="region" '
            f'aria-label="{self.title}"><div class="zf-still">{self.view(**self.start)}</div>'
            "<noscript><p>Networks that run in the page need JavaScript.</p></noscript></div>" + scripts
        )


def usual(network: str, step: str, method: str, control: str) -> tuple[float, float] | None:
    """The likeness that chapter 3 found of such a control, and the floor; None where it measured none."""
    if method != "deconvnet" or step == STEPS[0]:
        return None
    found = likenesses.typical()[network][step]
    return found[CONTROLS[control]][0], found["neither"][0]


def told(near: float, words: str, known: tuple[float, float] | None) -> str:
    """The likeness of a control beside what is usual and the floor; as zflibUnitView.told."""
    if np.isnan(near):
        return f"Of the control ({words}) nothing comes down."
    beside = "; usual is {}, the floor {}".format(*map(number, known)) if known else ""
    return f"The control ({words}) has a likeness of {number(near)}{beside}."


def _figure(pixels: np.ndarray, words: str, label: str = "") -> str:
    image = page.first_image(Image.fromarray(pixels), label or words)
    return f"<figure>{image}<figcaption>{words}</figcaption></figure>"
