"""An explorer of pictures that compress well and badly, of several sizes, with settings that are impossible."""

import re
from base64 import b64decode
from io import BytesIO

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
