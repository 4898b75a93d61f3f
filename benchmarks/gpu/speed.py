"""How fast the deconvnet and training are, as shares of the matrix product, and whether pictures come in time."""

from __future__ import annotations

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import zflib
from benchmarks.gpu import learning
from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from benchmarks.timing import matmul_rate, seconds
from zflib.architecture import Architecture
from zflib.data import synthetic
from zflib.data.pictures import centre_square, to_array
from zflib.deconvnet import DeconvNet
from zflib.training import augment
from zflib.training.recipe import MINI, PAPER
from zflib.training.start import sgd

HELD = 8 / 7  # side at which training pictures are held, of the crop's: 256 for 224


@cache
def _rate(setting: Setting, precision: torch.dtype) -> float:
    return matmul_rate(precision, setting.device)


def _architecture(setting: Setting, name: str) -> Architecture:
    """The paper's network, or on a CPU its mini twin."""
    paper = getattr(zflib, name)
    return paper if setting.card else paper.mini()


def _batch(setting: Setting) -> int:
    return PAPER.batch_size if setting.card else 16


def _name(setting: Setting, architecture: Architecture) -> str:
    precision = str(setting.precision)[6:]
    return f"{architecture.name} at {architecture.input_size} px, {precision}"


def matrix_product(setting: Setting, precision: str) -> Finding:
    """What the shares below are shares of."""
    dtype = torch.float32 if precision == "float32" else setting.precision
    return Finding(_rate(setting, dtype) / 1e9, None, f"GMAC/s, {str(dtype)[6:]}; TF32 is off")


@cache
def _traced(setting: Setting, name: str) -> tuple[DeconvNet, Tensor]:
    architecture = _architecture(setting, name)
    net = zflib.ConvNet(architecture).initialise(0.04, seed=0).eval().to(setting.device, setting.precision)
    side = architecture.input_size
    images = 60 * torch.randn(_batch(setting), 3, side, side, generator=torch.Generator().manual_seed(0))
    return DeconvNet(net), images.to(setting.device, setting.precision)


def forward(setting: Setting, name: str) -> Finding:
    """The pass that serves every projection."""
    deconv, images = _traced(setting, name)
    architecture = _architecture(setting, name)
    took = seconds(lambda: deconv.forward(images), 5, setting.device) / len(images)
    share = sum(s.macs for s in architecture.geometry()) / took / _rate(setting, setting.precision)
    return Finding(1 / took, None, f"pictures/s, {_name(setting, architecture)}; {share:.2f} of the matrix product")


