"""The device, the sizes that suit it, and what the comparisons share: networks, pictures, and the way to the CPU."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

import torch
from torch import Tensor

import zflib
from benchmarks.gpu.finding import Finding
from zflib.data import synthetic
from zflib.network import ConvNet
from zflib.training import machine
from zflib.training.recipe import best_precision

# Why most tolerances are what they are.
ROUNDING = "float32 rounds by about 1e-6, TF32 would by 1e-3"


@dataclass(frozen=True)
class Setting:
    """Where the checks run, and in which precision a network is trained there.

    On a card the speeds are those of the paper's networks at 224 px; on a CPU those of the mini ones, which end
    within minutes. The comparisons are the same on both.
    """

    device: torch.device
    precision: torch.dtype

    @property
    def card(self) -> bool:
        """Whether there is a GPU."""
        return self.device.type != "cpu"


def here() -> Setting:
    """The best device here, set to be compared: no TF32, and no choosing of kernels by the clock."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    return Setting(zflib.device(), torch.bfloat16 if best_precision() == "bf16-mixed" else torch.float32)


def describe(setting: Setting) -> dict[str, Any]:
    """Commit, device, versions and precision."""
    return machine.describe(setting.device) | {"kind": setting.device.type, "precision": str(setting.precision)[6:]}


def fetch(result: Tensor) -> Tensor:
    """A device's result on the CPU, fractions in float64. Every comparison takes it from here."""
    result = result.detach().cpu()  # first: Apple's GPU has no float64
    return result.double() if result.is_floating_point() else result


def furthest(result: Tensor, reference: Tensor) -> float:
    """The largest difference from a float64 reference, as a share of the largest value of it; NaN stays NaN.

    Where the reference is zero everywhere, any other value is infinitely far.
    """
    difference, largest = (fetch(result) - reference).abs().max().item(), reference.abs().max().item()
    return difference / largest if largest else difference and math.inf


def distance(result: Tensor, reference: Tensor) -> float:
    """Root mean square of the difference, as a share of that of the float64 reference."""
    difference, size = (fetch(result) - reference).norm().item(), reference.norm().item()
    return difference / size if size else difference and math.inf


def of_most(errors: list[float], tolerance: float, worst: float, whose: str) -> Finding:
    """The middle one of many errors, or the largest if it is beyond `worst`: where maxima tie but for rounding another
    switch is as right, and moves one stroke of a picture, or some layers' gradients by some 1e-4."""
    largest = max(errors, key=nan_first)
    number = median(errors) if largest <= worst else largest
    where = f"(worst: {largest:.0e}, {worst:g} allowed where maxima tie)"
    return Finding(number, tolerance, f"root mean square, of the median {whose} {where}; {ROUNDING}")


def nan_first(value: float) -> tuple[bool, float]:
    """A key by which `max` finds what is no number."""
    return value != value, value


@cache
def reference(name: str) -> ConvNet:
    """Shipped weights on the CPU in float64: what the device's network is compared with."""
    return zflib.load(name).cpu().double()


def on_device(setting: Setting, name: str) -> ConvNet:
    """The same network on the device, in float32."""
    return copy.deepcopy(reference(name)).float().to(setting.device)


@cache
def pictures() -> Tensor:
    """(5, 3, 128, 128) float32 on the CPU: synthetic pictures of five kinds, as the mini networks want them."""
    net = reference("zfnet-mini")
    return torch.stack([net.preprocess(picture) for picture in synthetic(10, net.resized_side).pixels[::2]])
