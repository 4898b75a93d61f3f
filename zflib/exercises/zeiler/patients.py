"""The patients: what each was made from, what may be changed, and the signs that an instrument shows.

The key is at the end of this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zflib import weights
from zflib.analysis import aliasing, spectrum
from zflib.architecture import ZFNET, Architecture
from zflib.data.sets import PictureSet
from zflib.data.synthetic import synthetic
from zflib.network import ConvNet
from zflib.training.brief import BRIEF, BriefRun, Moment, train_briefly
from zflib.training.evaluate import evaluate
from zflib.training.recipe import Recipe, best_precision

PATIENTS = Path(__file__).parents[1] / "patients"
NUMBERS = (1, 2, 3, 4, 5)
STEPS = 600  # of a treatment, as many as the patients had; a minute or two on two CPU cores
CLASSES = 7  # the textures of the synthetic set; its shapes are told apart by their colour patches as well
TRAINING, HELD_OUT = 1400, 420  # pictures

SIGNS = {
    "dead": "share of conv1's maps that no held-out picture activates; the other signs of conv1 are of the live maps",
    "strength": "median over filters of the root mean square weight",
    "dominance": "the strongest filter's root mean square over that median",
    "overlap": "median over filters of the share of energy that the stride lays under stronger energy",
    "low": "mean share of a filter's energy below 0.1 cycles per pixel",
    "accuracy": "share of the held-out pictures that are named correctly",
}


@dataclass(frozen=True)
class Setting:
    """What one patient was made from; bias is that of all conv1's maps before the first step."""

    architecture: Architecture
    recipe: Recipe
    bias: float = 0.0

    def start(self, net: ConvNet) -> None:
        """Scale each of conv1's filters by a factor of its own, log-normal with an s.d. of 1.2, and set the biases."""
        generator = torch.Generator().manual_seed(5)
        factors = torch.exp(1.2 * torch.randn(len(net.conv1.weight), generator=generator))
        with torch.no_grad():
            net.conv1.weight.mul_(factors.to(net.conv1.weight)[:, None, None, None])
            net.conv1.bias.fill_(self.bias)


