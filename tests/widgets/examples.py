"""An explorer of pictures that compress well and badly, of several sizes, with settings that are impossible; a simple
one; and what a page shows of them."""

import json
import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from zflib import data, plots
from zflib.widgets import Explorer, Impossible

KINDS = ("photograph", "noise", "plot")


def draw(kind, step, mirrored):
    if kind == "plot":
        if step == 2:
            raise Impossible("Two curves & a <line> do not fit.")
        figure, axes = plots.figure(width=4, height=2)
        axes.plot(np.sin(np.arange(50) * step * (-1 if mirrored else 1)))
        return figure
    if kind == "photograph":
        pixels = np.asarray(data.photograph("astronaut").picture.resize((160, 120)))
    else:
        pixels = np.random.default_rng(step).integers(0, 256, (40 + 10 * step, 70, 3), dtype=np.uint8)
    return pixels[:, ::-1] if mirrored else pixels


def words(kind, step, mirrored):
    return f'A {kind}, step {step}{", mirrored" if mirrored else ""}: "quoted" & <marked>.'


def kinds():
    """Three axes; the page offers fewer values than the kernel."""
    axes = {"kind": KINDS, "step": range(5), "mirrored": [False, True]}
    return Explorer(axes, draw, words, page={"step": [1, 2, 4]}, name="Kinds")


def pictures(html):
    """The pictures inside a piece of HTML, decoded."""
    found = re.findall(r'src="data:image/(?:webp|png);base64,([^"]+)"', html)
    return [Image.open(BytesIO(b64decode(text))).convert("RGB") for text in found]


def grey(level):
    return np.full((16, 16), level, dtype=np.uint8)


def simple(axes=None, draw=lambda level: grey(level), alt=lambda level: f"Grey {level}.", **more):
    return Explorer({"level": [0, 100, 200]} if axes is None else axes, draw, alt, **more)


def page_data(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])


def page_frame(data, index, size, folder=Path()):
    """A frame as the page's script would cut it out of its sheet."""
    number, column, row = data["settings"][index]["at"]
    sheet = data["sheets"][number]
    picture = Image.open(folder / sheet["src"]).convert("RGB")
    width, height = picture.width // sheet["columns"], picture.height // sheet["rows"]
    return picture.crop((column * width, row * height, column * width + size[0], row * height + size[1]))


def apart(one, other):
    return np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean()
