"""Be Zeiler, the closing exercise of chapter 7: five small networks, of which four have a flawed first layer.

`patient(3)` gives a network and doesn't say what ails it. All of them have ZFNet's layers 1, 2, 5, 6, 7 and 8 with few
maps and units, read pictures of 64 pixels, tell seven textures apart, and were trained alike but for one thing. They
start alike, too: from noise whose strength differs greatly from filter to filter.

Whoever reads on finds the key at the end of this file. `python -m zflib.exercises.zeiler` makes the patients anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from numbers import Integral
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import torch

from zflib import weights
from zflib.analysis import aliasing, spectrum
from zflib.architecture import ZFNET, Architecture
from zflib.data.sets import PictureSet
from zflib.data.synthetic import synthetic
from zflib.exercises import Verdict, interval_score, numbers, refusal
from zflib.network import ConvNet, device
from zflib.training.brief import BRIEF, BriefRun, Moment, train_briefly
from zflib.training.evaluate import evaluate
from zflib.training.recipe import Recipe, best_precision

PATIENTS = Path(__file__).parent / "patients"
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


_SOUND = Setting(
    replace(
        ZFNET.without(3, 4), name="patient", classes=CLASSES, input_size=64, maps_divisor=4, units_divisor=32
    ).with_maps({1: 128}),
    replace(BRIEF, batch_size=32, init_std=0.05, conv1_std=0.01, dropout=0.0),
)
_FLAWED = {
    "coarse sampling": replace(_SOUND, architecture=_with_stride(_SOUND.architecture, 4)),
    "strong decay": replace(_SOUND, recipe=replace(_SOUND.recipe, conv1_weight_decay=2.0)),
    "no clipping": replace(_SOUND, recipe=replace(_SOUND.recipe, rms_radius=None)),
    "dead maps": replace(_SOUND, bias=-100.0),
    "none": _SOUND,
}
FAULTS = tuple(_FLAWED)

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
    return Treatment(**vars(_train(_treated(number, change), number, steps, progress)), number=number, change=change)


def _treated(number: int, change: str) -> Setting:
    if not isinstance(change, str) or change not in CHANGES:
        raise ValueError(f"There is no change {change!r}; choose one of: {', '.join(CHANGES)}.")
    return CHANGES[change](_FLAWED[_KEY[_known(number)]])


@dataclass(frozen=True)
class _Tell:
    """A fault's sign, the value beyond which it tells, the change that mends it, and one that only seems to."""

    sign: str
    side: str
    limit: float
    remedy: str
    halfway: tuple[str, str] = ("", "")

    def __call__(self, found: dict[str, float]) -> bool:
        return found[self.sign] > self.limit if self.side == "above" else found[self.sign] < self.limit


_TELLS = {
    "dead maps": _Tell(
        "dead",
        "above",
        0.25,
        "biases from zero",
        ("half the maps", "there are fewer to be dead, and none is woken by it. Why were they silent from the start?"),
    ),
    "coarse sampling": _Tell("overlap", "above", 0.5, "stride 2"),
    "strong decay": _Tell(
        "strength",
        "below",
        0.012,
        "ordinary decay",
        (
            "a tenth of the learning rate",
            "decay acts through the learning rate, so it slows down, and so does all learning.",
        ),
    ),
    "no clipping": _Tell("dominance", "above", 6.0, "clip filters"),
}


def check_case(number: Any, fault: Any, change: Any, sign: Any, low: Any, high: Any, treated: Any) -> Verdict:
    """Score a diagnosis, a change and a prediction, each for itself.

    number     of the patient
    fault      one of `FAULTS`
    change     one of `CHANGES`
    sign       one of `SIGNS`, the figure whose value after the change was predicted
    low, high  a range that should hold it in four cases out of five
    treated    what `treat(number, change)` returned

    True if fault and change are right. A missed prediction is no mistake; it is scored against "it stays as it is".
    """
    expected = "a patient, a fault, a change, a sign, two ends of a range, a treatment"
    if refused := refusal(expected, number, fault, change, sign, low, high, treated):
        return Verdict(False, refused)
    for what, given, known in (
        ("patient", number, NUMBERS),
        ("fault", fault, FAULTS),
        ("change", change, tuple(CHANGES)),
        ("sign", sign, tuple(SIGNS)),
    ):
        if not isinstance(given, str | int) or isinstance(given, bool) or given not in known:
            return Verdict(False, f"expected a {what}, one of: {', '.join(map(str, known))}; what came is {given!r}.")
    ends = [numbers(value) for value in (low, high)]
    if any(end is None or end.size != 1 for end in ends):
        return Verdict(False, f"expected the two ends of a range, two numbers; what came is {low!r} and {high!r}.")
    lowest, highest = (float(end.ravel()[0]) for end in ends)
    if not lowest < highest:
        return Verdict(False, f"expected a range, its lower end first; what came is {lowest:g} to {highest:g}.")
    if not isinstance(treated, Treatment) or (treated.number, treated.change) != (number, change):
        what = f"treat({treated.number}, {treated.change!r})" if isinstance(treated, Treatment) else repr(treated)
        return Verdict(False, f"expected what treat({number}, {change!r}) returns; what came is {shorten(what, 200)}.")
    before, after = _before(number), signs(treated.net)
    told, diagnosis = _diagnosis(number, fault, before)
    helped, remedy = _remedy(number, change)
    prediction = _prediction(sign, lowest, highest, before[sign], after[sign])
    accuracy = f"Accuracy: {before['accuracy']:.1%} before, after {STEPS} steps; {after['accuracy']:.1%} now, after "
    accuracy += f"{treated.steps}."
    return Verdict(told and helped, f"Diagnosis {diagnosis} Change {remedy} Prediction {prediction} {accuracy}")