def projections(setting: Setting, name: str) -> Finding:
    """Every map of conv5, one unit each, for some pictures, inside the receptive fields."""
    deconv, images = _traced(setting, name)
    architecture = _architecture(setting, name)
    images = images[: 8 if setting.card else 2]
    trace = deconv.forward(images, upto="conv5")
    maps, side = trace["conv5"].shape[1:3]
    units = torch.tensor([(n, k, side // 2, side // 2) for n in range(len(images)) for k in range(maps)])
    took = seconds(lambda: deconv.project_units(trace, "conv5", units, seed=1), 2, setting.device) / len(units)
    share = projection_macs(architecture) / took / _rate(setting, setting.precision)
    return Finding(1 / took, None, f"projections/s, {_name(setting, architecture)}; {share:.2f} of the matrix product")


def projection_macs(architecture: Architecture) -> int:
    """Multiply-adds from one unit of conv5 to the pixels, with every number of each window counted."""
    steps = architecture.geometry()
    convs = {f"conv{conv.layer}": conv for conv in architecture.convs}
    pools = {f"pool{conv.layer}": conv.pool for conv in architecture.convs}
    below = [(3, architecture.input_size), *((step.maps, step.size) for step in steps)]
    side, macs, top = 1, 0, [step.name for step in steps].index("conv5")
    for step, (maps, size) in reversed(list(zip(steps[: top + 1], below, strict=False))):
        if layer := convs.get(step.name):
            macs += side**2 * step.maps * maps * layer.kernel**2
        layer = layer or pools.get(step.name)
        if layer:
            side = min((side - 1) * layer.stride + layer.kernel, size)
    return macs


@cache
def _pictures_a_second(setting: Setting, name: str) -> float:
    """Training steps alone, on a batch that is there."""
    architecture, batch = _architecture(setting, name), _batch(setting)
    # The paper's 0.01 leaves the mini networks gradients so small that a CPU takes several times as long for them.
    net = zflib.ConvNet(architecture).initialise((PAPER if setting.card else MINI).init_std, seed=0)
    net.to(setting.device, memory_format=torch.channels_last).train()
    optimizer = sgd(net, replace(PAPER, learning_rate=1e-4))
    side = architecture.input_size
    x = (60 * torch.randn(batch, 3, side, side)).to(setting.device)
    y = torch.randint(0, architecture.classes, (batch,), device=setting.device)
    took = seconds(lambda: learning.step(net, optimizer, x, y, setting.precision), 5, setting.device)
    if not all(p.isfinite().all() for p in net.parameters()):
        raise ArithmeticError("The weights are no longer finite.")
    return batch / took


def training(setting: Setting, name: str) -> Finding:
    """A step multiplies three times what a forward pass does, but for the gradient of layer 1's map, the picture."""
    architecture, rate = _architecture(setting, name), _pictures_a_second(setting, name)
    steps = architecture.geometry()
    share = rate * (3 * sum(s.macs for s in steps) - steps[0].macs) / _rate(setting, setting.precision)
    what = (
        f"pictures/s, {_name(setting, architecture)}, batches of {_batch(setting)}; {share:.2f} of the matrix product"
    )
    return Finding(rate, None, what)


def _enough(setting: Setting, rate: float, what: str) -> str:
    """Whether as much comes as the faster of the two networks takes."""
    wanted = max(_pictures_a_second(setting, name) for name in ("ZFNET", "ALEXNET"))
    verdict = f"{what} LIMITS training" if rate < wanted else f"{what} keeps up with training"
    return f"{verdict}, which takes {wanted:.0f}/s; on {_cores()} cores"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def jpegs() -> list[bytes]:
    """Ten pictures of 500 x 375 pixels, ImageNet's usual size, with as much noise as makes 100 kB of each."""
    noise = np.random.default_rng(0).normal(0, 12, (375, 500, 3))
    files = []
    for picture in synthetic(10, 500).pixels:
        file = io.BytesIO()
        Image.fromarray((picture[:375] + noise).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


def decoding(setting: Setting) -> Finding:
    """From files in memory to squares as training holds them; Pillow lets go of Python's lock meanwhile."""
    files, side = jpegs(), round(_architecture(setting, "ZFNET").input_size * HELD)

    def decode(file: bytes) -> None:
        to_array(centre_square(Image.open(io.BytesIO(file)), side))

    rate = _per_second(decode, files * 10)
    return Finding(
        rate, None, f"JPEGs/s of {np.mean([*map(len, files)]) / 1e3:.0f} kB; {_enough(setting, rate, 'decoding')}"
    )


def _per_second(work, items: list) -> float:
    """Items a second on all cores, after a few that warm up."""
    with ThreadPoolExecutor(_cores()) as threads:
        list(threads.map(work, items[:10]))
        start = time.perf_counter()
        list(threads.map(work, items))
        return len(items) / (time.perf_counter() - start)


def cropping(setting: Setting) -> Finding:
    """From held squares to a batch, as the loop does it on the CPU before each step."""
    side, batch = _architecture(setting, "ZFNET").input_size, _batch(setting)
    pixels = np.resize(synthetic(10, round(side * HELD)).pixels, (batch, *[round(side * HELD)] * 2, 3))
    drawn, mean = augment.draw(PAPER, 0, 0, batch), torch.full((3, 1, 1), 128.0)
    rate = batch / seconds(lambda: augment.crops(pixels, drawn, mean, side), 3)
    return Finding(rate, None, f"crops/s of {side} px; {_enough(setting, rate, 'cropping')}")
