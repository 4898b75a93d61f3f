"""The training loop: one function that starts, goes on where it stopped, and finishes a run."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional as F

from zflib import atomic
from zflib.architecture import Architecture
from zflib.data.sets import PictureSet
from zflib.network import ConvNet
from zflib.training import augment, checkpoint, machine
from zflib.training.evaluate import NotFinite, evaluate
from zflib.training.lock import alone
from zflib.training.recipe import Recipe, learning_rate, plateau_factor
from zflib.training.start import channel_mean, prepare, sgd

if TYPE_CHECKING:  # a chapter trains for a minute without Fabric and tqdm, which come with zflib[train]
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Run:
    """What to train. Two runs with equal values on one machine and thread count end with equal weights, bit for bit."""

    architecture: Architecture
    recipe: Recipe
    seed: int
    train: PictureSet
    validation: PictureSet
    start: str = ""  # named weights to begin with, but for the classes; random ones when empty

    def identity(self) -> dict[str, Any]:
        """What a checkpoint must agree with before this run goes on from it."""
        return json.loads(
            json.dumps(
                {
                    "architecture": asdict(self.architecture),
                    "recipe": self.recipe.record(),
                    "seed": self.seed,
                    "data": self.train.name,
                    "fingerprint": self.train.fingerprint,
                }
                | ({"start": self.start} if self.start else {})  # runs before there was a choice have none
            )
        )


class Diverged(ArithmeticError):
    """The training loss is no longer a finite number."""


class OtherRun(ValueError):
    """The folder holds a run with other settings."""


def new_fabric(recipe: Recipe, accelerator: str = "auto") -> Fabric:
    """Lightning Fabric for this machine; under `torchrun` for all of its processes."""
    from lightning_fabric import Fabric

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    fabric = Fabric(
        accelerator=accelerator,
        devices=local,
        num_nodes=processes // local,
        strategy="ddp" if processes > 1 else "auto",
        precision=recipe.precision,
    )
    fabric.launch()
    return fabric


def train(
    run: Run,
    folder: Path,
    fabric: Fabric | None = None,
    *,
    evaluate_every: int = 5,
    checkpoint_seconds: float = 60,
    keep_epochs: Collection[int] = (),
    stop_after_steps: int | None = None,
) -> ConvNet:
    """Train to the end of the recipe, from the newest checkpoint in `folder` if there is one.

    folder              gets `checkpoint.pt` (and the one before it), `log.json` and `log.csv` with one entry an
                        epoch, and `run.json`: code, versions, device, seconds, peak memory
    evaluate_every      epochs between two looks at the validation pictures; the last epoch is always looked at
    checkpoint_seconds  what a kill can cost at most
    keep_epochs         after these the weights are kept for good, as `epoch-005.safetensors`, in float16
    stop_after_steps    leave early, as a kill would (tests)

    Returns the trained network in eval mode. Raises OtherRun when the folder belongs to another run, BusyFolder while
    another process trains in it, Diverged when the loss is no longer finite (the log says where), ValueError when a
    batch fits neither pictures nor processes. A checkpoint that can't be written (a full disk, say) is reported, and
    training goes on.
    """
    machine.forget_peak_memory()
    fabric = fabric or new_fabric(run.recipe)
    batch, pictures = run.recipe.batch_size, len(run.train)
    if batch > pictures or batch % fabric.world_size:
        raise ValueError(
            f"Batches of {batch} don't fit {pictures} pictures on {fabric.world_size} processes; "
            "choose a batch size that is at most the first and a multiple of the second."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder, fabric):
        return _train(run, folder, fabric, evaluate_every, checkpoint_seconds, keep_epochs, stop_after_steps)


def _train(
    run: Run,
    folder: Path,
    fabric: Fabric,
    evaluate_every: int,
    checkpoint_seconds: float,
    keep_epochs: Collection[int],
    stop_after_steps: int | None,
) -> ConvNet:
    """`train` in a folder that no other process uses."""
    from tqdm.auto import tqdm

    recipe, pictures, steps = run.recipe, len(run.train), len(run.train) // run.recipe.batch_size
    mean = torch.from_numpy(channel_mean(run.train.pixels)).float().view(3, 1, 1)
    net = ConvNet(run.architecture, mean, run.train.class_names)
    prepare(net, recipe, run.seed, run.start)
    mean = net.mean.clone()  # that of the weights it starts from, if any
    net.to(memory_format=torch.channels_last)
    optimizer = sgd(net, recipe)
    model, optimizer = fabric.setup(net, optimizer)

    saved = checkpoint.load(folder / "checkpoint.pt")
    made = machine.describe(fabric.device, fabric.world_size)
    say = tqdm.write if fabric.is_global_zero else lambda text: None
    progress = {"epoch": 0, "step": 0, "loss": 0.0, "correct": 0, "seconds": 0.0, "factor": 1.0}
    log: list[dict[str, float]] = []
    if saved:
        _check_same(saved["identity"], run.identity(), folder)
        net.load_state_dict(saved["net"])
        optimizer.load_state_dict(saved["optimizer"])
        progress, log = saved["progress"], saved["log"]

    def keep() -> None:
        if not fabric.is_global_zero:
            return
        state = {
            "identity": run.identity(),
            "net": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": progress,
            "log": log,
        }
        try:
            checkpoint.save(folder / "checkpoint.pt", state)
            _write_log(folder, log)
            spent = {"seconds": round(progress["seconds"]), "peak_memory_gb": machine.peak_memory_gb()}
            atomic.write(folder / "run.json", _json(made | spent))
        except OSError as error:
            say(f"No checkpoint written in {folder} ({error.strerror}); training goes on.")

    def diverged(what: str) -> Diverged:
        epoch, step = progress["epoch"] + 1, progress["step"]
        if fabric.is_global_zero:
            with suppress(OSError):  # a full disk must not hide what happened
                _write_log(folder, [*log, {"epoch": epoch, "diverged_in_step": step}])
        return Diverged(f"{what} is not finite in epoch {epoch}, step {step}; lower the learning rate.")

    last_kept = clock = time.monotonic()
    taken = 0
    while progress["epoch"] < recipe.epochs:
        epoch = progress["epoch"]
        order = augment.order(run.seed, epoch, pictures)
        drawn = augment.draw(recipe, run.seed, epoch, pictures)
        net.train()
        bar = tqdm(
            range(progress["step"], steps),
            desc=f"{run.architecture.name} seed {run.seed} epoch {epoch + 1}/{recipe.epochs}",
            initial=progress["step"],
            total=steps,
            unit="step",
            mininterval=1,
            disable=not fabric.is_global_zero,
        )
        for step in bar:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, epoch + step / steps) * progress["factor"]
            batch = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            batch = batch[fabric.global_rank :: fabric.world_size]
            # One seed for each step and process, so that dropout after a resume is what it would have been.
            torch.manual_seed((run.seed * 1_000_003 + epoch * steps + step) * 64 + fabric.global_rank)
            x = augment.crops(run.train.pixels[batch], drawn[batch], mean, run.architecture.input_size)
            x = x.to(fabric.device, memory_format=torch.channels_last)
            y = torch.from_numpy(run.train.labels[batch]).to(fabric.device)
            logits = model(x)
            loss = F.cross_entropy(logits.float(), y)
            optimizer.zero_grad(set_to_none=True)
            fabric.backward(loss)
            optimizer.step()
            if recipe.rms_radius is not None:
                clip_filters(net, recipe.rms_radius)
            totals = torch.stack([loss.detach(), (logits.argmax(1) == y).float().sum()])
            totals = fabric.all_reduce(totals, reduce_op="sum") if fabric.world_size > 1 else totals
            progress["loss"] += totals[0].item() / fabric.world_size
            progress["correct"] += int(totals[1].item())
            progress["step"] = step + 1
            if not math.isfinite(progress["loss"]):
                raise diverged("The loss")
            taken += 1
            now = time.monotonic()
            progress["seconds"] += now - clock
            clock = now
            if taken == stop_after_steps:
                return net.eval()
            if now - last_kept > checkpoint_seconds:
                keep()
                last_kept = now
        entry = {
            "epoch": epoch + 1,
            "learning_rate": learning_rate(recipe, epoch + 1) * progress["factor"],
            "train_loss": progress["loss"] / steps,
            "train_top1": progress["correct"] / (steps * recipe.batch_size),
        }
        if (epoch + 1) % evaluate_every == 0 or epoch + 1 == recipe.epochs or recipe.schedule == "plateau":
            try:
                seen = evaluate(net, run.validation)
            except NotFinite as error:  # the epoch's last step was one too many
                raise diverged("The output") from error
            entry |= {"validation_loss": seen.loss, "validation_top1": seen.top1}
        log.append(entry)
        if recipe.schedule == "plateau":
            progress["factor"] = plateau_factor([e["validation_loss"] for e in log])
        progress |= {"epoch": epoch + 1, "step": 0, "loss": 0.0, "correct": 0}
        say(" ".join(f"{k} {v:.4g}" for k, v in entry.items()))
        if epoch + 1 in keep_epochs and fabric.is_global_zero:
            checkpoint.keep_epoch(folder, epoch + 1, net.state_dict())
        keep()
        last_kept = time.monotonic()
    return net.eval()


def _check_same(there: Any, here: Any, folder: Path, at: str = "") -> None:
    """Raise OtherRun naming the first setting in which two identities differ."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted(there.keys() | here.keys()):
            _check_same(there.get(key), here.get(key), folder, f"{at} {key}".strip())
    elif there != here:
        raise OtherRun(
            f"{folder} holds a run with another {at} ({there} there, {here} here); give this one a folder of its own."
        )


def _write_log(folder: Path, log: list[dict[str, float]]) -> None:
    columns = list(dict.fromkeys(key for entry in log for key in entry))
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(log)
    atomic.write(folder / "log.json", _json(log))
    atomic.write(folder / "log.csv", table.getvalue().encode())


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()


@torch.no_grad()
def clip_filters(net: ConvNet, radius: float) -> None:
    """Scale each convolution filter whose root mean square exceeds `radius` back to it (Section 3, Figure 6a)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            rms = module.weight.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
            module.weight.mul_((radius / rms.clamp(min=1e-12)).clamp(max=1))
