"""How to train: the paper's recipe and the course's mini preset, as values."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run besides architecture, data and seed. Inputs are in about [-128, 128].

    schedule        "one-cycle" (rise, then cosine to zero) or "plateau" (a tenth when the validation loss stalls)
    he              layers between the first and the last start with s.d. sqrt(2 / fan-in) (He et al. 2015) instead of
                    init_std: a derivation for layers that read and feed rectifiers, not for pixels or the softmax
    rms_radius      a convolution filter whose root mean square exceeds it is scaled back to it; None for no clipping
    dropout         share of the units of layers 6 and 7 that a step leaves out
    pool5_dropout   the same of pool5's values, for networks that have lost layers 6 and 7
    crop_area       least and greatest share of the picture's area that a training crop covers; (a, a) for fixed crops
    crop_aspect     greatest width-to-height ratio of a crop, and its reciprocal the least
    contrast        a crop's contrast is multiplied by 1 +- this
    precision       Lightning Fabric's name for the arithmetic
    """

    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.01
    momentum: float = 0.9
    schedule: str = "plateau"
    weight_decay: float = 5e-4
    conv1_weight_decay: float = 5e-4
    init_std: float = 0.01
    conv1_std: float | None = None
    rms_radius: float | None = 0.1
    dropout: float = 0.5
    crop_area: tuple[float, float] = (1.0, 1.0)
    crop_aspect: float = 1.0
    contrast: float = 0.0
    precision: str = "32-true"
    he: bool = False
    pool5_dropout: float = 0.0

    def record(self) -> dict[str, Any]:
        """All settings by name; `he` and `pool5_dropout` only where they are used, as the first runs had neither."""
        return {key: value for key, value in asdict(self).items() if value or key not in ("he", "pool5_dropout")}


# Section 3. The paper's crops are the corners and the centre, 224 of 256 pixels a side; ours are of that size anywhere.
# It subtracts a mean picture, we the mean of each channel. It gives no weight decay; 5e-4 is Krizhevsky's. It anneals
# "by hand" when the validation error plateaus; "plateau" does that by rule.
PAPER = Recipe(epochs=70, crop_area=((224 / 256) ** 2,) * 2)

# The same for ten classes, 128 px and half the maps. It departs where the small set or two CPU cores ask for it:
# - smaller batches and a one-cycle schedule: 147 steps an epoch instead of 10,000;
# - Gaussian s.d. 0.014, the paper's 0.01 widened for half the fan-in;
# - conv1 starts at 0.004 and decays at 0.03, so that initial noise which no gradient touches dies out. Decay favours
#   low frequencies; both networks share it, and chapter 5 measures what it does to the spectrum;
# - crops of varying size, shape and contrast: 9,469 pictures are soon known by heart otherwise.
MINI = Recipe(
    epochs=50,
    batch_size=64,
    schedule="one-cycle",
    conv1_weight_decay=0.03,
    init_std=0.014,
    conv1_std=0.004,
    crop_area=(0.35, 1.0),
    crop_aspect=4 / 3,
    contrast=0.3,
)

# The same with the paper's own crops and first layer, for runs too short to need the variable crops of MINI and its
# treatment of layer 1, which keep filters clean over fifty epochs.
MINI_SHORT = replace(
    MINI,
    conv1_weight_decay=MINI.weight_decay,
    conv1_std=None,
    crop_area=PAPER.crop_area,
    crop_aspect=PAPER.crop_aspect,
    contrast=PAPER.contrast,
)


def learning_rate(recipe: Recipe, epochs_done: float) -> float:
    """One-cycle: from a 25th up to the peak over the first 15 %, then down a cosine to zero. Plateau: the peak."""
    if recipe.schedule != "one-cycle":
        return recipe.learning_rate
    at, rise = min(epochs_done / recipe.epochs, 1.0), 0.15
    if at < rise:
        return recipe.learning_rate * (0.04 + 0.96 * (1 - math.cos(math.pi * at / rise)) / 2)
    return recipe.learning_rate * (1 + math.cos(math.pi * (at - rise) / (1 - rise))) / 2


def plateau_factor(validation_losses: list[float]) -> float:
    """A tenth for every five epochs in a row without a new best validation loss."""
    factor, best, waited = 1.0, math.inf, 0
    for loss in validation_losses:
        if loss < best:
            best, waited = loss, 0
        else:
            waited += 1
            if waited == 5:
                factor, waited = factor / 10, 0
    return factor


def best_precision() -> str:
    """The precision that suits this machine: "bf16-mixed" where it multiplies bfloat16 in hardware, else "32-true".

    bfloat16 halves the time on a CPU that has it and trains as well; elsewhere it would be emulated, and slow.
    """
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "32-true"
    known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    in_hardware = not torch.backends.mps.is_available() and any(known.get(k) for k in ("avx512_bf16", "amx_bf16"))
    return "bf16-mixed" if in_hardware else "32-true"
