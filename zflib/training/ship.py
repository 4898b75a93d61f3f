"""From a finished run to what the course commits: named weights with their record, and the figures of each seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from zflib import weights
from zflib.data.sets import PictureSet
from zflib.network import ConvNet
from zflib.training import checkpoint
from zflib.training.evaluate import Evaluation, centre_logits, evaluate

COARSE = "the weights of layers 6 and 7 are rounded to two bits behind the binary point, to compress better"


class UnfinishedRun(ValueError):
    """The folder holds no run, or one that has not come to the end of its recipe."""


def ship(run: Path, name: str, validation: PictureSet, folder: Path = weights.SHIPPED, coarse: bool = False) -> Path:
    """Store a run's network as weights `name`, its accuracy measured on the stored numbers.

    run         folder of `training.loop.train`
    validation  the pictures to measure on, with the classes in the order of training
    coarse      layers 6 and 7 as `coarsened` leaves them

    Returns the path of the weights. Raises UnfinishedRun when there is nothing to ship, ValueError when the
    pictures don't have the network's classes.
    """
    net, facts = _measured(run, validation, coarse)
    return weights.store(net, {**facts, "photograph_logits": photograph_logits(net)}, name, folder)


def keep_seed(run: Path, validation: PictureSet, folder: Path = weights.RESULTS) -> Path:
    """Keep of a finished run what `weights.seeds` reads: first-layer filters, validation logits, record.

    Arguments, result and errors as for `ship`.
    """
    net, facts = _measured(run, validation)
    return weights.store_seed(net, centre_logits(net, validation), validation.labels, facts, folder)


def coarsened(net: ConvNet) -> ConvNet:
    """A copy on `zflib.device()` whose layers 6 and 7 keep two bits behind the binary point, what float8_e5m2 holds.

    These layers hold most of a network's numbers and few of the course's. Stored as the float16 that they still are,
    they compress to half of what they did; a weight moves by 5 % of itself, root mean square.
    """
    copy = weights.in_half(net)
    for name, weight in copy.named_parameters():
        if name in ("fc6.weight", "fc7.weight"):
            weight.data = weight.data.to(torch.float8_e5m2).float()
    return copy


def resized_side(run: Path) -> int:
    """Side in pixels to which a run's network scales a picture before it crops."""
    return ConvNet(weights.architecture(_checkpoint(run)["identity"]["architecture"])).resized_side


@torch.inference_mode()
def photograph_logits(net: ConvNet) -> dict[str, list[float]]:
    """The logits of the embedded photographs, by name: what a loaded copy must reproduce. Their true classes are not
    among the network's."""
    from zflib.data import photographs

    return {p.name: [round(v, 5) for v in net(net.preprocess(p.picture)[None])[0].tolist()] for p in photographs()}


def finished(run: Path, class_names: tuple[str, ...] = ()) -> tuple[ConvNet, dict[str, Any]]:
    """The network that a run made, on the CPU in eval mode with its weights in full precision, and how it was made.

    run  folder of `training.loop.train`

    The second value holds identity, progress and log of the checkpoint, and the content of run.json as "made".
    Raises UnfinishedRun when there is no finished run, ValueError for another number of classes.
    """
    saved = _checkpoint(run)
    done, epochs = saved["progress"]["epoch"], saved["identity"]["recipe"]["epochs"]
    if done < epochs:
        raise UnfinishedRun(f"{run} has done {done} of {epochs} epochs; finish it first.")
    net = ConvNet(weights.architecture(saved["identity"]["architecture"]), class_names=class_names)
    net.load_state_dict(saved["net"])
    made = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return net.eval(), {key: saved[key] for key in ("identity", "progress", "log")} | {"made": made}


def _measured(run: Path, validation: PictureSet, coarse: bool = False) -> tuple[ConvNet, dict[str, Any]]:
    """A run's network, rounded as it will be stored, and its record with the accuracy of that."""
    net, saved = finished(run, validation.class_names)
    net = coarsened(net) if coarse else weights.in_half(net)
    identity, progress = saved["identity"], saved["progress"]
    facts = {
        "data": {
            "train": identity["data"],
            "fingerprint": identity["fingerprint"],
            "validation": validation.name,
            "validation_fingerprint": validation.fingerprint,
        },
        "seed": identity["seed"],
        "epochs": progress["epoch"],
        "minutes": round(progress["seconds"] / 60, 1),
        **saved["made"],
        "recipe": identity["recipe"],
        "curves": saved["log"],
    }
    if identity["data"].startswith("imagenette2-160"):
        facts["data"]["note"] = (
            "These copies of the pictures were squashed to a square before they were scaled to 160 pixels a side."
        )
    if coarse:
        facts["coarse"] = COARSE
    facts["accuracy"] = {
        "of": "the float16 weights, computed in float32",
        "pictures": len(validation),
        "one_crop": _scores(evaluate(net, validation)),
        "ten_crops": _scores(evaluate(net, validation, ten_crops=True)),
    }
    return net, facts


def _checkpoint(run: Path) -> dict[str, Any]:
    saved = checkpoint.load(run / "checkpoint.pt")
    if saved is None:
        raise UnfinishedRun(f"{run} holds no checkpoint of a training run.")
    return saved


def _scores(seen: Evaluation) -> dict[str, float]:
    return {"top1": round(seen.top1, 5), "top5": round(seen.top5, 5), "cross_entropy": round(seen.loss, 5)}
