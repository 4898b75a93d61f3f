"""How do features grow? Figure 4 as numbers. `python -m zflib.experiments.evolution`

A half-width ZFNet learns 100 classes of ImageNet; its weights are kept after some epochs, and, where asked for, those
of a twin that learns the same pictures with their labels shuffled. Of each kept epoch and layer: how near are the
filters to the final ones, how many of a map's nine strongest pictures are among the final nine, has its strongest
picture changed since the epoch kept before, and how well does a linear classifier name pictures by the layer? The
chapter shows the file that this command writes; the kept convolutions go beside the training records.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch.utils.hooks import RemovableHandle

from zflib import atomic, weights
from zflib.architecture import ZFNET
from zflib.data.sets import PictureSet
from zflib.experiments import evolution_pictures, evolution_responses, read, write
from zflib.experiments.evolution_probes import PROBE_COST, PROBED, TRAIN, few, probes
from zflib.network import ConvNet, device, resized
from zflib.training.recipe import MINI

FILE = Path(__file__).with_suffix(".json")
KEPT = (1, 2, 5, 10, 20, 30)
RUNS = ("labels", "shuffled labels")
NINE = 9

# Written down and committed on 27 November 2026 when a run of 40 epochs was in its first: a guess, and a range that
# should hold in four cases of five. That run was lost with its machine before anything was measured; for the run of 30
# that took its place, begun on the 28th, "from epoch 30 to 40" became "from epoch 20 to 30", and the rest stayed.
# Of the network with its true labels, epochs among `KEPT`; before 1 is 0.
PREDICTED = {
    "first kept epoch at which conv1's filters are within a cosine of 0.9 of the final ones": (10, (5, 20)),
    "first kept epoch at which conv5's filters are": (20, (10, 30)),
    "share of the final nine that conv1's maps have after epoch 5": (0.35, (0.15, 0.6)),
    "share of the final nine that conv5's maps have after epoch 5": (0.1, (0.04, 0.25)),
    "share of conv5's maps whose strongest picture changes from epoch 20 to 30": (0.5, (0.25, 0.75)),
    "conv5's probe after epoch 5 as a share of the final one": (0.75, (0.6, 0.9)),
    "conv1's probe after epoch 5 as a share of the final one": (0.97, (0.85, 1.1)),
    "with shuffled labels, conv5's probe after the last epoch, percent": (8, (4, 18)),
}


def result() -> dict[str, Any]:
    """The committed result. result()["runs"][run][epoch][conv step] holds, epoch 0 being the weights before training:

    filters  mean cosine of each map's filter with its final one; "floor": with another map's final one
    learnt   the same of the parts of the filters at right angles to those of epoch 0, 0 there: where training adds
             little, filters are like the final ones before they have learnt anything; "learnt_floor": with another
             map's final part
    nine     share of a map's nine strongest validation pictures that are among its final nine, mean over maps
    changed  share of maps whose strongest picture is not that of the epoch kept before
    probe    share of validation pictures that support vectors name by the layer (pooled where it is), mean over classes

    and result()["top1"][run] what share of the pictures the network itself names: "validation" in the end, "train" by
    kept epoch, while it learns from them.
    """
    return read(FILE)


def first_at(run: dict[str, Any], step: str, measure: str, level: float) -> int | None:
    """The first kept epoch at which a measure of a step is `level` or more, 0 being before training; None for none."""
    return next((int(epoch) for epoch, of in run.items() if of[step][measure] >= level), None)


def came_out(runs: dict[str, Any]) -> dict[str, float | None]:
    """What came of each entry of `PREDICTED`, in its order; None where it was not measured. `runs` as in `result`."""
    run, twin = runs[RUNS[0]], runs.get(RUNS[1])
    last = max(map(int, run))

    def at(epoch: int, step: str, measure: str) -> float:
        return float(run[str(epoch)][step][measure])

    found = [
        first_at(run, "conv1", "filters", 0.9),
        first_at(run, "conv5", "filters", 0.9),
        at(5, "conv1", "nine"),
        at(5, "conv5", "nine"),
        at(last, "conv5", "changed"),
        at(5, "conv5", "probe") / at(last, "conv5", "probe"),
        at(5, "conv1", "probe") / at(last, "conv1", "probe"),
        100 * twin[str(last)]["conv5"]["probe"] if twin else None,
    ]
    return dict(zip(PREDICTED, found, strict=True))


def shuffled(pictures: PictureSet) -> PictureSet:
    """The same pictures, each with the label of another drawn by lot: nothing to learn but the pictures by heart."""
    labels = np.random.default_rng(0).permutation(pictures.labels)
    return replace(
        pictures,
        name=f"{pictures.name}, shuffled labels",
        labels=labels,
        fingerprint=f"{pictures.fingerprint} shuffled",
    )


def networks(folder: Path) -> dict[int, ConvNet]:
    """A run's network before training (0) and after each kept epoch that it has come to, in eval mode on
    `zflib.device()`. Raises UnfinishedRun when the folder holds no run."""
    from zflib.training import checkpoint
    from zflib.training.recipe import Recipe
    from zflib.training.ship import UnfinishedRun
    from zflib.training.start import prepare

    saved = checkpoint.load(folder / "checkpoint.pt")
    if saved is None:
        raise UnfinishedRun(f"{folder} holds no checkpoint of a training run.")
    identity = saved["identity"]
    architecture, mean = weights.architecture(identity["architecture"]), saved["net"]["mean"]
    recipe = {key: tuple(v) if isinstance(v, list) else v for key, v in identity["recipe"].items()}
    found = {0: ConvNet(architecture, mean)}
    prepare(found[0], Recipe(**recipe), identity["seed"])
    for epoch in KEPT:
        if (file := folder / f"epoch-{epoch:03}.safetensors").exists():
            found[epoch] = ConvNet(architecture, mean)
            found[epoch].load_state_dict({name: value.float() for name, value in load_file(file).items()})
    return {epoch: net.eval().to(device()) for epoch, net in found.items()}


def beyond(filters: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(C, D) what (C, ...) filters have at right angles to those they started from. The difference would not do: weight
    decay shrinks the start from the first step on, whether anything is learnt or not."""
    w, drawn = (each.reshape(len(each), -1) for each in (filters, start))
    along = (w * drawn).sum(1, keepdims=True) / (drawn * drawn).sum(1, keepdims=True)
    return w - along * drawn


