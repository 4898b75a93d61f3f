"""The command line: train a network, look after weights, project a picture, find a map's strongest patches.

`python -m zflib COMMAND --help` explains each. What goes wrong ends in one sentence: exit status 2 for a command that
makes no sense, 1 for one that can't be carried out.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zflib import atomic

if TYPE_CHECKING:
    from zflib.data import PictureSet

PICTURE_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
METHODS = ("deconvnet", "gradient", "guided")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default that of the process's own arguments; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except KeyboardInterrupt:
        print("\nzflib: stopped.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        print(f"zflib: {error.name} is not installed. Run: pip install 'zflib[train]'", file=sys.stderr)
        return 1
    except (OSError, ValueError, ArithmeticError) as error:
        print(f"zflib: {error}", file=sys.stderr)
        return 1
    return 0


def train(given: argparse.Namespace) -> None:
    """Train a network, or go on with a run."""
    from zflib.experiments.ablation.plan import NETWORKS, PRESETS, variant
    from zflib.training.evaluate import evaluate
    from zflib.training.loop import Run, new_fabric
    from zflib.training.loop import train as run_to_the_end
    from zflib.training.recipe import MINI, PAPER

    variant(NETWORKS[given.network], given.row)  # an unknown row is refused before pictures are read
    preset = PRESETS[given.preset]
    recipe = {"mini": MINI, "paper": PAPER}[given.preset]
    precision = _precision(given)
    changes = {"epochs": given.epochs, "learning_rate": given.learning_rate, "batch_size": given.batch_size}
    recipe = replace(recipe, precision=precision, **{name: v for name, v in changes.items() if v is not None})
    training, validation = (
        _data(given.data, split, side, given.download)
        for split, side in zip(("train", "val"), preset.sides, strict=True)
    )
    architecture = preset.architecture(given.network, given.row, len(training.class_names))
    row = "" if given.row == "as_is" else f"-{given.row}"
    folder = given.out or Path("runs") / f"{architecture.name}{row}-seed{given.seed}"
    fabric = new_fabric(recipe)
    net = run_to_the_end(Run(architecture, recipe, given.seed, training, validation), folder, fabric)
    if fabric.is_global_zero:
        top1 = evaluate(net, validation).top1
        print(f"{folder}: done. Top-1 on one crop of {len(validation):,} validation pictures: {top1:.1%}.")


def ablate(given: argparse.Namespace) -> None:
    """Make the runs of Table 3, or those that are still missing."""
    from zflib import data
    from zflib.experiments.ablation import plan, run
    from zflib.training.loop import new_fabric

    preset = plan.PRESETS[given.preset]
    recipe = replace(preset.recipe, precision=_precision(given))
    changes = {"epochs": given.epochs, "learning_rate": given.learning_rate}
    recipe = replace(recipe, **{key: value for key, value in changes.items() if value is not None})
    jobs = plan.jobs(preset, given.networks, given.rows, given.seeds)
    source = given.data or _imagenette_or_synthetic(given.download)
    training, validation = (
        _data(source, split, side, given.download) for split, side in zip(("train", "val"), preset.sides, strict=True)
    )
    name = given.preset
    if given.share:
        fewer = data.part(training, given.share)
        training, recipe = fewer, run.of_share(recipe, len(training), len(fewer))
        name += f"_{given.share:g}_percent"
    if given.learning_rate:
        name += f"_rate_{given.learning_rate:g}"
    # What is not of the course's plan must not lie among its results: other pictures, another budget, more seeds.
    own = source == "imagenette" and not given.epochs and given.preset == "mini" and {*jobs} <= {*plan.jobs(preset)}
    if not own:
        name += f"_{Path(source).name}_{recipe.epochs}_epochs"
    folder = Path("results") / name.replace("mini", "ablation", 1) if own else given.runs / f"{name}_results"
    folder = given.results or folder
    whole = run.Plan(given.preset, preset, recipe, jobs, training, validation, folder, given.runs / name)
    fabric = new_fabric(recipe)
    seconds = run.timing(whole, fabric)
    if fabric.is_global_zero:
        print(run.describe(whole, seconds), flush=True)
    if given.plan:
        return
    elsewhere = run.execute(whole, fabric, seconds)
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


def list_weights(given: argparse.Namespace) -> None:
    """Names, accuracy and data of all weights."""
    from zflib import weights

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


def verify_weights(given: argparse.Namespace) -> None:
    """Load weights, and compare what they answer to the embedded photographs with their record."""
    import numpy as np

    from zflib import weights
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


def show_record(given: argparse.Namespace) -> None:
    """Print the training record."""
    from zflib import weights

    print(json.dumps(weights.record(given.name, given.weights), indent=1))


def ship_weights(given: argparse.Namespace) -> None:
    """Store a run's network under a name."""
    from zflib import weights
    from zflib.training.ship import ship

    path = ship(given.folder, given.name, _validation(given), given.weights)
    _draw_record(path, weights.load(given.name, given.weights).conv1.weight)


