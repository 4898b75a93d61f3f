"""`python -m zflib ablate`: make the runs of Table 3, or those that are still missing."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from zflib.cli import options


def add(commands: Any) -> None:
    added = options.command(
        commands,
        "ablate",
        run,
        "train the rows of Table 3, or those that are still missing",
        "python -m zflib ablate --rows as_is removed_layers_3_4 --seeds 0",
        "Shows the plan first. Interrupted, it goes on where it was; several machines may share a results folder, and "
        "'torchrun --nproc-per-node N -m zflib ablate ...' spreads each run over several GPUs.",
    )
    added.add_argument(
        "--preset",
        choices=("mini", "paper"),
        default="mini",
        help="mini: half the maps, 128 px, 12 epochs; paper: Section 3 at full size, 224 px (default: %(default)s)",
    )
    options.add_data(added, default=None, otherwise="Imagenette where it is at hand, else synthetic")
    both = ("alexnet", "zfnet")
    added.add_argument("--networks", nargs="+", choices=both, default=both, metavar="NETWORK", help="default: both")
    added.add_argument("--rows", nargs="+", metavar="ROW", help="names as in zflib.paper.TABLES[3] (default: all)")
    added.add_argument(
        "--seeds",
        nargs="+",
        type=options.whole,
        metavar="SEED",
        help="default: 0 1 2, and 3 4 for ZFNet as it is; paper: 0",
    )
    added.add_argument("--epochs", type=options.count, help="default: the preset's, 12 or 70")
    added.add_argument("--learning-rate", type=options.positive, metavar="RATE", help="default: the preset's, 0.01")
    added.add_argument(
        "--share",
        type=options.positive,
        metavar="PERCENT",
        help="train on that share of the pictures, for as many steps",
    )
    added.add_argument("--dropout", type=options.share, metavar="SHARE", help="in layers 6 and 7; default: 0.5")
    added.add_argument("--pool5-dropout", type=options.share, metavar="SHARE", help="before layer 6; default: 0")
    added.add_argument(
        "--he", action="store_true", help="He initialisation between the first layer and the last; default: Gaussian"
    )
    options.add_precision(added)
    added.add_argument("--plan", action="store_true", help="show the plan and stop")
    added.add_argument(
        "--results",
        type=Path,
        metavar="FOLDER",
        help="of the result files (default: results/ablation for the course's own table, else under --runs)",
    )
    added.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/ablation"),
        metavar="FOLDER",
        help="of checkpoints (default: %(default)s)",
    )


def run(given: argparse.Namespace) -> None:
    from zflib import data
    from zflib.experiments.ablation import plan
    from zflib.experiments.ablation.run import Plan, describe, execute, of_share, timing
    from zflib.training.loop import new_fabric

    for folder in (given.results, given.runs):
        if folder:
            options.check_folder(folder)
    preset = plan.PRESETS[given.preset]
    recipe = replace(preset.recipe, precision=options.precision(given))
    settings = ("epochs", "learning_rate", "dropout", "pool5_dropout", "he")
    recipe = replace(recipe, **{key: value for key in settings if (value := getattr(given, key)) is not None})
    jobs = plan.jobs(preset, given.networks, given.rows, given.seeds)
    source = given.data or _imagenette_or_synthetic(given.download)
    training, validation = options.training_and_validation(source, preset.sides, given.download)
    name = given.preset
    if given.share:
        fewer = data.part(training, given.share)
        training, recipe = fewer, of_share(recipe, len(training), len(fewer))
        name += f"_{given.share:g}_percent"
    if given.learning_rate:
        name += f"_rate_{given.learning_rate:g}"
    for setting in ("dropout", "pool5_dropout"):
        if (value := getattr(given, setting)) is not None:
            name += f"_{setting}_{value:g}"
    name += "_he" * given.he
    # What is not of the course's plan must not lie among its results: other pictures, another budget, more seeds.
    own = source == "imagenette" and not given.epochs and given.preset == "mini" and {*jobs} <= {*plan.jobs(preset)}
    if not own:
        name += f"_{Path(source).name}_{recipe.epochs}_epochs"
    folder = Path("results") / name.replace("mini", "ablation", 1) if own else given.runs / f"{name}_results"
    folder = given.results or folder
    whole = Plan(given.preset, preset, recipe, jobs, training, validation, folder, given.runs / name)
    fabric = new_fabric(recipe)
    seconds = timing(whole, fabric)
    if fabric.is_global_zero:
        print(describe(whole, seconds), flush=True)
    if given.plan:
        return
    elsewhere = execute(whole, fabric, seconds)
    if fabric.is_global_zero:
        left = f"; {len(elsewhere)} are being made by another process" if elsewhere else ""
        print(f"{len(jobs) - len(elsewhere)} of {len(jobs)} runs are in {folder}{left}.")


def _imagenette_or_synthetic(download: bool) -> str:
    """Imagenette where it is at hand; a fresh clone has the synthetic set."""
    from zflib import data

    if download or (data.data_root() / "imagenette2-160").is_dir():
        return "imagenette"
    print(
        "Imagenette is not under the data root: these runs use the synthetic set. --data imagenette --download gets it."
    )
    return "synthetic"
