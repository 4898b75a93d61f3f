"""`python -m zflib.exercises.zeiler`: make the patients anew, and measure what the remedy of each does."""

from dataclasses import replace
from datetime import date

from tqdm.auto import tqdm

from zflib import weights
from zflib.exercises.zeiler.case import TELLS
from zflib.exercises.zeiler.patients import (
    FLAWED,
    KEY,
    NUMBERS,
    PATIENTS,
    STEPS,
    TRAINING,
    signs,
    train,
    training,
    treat,
)
from zflib.network import device
from zflib.training.machine import describe
from zflib.training.recipe import best_precision


def rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in found.items()}


for number in tqdm(NUMBERS, desc="patients"):
    setting = FLAWED[KEY[number]]
    tell = TELLS.get(KEY[number])
    made = train(setting, number, STEPS)
    facts = {
        "data": {"train": "textures", "pictures": TRAINING, "fingerprint": training().fingerprint},
        "seed": number,
        "steps": made.steps,
        "seconds": round(made.seconds),
        "date": date.today().isoformat(),
        "command": "python -m zflib.exercises.zeiler",
        **describe(device()),
        "recipe": replace(setting.recipe, precision=best_precision()).record(),
        "start": {"conv1_bias": setting.bias, "conv1_strengths": "log-normal, s.d. 1.2, drawn from seed 5"},
    }
    after = treat(number, tell.remedy if tell else "nothing").net
    facts["signs"] = {"before": rounded(signs(weights.in_half(made.net))), "after": rounded(signs(after))}
    weights.store(made.net, facts, f"patient-{number}", PATIENTS)
