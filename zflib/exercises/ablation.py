"""Checkers for chapter 7: what layers hold in parameters, forecasts, paired comparison, and averaging."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from torch import Tensor

from zflib.architecture import ALEXNET
from zflib.exercises import Forecast, Verdict, attempt, interval_score, number, refusal
from zflib.experiments.ablation import Discordant, average, plan
from zflib.plots.words import true_minus

# Exercise 7.1: the layers that are left out, and how near an answer has to be: a whole per cent will do.
REMOVED, NEAR = (6, 7), 0.005
# Exercise 7.2: who knows nothing says that nothing changes, give or take so many points.
NAIVE = 3.0


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


def check_mcnemar(function: Any) -> Verdict:
    """Exercise 7.3: `function(first, second)` compares two networks on the same pictures, exactly.

    It takes two (N,) arrays of booleans, which pictures each network names correctly, and returns how many only the
    first does, how many only the second does, and the two-sided p of such a split if either were as likely.
    """
    expected = "a function of two arrays of booleans that returns (only first, only second, p)"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    # Of N pictures: both right, only the first, only the second; the rest neither.
    cases = ((3925, 2700, 190, 140), (40, 20, 3, 12), (30, 11, 6, 0), (50, 30, 5, 5), (9, 5, 0, 0), (4, 0, 1, 2))
    for total, both, only_first, only_second in cases:
        kinds = np.repeat([3, 1, 2, 0], [both, only_first, only_second, total - both - only_first - only_second])
        kinds = np.random.default_rng(7).permutation(kinds)
        first, second = kinds & 1 == 1, kinds & 2 == 2
        came, trouble = attempt(function, first.copy(), second.copy())
        where = f"{total} pictures, {only_first} right by the first only and {only_second} by the second only:"
        if trouble:
            return Verdict(False, f"{where} the function {trouble}.")
        given = _three(came)
        if given is None:
            return Verdict(False, f"{where} three numbers were expected; what came is {came!r}.")
        counts, p = given[:2], given[2]
        if not np.array_equal(counts, (only_first, only_second)):
            return Verdict(
                False,
                f"{where} these two counts were expected; {counts[0]:g} and {counts[1]:g} came."
                f"{_slip_of_counts(counts, first, second)}",
            )
        right = Discordant(only_first, only_second).p
        if abs(p - right) <= 1e-9 + 1e-6 * right:
            continue
        return Verdict(
            False, f"{where} p = {right:.4g} was expected, {p:.4g} came.{_slip_of_p(only_first, only_second, p)}"
        )
    return Verdict(
        True,
        f"{len(cases)} comparisons agree. The pictures on which the networks agree, right or wrong, don't enter.",
    )


def check_average(function: Any) -> Verdict:
    """Exercise 7.4: `function(log_probabilities)` averages the probabilities of M networks, (M, N, C) to (N, C).

    What comes in and what goes out are natural logarithms of probabilities.
    """
    expected = "a function of an array (M, N, C) that returns an array (N, C) of log-probabilities"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = np.random.default_rng(7)
    cases = {
        f"{m} networks, {n} pictures, {c} classes": _log_softmax(spread * generator.standard_normal((m, n, c)))
        for m, n, c, spread in ((2, 5, 3, 1), (5, 20, 10, 3), (1, 4, 6, 2), (3, 3, 3, 4))
    }
    cases["two networks, sure of a class as of 1 - exp(-2000)"] = _log_softmax(
        np.array([[[2000.0, 0, 0, 1]], [[2000.0, 0, 1, 0]]])
    )
    for name, given in cases.items():
        came, trouble = attempt(function, given.copy())
        if trouble:
            return Verdict(False, f"{name}: the function {trouble}.")
        right = average(given)
        found = _floats(came)
        if found is None or found.shape != right.shape:
            what = repr(came) if found is None else f"an array {found.shape}"
            return Verdict(False, f"{name}: an array {right.shape} was expected; what came is {what}.")
        if np.isfinite(found).all() and np.abs(found - right).max() <= 1e-4:
            continue
        at = np.unravel_index(np.nanargmax(np.abs(found - right)) if np.isfinite(found).any() else 0, right.shape)
        return Verdict(
            False,
            f"{name}: {right[at]:.4g} was expected at {tuple(map(int, at))}, {found[at]:.4g} came."
            f"{_slip_of_average(given, found)}",
        )
    return Verdict(True, f"{len(cases)} sets of predictions agree, and no probability vanishes on the way.")


def _tail(n: int, k: int) -> float:
    """P(a fair coin, thrown n times, falls heads k times or fewer)."""
    return sum(comb(n, i) for i in range(k + 1)) / 2**n


def _slip_of_counts(counts: np.ndarray, first: np.ndarray, second: np.ndarray) -> str:
    """A sentence on the slip that explains the counts, or nothing."""
    both, neither = (first & second).sum(), (~first & ~second).sum()
    only_first, only_second = (first & ~second).sum(), (second & ~first).sum()
    slips = (
        ((only_second, only_first), "They have changed places."),
        ((first.sum(), second.sum()), "These count all that each names correctly, also where both do."),
        (((~second).sum(), (~first).sum()), "These count all that each misses, also where both do."),
        ((both, neither), "These count where the networks agree."),
        ((only_first + only_second,) * 2, "This is their sum; each is wanted by itself."),
        ((only_first / len(first), only_second / len(first)), "These are shares; numbers of pictures are wanted."),
    )
    return next((f" {words}" for slip, words in slips if np.allclose(counts, slip)), "")


def _slip_of_p(only_first: int, only_second: int, p: float) -> str:
    """A sentence on the slip that explains p, or nothing."""
    from scipy.special import erfc

    n, fewer = only_first + only_second, min(only_first, only_second)

    def chi_square(distance: float) -> float:
        return float(erfc(distance / np.sqrt(2 * n))) if n else 1.0

    apart = abs(only_first - only_second)
    slips = (
        (2 * _tail(n, fewer), "The two tails overlap where the split is even: a probability is 1 at most."),
        (_tail(n, only_first), "This is one-sided: as uneven a split the other way counts as well."),
        (_tail(n, only_second), "This is one-sided: as uneven a split the other way counts as well."),
        (1 - Discordant(only_first, only_second).p, "This is one minus p."),
        (2 * _tail(n, fewer - 1), "The split that was found belongs to those that are at least as uneven."),
        (2 * _tail(n, fewer) - comb(n, fewer) / 2**n, "This is the mid-p; the exact p counts the split itself wholly."),
        (comb(n, fewer) / 2**n, "This is the chance of just this split; more uneven ones count as well."),
        (chi_square(apart), "This is the chi-square approximation; few pictures need the coin itself."),
        (
            chi_square(max(apart - 1, 0)),
            "This is the corrected chi-square approximation; few pictures need the coin itself.",
        ),
    )
    found = next((f" {words}" for slip, words in slips if abs(p - slip) <= 1e-9 + 1e-6 * abs(slip)), "")
    return found or (" A probability lies between 0 and 1." if not 0 <= p <= 1 else "")


def _slip_of_average(given: np.ndarray, found: np.ndarray) -> str:
    """A sentence on the slip that explains the averages, or nothing."""
    members = len(given)
    votes = np.eye(given.shape[2])[given.argmax(2)].mean(0)
    geometric = given.mean(0)
    with np.errstate(divide="ignore"):
        naive, log_votes = np.log(np.exp(given).mean(0)), np.log(votes)
    vote = "These are votes: each network's first choice counts, and how sure it is doesn't."
    slips = (
        (np.exp(average(given)), "These are the probabilities; their logarithms are wanted."),
        (geometric, "This averages logarithms, which is the geometric mean; and the classes don't add up to 1."),
        (
            _log_softmax(geometric),
            "This averages logarithms and normalises: the geometric mean, where whoever rules out a class has a veto.",
        ),
        (average(given) + np.log(members), f"The classes add up to {members}: divide by the number of networks."),
        (given.sum(0), "This adds up logarithms, which multiplies probabilities."),
        (naive, "exp() of so small a logarithm is 0. Subtract the largest over the networks first, and add it again."),
        (votes, vote),
        (log_votes, vote),
        (given.max(0), "This takes the surest network for each class; an average is wanted."),
    )
    for slip, words in slips:
        if slip.shape == found.shape and np.allclose(found, slip, atol=1e-4):
            return f" {words}"
    if not np.isfinite(found).all():
        return " exp() of a very small logarithm is 0, whose logarithm is no number."
    if not np.allclose(np.exp(found).sum(1), 1, atol=1e-3):
        return f" The first picture's classes add up to {np.exp(found[0].clip(max=50)).sum():.3g}, not to 1."
    return ""


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _three(came: Any) -> np.ndarray | None:
    """Three numbers, also where they are a tuple of arrays and tensors."""
    try:
        values = [number(value) for value in came]
    except Exception:  # a learner's object may raise anything; then it is no tuple of numbers
        return None
    return np.array(values) if len(values) == 3 and None not in values else None


def _floats(came: Any) -> np.ndarray | None:
    """The answer as an array of floats, infinities and NaN among them, or None where it is nothing of the kind."""
    try:
        array = np.asarray(came.detach().cpu() if isinstance(came, Tensor) else came)
    except Exception:  # as in `numbers`
        return None
    return array.astype(float) if array.dtype.kind in "iuf" and array.size else None
