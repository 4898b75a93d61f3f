"""Make the README's picture: `python tools/readme_picture.py`.

Three embedded photographs, each with a projection from layers 1 to 5 of zfnet-mini: of the map that stands out most
on it, which is the one whose maximum is largest compared with the mean of its maxima over all photographs.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

import zflib
from zflib import plots

PICTURE = Path(__file__).parents[1] / "book" / "images" / "readme.png"
NAMES = ("astronaut", "chelsea", "coffee")
LAYERS = range(1, 6)


def main() -> None:
    net = zflib.load("zfnet-mini")
    photographs = zflib.data.photographs()
    images = torch.stack([net.preprocess(photograph.picture) for photograph in photographs])
    deconv = zflib.DeconvNet(net)
    trace = deconv.forward(images)
    cells = []
    for name in NAMES:
        at = [photograph.name for photograph in photographs].index(name)
        pixels = (images[at] + net.mean.cpu()).clamp(0, 255).byte()
        cells.append(pixels.permute(1, 2, 0).numpy())
        for layer in LAYERS:
            maxima = trace[f"conv{layer}"].amax(dim=(2, 3))
            channel = int((maxima[at] / (maxima.mean(dim=0) + 1e-6)).argmax())
            cells.append(plots.signed(deconv.project(trace, f"conv{layer}", channel=channel)[at]))
    labels = ["photograph", *(f"layer {layer}" for layer in LAYERS)] + [""] * (len(cells) - len(LAYERS) - 1)
    sheet = plots.labelled(np.array(cells), labels, columns=len(LAYERS) + 1)
    PICTURE.parent.mkdir(exist_ok=True)
    Image.fromarray(sheet).save(PICTURE, optimize=True)
    print(f"Wrote {PICTURE} ({PICTURE.stat().st_size / 1000:.0f} kB).")


if __name__ == "__main__":
    main()
