"""`python -m zflib train`: train a network, or go on with a run."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from zflib.cli import options


def add(commands: Any) -> None:
    added = options.command(
        commands,
        "train",
        run,
        "train a network, or go on with a run that was cut off",
        "python -m zflib train --network zfnet --seed 0 --out runs/zfnet-mini-seed0",
        "The same command goes on from the last checkpoint, at most a minute old. Several GPUs or processes: put "
        "'torchrun --nproc-per-node N -m zflib train ...' in place of 'python -m zflib train ...'.",
    )
    added.add_argument("--network", choices=("zfnet", "alexnet"), default="zfnet", help="default: %(default)s")
    added.add_argument(
        "--row", default="as_is", help="a change of it, named as in zflib.paper.TABLES[3] (default: %(default)s)"
    )
    added.add_argument(
        "--preset",
        choices=("mini", "paper"),
        default="mini",
        help="mini: half the maps, 128 px; paper: Section 3 at full size, 224 px (default: %(default)s)",
    )
    options.add_data(added)
    added.add_argument(
        "--seed", type=options.whole, default=0, help="of weights, order and crops (default: %(default)s)"
    )
    added.add_argument("--epochs", type=options.count, help="default: the preset's, 50 or 70")
    added.add_argument("--batch-size", type=options.count, metavar="PICTURES", help="default: the preset's, 64 or 128")
    added.add_argument("--learning-rate", type=options.positive, metavar="RATE", help="default: the preset's, 0.01")
    added.add_argument(
        "--keep-epochs",
        type=options.count,
        nargs="+",
        default=(),
        metavar="EPOCH",
        help="keep the weights as they are after these epochs (epoch-005.safetensors in the run's folder)",
    )
    options.add_precision(added)
    added.add_argument("--out", type=Path, metavar="FOLDER", help="of the run (default: runs/NAME-seedSEED)")


def run(given: argparse.Namespace) -> None:
    from zflib.experiments.ablation.plan import NETWORKS, PRESETS, variant
    from zflib.training.evaluate import evaluate
    from zflib.training.loop import Run, new_fabric, train
    from zflib.training.recipe import MINI, PAPER

    variant(NETWORKS[given.network], given.row)  # an unknown row is refused before pictures are read
    options.check_folder(given.out or Path("runs"))
    preset = PRESETS[given.preset]
    recipe = {"mini": MINI, "paper": PAPER}[given.preset]
    precision = options.precision(given)
    changes = {"epochs": given.epochs, "learning_rate": given.learning_rate, "batch_size": given.batch_size}
    recipe = replace(recipe, precision=precision, **{name: v for name, v in changes.items() if v is not None})
    training, validation = options.training_and_validation(given.data, preset.sides, given.download)
    architecture = preset.architecture(given.network, given.row, len(training.class_names))
    row = "" if given.row == "as_is" else f"-{given.row}"
    folder = given.out or Path("runs") / f"{architecture.name}{row}-seed{given.seed}"
    fabric = new_fabric(recipe)
    wanted = Run(architecture, recipe, given.seed, training, validation)
    net = train(wanted, folder, fabric, keep_epochs=given.keep_epochs)
    if fabric.is_global_zero:
        top1 = evaluate(net, validation).top1
        print(f"{folder}: done. Top-1 on one crop of {len(validation):,} validation pictures: {top1:.1%}.")