def keep_seed(given: argparse.Namespace) -> None:
    """Store a run's first-layer filters, validation logits and record."""
    from safetensors.numpy import load_file

    from zflib import weights
    from zflib.training import ship

    path = ship.keep_seed(given.folder, _validation(given), given.results)
    network = weights.record(path.stem, given.results)["architecture"]["name"]
    if given.results == weights.RESULTS and network in weights.available():
        weights.note_seeds(network)
    _draw_record(path, load_file(path)["conv1"])


def project(given: argparse.Namespace) -> None:
    """Project one unit of a picture back to pixel space."""
    import torch

    from zflib import plots, weights
    from zflib.data import read
    from zflib.deconvnet import DeconvNet

    net = weights.load(given.net, given.weights)
    deconv = DeconvNet(net)
    _check_step(given.step, deconv.steps)
    picture = net.preprocess(read(given.picture))
    trace = deconv.forward(picture[None], upto=given.step)
    activations = trace[given.step][0].flatten(1) if trace[given.step].ndim == 4 else trace[given.step][0][:, None]
    channel = int(activations.amax(1).argmax()) if given.channel is None else given.channel
    projection = deconv.project(trace, given.step, channel=channel, method=given.method)[0]
    value = activations[channel].max().item()
    if not torch.count_nonzero(projection):
        raise ValueError(f"Map {channel} of {given.step} is silent on this picture: there is nothing to project.")
    out = given.out or Path(f"{Path(given.picture).stem}-{given.step}-{channel}-{given.method}.png")
    _write_png(out, plots.enlarge(plots.signed(projection), given.enlarge))
    print(f"{out}: strongest unit of map {channel} in {given.step} of {given.net}, activation {value:.3g}")


def top(given: argparse.Namespace) -> None:
    """Find the strongest patches of one map over many pictures."""
    import numpy as np

    from zflib import plots, weights
    from zflib.analysis import responses, top_activations

    net = weights.load(given.net, given.weights)
    steps = {step.name: step.maps for step in net.architecture.geometry()}
    _check_step(given.step, steps)
    if not 0 <= given.channel < steps[given.step]:
        raise ValueError(f"{given.step} of {given.net} has maps 0 to {steps[given.step] - 1}, no {given.channel}.")
    names, pictures = _pictures(given.pictures)
    found = top_activations(net, pictures, given.step, k=given.count, size=given.size, progress=given.step)
    if found.dead[given.channel]:
        raise ValueError(f"Map {given.channel} of {given.step} is above 0 on none of the {found.pictures} pictures.")
    for at in range(int(found.active[given.channel].sum())):
        number, row, column, value = (
            v[given.channel, at] for v in (found.picture, found.row, found.column, found.value)
        )
        print(f"{at + 1}. {names[number]}, unit ({row}, {column}), activation {value:.3g}")
    shown = responses(net, pictures, found, given.channel)
    columns = int(np.ceil(np.sqrt(len(shown.patches))))
    halves = [plots.tile(half, columns) for half in (shown.patches, plots.signed(shown.projections))]
    out = given.out or Path(f"{given.net}-{given.step}-{given.channel}.png")
    _write_png(out, plots.enlarge(plots.tile(np.stack(halves), columns=2, gap=4), given.enlarge))
    print(f"{out}: {len(shown.patches)} patches, strongest first, and their projections")


def _precision(given: argparse.Namespace) -> str:
    from zflib.training.recipe import best_precision

    return {"auto": best_precision(), "32": "32-true", "bf16": "bf16-mixed"}[given.precision]


