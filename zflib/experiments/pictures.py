"""Which frequencies do the training pictures hold, as training shows them? `python -m zflib.experiments.pictures`

Crops of Imagenette's training pictures, drawn and scaled as the recipe says: one epoch of them. What chapter 5 shows is
the file that this command writes; `result` reads it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from zflib.experiments import read, write
from zflib.training.recipe import MINI, Recipe

if TYPE_CHECKING:
    from zflib.data import PictureSet

FILE = Path(__file__).with_suffix(".json")
EDGES = tuple(0.5 * 2 ** np.arange(-4, 0.1, 0.5))  # half octaves from 0.031 to 0.5 cycles per pixel
SIZE = 128  # of the mini networks' input


def result() -> dict[str, Any]:
    """The committed spectrum: the fields of `zflib.spectrum.of_pictures`' result as lists, with how it was made."""
    return read(FILE)


def measure(training: PictureSet, recipe: Recipe = MINI, seed: int = 0, size: int = SIZE) -> dict[str, Any]:
    """Everything that the result file holds, but for how it was made: the spectrum over the first epoch of a run."""
    from zflib.analysis import spectrum
    from zflib.data.gallery import Pictures
    from zflib.training import augment

    drawn = augment.draw(recipe, seed, 0, len(training))
    mean = torch.from_numpy(training.pixels.mean((0, 1, 2))).float().view(3, 1, 1)

    def crop(at: int) -> np.ndarray:
        shown = augment.crops(training.pixels[at : at + 1], drawn[at : at + 1], mean, size)[0] + mean
        return shown.permute(1, 2, 0).round().clip(0, 255).byte().numpy()

    found = spectrum.of_pictures(Pictures(range(len(training)), crop), EDGES)
    return {
        "what": "mean power spectrum of the training pictures as training shows them, in squared grey levels",
        "pictures": {"set": training.name, "count": len(training), "fingerprint": training.fingerprint, "size": size},
        "recipe": recipe.record(),
        "seed": seed,
        "power": [[float(f"{value:.4g}") for value in row] for row in found.power],
        "edges": found.edges.tolist(),
        "radial": [float(f"{value:.4g}") for value in found.radial],
        "horizontal": round(found.horizontal, 4),
        "vertical": round(found.vertical, 4),
        "tiles": found.tiles,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    from zflib.data import imagenette

    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.pictures",
        description="Measure the spectrum of Imagenette's training pictures as training shows them. Takes about a "
        "minute on two CPU cores.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of chapter 5)")
    parser.add_argument("--download", action="store_true", help="fetch Imagenette if it is not there (99 MB)")
    given = parser.parse_args(arguments)
    found = measure(imagenette("train", 160, download=given.download))
    write(given.out, found, "zflib.experiments.pictures", torch.device("cpu"))
    print(f"{given.out} written; {found['tiles']:,} tiles.")


if __name__ == "__main__":
    main()
