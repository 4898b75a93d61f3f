"""The page Your picture: its script, its style and the still that stands in its place until the script has run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from zflib import weights
from zflib.data import photograph
from zflib.deconvnet import DeconvNet
from zflib.plots.pictures import labelled, signed
from zflib.widgets import page
from zflib.widgets.live import photographs

SCRIPTS = ("chooser", "address", "unit_view", "your_picture")  # picture.js and draw.js come with live.js
STYLES = ("panel", "chooser", "your_picture")
STEPS = ("conv1", "conv2", "conv3", "conv4", "conv5")
CLIP = 0.995  # of a projection's magnitudes, as draw.js
SIDE = 224  # of a picture on the still, in pixels


def write(folder: Path) -> None:
    """Write beside the networks' scripts (`zflib.widgets.live.write`) what book/your_picture.md names.

    photographs.js, your_picture.js, your_picture.css; your_picture.webp, the still
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photographs.js").write_text(photographs.script(), encoding="utf-8")
    bundle(folder, "your_picture", SCRIPTS, STYLES)
    Image.fromarray(still()).save(folder / "your_picture.webp", quality=80, method=6)


def bundle(folder: Path, name: str, scripts: Sequence[str], styles: Sequence[str]) -> None:
    """Write NAME.js and NAME.css: these scripts and style sheets of this folder, joined."""
    for ending, names in (("js", scripts), ("css", styles)):
        text = "\n".join(page.asset(f"live/{each}.{ending}") for each in names)
        (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")


def still() -> np.ndarray:
    """A photograph, and what the strongest unit of each layer of `zfnet-mini` passes back from it: (H, W, 3) uint8."""
    pixels, found = strongest(photographs.NAMES[0])
    pictures, labels = [enlarged(pixels)], ["the picture"]
    for step, (channel, _, projection) in found.items():
        pictures.append(enlarged(projection))
        labels.append(f"layer {step[-1]}, map {channel}")
    return labelled(pictures, labels, columns=3)


def strongest(name: str) -> tuple[np.ndarray, dict[str, tuple[int, tuple[int, int, int, int], np.ndarray]]]:
    """A photograph as `zfnet-mini` gets it, and of each layer its strongest unit there.

    Returns (S, S, 3) uint8, and by step: the unit's map; the part of its field that lies on the picture, as top, left,
    bottom and right; and its projection there as the page draws it, (h, w, 3) uint8.
    """
    net = weights.load("zfnet-mini")
    x = net.preprocess(photograph(name).picture)
    deconv = DeconvNet(net)
    trace = deconv.forward(x[None])
    geometry = {step.name: step for step in net.architecture.geometry()}
    found = {}
    for step in STEPS:
        maps = trace[step][0]
        channel, row, column = map(int, np.unravel_index(int(maps.argmax()), maps.shape))
        top, left, bottom, right = (min(max(0, at), x.shape[1]) for at in geometry[step].box(row, column))
        pixels = deconv.project(trace, step, unit=(channel, row, column))[0, :, top:bottom, left:right].cpu().numpy()
        drawn = signed(pixels, float(np.quantile(np.abs(pixels), CLIP)))
        found[step] = channel, (top, left, bottom, right), drawn
    return (x + net.mean.cpu()).permute(1, 2, 0).numpy().astype(np.uint8), found


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """In SIDE x SIDE pixels; a first layer's few pixels stay squares."""
    how = Image.Resampling.NEAREST if len(pixels) < 20 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), how))