def _data(name: str, split: str, side: int, download: bool) -> PictureSet:
    from zflib import data

    if name == "imagenette":
        return data.imagenette(split, side, download)
    if name == "synthetic":
        return data.synthetic(2000, side, seed=0) if split == "train" else data.synthetic(500, side, seed=1)
    return data.folder(Path(name) / split, side)


def _validation(given: argparse.Namespace) -> PictureSet:
    """The validation pictures at the side to which a run's network scales them."""
    from zflib.training.ship import resized_side

    return _data(given.data, "val", resized_side(given.folder), given.download)


def _pictures(folder: Path | None) -> tuple[list[str], Sequence[Any]]:
    """Names and pictures of a folder, or of the embedded photographs."""
    from zflib import data
    from zflib.data.gallery import Pictures

    if folder is None:
        found = data.photographs()
        return [p.name for p in found], Pictures(range(len(found)), lambda at: found[at].picture)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder of pictures.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS)
    if not paths:
        raise FileNotFoundError(f"{folder} holds no pictures ({', '.join(PICTURE_ENDINGS)}).")
    return [str(p.relative_to(folder)) for p in paths], Pictures(range(len(paths)), lambda at: data.read(paths[at]))


def _check_step(step: str, steps: Sequence[str]) -> None:
    if step not in steps:
        raise ValueError(f"There is no step {step!r}; the steps are {', '.join(steps)}.")


def _draw_record(path: Path, conv1: Any) -> None:
    """Draw a training record beside the file it belongs to."""
    from zflib import plots, weights

    picture = path.with_suffix(".png")
    figure = plots.training_record(weights.record(path.stem, path.parent), conv1)
    with atomic.replacing(picture) as file:
        figure.savefig(file, format="png", dpi=100)
    print(f"{path}, {path.with_suffix('.json').name}, {picture.name}: written")


def _write_png(path: Path, pixels: Any) -> None:
    from PIL import Image

    with atomic.replacing(path) as file:
        Image.fromarray(pixels).save(file, format="PNG")


