"""Training on the device: one step against the CPU's float64, and runs that are cut off and go on."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import zflib
from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting, distance, fetch, of_most, on_device, reference
from zflib.data import synthetic
from zflib.network import ConvNet
from zflib.training import augment, checkpoint
from zflib.training.loop import Run, clip_filters, new_fabric, train
from zflib.training.recipe import MINI
from zflib.training.start import sgd

BATCH, STEPS = 16, 6
# So that each part of a step shows beside the others: many of the filters exceed this radius and are scaled back, and
# these decays take a thousandth and more from the weights.
RECIPE = replace(MINI, batch_size=BATCH, rms_radius=0.02, weight_decay=0.1, conv1_weight_decay=0.3)


def step(
    net: ConvNet, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, precision: torch.dtype = torch.float32
) -> None:
    """One step as `zflib.training.loop` takes it, on the network's device."""
    x, y = x.to(net.mean.device, memory_format=torch.channels_last), y.to(net.mean.device)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == torch.bfloat16):
        logits = net(x)
    logits = logits.float() if logits.dtype == torch.bfloat16 else logits
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(logits, y).backward()
    optimizer.step()
    clip_filters(net, RECIPE.rms_radius)


@cache
def _batch(number: int = 0) -> tuple[Tensor, Tensor]:
    """(BATCH, 3, 128, 128) and (BATCH,) on the CPU: crops as the loop draws them."""
    pictures = synthetic(BATCH, 160)
    mean = reference("zfnet-mini").mean.float().view(3, 1, 1)
    x = augment.crops(pictures.pixels, augment.draw(RECIPE, 0, number, BATCH), mean, 128)
    return x, torch.from_numpy(pictures.labels)


def _after_one_step(net: ConvNet, precision: torch.dtype = torch.float32) -> ConvNet:
    """The network after a step without dropout, whose draws differ from device to device."""
    net = net.to(memory_format=torch.channels_last).train()
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    step(net, sgd(net, RECIPE), *_batch(), precision)
    return net


def _both(setting: Setting, name: str, precision: torch.dtype = torch.float32) -> Iterator[tuple[Tensor, Tensor]]:
    """Each parameter after one step, on the device and on the CPU in float64."""
    ours = _after_one_step(on_device(setting, name), precision)
    theirs = _after_one_step(copy.deepcopy(reference(name)))
    return zip(ours.parameters(), theirs.parameters(), strict=True)


def gradients(setting: Setting, name: str) -> Finding:
    """Of the loss, for every parameter."""
    errors = [distance(ours.grad, theirs.grad) for ours, theirs in _both(setting, name)]
    return of_most(errors, 1e-5, 1e-2, "parameter's gradient")


def bfloat16_gradients(setting: Setting, name: str) -> Finding:
    """The direction of the step, in the precision of training on a card."""
    pairs = [(fetch(a.grad).flatten(), b.grad.flatten()) for a, b in _both(setting, name, torch.bfloat16)]
    error = 1 - F.cosine_similarity(*(torch.cat(side) for side in zip(*pairs, strict=True)), dim=0).item()
    return Finding(error, 2e-2, "1 - cosine with the exact gradient of all parameters; 8 bits a value, eight layers")


def weights(setting: Setting, name: str) -> Finding:
    """After descent with momentum and decay, and the clipping of filters (Section 3)."""
    return of_most([distance(ours, theirs.detach()) for ours, theirs in _both(setting, name)], 1e-5, 1e-3, "parameter")


@contextmanager
def deterministic() -> Iterator[list[str]]:
    """Kernels that give equal runs equal sums; gathers torch's warnings about those that have none."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        torch.use_deterministic_algorithms(True, warn_only=True)
        lacking: list[str] = []
        try:
            yield lacking
        finally:
            torch.use_deterministic_algorithms(False)
            lacking += sorted({str(w.message).split(" ")[0] for w in said if "deterministic" in str(w.message)})


def _run(setting: Setting, cut_after: int | None = None) -> ConvNet:
    """STEPS steps with dropout, in the precision of training; cut off and taken up from a checkpoint if asked."""
    architecture = reference("zfnet-mini").architecture
    net = ConvNet(architecture).initialise(RECIPE.init_std, RECIPE.conv1_std, seed=0)
    net.to(setting.device, memory_format=torch.channels_last).train()
    optimizer = sgd(net, RECIPE)
    for at in range(STEPS):
        if at == cut_after:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "checkpoint.pt"
                checkpoint.save(path, {"net": net.state_dict(), "optimizer": optimizer.state_dict()})
                saved = checkpoint.load(path)
            net = ConvNet(architecture).to(setting.device, memory_format=torch.channels_last).train()
            net.load_state_dict(saved["net"])
            optimizer = sgd(net, RECIPE)
            optimizer.load_state_dict(saved["optimizer"])
        torch.manual_seed(at)
        step(net, optimizer, *_batch(at), setting.precision)
    return net


def _unequal(one: ConvNet, other: ConvNet) -> int:
    """How many values of two networks differ."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return sum(int((fetch(a) != b.detach().cpu()).sum()) for a, b in pairs)


def resumed(setting: Setting) -> Finding:
    """A run that ends, a checkpoint, and a new network and optimiser that go on from it."""
    with deterministic() as lacking:
        differing = _unequal(_run(setting, cut_after=STEPS // 2), _run(setting))
    return Finding(differing, 0, "weights that differ after six steps" + _without(lacking))


def resumed_loop(setting: Setting) -> Finding:
    """`zflib.training.loop` itself, left and called again until its run is over."""
    narrow = zflib.ZFNET.with_maps(dict.fromkeys(range(1, 6), 8)).with_units(16)
    precision = "bf16-mixed" if setting.precision == torch.bfloat16 else "32-true"
    recipe = replace(MINI, epochs=2, batch_size=8, init_std=0.1, conv1_std=0.01, precision=precision)
    architecture = replace(narrow, name="tiny", classes=10, input_size=64)
    run = Run(architecture, recipe, 0, synthetic(45, 80), synthetic(20, 73, seed=1))
    fabric = new_fabric(recipe, accelerator=setting.device.type)
    silence = io.StringIO()
    with deterministic() as lacking, redirect_stdout(silence), redirect_stderr(silence), TemporaryDirectory() as folder:
        whole = train(run, Path(folder) / "whole", fabric)
        for _ in range(3):  # ten steps; the first two calls leave after five and keep four
            parts = train(run, Path(folder) / "parts", fabric, checkpoint_seconds=-1, stop_after_steps=5)
        differing = _unequal(parts, whole)
    return Finding(differing, 0, "weights that differ after ten steps, left twice" + _without(lacking))


def equal_runs(setting: Setting) -> Finding:
    """What a reader gets who sets no flag: training leaves torch's choice of kernels alone."""
    first, second = _run(setting), _run(setting)
    total = sum(np.prod(p.shape) for p in first.parameters())
    return Finding(_unequal(first, second), None, f"of {total} weights differ between two equal runs as the loop is")


def _without(lacking: list[str]) -> str:
    return f"; no deterministic kernel for {', '.join(lacking)}" if lacking else ""
