"""Train a network for a couple of minutes, in a notebook: the loop without checkpoints, its end set by the clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch.nn import functional as F

from zflib.architecture import Architecture
from zflib.arguments import whole
from zflib.data.sets import PictureSet
from zflib.data.synthetic import synthetic
from zflib.network import ConvNet, device
from zflib.training import augment
from zflib.training.evaluate import Evaluation, evaluate
from zflib.training.loop import Diverged, clip_filters
from zflib.training.recipe import MINI_SHORT, Recipe, best_precision, learning_rate
from zflib.training.start import channel_mean, prepare, sgd

# The schedule counts the whole budget as its one epoch. Small batches and larger initial weights, because minutes allow
# a few hundred steps: with batches of 64 and an s.d. of 0.014 the loss stays at that of guessing for the first eighty.
BRIEF = replace(MINI_SHORT, epochs=1, batch_size=32, init_std=0.02)
PICTURES, VALIDATION = 1000, 300  # of the synthetic set: a few seconds' drawing at 146 pixels a side


@dataclass(frozen=True)
class Moment:
    """A step that was taken: its number from 1, the share of the budget that is spent after it (0 to 1), and the
    loss (nats) and top-1 accuracy of its batch before the weights moved."""

    step: int
    spent: float
    loss: float
    top1: float


@dataclass(frozen=True)
class BriefRun:
    """A network trained briefly, in eval mode, and how it went.

    steps, pictures_seen  taken, and shown in them
    seconds               of training, without drawing the pictures and looking at the held-out ones
    curve                 one `Moment` a step
    validation            accuracy and loss on the held-out pictures
    """

    net: ConvNet
    steps: int
    pictures_seen: int
    seconds: float
    curve: tuple[Moment, ...]
    validation: Evaluation


def train_briefly(
    architecture: Architecture,
    seconds: float = 120,
    seed: int = 0,
    progress: Callable[[Moment], None] | None = None,
    *,
    recipe: Recipe | None = None,
    pictures: PictureSet | None = None,
    validation: PictureSet | None = None,
    max_steps: int | None = None,
    should_stop: Callable[[], bool] | None = None,
    start: Callable[[ConvNet], None] | None = None,
) -> BriefRun:
    """Train a network until its time is up, and look at held-out pictures.

    seconds               the budget; the learning rate goes through its one cycle in this time
    progress              called after each step
    recipe                `BRIEF` where left out, in the precision that suits this machine
    pictures, validation  to train on and to look at, with the architecture's number of classes; 1000 and 300 of the
                          synthetic set where both are left out
    max_steps             a budget in steps in place of the seconds: equal runs then end equal, whatever the machine
    should_stop           asked before each step; True ends the training, and what was learnt is looked at
    start                 called with the fresh network, to change what the recipe's initial noise has made

    Raises ValueError for a budget that is no positive number, pictures that don't suit the network or the batch,
    and geometry that does not fit; Diverged when the loss is no longer finite.
    """
    seed = whole("seed", seed, 0)
    recipe = recipe or replace(BRIEF, precision=best_precision())
    if not (seconds > 0 and math.isfinite(seconds)) or (max_steps is not None and whole("max_steps", max_steps) < 1):
        raise ValueError(f"A budget must be positive, not {seconds} seconds or {max_steps} steps.")
    if (pictures is None) != (validation is None):
        raise ValueError("Give pictures and validation together, or neither for the synthetic set.")
    net = ConvNet(architecture)
    if pictures is None:
        pictures, validation = _synthetic(net.resized_side)
    if len(pictures.class_names) != architecture.classes:
        raise ValueError(
            f"{architecture.name} tells {architecture.classes} classes apart, and {pictures.name} has "
            f"{len(pictures.class_names)}; make the network with mini({len(pictures.class_names)})."
        )
    batches = len(pictures) // recipe.batch_size
    if batches < 1:
        raise ValueError(f"Batches of {recipe.batch_size} need more than {len(pictures)} pictures.")

    mean = torch.from_numpy(channel_mean(pictures.pixels)).float().view(3, 1, 1)
    net = ConvNet(architecture, mean, pictures.class_names)
    prepare(net, recipe, seed)
    if start:
        start(net)
    net.to(device(), memory_format=torch.channels_last).train()
    optimizer = sgd(net, recipe)
    half = recipe.precision == "bf16-mixed"

    curve: list[Moment] = []
    begin = time.monotonic()

    def spent(steps: int) -> float:
        return min(1.0, steps / max_steps if max_steps else (time.monotonic() - begin) / seconds)

    while spent(len(curve)) < 1 and not (should_stop and should_stop()):
        epoch, at = divmod(len(curve), batches)
        if at == 0:
            order = augment.order(seed, epoch, len(pictures))
            drawn = augment.draw(recipe, seed, epoch, len(pictures))
        rate = learning_rate(recipe, recipe.epochs * spent(len(curve)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(seed * 1_000_003 + len(curve))  # for dropout
        batch = order[at * recipe.batch_size : (at + 1) * recipe.batch_size]
        x = augment.crops(pictures.pixels[batch], drawn[batch], mean, architecture.input_size)
        x = x.to(net.mean.device, memory_format=torch.channels_last)
        y = torch.from_numpy(pictures.labels[batch]).to(net.mean.device)
        with torch.autocast(net.mean.device.type, torch.bfloat16) if half else nullcontext():
            logits = net(x).float()
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if recipe.rms_radius is not None:
            clip_filters(net, recipe.rms_radius)
        if not math.isfinite(loss.item()):
            raise Diverged(f"The loss is not finite in step {len(curve) + 1}; lower the learning rate.")
        top1 = (logits.argmax(1) == y).float().mean().item()
        curve.append(Moment(len(curve) + 1, spent(len(curve) + 1), loss.item(), top1))
        if progress:
            progress(curve[-1])
    taken = time.monotonic() - begin
    seen = evaluate(net.eval(), validation)
    return BriefRun(net, len(curve), len(curve) * recipe.batch_size, taken, tuple(curve), seen)


@cache
def _synthetic(side: int) -> tuple[PictureSet, PictureSet]:
    return synthetic(PICTURES, side, seed=0), synthetic(VALIDATION, side, seed=1)