def _parser() -> argparse.ArgumentParser:
    from zflib.weights import RESULTS, SHIPPED

    parser = argparse.ArgumentParser(
        prog="python -m zflib",
        description="ZFNet, AlexNet and the deconvnet from the command line.",
        epilog="Run 'python -m zflib COMMAND --help' for a command's options and an example.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(under: Any, name: str, run: Any, summary: str, example: str, more: str = "") -> argparse.ArgumentParser:
        added = under.add_parser(
            name,
            help=summary,
            description=textwrap.fill(f"{summary[0].upper()}{summary[1:]}. {more}", 79),
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    def weights_from(added: argparse.ArgumentParser, purpose: str = "folder of the weights") -> None:
        added.add_argument(
            "--weights", type=Path, default=SHIPPED, metavar="FOLDER", help=f"{purpose} (default: zflib's own)"
        )

    def net_and_step(added: argparse.ArgumentParser) -> None:
        added.add_argument("--net", default="zfnet-mini", metavar="NAME", help="weights to use (default: %(default)s)")
        added.add_argument("--step", default="conv5", help="layer or step: conv1 ... fc8 (default: %(default)s)")
        added.add_argument("--out", type=Path, metavar="PNG", help="file to write (default: named after the map)")
        added.add_argument(
            "--enlarge", type=_count, default=1, metavar="TIMES", help="draw every pixel as a square of this side"
        )
        weights_from(added)

    def precision_of(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--precision",
            choices=("auto", "32", "bf16"),
            default="auto",
            help="auto takes bf16 where the processor or GPU has it in hardware (default: %(default)s)",
        )

    def data_from(added: argparse.ArgumentParser, default: str | None = "imagenette", otherwise: str = "") -> None:
        added.add_argument(
            "--data",
            default=default,
            help="imagenette (under ZFLIB_DATA), synthetic, or a folder with train/CLASS/ and val/CLASS/ pictures, "
            f"which are held in memory (default: {default or otherwise})",
        )
        added.add_argument("--download", action="store_true", help="download Imagenette (99 MB) if it is not there")

    added = command(
        commands,
        "train",
        train,
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
    data_from(added)
    added.add_argument("--seed", type=_whole, default=0, help="of weights, order and crops (default: %(default)s)")
    added.add_argument("--epochs", type=_count, help="default: the preset's, 50 or 70")
    added.add_argument("--batch-size", type=_count, metavar="PICTURES", help="default: the preset's, 64 or 128")
    added.add_argument("--learning-rate", type=_positive, metavar="RATE", help="default: the preset's, 0.01")
    precision_of(added)
    added.add_argument("--out", type=Path, metavar="FOLDER", help="of the run (default: runs/NAME-seedSEED)")

    added = command(
        commands,
        "ablate",
        ablate,
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
    data_from(added, default=None, otherwise="Imagenette where it is at hand, else synthetic")
    both = ("alexnet", "zfnet")
    added.add_argument("--networks", nargs="+", choices=both, default=both, metavar="NETWORK", help="default: both")
    added.add_argument("--rows", nargs="+", metavar="ROW", help="names as in zflib.paper.TABLES[3] (default: all)")
    added.add_argument(
        "--seeds", nargs="+", type=_whole, metavar="SEED", help="default: 0 1 2, and 3 4 for ZFNet as it is; paper: 0"
    )
    added.add_argument("--epochs", type=_count, help="default: the preset's, 12 or 70")
    added.add_argument("--learning-rate", type=_positive, metavar="RATE", help="default: the preset's, 0.01")
    added.add_argument(
        "--share", type=_positive, metavar="PERCENT", help="train on that share of the pictures, for as many steps"
    )
    precision_of(added)
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

    group = commands.add_parser("weights", help="list, verify, show and store trained weights")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    added = command(actions, "list", list_weights, "names and accuracy of the weights", "python -m zflib weights list")
    weights_from(added)
    added = command(
        actions,
        "verify",
        verify_weights,
        "check that weights are whole and answer as recorded",
        "python -m zflib weights verify zfnet-mini",
    )
    added.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    weights_from(added)
    added = command(
        actions,
        "show",
        show_record,
        "print a training record: data, recipe, curves, accuracy",
        "python -m zflib weights show zfnet-mini",
    )
    added.add_argument("name", metavar="NAME")
    weights_from(added)
    added = command(
        actions,
        "ship",
        ship_weights,
        "store a finished run's network as named weights",
        "python -m zflib weights ship runs/zfnet-mini-seed0 --name zfnet-mini",
        "Writes NAME.safetensors (float16), NAME.json (the training record, accuracy measured on the stored numbers) "
        "and NAME.png.",
    )
    added.add_argument("folder", type=Path, metavar="RUN_FOLDER")
    added.add_argument("--name", required=True, help="what zflib.load will call them")
    data_from(added)
    weights_from(added, "folder to write to")
    added = command(
        actions,
        "seed",
        keep_seed,
        "keep a finished run's filters, validation logits and record",
        "python -m zflib weights seed runs/zfnet-mini-seed1",
        "zflib.weights.seeds reads them.",
    )
    added.add_argument("folder", type=Path, metavar="RUN_FOLDER")
    added.add_argument(
        "--results", type=Path, default=RESULTS, metavar="FOLDER", help="to write to (default: results/training)"
    )
    data_from(added)

    added = command(
        commands,
        "project",
        project,
        "project a picture's activation back to pixel space",
        "python -m zflib project cat.jpg --step conv4 --channel 12 --enlarge 4 --out cat-conv4-12.png",
        "The picture is scaled and cropped for the network first. Grey is zero.",
    )
    added.add_argument("picture", metavar="PICTURE", help="an image file")
    added.add_argument("--channel", type=_whole, metavar="MAP", help="default: the map with the strongest unit")
    added.add_argument("--method", choices=METHODS, default="deconvnet", help="default: %(default)s")
    net_and_step(added)

    added = command(
        commands,
        "top",
        top,
        "find the patches that excite a map most",
        "python -m zflib top --step conv3 --channel 5 --pictures holiday --count 9 --enlarge 2",
        "At most one patch a picture; grey where its receptive field reaches beyond the border.",
    )
    added.add_argument("--channel", type=_whole, default=0, metavar="MAP", help="default: %(default)s")
    added.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="searched with its subfolders (default: embedded photographs)"
    )
    added.add_argument("--count", type=_count, default=9, help="how many patches (default: %(default)s)")
    added.add_argument("--size", type=_count, metavar="PIXELS", help="side of the pictures (default: the network's)")
    net_and_step(added)
    return parser


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is negative")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{value:g} is not positive")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value