def likeness(filters: np.ndarray, final: np.ndarray) -> tuple[float, float]:
    """Mean cosine of (C, ...) filters with the final ones of their maps, and with those of the next map: the floor."""
    a, b = (w.reshape(len(w), -1) for w in (filters, final))
    a, b = (w / np.linalg.norm(w, axis=1, keepdims=True) for w in (a, b))
    return float(np.nanmean((a * b).sum(1))), float(np.nanmean((a * np.roll(b, 1, axis=0)).sum(1)))


@torch.inference_mode()
def strongest(net: ConvNet, pictures: PictureSet, batch: int = 64) -> dict[str, np.ndarray]:
    """By step (C, 9) numbers of the pictures in which a map responds most anywhere, strongest first; -1 where fewer
    than nine have it respond at all."""
    from zflib.experiments.transfer.sources import of_net

    prepare = of_net("", net).prepare
    peaks: dict[str, list[torch.Tensor]] = {step: [] for step in PROBED}

    def follow(step: str) -> RemovableHandle:
        rectified = net.get_submodule(step.replace("conv", "relu"))
        return rectified.register_forward_hook(lambda module, given, out: peaks[step].append(out.amax((2, 3)).cpu()))

    handles = [follow(step) for step in PROBED]
    for at in range(0, len(pictures), batch):
        net(prepare(pictures.pixels[at : at + batch]).to(device(), memory_format=torch.channels_last))
    for handle in handles:
        handle.remove()
    found = {}
    for step, each in peaks.items():
        value, number = torch.cat(each).topk(min(NINE, len(pictures)), dim=0)
        found[step] = torch.where(value > 0, number, -1).T.numpy()
    return found


def shared(nine: np.ndarray, final: np.ndarray) -> float:
    """Share of each map's final nine that are among its nine, mean over the maps that have final ones."""
    shares = [np.isin(b[b >= 0], a).mean() for a, b in zip(nine, final, strict=True) if (b >= 0).any()]
    return float(np.mean(shares)) if shares else float("nan")


def measure(folder: Path, learnt: PictureSet, validation: PictureSet) -> dict[str, Any]:
    """Of one run what `result` holds, by epoch and step. The pictures have their true labels, whatever the run saw.

    Raises UnfinishedRun where an epoch of `KEPT` is not there.
    """
    from zflib.training.ship import UnfinishedRun

    nets = networks(folder)
    if list(nets) != [0, *KEPT]:
        raise UnfinishedRun(f"{folder} has kept epochs {[*nets][1:]} of {[*KEPT]}; finish it first.")
    last = max(nets)
    filters = {
        epoch: {s: net.get_submodule(s).weight.detach().cpu().numpy() for s in PROBED} for epoch, net in nets.items()
    }
    nine = {epoch: strongest(net, validation) for epoch, net in nets.items()}
    named = probes(nets, folder / "probes.json", learnt, validation)
    found: dict[str, Any] = {}
    before = 0
    for epoch in nets:
        found[str(epoch)] = {}
        for step in PROBED:
            near, floor = likeness(filters[epoch][step], filters[last][step])
            added, of_all = (beyond(filters[at][step], filters[0][step]) for at in (epoch, last))
            learnt, others = likeness(added, of_all) if epoch else (0.0, 0.0)
            found[str(epoch)][step] = {
                "filters": round(near, 4),
                "floor": round(floor, 4),
                "learnt": round(learnt, 4),
                "learnt_floor": round(others, 4),
                "nine": round(shared(nine[epoch][step], nine[last][step]), 4),
                "changed": round(float((nine[epoch][step][:, 0] != nine[before][step][:, 0]).mean()), 4),
                "probe": named[str(epoch)][step],
            }
        before = epoch
    return found


