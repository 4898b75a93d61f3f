"""The landing page's instrument: its script, its style, and a first bet that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from zflib import weights
from zflib.deconvnet import DeconvNet
from zflib.plots.unit_view import alike, drawn, field, square
from zflib.widgets.live import likenesses, photographs
from zflib.widgets.live.your_picture import STYLES, bundle

SCRIPTS = ("ruler", "chooser", "hero")  # picture.js and draw.js come with live.js
NETWORK, PHOTOGRAPH, STEP = "zfnet-mini", "chelsea", "conv4"
OTHER = 50  # chosen by eye: it draws the nose as well; the page says how many maps do better
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
    """The strongest unit of a layer on a photograph against a map that is silent at its place.

    Returns what the page says of it: network, photograph, step, unit and its value, the other map, answer ("left" or
    "right"), likeness of the two projections, how many maps are silent there, and how many of these are more alike;
    and the three pictures, "picture", "left" and "right", each (SIDE, SIDE, 3) uint8. Raises ValueError if the other
    map is not silent.
    """
    net = weights.load(NETWORK).cpu()
    x = net.preprocess(photographs.picture(PHOTOGRAPH))
    deconv, side = DeconvNet(net), x.shape[1]
    trace = deconv.forward(x[None], upto=STEP)
    maps = trace[STEP][0]
    channel, row, column = (int(at) for at in np.unravel_index(int(maps.argmax()), maps.shape))
    silent = [at for at in range(len(maps)) if not maps[at, row, column] > 0]
    if OTHER not in silent:
        raise ValueError(
            f"Map {OTHER} of {STEP} fires at row {row}, column {column}: choose another for the first bet."
        )
    step, unit = next(step for step in net.architecture.geometry() if step.name == STEP), (channel, row, column)

    def passed(map: int) -> np.ndarray:
        return deconv.project(trace, STEP, unit=(map, row, column), seed=1)[0].numpy()

    own = passed(channel)
    near = {at: alike(own, passed(at), step, unit) for at in silent}
    rows, columns = square(step, unit, side)
    picture = (x + net.mean)[:, rows, columns].permute(1, 2, 0).round().byte().numpy()
    box = [
        (seen.start - shown.start, seen.stop - shown.start)
        for seen, shown in zip(field(step, unit, side), (rows, columns), strict=True)
    ]
    said = {
        "network": NETWORK,
        "photograph": PHOTOGRAPH,
        "step": STEP,
        "unit": [channel, row, column],
        "value": float(maps[channel, row, column]),
        "other": OTHER,
        "answer": ANSWER,
        "alike": near[OTHER],
        "silent": len(silent),
        "better": sum(value > near[OTHER] for value in near.values()),
    }
    own_side, other_side = (ANSWER, "left") if ANSWER == "right" else (ANSWER, "right")
    pictures = {"picture": picture, own_side: drawn(own, step, unit), other_side: drawn(passed(OTHER), step, unit)}
    return said, {name: _framed(each, *box) for name, each in pictures.items()}


def _framed(pixels: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """(SIDE, SIDE, 3): a square picture, enlarged, with a frame around these of its rows and columns."""
    large = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    left, top, right, bottom = (round(at * SIDE / len(pixels)) for at in (columns[0], rows[0], columns[1], rows[1]))
    ImageDraw.Draw(large).rectangle((left, top, right - 1, bottom - 1), outline="white", width=3)
    return np.asarray(large)
