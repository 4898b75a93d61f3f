"""Were the test pictures in the training set? `python -m zflib.experiments.transfer.duplicates`

The paper looked by normalised correlation: 44 pictures of Caltech-101 were in ImageNet, too. Here each picture of
Caltech-101 is compared with all pictures that a network learnt from, as it is and mirrored; for a floor also upside
down, as no copy is. And would one be found? Copies of Caltech's own pictures, cropped and scaled as another set might
have them, give the search's power.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from zflib.data.sets import PictureSet
from zflib.experiments import read, write
from zflib.network import device

FILE = Path(__file__).with_suffix(".json")
SIDE = 32  # pixels to which pictures are scaled before they are compared
LIKE = 0.97  # a correlation from which on two pictures are taken for the same
COPIED = 84  # side of the copies that the search should find, that of mini-ImageNet
CROPS = (1.0, 0.95, 0.9, 0.8)  # share of a picture's side that they show
WAYS = ("as it is", "mirrored", "upside down")


def result() -> dict[str, Any]:
    """The committed result, by training set:

    best    for each of `WAYS` the correlation of every Caltech picture with the picture most like it, counted by
            hundredths
    copies  what correlates by `LIKE` or more, as it is or mirrored: both files, which way, correlation
    floor   how many pictures do so upside down
    power   share of Caltech's pictures of which a copy would be found, by what share of the side it shows
    """
    return read(FILE)


def scaled(pixels: np.ndarray, batch: int = 1024) -> torch.Tensor:
    """(N, S, S, 3) uint8 to (N, SIDE * SIDE) float32: grey, of mean 0 and length 1, so that a product is a correlation.
    A picture of one grey is all 0."""
    parts = []
    for at in range(0, len(pixels), batch):
        grey = torch.from_numpy(pixels[at : at + batch]).float().mean(3)[:, None]
        small = F.adaptive_avg_pool2d(grey, SIDE).flatten(1)
        parts.append(F.normalize(small - small.mean(1, keepdim=True)))
    return torch.cat(parts)


def nearest(pictures: np.ndarray, others: np.ndarray, block: int = 2048) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each of `WAYS`: of each picture the greatest correlation with another one, and the number of that one."""
    mine, theirs = scaled(pictures), scaled(others).T.contiguous()
    square = mine.view(-1, SIDE, SIDE)
    turned = {"as it is": square, "mirrored": square.flip(2), "upside down": square.flip(1)}
    found = {}
    for way, each in turned.items():
        best = [(part @ theirs).max(1) for part in each.flatten(1).split(block)]
        found[way] = (torch.cat([b.values for b in best]).numpy(), torch.cat([b.indices for b in best]).numpy())
    return found


def copied(pixels: np.ndarray, crop: float) -> np.ndarray:
    """The pictures' middles, `crop` of their side, as squares of `COPIED` pixels: (N, S, S, 3) uint8."""
    side = round(crop * pixels.shape[1])
    edge = (pixels.shape[1] - side) // 2
    x = torch.from_numpy(pixels[:, edge : edge + side, edge : edge + side]).permute(0, 3, 1, 2)
    return F.interpolate(x, (COPIED, COPIED), mode="bilinear", antialias=True).permute(0, 2, 3, 1).numpy()


def measure(pictures: PictureSet, others: PictureSet) -> dict[str, Any]:
    """Of one training set what `result` holds."""
    found = nearest(pictures.pixels, others.pixels)
    copies = [
        (pictures.files[at], others.files[found[way][1][at]], way, round(float(found[way][0][at]), 3))
        for way in WAYS[:2]
        for at in np.flatnonzero(found[way][0] >= LIKE)
    ]
    edges, mine = np.arange(101) / 100, scaled(pictures.pixels)
    likeness = {crop: (mine * scaled(copied(pictures.pixels, crop))).sum(1) for crop in CROPS}
    return {
        "pictures": len(others),
        "best": {way: np.histogram(values.clip(0, 1), edges)[0].tolist() for way, (values, _) in found.items()},
        "copies": copies,
        "floor": int((found[WAYS[2]][0] >= LIKE).sum()),
        "power": {str(crop): round(float((like >= LIKE).float().mean()), 4) for crop, like in likeness.items()},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    from zflib.data import caltech101, data_root, folder, imagenette

    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.transfer.duplicates",
        description="Look for the pictures of Caltech-101 among those of Imagenette and of 100 classes of ImageNet. "
        "Some minutes on a CPU core.",
    )
    parser.add_argument(
        "--data", type=Path, default=None, help="folder of the 100 classes (default: mini_imagenet100 in ZFLIB_DATA)"
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the chapter)")
    given = parser.parse_args(arguments)
    caltech = caltech101(146)
    sets = {
        "imagenette": imagenette("train", 160),
        "mini_imagenet100": folder((given.data or data_root() / "mini_imagenet100") / "train", 160),
    }
    found = {name: {"fingerprint": each.fingerprint} | measure(caltech, each) for name, each in sets.items()}
    identity = {"data": caltech.name, "fingerprint": caltech.fingerprint, "pictures": len(caltech)}
    content = {"identity": identity, "side": SIDE, "like": LIKE, "sets": found}
    write(given.out, content, "zflib.experiments.transfer.duplicates", device())
    for name, of in found.items():
        print(f"{name}: {len(of['copies'])} copies found; of a copy whole, {of['power']['1.0']:.1%} would be.")


if __name__ == "__main__":
    main()