def _diagnosis(number: int, fault: str, before: dict[str, float]) -> tuple[bool, str]:
    """Whether it is right, and what each instrument shows."""
    evidence = f"({', '.join(f'{name} {before[name]:.3g}' for name in SIGNS)})"
    shown = next((tell.sign for tell in _TELLS.values() if tell(before)), None)
    if fault == _KEY[number]:
        return True, f"right: {f'{shown} tells it' if shown else 'no sign stands out'} {evidence}."
    if fault == "none":
        return False, f"wrong: one sign stands out {evidence}."
    tell = _TELLS[fault]
    return False, (
        f"wrong: with {fault}, {tell.sign} is {tell.side} {tell.limit:g}; {before[tell.sign]:.3g} came {evidence}."
    )


def _remedy(number: int, change: str) -> tuple[bool, str]:
    """Whether the change mends the patient's fault, whatever the reader took it for."""
    setting, tell = _FLAWED[_KEY[number]], _TELLS.get(_KEY[number])
    if tell is None:
        return change == "nothing", "right: none." if change == "nothing" else "wrong: nothing was to be mended."
    if change == tell.remedy:
        return True, "right: it undoes what was done, and nothing else."
    if change == tell.halfway[0]:
        return False, f"nearly right: {tell.halfway[1]}"
    if CHANGES[change](setting) == setting:
        return False, "wrong: it makes no difference; the same network was trained once more."
    return False, "wrong: it leaves the fault where it was."


def _prediction(sign: str, low: float, high: float, before: float, after: float) -> str:
    """How the range fared, beside one as wide about what was before."""
    if not np.isfinite(after):
        return f"not scored: without a live map there is no {sign}."
    half = (high - low) / 2
    score, naive = interval_score(low, high, after), interval_score(before - half, before + half, after)
    better = "better than" if score < naive else "worse than" if score > naive else "as good as"
    return (
        f"{'held' if low <= after <= high else 'missed'}: {sign} was {before:.3g}, you said {low:g} to {high:g}, and "
        f"{after:.3g} came. It scores {score:.3g} (less is better), {better} 'it stays as it is', as wide: {naive:.3g}."
    )


@cache
def _before(number: int) -> dict[str, float]:
    return signs(patient(number))


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
def _training() -> PictureSet:
    return _textures(TRAINING, seed=1)


def _train(setting: Setting, number: int, steps: int, progress: Callable[[Moment], None] | None = None) -> BriefRun:
    return train_briefly(
        setting.architecture,
        seed=number,
        progress=progress,
        recipe=replace(setting.recipe, precision=best_precision()),
        pictures=_training(),
        validation=held_out(),
        max_steps=steps,
        start=setting.start,
    )


def outcomes() -> dict[int, dict[str, dict[str, float]]]:
    """By patient: `signs` "before", and "after" its remedy and `STEPS` steps, as measured when they were made."""
    return {number: weights.record(f"patient-{number}", PATIENTS)["signs"] for number in NUMBERS}


def main() -> None:
    """Make the patients, and measure what the remedy of each does."""
    from tqdm.auto import tqdm

    from zflib.training.machine import describe

    for number in tqdm(NUMBERS, desc="patients"):
        setting = _FLAWED[_KEY[number]]
        tell = _TELLS.get(_KEY[number])
        made = _train(setting, number, STEPS)
        facts = {
            "data": {"train": "textures", "pictures": TRAINING, "fingerprint": _training().fingerprint},
            "seed": number,
            "steps": made.steps,
            "seconds": round(made.seconds),
            "date": date.today().isoformat(),
            "command": "python -m zflib.exercises.zeiler",
            **describe(device()),
            "recipe": asdict(replace(setting.recipe, precision=best_precision())),
            "start": {"conv1_bias": setting.bias, "conv1_strengths": "log-normal, s.d. 1.2, drawn from seed 5"},
        }
        after = treat(number, tell.remedy if tell else "nothing").net
        facts["signs"] = {"before": _rounded(signs(weights.in_half(made.net))), "after": _rounded(signs(after))}
        weights.store(made.net, facts, f"patient-{number}", PATIENTS)


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in found.items()}


# The key. Spoilers below.
_KEY = {1: "no clipping", 2: "none", 3: "dead maps", 4: "coarse sampling", 5: "strong decay"}


if __name__ == "__main__":
    main()
