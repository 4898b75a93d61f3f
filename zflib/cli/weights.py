"""`python -m zflib weights`: list, verify, show and store trained weights."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zflib import atomic, weights
from zflib.cli import options

if TYPE_CHECKING:
    from zflib.data import PictureSet


def add(commands: Any) -> None:
    group = commands.add_parser("weights", help="list, verify, show and store trained weights")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    added = options.command(
        actions, "list", list_all, "names and accuracy of the weights", "python -m zflib weights list"
    )
    options.add_weights(added)
    added = options.command(
        actions,
        "verify",
        verify,
        "check that weights are whole and answer as recorded",
        "python -m zflib weights verify zfnet-mini",
    )
    added.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    options.add_weights(added)
    added = options.command(
        actions,
        "show",
        show,
        "print a training record: data, recipe, curves, accuracy",
        "python -m zflib weights show zfnet-mini",
    )
    added.add_argument("name", metavar="NAME")
    options.add_weights(added)
    added = options.command(
        actions,
        "ship",
        ship,
        "store a finished run's network as named weights",
        "python -m zflib weights ship runs/zfnet-mini-seed0 --name zfnet-mini",
        "Writes NAME.safetensors (float16), NAME.json (the training record, accuracy measured on the stored numbers) "
        "and NAME.png.",
    )
    added.add_argument("folder", type=Path, metavar="RUN_FOLDER")
    added.add_argument("--name", required=True, help="what zflib.load will call them")
    added.add_argument(
        "--coarse", action="store_true", help="round layers 6 and 7 to two bits behind the point: the file compresses"
    )
    options.add_data(added)
    options.add_weights(added, "folder to write to")
    added = options.command(
        actions,
        "seed",
        keep_seed,
        "keep a finished run's filters, validation logits and record",
        "python -m zflib weights seed runs/zfnet-mini-seed1",
        "zflib.weights.seeds reads them.",
    )
    added.add_argument("folder", type=Path, metavar="RUN_FOLDER")
    added.add_argument(
        "--results",
        type=Path,
        default=weights.RESULTS,
        metavar="FOLDER",
        help="to write to (default: results/training)",
    )
    options.add_data(added)


def list_all(given: argparse.Namespace) -> None:
    """Names, accuracy and data of all weights."""
    names = weights.available(given.weights)
    for name in names:
        facts = weights.record(name, given.weights)
        try:
            one, ten = (facts["accuracy"][crops]["top1"] for crops in ("one_crop", "ten_crops"))
            made = f"{facts['data']['train']}, {facts['epochs']} epochs"
        except (KeyError, TypeError) as error:
            raise weights.DamagedWeights(f"The training record of {name!r} has no accuracy, data or epochs.") from error
        print(f"{name}: {one:.1%} on one crop, {ten:.1%} on ten; {made}")
    if not names:
        print(f"No weights in {given.weights}.")


def verify(given: argparse.Namespace) -> None:
    """Load weights, and compare what they answer to the embedded photographs with their record."""
    import numpy as np

    from zflib.training.ship import photograph_logits

    for name in given.names or weights.available(given.weights):
        net, recorded = weights.load(name, given.weights), weights.record(name, given.weights).get("photograph_logits")
        if not recorded:
            raise weights.DamagedWeights(f"The training record of {name!r} has no logits to compare with.")
        found = photograph_logits(net)
        apart = max(np.abs(np.subtract(found[photograph], logits)).max() for photograph, logits in recorded.items())
        if apart > 1e-3:
            raise ValueError(f"{name} is whole, but its logits on the photographs are off by up to {apart:.2g}.")
        print(f"{name}: whole; logits on {len(recorded)} photographs as recorded, to {apart:.1g}")


def show(given: argparse.Namespace) -> None:
    """Print the training record."""
    print(json.dumps(weights.record(given.name, given.weights), indent=1))


def ship(given: argparse.Namespace) -> None:
    """Store a run's network under a name."""
    from zflib.training import ship

    options.check_folder(given.weights)
    path = ship.ship(given.folder, given.name, _validation(given), given.weights, given.coarse)
    _draw_record(path, weights.load(given.name, given.weights).conv1.weight)


def keep_seed(given: argparse.Namespace) -> None:
    """Store a run's first-layer filters, validation logits and record."""
    from safetensors.numpy import load_file

    from zflib.training import ship

    options.check_folder(given.results)
    path = ship.keep_seed(given.folder, _validation(given), given.results)
    network = weights.record(path.stem, given.results)["architecture"]["name"]
    if given.results == weights.RESULTS and network in weights.available():
        weights.note_seeds(network)
    _draw_record(path, load_file(path)["conv1"])


def _validation(given: argparse.Namespace) -> PictureSet:
    """The validation pictures at the side to which a run's network scales them."""
    from zflib.training.ship import resized_side

    return options.picture_set(given.data, "val", resized_side(given.folder), given.download)


def _draw_record(path: Path, conv1: Any) -> None:
    """Draw a training record beside the file it belongs to."""
    from zflib import plots

    picture = path.with_suffix(".png")
    figure = plots.training_record(weights.record(path.stem, path.parent), conv1)
    with atomic.replacing(picture) as file:
        figure.savefig(file, format="png", dpi=100)
    print(f"{path}, {path.with_suffix('.json').name}, {picture.name}: written")
