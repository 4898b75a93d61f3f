"""Does a blur before each subsampling keep maps and answers steady under shifts? `python -m zflib.experiments.shifts`

AlexNet-mini and ZFNet-mini as they are, with blurs that they were not trained for, with blurs and two more epochs of
training, and, as a control, with those two epochs alone; on Imagenette's validation pictures. What chapter 6 shows is
the file that this command writes; `result` reads it.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from zflib import atomic, weights
from zflib.analysis.aliasing import equivariance_error, lowpass, multiply_adds, shift_consistency
from zflib.data.sets import PictureSet, imagenette
from zflib.experiments import read, write
from zflib.network import ConvNet
from zflib.training.recipe import MINI, Recipe, best_precision, learning_rate

if TYPE_CHECKING:
    from lightning_fabric import Fabric

FILE = Path(__file__).with_suffix(".json")
NETWORKS = ("alexnet-mini", "zfnet-mini")
STATES = ("plain", "low-pass", "plain, tuned", "low-pass, tuned")
STEPS = ("relu1", "pool1", "conv2", "relu2")
SHIFTS = tuple(range(1, 9))  # one period of conv2
FEW, MANY = 256, 1000  # validation pictures, evenly spaced, for equivariance errors and for shift consistency

# A tenth of the learning rate at which the networks were trained, and as there a cosine to zero.
TUNING = replace(MINI, epochs=2, learning_rate=0.001)


def result() -> dict[str, Any]:
    """The committed result, with how it was made.

    result()["found"][network][state] is a list with one entry a seed, state one of `STATES`. Not all seeds
    of the plain networks are blurred and tuned as well.

    seed         of the training run
    top1         share of all validation pictures named correctly, centre crop
    equivariance by step: `equivariance_error` of 1 to 8 pixels
    agreement    of 1 to 8 pixels: share of pairs of crops with the same predicted class
    change       of 1 to 8 pixels: mean absolute change of the probability of the class predicted at rest

    "conv1", before the ReLU, is measured in plain networks only: low-pass networks compute it at every pixel. So they
    do with a conv2 that has a stride, ZFNet's, whose units are then 4 pixels apart.
    """
    return read(FILE)


def tune(net: ConvNet, pictures: PictureSet, seed: int, fabric: Fabric, recipe: Recipe = TUNING) -> ConvNet:
    """A copy of a trained network after some more epochs, in eval mode; `net` itself is left alone.

    They see the crops that would have come next, had training gone on.
    """
    from torch.nn import functional as F
    from tqdm.auto import tqdm

    from zflib.training import augment
    from zflib.training.loop import clip_filters
    from zflib.training.start import sgd

    net = copy.deepcopy(net).train().to(memory_format=torch.channels_last)
    model, optimizer = fabric.setup(net, sgd(net, recipe))
    mean, steps = net.mean.cpu(), len(pictures) // recipe.batch_size
    torch.manual_seed(seed)  # dropout
    for epoch in range(recipe.epochs):
        order = augment.order(seed, MINI.epochs + epoch, len(pictures))
        drawn = augment.draw(recipe, seed, MINI.epochs + epoch, len(pictures))
        for step in tqdm(range(steps), desc=f"tuning, epoch {epoch + 1}/{recipe.epochs}", unit="step", mininterval=10):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, epoch + step / steps)
            batch = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            x = augment.crops(pictures.pixels[batch], drawn[batch], mean, net.architecture.input_size)
            y = torch.from_numpy(pictures.labels[batch])
            logits = model(x.to(fabric.device, memory_format=torch.channels_last))
            optimizer.zero_grad(set_to_none=True)
            fabric.backward(F.cross_entropy(logits.float(), y.to(fabric.device)))
            optimizer.step()
            if recipe.rms_radius is not None:
                clip_filters(net, recipe.rms_radius)
    return net.eval()


def measure(net: ConvNet, pictures: PictureSet, steps: Sequence[str], progress: str = "") -> dict[str, Any]:
    """What `result` holds of one network, but for its seed."""
    from zflib.training.evaluate import evaluate

    net = net.to(memory_format=torch.channels_last)
    few, many = (pictures.pixels[_spread(len(pictures), count)] for count in (FEW, MANY))
    errors = equivariance_error(net, few, steps, SHIFTS, progress=f"{progress}, equivariance")
    steady = shift_consistency(net, many, SHIFTS, progress=f"{progress}, consistency")
    return {
        "top1": round(evaluate(net, pictures).top1, 5),
        "equivariance": {step: _rounded(errors[step]) for step in steps},
        "agreement": _rounded(steady.agreement),
        "change": _rounded(steady.change),
    }


def network(name: str, seed: int, runs: Path) -> ConvNet:
    """The network of a seed: the shipped one for its own seed, for others that of a finished run NAME-seedK in `runs`.

    Raises UnfinishedRun when there is none.
    """
    from zflib.training.ship import finished

    if seed == weights.record(name)["seed"]:
        return weights.load(name)
    return weights.in_half(finished(runs / f"{name}-seed{seed}", tuple(weights.record(name)["class_names"]))[0])


def run(
    training: PictureSet,
    validation: PictureSet,
    seeds: Sequence[int],
    blurred: Sequence[int],
    runs: Path,
    work: Path,
    fabric: Fabric,
) -> dict[str, Any]:
    """Everything that the result file holds, but for how it was made.

    Of `seeds` those in `blurred` go through all `STATES`, the others are measured as they are. What is finished
    is kept in `work`, tuned networks as well, so that a second call goes on where the first was.
    """
    from zflib.training import checkpoint

    work.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, list[Any]]] = {name: {state: [] for state in STATES} for name in NETWORKS}
    for seed, state, name in ((seed, state, name) for seed in seeds for state in STATES for name in NETWORKS):
        if state != "plain" and seed not in blurred:
            continue
        what = f"{name} seed {seed}, {state}"
        kept = work / f"{what.replace(',', '').replace(' ', '-')}.json"
        if not kept.exists():
            net = network(name, seed, runs)
            if state.startswith("low-pass"):
                net = lowpass(net)
            if state.endswith("tuned"):
                if saved := checkpoint.load(kept.with_suffix(".pt")):
                    net.load_state_dict(saved)
                else:
                    net = tune(net, training, seed, fabric)
                    checkpoint.save(kept.with_suffix(".pt"), net.state_dict())
            steps = STEPS if state.startswith("low-pass") else ("conv1", *STEPS)
            atomic.write(kept, json.dumps({"seed": seed} | measure(net, validation, steps, what)).encode())
        found[name][state].append(json.loads(kept.read_text(encoding="utf-8")))
    macs = {}
    for name in NETWORKS:
        net = weights.load(name)
        both = {"plain": net, "low-pass": lowpass(net)}
        macs[name] = {state: multiply_adds(n, net.architecture.input_size) for state, n in both.items()}
    return {
        "what": "networks under shifts of the picture, with and without a blur before each subsampling",
        "pictures": {"set": validation.name, "count": len(validation), "fingerprint": validation.fingerprint},
        "pictures_equivariance": min(FEW, len(validation)),
        "pictures_consistency": min(MANY, len(validation)),
        "shifts": SHIFTS,
        "tuning": asdict(replace(TUNING, precision=best_precision())) | {"data": training.name},
        "networks": {name: weights.record(name)["sha256"] for name in NETWORKS},
        "multiply_adds": macs,
        "found": found,
    }


def _spread(pictures: int, count: int) -> np.ndarray:
    """`count` numbers evenly spread over all, so that every class, which a set holds together, has its share."""
    return np.linspace(0, pictures - 1, min(count, pictures)).astype(int)


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(v), 5) for v in values]


def main(arguments: Sequence[str] | None = None) -> None:
    from zflib.training.loop import new_fabric

    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.shifts",
        description="Measure equivariance errors, shift consistency and accuracy of both mini networks, with and "
        "without a blur before each subsampling, before and after some more training. Takes about an hour a seed; "
        "interrupted, it goes on where it was.",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[0],
        help="which (default: 0, the shipped networks; others need their training runs)",
    )
    parser.add_argument(
        "--blurred",
        type=int,
        nargs="+",
        default=[0],
        help="which of them to blur and tune, the longest part (default: 0)",
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where NAME-seedK lie (default: runs)")
    parser.add_argument("--work", type=Path, default=Path("runs/shifts"), help="keeps what is done (runs/shifts)")
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of chapter 6)")
    parser.add_argument("--download", action="store_true", help="fetch Imagenette if it is not there (99 MB)")
    given = parser.parse_args(arguments)
    training, validation = imagenette("train", 160, given.download), imagenette("val", 146, given.download)
    fabric = new_fabric(replace(TUNING, precision=best_precision()))
    found = run(training, validation, given.seeds, given.blurred, given.runs, given.work, fabric)
    seeds, blurred = (" ".join(map(str, some)) for some in (given.seeds, given.blurred))
    command = f"zflib.experiments.shifts --seeds {seeds} --blurred {blurred}"
    write(given.out, found, command, fabric.device, fabric.world_size)
    print(f"{given.out} written.")


if __name__ == "__main__":
    main()
