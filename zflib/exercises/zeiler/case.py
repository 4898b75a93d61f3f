"""The checker of the closing exercise: what tells each fault, what mends it, and how a reader's case is scored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from textwrap import shorten
from typing import Any

import numpy as np

from zflib.exercises import Verdict, interval_score, numbers, refusal
from zflib.exercises.zeiler.patients import (
    CHANGES,
    FAULTS,
    FLAWED,
    KEY,
    NUMBERS,
    SIGNS,
    STEPS,
    Treatment,
    patient,
    signs,
)


@dataclass(frozen=True)
class Tell:
    """A fault's sign, the value beyond which it tells, the change that mends it, and one that only seems to."""

    sign: str
    side: str
    limit: float
    remedy: str
    halfway: tuple[str, str] = ("", "")

    def __call__(self, found: dict[str, float]) -> bool:
        return found[self.sign] > self.limit if self.side == "above" else found[self.sign] < self.limit


TELLS = {
    "dead maps": Tell(
        "dead",
        "above",
        0.25,
        "biases from zero",
        ("half the maps", "there are fewer to be dead, and none is woken by it. Why were they silent from the start?"),
    ),
    "coarse sampling": Tell("overlap", "above", 0.5, "stride 2"),
    "strong decay": Tell(
        "strength",
        "below",
        0.012,
        "ordinary decay",
        (
            "a tenth of the learning rate",
            "decay acts through the learning rate, so it slows down, and so does all learning.",
        ),
    ),
    "no clipping": Tell("dominance", "above", 6.0, "clip filters"),
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
    if (refused := refusal(expected, number, fault, change, sign, low, high, treated)) is not None:
        return refused
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
    shown = next((tell.sign for tell in TELLS.values() if tell(before)), None)
    if fault == KEY[number]:
        return True, f"right: {f'{shown} tells it' if shown else 'no sign stands out'} {evidence}."
    if fault == "none":
        return False, f"wrong: one sign stands out {evidence}."
    tell = TELLS[fault]
    return False, (
        f"wrong: with {fault}, {tell.sign} is {tell.side} {tell.limit:g}; {before[tell.sign]:.3g} came {evidence}."
    )


def _remedy(number: int, change: str) -> tuple[bool, str]:
    """Whether the change mends the patient's fault, whatever the reader took it for."""
    setting, tell = FLAWED[KEY[number]], TELLS.get(KEY[number])
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
