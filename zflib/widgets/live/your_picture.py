"""The page Your picture: its script, its style and the still that stands in its place until the script has run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from zflib import weights
from zflib.data import photograph
from zflib.deconvnet import DeconvNet
from zflib.plots.pictures import labelled, signed
from zflib.widgets import page
from zflib.widgets.live import photographs

SCRIPTS = ("picture", "chooser", "draw", "address", "unit_view", "your_picture")
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
    for ending, names in (("js", SCRIPTS), ("css", STYLES)):
        text = "\n".join(page.asset(f"live/{name}.{ending}") for name in names)
        (folder / f"your_picture.{ending}").write_text(text, encoding="utf-8")
    Image.fromarray(still()).save(folder / "your_picture.webp", quality=80, method=6)


def still() -> np.ndarray:
    """A photograph, and what the strongest unit of each layer of `zfnet-mini` passes back from it: (H, W, 3) uint8."""
    net = weights.load("zfnet-mini")
    x = net.preprocess(photograph(photographs.NAMES[0]).picture)
    deconv = DeconvNet(net)
    trace = deconv.forward(x[None])
    geometry = {step.name: step for step in net.architecture.geometry()}
    pixels = (x + net.mean.cpu()).permute(1, 2, 0).numpy().astype(np.uint8)
    pictures, labels = [_enlarged(pixels)], ["the picture"]
    for step in STEPS:
        maps = trace[step][0]
        channel, row, column = map(int, np.unravel_index(int(maps.argmax()), maps.shape))
        found = deconv.project(trace, step, unit=(channel, row, column))[0].cpu().numpy()
        top, left, bottom, right = geometry[step].box(row, column)
        found = found[:, max(top, 0) : bottom, max(left, 0) : right]
        pictures.append(_enlarged(signed(found, float(np.quantile(np.abs(found), CLIP)))))
        labels.append(f"layer {step[-1]}, map {channel}")
    return labelled(pictures, labels, columns=3)


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    """In SIDE x SIDE pixels; a first layer's few pixels stay squares."""
    how = Image.Resampling.NEAREST if len(pixels) < 20 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), how))
