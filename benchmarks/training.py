"""Training throughput of the mini networks, as a share of the machine's matrix product, and what limits it.

A step on a batch of 64 crops, as `zflib.training.loop` takes it. It multiplies three times what a forward pass does:
that pass, the gradients of the weights and those of the maps; the last but for layer 1, whose map is the picture.
Memory is that of some steps on as many bytes as Imagenette has, and of a look at the validation pictures.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import zflib
from benchmarks.figure import Figure, took
from benchmarks.memory import peak_of
from benchmarks.timing import matmul_rate, seconds
from zflib.data import PictureSet, synthetic
from zflib.experiments.ablation.plan import MINI_TABLE
from zflib.training import augment
from zflib.training.evaluate import evaluate
from zflib.training.loop import Run, clip_filters, train
from zflib.training.recipe import MINI, best_precision
from zflib.training.start import channel_mean, sgd

PRECISION = torch.bfloat16 if best_precision() == "bf16-mixed" else torch.float32
BATCH = MINI_TABLE.batch_size


def figures() -> Iterator[Figure]:
    pictures = synthetic(BATCH, 160)
    mean = torch.from_numpy(channel_mean(pictures.pixels)).float().view(3, 1, 1)
    for architecture in (zflib.ALEXNET.mini(), zflib.ZFNET.mini()):
        net = zflib.ConvNet(architecture, mean).initialise(MINI_TABLE.init_std, seed=0)
        net.to(memory_format=torch.channels_last).train()
        optimizer = sgd(net, replace(MINI_TABLE, learning_rate=1e-4))
        drawn = augment.draw(MINI_TABLE, 0, 0, BATCH)

        def crops(size: int = architecture.input_size, drawn=drawn) -> torch.Tensor:
            x = augment.crops(pictures.pixels, drawn, mean, size)
            return x.to(memory_format=torch.channels_last)

        def step(x: torch.Tensor, net=net, optimizer=optimizer) -> None:
            with torch.autocast("cpu", PRECISION, enabled=torch.float32 != PRECISION):
                loss = torch.nn.functional.cross_entropy(net(x).float(), torch.from_numpy(pictures.labels))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            clip_filters(net, MINI_TABLE.rms_radius)

        x = crops()
        preparing, learning = seconds(crops, 5), seconds(lambda x=x, step=step: step(x), 5)
        rate = matmul_rate(PRECISION)
        steps = architecture.geometry()
        macs = 3 * sum(s.macs for s in steps) - steps[0].macs
        name, whole = architecture.name, preparing + learning
        yield took(f"{name}, a step on a batch of {BATCH}", learning, rate)
        yield Figure(f"{name}, rate of its multiply-adds", BATCH * macs / learning / rate, "of the matrix product's")
        yield took(f"{name}, cropping, mirroring, scaling a batch", preparing, rate)
        yield Figure(f"{name}, share of that", preparing / whole, "of the whole")
        yield Figure(f"{name}, pictures", BATCH / whole, "a second")
        _, gigabytes = peak_of(train_briefly, architecture)
        yield Figure(f"{name}, memory on 9,469 pictures of 160 px", gigabytes, "GB")


def train_briefly(architecture: zflib.Architecture) -> None:
    recipe = replace(MINI, precision=best_precision())
    quiet = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(quiet), redirect_stderr(quiet):
        run = Run(architecture, recipe, 0, noise(9469, 160), noise(3925, 146))
        evaluate(train(run, Path(folder), stop_after_steps=8), run.validation)


def noise(count: int, side: int) -> PictureSet:
    """As many bytes as Imagenette's pictures: made at once, so that the peak is training's."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)
    return PictureSet("noise", pixels, np.arange(count) % 10, tuple("0123456789"), "none")
