"""The landing page's instrument: its script, its style, and a first bet that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from zflib import weights
from zflib.data import copies
from zflib.deconvnet import DeconvNet
from zflib.plots.unit_view import alike, drawn, field
from zflib.widgets.live import likenesses
from zflib.widgets.live.your_picture import STYLES, bundle

SCRIPTS = ("ruler", "chooser", "hero")  # picture.js and draw.js come with live.js
NETWORK, PHOTOGRAPH, STEP = "zfnet-mini", "coffee", "conv3"
MAP, OTHER = 136, 189  # chosen by eye: both draw the cup; the page says how many silent maps come closer
ANSWER = "right"
SIDE = 360  # of each of the three pictures, in pixels


def write(folder: Path) -> None:
    """Write beside the networks' scripts (`zflib.widgets.live.write`) what book/index.md names.

    hero.js, hero.css; hero-picture.webp, hero-left.webp and hero-right.webp, the first bet
    """
    said, pictures = first_bet()
    known = {"zflibTypical": likenesses.typical(), "zflibFirstBet": said}
    bundle(folder, "hero", SCRIPTS, (*STYLES, "hero"), known)
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"hero-{name}.webp", quality=82, method=6)


def first_bet() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The unit that fires most of a map, on a photograph, against a map that is silent at its place.

    Returns what the page says of it: network, photograph, step, unit and its value, the other map, answer ("left" or
    "right"), likeness of the two projections, how many maps are silent there, and how many of these are more alike;
    and three pictures, each (SIDE, SIDE, 3) uint8: "picture", the photograph with a frame about what both units see,
    and "left" and "right", what they pass back to there. Raises ValueError if the other map is not silent.
    """
    net = weights.load(NETWORK).cpu()
    x = net.preprocess(copies.picture(PHOTOGRAPH))
    deconv, side = DeconvNet(net), x.shape[1]
    trace = deconv.forward(x[None], upto=STEP)
    maps = trace[STEP][0]
    row, column = divmod(int(maps[MAP].argmax()), maps.shape[2])
    silent = [at for at in range(len(maps)) if not maps[at, row, column] > 0]
    if OTHER not in silent:
        raise ValueError(
            f"Map {OTHER} of {STEP} fires at row {row}, column {column}: choose another for the first bet."
        )
    step, unit = next(step for step in net.architecture.geometry() if step.name == STEP), (MAP, row, column)

    def passed(map: int) -> np.ndarray:
        return deconv.project(trace, STEP, unit=(map, row, column), seed=1)[0].numpy()

    own = passed(MAP)
    near = {at: alike(own, passed(at), step, unit) for at in silent}
    seen = (x + net.mean).permute(1, 2, 0).round().byte().numpy()
    said = {
        "network": NETWORK,
        "photograph": PHOTOGRAPH,
        "step": STEP,
        "unit": list(unit),
        "value": float(maps[unit]),
        "other": OTHER,
        "answer": ANSWER,
        "alike": near[OTHER],
        "silent": len(silent),
        "better": sum(value > near[OTHER] for value in near.values()),
    }
    own_side, other_side = (ANSWER, "left") if ANSWER == "right" else (ANSWER, "right")
    projections = {own_side: drawn(own, step, unit), other_side: drawn(passed(OTHER), step, unit)}
    large = {name: _large(each) for name, each in (projections | {"picture": seen}).items()}
    rows, columns = field(step, unit, side)
    frame = [round(at * SIDE / side) for at in (columns.start, rows.start, columns.stop, rows.stop)]
    ImageDraw.Draw(large["picture"]).rectangle((*frame[:2], frame[2] - 1, frame[3] - 1), outline="white", width=3)
    return said, {name: np.asarray(each) for name, each in large.items()}


def _large(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
