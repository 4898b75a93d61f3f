"""The landing page's instrument: its script, its style and the still that stands in its place until it is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from zflib.plots.pictures import labelled
from zflib.widgets.live import photographs
from zflib.widgets.live.your_picture import STYLES, bundle, strongest

SCRIPTS = ("chooser", "hero")  # picture.js and draw.js come with live.js
STEP = "conv4"
SIDE = 360  # of each of the still's two pictures, in pixels


def write(folder: Path) -> None:
    """Write beside the networks' scripts (`zflib.widgets.live.write`) what book/index.md names.

    hero.js, hero.css; hero.webp, the still
    """
    bundle(folder, "hero", SCRIPTS, (*STYLES, "hero"))
    Image.fromarray(still()).save(folder / "hero.webp", quality=82, method=6)


def still() -> np.ndarray:
    """A photograph, the field of a layer's strongest unit framed, and what that unit passes back: (H, W, 3) uint8."""
    pixels, found = strongest(photographs.NAMES[0])
    channel, (top, left, bottom, right), projection = found[STEP]
    scale = SIDE / len(pixels)
    picture = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    frame = [round(at * scale) for at in (left, top, right, bottom)]
    ImageDraw.Draw(picture).rectangle((frame[0], frame[1], frame[2] - 1, frame[3] - 1), outline="white", width=3)
    height, width = projection.shape[:2]
    size = round(SIDE * width / max(height, width)), round(SIDE * height / max(height, width))
    passed = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    passed.paste(Image.fromarray(projection).resize(size, Image.Resampling.BICUBIC), (0, 0))
    labels = ["the picture as the network gets it", f"layer {STEP[-1]}, map {channel}: what comes back"]
    return labelled([np.asarray(picture), np.asarray(passed)], labels, columns=2)
