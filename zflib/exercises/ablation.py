"""Checkers for chapter 7: what layers hold in parameters, forecasts, and how many seeds a difference takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zflib.architecture import ALEXNET
from zflib.exercises import Forecast, Verdict, attempt, interval_score, number, refusal
from zflib.experiments.ablation import plan
from zflib.plots.words import true_minus

# Exercise 7.1: the layers that are left out, and how near an answer has to be: a whole per cent will do.
REMOVED, NEAR = (6, 7), 0.005
# Exercise 7.2: who knows nothing says that nothing changes, give or take so many points.
NAIVE = 3.0
# Exercise 7.3: what the paper calls a useful gain, in points, and a number of seeds beyond anybody's means.
USEFUL, ENDLESS = 0.9, 1_000_000


def check_share(answer: Any) -> Verdict:
    """Exercise 7.1: the share of AlexNet's parameters, at the paper's scale, that goes with layers 6 and 7."""
    expected = "one number between 0 and 1, a share of all parameters"
    came = number(answer)
    if (refused := refusal(expected, answer, fits=came is not None)) is not None:
        return refused
    steps = {step.name: step.parameters for step in ALEXNET.geometry()}
    left = {step.name: step.parameters for step in ALEXNET.without(*REMOVED).geometry()}
    whole, rest = sum(steps.values()), sum(left.values())
    right, both = 1 - rest / whole, sum(steps[f"fc{layer}"] for layer in REMOVED)
    if abs(came - right) <= NEAR:
        return Verdict(
            True,
            f"{whole - rest:,} of {whole:,} go, {right:.1%}. It would be {both / whole:.1%}, but layer 8 now reads "
            f"pool5 itself and grows from {steps['fc8']:,} to {left['fc8']:,}.",
        )
    slips = (
        (100 * right, "this is in percent; a share is a part of 1."),
        (1 - right, "this is the share that is left."),
        (whole - rest, "this is how many are lost; divide by how many there are."),
        (both / whole, "layers 6 and 7 hold that much, but something else changes its size: what does layer 8 read?"),
        ((both + steps["fc8"]) / whole, "layer 8, the classifier, stays."),
        ((whole - rest) / rest, "this is in parts of the smaller network; parts of the whole one are meant."),
    )
    for slip, words in slips:
        if abs(came - slip) <= NEAR * max(1, slip):
            return Verdict(False, f"{came:,.6g}: {words}")
    if not 0 <= came <= 1:
        return Verdict(False, f"expected {expected}; {came:g} is none.")
    return Verdict(
        False,
        f"{came:.3f} is too {'little' if came < right else 'much'}. Layer 6 alone reads "
        f"{steps['fc6'] // ALEXNET.maps(6) - 1:,} values with each of its {ALEXNET.maps(6):,} units.",
    )


def check_prediction(
    network: Any, row: Any, change: Any, low: Any, high: Any, measured_change: Any, standard_error: Any = None
) -> Verdict:
    """Exercise 7.2: a row of Table 3 predicted, against what our networks did.

    network, row     names as in `zflib.experiments.ablation.plan`: "alexnet", "removed_layers_3_4"
    change           of the validation top-1 error against the network as it is, in points; worse is positive
    low, high        a range that should hold the outcome in four cases out of five
    measured_change  the same in our runs, and its standard error if known

    Returns a `Forecast` for a prediction, a plain `Verdict` for what is none.
    """
    expected = "three numbers in points of error: your guess, and the two ends of a range around it"
    if (refused := refusal(expected, network, row, change, low, high)) is not None:
        return refused
    rows = plan.published(network) if isinstance(network, str) and network in plan.NETWORKS else None
    if rows is None:
        return Verdict(False, f'expected the network "alexnet" or "zfnet"; what came is {network!r}.')
    names = [name for name in rows if name != "as_is"]
    if not isinstance(row, str) or row not in names:
        why = "that row is what the others are compared with. " if isinstance(row, str) and row == "as_is" else ""
        return Verdict(False, f"{why}Expected a row of Table 3, one of {', '.join(names)}; what came is {row!r}.")
    values = [number(value) for value in (change, low, high)]
    if any(value is None or abs(value) > 100 for value in values):
        return Verdict(False, f"expected {expected}; what came is {change!r}, {low!r} and {high!r}.")
    guess, lowest, highest = values
    if lowest > highest:
        return Verdict(
            False, f"the ends have changed places: expected the lower first, not {lowest:g} and {highest:g}."
        )
    if lowest == highest:
        return Verdict(False, "a range without a width would hold the outcome in no case; four in five are expected.")
    if not lowest <= guess <= highest:
        return Verdict(
            False, f"expected a range that holds your own guess; {guess:g} isn't in {lowest:g} to {highest:g}."
        )
    outcome, error = number(measured_change), 0.0 if standard_error is None else number(standard_error)
    if outcome is None or error is None or error < 0:
        return Verdict(
            False,
            "expected what was measured, in points, and its standard error; what came is "
            f"{measured_change!r} and {standard_error!r}.",
        )
    missed = max(lowest - outcome, outcome - highest, 0.0)
    score, naive = interval_score(lowest, highest, outcome), interval_score(-NAIVE, NAIVE, outcome)
    came = f"{outcome:+.1f}" + (f" ± {error:.1f}" if standard_error is not None else "")
    text = true_minus(f"{row} of {network}: you said {guess:+g}, from {lowest:+g} to {highest:+g} points; {came} came.")
    if missed:
        text += f" That is {missed:.1f} beyond your range"
        text += ", less than two standard errors of the measurement." if missed < 2 * error else "."
    against = "better than" if score < naive else "worse than" if score > naive else "as good as"
    text += (
        f" Your score is {score:.1f} points, the range's width and ten times what it misses by; less is better. That "
        f"is {against} 'no change, give or take {NAIVE:g}', which scores {naive:.1f}."
    )
    return Forecast(not missed, text)


def check_seeds(answer: Any, detects: Callable[[int], float]) -> Verdict:
    """Exercise 7.3: the fewest seeds a row that detect the paper's useful gain.

    detects  the smallest detectable difference of two rows of so many seeds, in points
    """
    expected = f"one whole number, the fewest seeds a row that detect {USEFUL:g} points"
    came = number(answer)
    fits = came is not None and came >= 1 and came % 1 == 0 and came <= ENDLESS
    if (refused := refusal(expected, answer, fits=fits)) is not None:
        return refused
    seeds = int(came)
    found, failed = attempt(lambda: [number(detects(n)) for n in (seeds, max(seeds - 1, 1), ENDLESS)])
    if failed or None in found:
        return Verdict(False, f"the function {failed or 'returned no number'}; expected points for a number of seeds.")
    least, before, floor = found
    says = f"{seeds} seed{'s' * (seeds > 1)} a row detect {least:.2f} points"
    if least > USEFUL:
        return Verdict(False, f"{says}, more than {USEFUL:g}: it takes more of them.")
    if seeds > 1 and before <= USEFUL:
        return Verdict(False, f"{says}, but fewer seeds do so, too.")
    return Verdict(
        True,
        f"{says}. With a million it would still be {floor:.2f}: that is the doubt which comes of the pictures, and "
        "only more pictures take it away.",
    )