def keep_filters(folder: Path, out: Path) -> None:
    """Write the convolutions of every kept epoch of a run to `out`, RUN-epoch-005.safetensors, in float16."""
    for epoch, net in networks(folder).items():
        convs = {k: v.half().cpu().contiguous() for k, v in net.state_dict().items() if k.startswith("conv")}
        atomic.write(out / f"{folder.name}-epoch-{epoch:03}.safetensors", save(convs))


def main(arguments: Sequence[str] | None = None) -> None:
    from zflib.data import data_root, folder
    from zflib.training.loop import Run, train
    from zflib.training.recipe import best_precision

    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.evolution",
        description="Train zfnet-mini on 100 classes of ImageNet for 30 epochs and follow its features. "
        "Some three hours a network on a CPU core; interrupted, it goes on where it was.",
    )
    parser.add_argument(
        "--data", type=Path, default=None, help="folder with train/ and val/ (default: mini_imagenet100 in ZFLIB_DATA)"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of the chapter)")
    parser.add_argument(
        "--filters", type=Path, default=weights.RESULTS.with_name("evolution"), help="folder of the kept convolutions"
    )
    parser.add_argument("--twin", action="store_true", help="train and follow the twin on shuffled labels, too")
    parser.add_argument(
        "--probes", action="store_true", help="only take the probes of the epochs that a run has kept so far"
    )
    parser.add_argument(
        "--responses",
        action="store_true",
        help="only compare the responses of the maps to all validation pictures, from the kept convolutions that come "
        "with the course: some two minutes, and a file of its own (evolution_responses.json)",
    )
    given = parser.parse_args(arguments)
    where = given.data or data_root() / "mini_imagenet100"
    side = resized(ZFNET.mini(classes=1).input_size)
    if given.responses:
        out = given.out.with_name(f"{given.out.stem}_responses.json")
        evolution_responses.follow(given.filters, KEPT[2:], folder(where / "val", side), out)
        return
    learnt, validation = few(where / "train", side), folder(where / "val", side)
    name = f"zfnet-mini-{len(validation.class_names)}"
    folders = {RUNS[0]: given.runs / f"{name}-seed0"}
    if given.twin:
        folders[RUNS[1]] = given.runs / f"{name}-shuffled-seed0"
    if given.probes:
        for at in folders.values():
            probes(networks(at), at / "probes.json", learnt, validation)
        return
    training = folder(where / "train", 160)
    architecture = ZFNET.mini(classes=len(training.class_names))
    recipe = replace(MINI, epochs=max(KEPT), precision=best_precision())
    runs, top1 = {}, {}
    for name, at in folders.items():
        seen = training if name == RUNS[0] else shuffled(training)
        train(Run(architecture, recipe, 0, seen, validation), at, keep_epochs=KEPT)
        measured = at / "evolution.json"
        if not measured.exists():
            atomic.write(measured, json.dumps(measure(at, learnt, validation)).encode())
        runs[name] = json.loads(measured.read_text(encoding="utf-8"))
        log = json.loads((at / "log.json").read_text(encoding="utf-8"))
        top1[name] = {
            "validation": round(log[-1]["validation_top1"], 4),
            "train": {str(epoch): round(log[epoch - 1]["train_top1"], 4) for epoch in KEPT},
        }
    given.filters.mkdir(parents=True, exist_ok=True)
    keep_filters(folders[RUNS[0]], given.filters)
    found = {
        "what": "features of one network after some epochs",
        "pictures": {"set": validation.name, "count": len(validation), "fingerprint": validation.fingerprint},
        "train": TRAIN,
        "C": PROBE_COST,
        "top1": top1,
        "runs": runs,
    }
    write(given.out, found, "zflib.experiments.evolution", device())
    nets = {name: networks(at) for name, at in folders.items()}
    evolution_pictures.write_all(nets, given.out.with_name(f"{given.out.stem}_pictures.json"))
    print(f"{given.out} written.")


if __name__ == "__main__":
    main()