def _with_stride(architecture: Architecture, stride: int) -> Architecture:
    """conv1 at a stride of 2 or 4, and conv2 so that what follows has the same spacing, as in ZFNet and AlexNet."""
    first, second, *others = architecture.convs
    second = replace(second, stride=4 // stride, pad=0 if stride == 2 else 2)
    return replace(architecture, convs=(replace(first, stride=stride), second, *others))


SOUND = Setting(
    replace(
        ZFNET.without(3, 4), name="patient", classes=CLASSES, input_size=64, maps_divisor=4, units_divisor=32
    ).with_maps({1: 128}),
    replace(BRIEF, batch_size=32, init_std=0.05, conv1_std=0.01, dropout=0.0),
)
FLAWED = {
    "coarse sampling": replace(SOUND, architecture=_with_stride(SOUND.architecture, 4)),
    "strong decay": replace(SOUND, recipe=replace(SOUND.recipe, conv1_weight_decay=2.0)),
    "no clipping": replace(SOUND, recipe=replace(SOUND.recipe, rms_radius=None)),
    "dead maps": replace(SOUND, bias=-100.0),
    "none": SOUND,
}
FAULTS = tuple(FLAWED)

# What a reader may change, one thing at a time; where it is so already, the change changes nothing.
CHANGES: dict[str, Callable[[Setting], Setting]] = {
    "stride 2": lambda s: replace(s, architecture=_with_stride(s.architecture, 2)),
    "ordinary decay": lambda s: replace(s, recipe=replace(s.recipe, conv1_weight_decay=s.recipe.weight_decay)),
    "clip filters": lambda s: replace(s, recipe=replace(s.recipe, rms_radius=0.1)),
    "biases from zero": lambda s: replace(s, bias=0.0),
    "half the maps": lambda s: replace(s, architecture=s.architecture.with_maps({1: 64})),
    "a tenth of the learning rate": lambda s: replace(
        s, recipe=replace(s.recipe, learning_rate=s.recipe.learning_rate / 10)
    ),
    "nothing": lambda s: s,
}


def patient(number: int) -> ConvNet:
    """A patient, 1 to 5, in eval mode. Raises ValueError for another number, and as `zflib.load` for damaged files."""
    return weights.load(f"patient-{_known(number)}", PATIENTS)


@cache
def held_out() -> PictureSet:
    """The pictures on which `signs` are taken: textures of 73 pixels a side that no patient was trained on."""
    return _textures(HELD_OUT, seed=2)


def signs(net: ConvNet) -> dict[str, float]:
    """The figures that `SIGNS` names, of a patient or of a treated one. NaN for what live maps tell if there are none.

    The pictures are `held_out()`; it takes a second or two.
    """
    silent = spectrum.never_active(net, held_out())
    found = {"dead": float(silent.mean()), "accuracy": evaluate(net, held_out()).top1}
    if silent.all():
        return dict.fromkeys(SIGNS, np.nan) | found
    live = net.conv1.weight.detach().cpu().numpy()[~silent]
    rms = np.sqrt((live**2).mean((1, 2, 3)))
    of_filters = {
        "strength": np.median(rms),
        "dominance": rms.max() / np.median(rms),
        "overlap": np.median(aliasing.overlap(live, net.conv1.stride[0])),
        "low": np.nanmean(spectrum.band_shares(live, (0, 0.1, 1))[:, 0]),
    }
    return {name: float((of_filters | found)[name]) for name in SIGNS}


@dataclass(frozen=True)
class Treatment(BriefRun):
    """A patient trained again with one change: the run, and which patient and change it was."""

    number: int
    change: str


def treat(
    number: int, change: str, *, steps: int = STEPS, progress: Callable[[Moment], None] | None = None
) -> Treatment:
    """Train a patient again from its own start, with one thing changed.

    change  one of `CHANGES`
    steps   fewer are quicker, and teach less: compare accuracies after equal numbers only

    Raises ValueError for an unknown patient or change.
    """
    return Treatment(**vars(train(_treated(number, change), number, steps, progress)), number=number, change=change)


def _treated(number: int, change: str) -> Setting:
    if not isinstance(change, str) or change not in CHANGES:
        raise ValueError(f"There is no change {change!r}; choose one of: {', '.join(CHANGES)}.")
    return CHANGES[change](FLAWED[KEY[_known(number)]])


def _known(number: Any) -> int:
    if not isinstance(number, Integral) or isinstance(number, bool) or number not in NUMBERS:
        raise ValueError(f"There are patients 1 to {NUMBERS[-1]}, not {number!r}.")
    return int(number)


def _textures(count: int, seed: int) -> PictureSet:
    """So many pictures of the first `CLASSES` classes of the synthetic set, 73 pixels a side."""
    drawn = synthetic(count * 10 // CLASSES, 73, seed)
    keep = drawn.labels < CLASSES
    return PictureSet(
        "textures", drawn.pixels[keep], drawn.labels[keep], drawn.class_names[:CLASSES], drawn.fingerprint
    )


@cache
def training() -> PictureSet:
    return _textures(TRAINING, seed=1)


def train(setting: Setting, number: int, steps: int, progress: Callable[[Moment], None] | None = None) -> BriefRun:
    return train_briefly(
        setting.architecture,
        seed=number,
        progress=progress,
        recipe=replace(setting.recipe, precision=best_precision()),
        pictures=training(),
        validation=held_out(),
        max_steps=steps,
        start=setting.start,
    )


def outcomes() -> dict[int, dict[str, dict[str, float]]]:
    """By patient: `signs` "before", and "after" its remedy and `STEPS` steps, as measured when they were made."""
    return {number: weights.record(f"patient-{number}", PATIENTS)["signs"] for number in NUMBERS}


# The key. Spoilers below.
KEY = {1: "no clipping", 2: "none", 3: "dead maps", 4: "coarse sampling", 5: "strong decay"}
