"""Make the pictures that stand outside the chapters: `python tools/pictures.py`.

readme.png   three embedded photographs, each with a projection from layers 1 to 5 of zfnet-mini: of the map that stands
             out most on it, which is the one whose maximum is largest compared with the mean of its maxima over all
             photographs
filters.png  zfnet-mini's sixteen strongest first-layer filters, for the preview that a shared link shows
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

import zflib
from zflib import plots

IMAGES = Path(__file__).parents[1] / "book" / "images"
NAMES = ("astronaut", "chelsea", "coffee")
LAYERS = range(1, 6)


def main() -> None:
    net = zflib.load("zfnet-mini")
    for name, picture in (("readme.png", projections(net)), ("filters.png", strongest_filters(net))):
        Image.fromarray(picture).save(IMAGES / name, optimize=True)
        print(f"Wrote {IMAGES / name} ({(IMAGES / name).stat().st_size / 1000:.0f} kB).")


def projections(net):
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
    return plots.labelled(np.array(cells), labels, columns=len(LAYERS) + 1)


def strongest_filters(net):
    filters = net.conv1.weight.detach().cpu()
    strongest = filters.square().sum(dim=(1, 2, 3)).argsort(descending=True)[:16]
    return plots.enlarge(plots.tile(plots.filters(filters[strongest]), columns=4), times=12)


if __name__ == "__main__":
    main()
