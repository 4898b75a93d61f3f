"""The page Your picture: its script, its style and the still that stands in its place until the script has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zflib import weights
from zflib.deconvnet import DeconvNet
from zflib.plots.pictures import labelled
from zflib.widgets import page
from zflib.widgets.live import collection, likenesses, photographs
from zflib.widgets.live.unit_view import drawn

SCRIPTS = (
    "ruler",
    "chooser",
    "address",
    "unit_view",
    "strongest",
    "your_picture",
)  # picture.js and draw.js come with live.js
STYLES = ("panel", "ruler", "chooser", "your_picture")
STEPS = ("conv1", "conv2", "conv3", "conv4", "conv5")
# What the page opens with, chosen by eye: the rim of a cup.
NETWORK, PHOTOGRAPH, OPENING = "zfnet-mini", "coffee", ("conv3", (136, 1, 3))
SIDE = 224  # of a picture on the still, in pixels


def write(folder: Path) -> None:
    """Write beside the networks' scripts (`zflib.widgets.live.write`) what book/your_picture.md names.

    photographs.js, your_picture.js, your_picture.css; collection.js, which comes when the reader reaches the strongest
    patches; your_picture.webp, the still
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photographs.js").write_text(photographs.script(), encoding="utf-8")
    (folder / "collection.js").write_text(collection.script(), encoding="utf-8")
    step, (channel, row, column) = OPENING
    opening = f"#{NETWORK}/{step}/{channel}/{row},{column}/{PHOTOGRAPH}"
    known = {"zflibTypical": likenesses.typical(), "zflibOpening": opening}
    bundle(folder, "your_picture", SCRIPTS, STYLES, known)
    Image.fromarray(still()).save(folder / "your_picture.webp", quality=80, method=6)


def bundle(folder: Path, name: str, scripts: Sequence[str], styles: Sequence[str], data: Mapping[str, Any]) -> None:
    """Write NAME.js and NAME.css: these scripts and style sheets of this folder, joined.

    data  what the scripts find under these global names
    """
    made = "".join(f"globalThis.{key} = {page.json_text(value)};\n" for key, value in data.items())
    code = "\n".join(page.asset(f"live/{each}.js") for each in scripts)
    (folder / f"{name}.js").write_text(made + code, encoding="utf-8")
    text = "\n".join(page.asset(f"live/{each}.css") for each in styles)
    (folder / f"{name}.css").write_text(text, encoding="utf-8")


def still() -> np.ndarray:
    """A photograph, and what a unit of each layer of `zfnet-mini` passes back from it, the strongest or that with which
    the page opens: (H, W, 3) uint8."""
    net = weights.load(NETWORK).cpu()
    x = net.preprocess(photographs.picture(PHOTOGRAPH))
    deconv = DeconvNet(net)
    trace = deconv.forward(x[None])
    pictures, labels = [(x + net.mean).permute(1, 2, 0).round().byte().numpy()], ["the picture"]
    for step in net.architecture.geometry():
        if step.name not in STEPS:
            continue
        maps = trace[step.name][0]
        strongest = tuple(int(at) for at in np.unravel_index(int(maps.argmax()), maps.shape))
        unit = OPENING[1] if step.name == OPENING[0] else strongest
        pictures.append(drawn(deconv.project(trace, step.name, unit=unit)[0].numpy(), step, unit))
        labels.append(f"layer {step.name[-1]}, map {unit[0]}")
    return labelled([enlarged(each) for each in pictures], labels, columns=3)


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """In SIDE x SIDE pixels; a first layer's few pixels stay squares."""
    how = Image.Resampling.NEAREST if len(pixels) < 20 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), how))
