"""Ensembles: several networks whose probabilities are averaged (Section 5.1, Table 2), and why that helps.

Averaging is not boosting: members are trained independently of each other and count alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import logsumexp

MOST = 8  # members of which `averaging` tries every subset: 255 of them
ROUNDING = 0.01  # how far sums of probabilities may be from 1: log-probabilities are kept as float16


@dataclass(frozen=True)
class Scores:
    """error in percent (top-1), cross_entropy in nats, brier: the mean squared error of the probabilities, summed over
    classes, from 0 to 2."""

    error: float
    cross_entropy: float
    brier: float


@dataclass(frozen=True, eq=False)
class Averaging:
    """What averaging M members does on N pictures, and why.

    members       the mean of the members' own scores
    ensemble      the scores of their average
    by_size       for k = 1 to M, the mean scores over all ensembles of k members
    correlation   (M, M) of the members' errors: Pearson's, of "wrong" as 0 or 1; NaN beside a member that is wrong
                  nowhere or everywhere
    alignment     how alike the members' errors are as vectors, probabilities minus truth: the mean inner product of
                  two members' over the mean square of one's. What averaging leaves of the squared error is exactly
                  alignment + (1 - alignment) / M
    disagreement  (M, M) percent of the pictures for which two members name different classes
    gap           (N,) nats, 0 or more: the logarithm of the arithmetic over the geometric mean of the members'
                  probabilities of the true class. Its mean is what averaging takes off the cross-entropy, exactly:
                  members.cross_entropy - ensemble.cross_entropy (Jensen's inequality). Members that agree gain nothing.
    """

    members: Scores
    ensemble: Scores
    by_size: tuple[Scores, ...]
    correlation: np.ndarray
    alignment: float
    disagreement: np.ndarray
    gap: np.ndarray


def average(log_probabilities: np.ndarray) -> np.ndarray:
    """The logarithm of the members' mean probability, (M, N, C) -> (N, C). Computed in logarithms: nothing underflows.

    Raises ValueError for another shape, and for what are not logarithms of probabilities that sum to 1.
    """
    members = checked(log_probabilities)
    if members.ndim != 3:
        raise ValueError(f"Expected log-probabilities (members, pictures, classes); these are {members.shape}.")
    return logsumexp(members, axis=0) - np.log(len(members))


def scores(log_probabilities: np.ndarray, labels: np.ndarray) -> Scores:
    """Top-1 error, cross-entropy and Brier score of one network or ensemble.

    log_probabilities  (N, C)
    labels             (N,) whole numbers from 0 to C - 1

    Raises ValueError for other shapes or labels, and for what are not logarithms of probabilities that sum to 1.
    """
    log_probabilities = checked(log_probabilities)
    if log_probabilities.ndim != 2:
        raise ValueError(f"Expected log-probabilities (pictures, classes); these are {log_probabilities.shape}.")
    right, true = of_true_class(log_probabilities, labels)
    squared = np.square(_error_vectors(log_probabilities, labels)).sum(-1).mean()
    return Scores(100 * float(1 - right.mean()), float(-true.mean()), float(squared))


def averaging(log_probabilities: np.ndarray, labels: np.ndarray) -> Averaging:
    """Measure why the average of M members is better than they are.

    log_probabilities  (M, N, C), M from 2 to 8
    labels             (N,) whole numbers from 0 to C - 1

    Errors as for `scores`; ValueError also for fewer or more members.
    """
    ensemble = average(log_probabilities)
    members = np.asarray(log_probabilities, dtype=float)
    count = len(members)
    if not 2 <= count <= MOST:
        raise ValueError(f"Averaging is measured with 2 to {MOST} members; here are {count}.")
    right, true = of_true_class(members, labels)
    named = members.argmax(-1)
    with np.errstate(invalid="ignore"):  # 0 / 0 beside a member that is wrong nowhere or everywhere: NaN
        correlation = np.corrcoef(~right)
    vectors = _error_vectors(members, labels)
    # Of the M * M inner products those of a member with itself are taken off.
    together, each = np.square(vectors.sum(0)).sum(), np.square(vectors).sum()
    by_size = []
    for k in range(1, count + 1):
        by_size.append(_mean([scores(average(members[list(few)]), labels) for few in combinations(range(count), k)]))
    return Averaging(
        members=by_size[0],
        ensemble=by_size[-1],
        by_size=tuple(by_size),
        correlation=correlation,
        alignment=float((together - each) / ((count - 1) * each)) if each else 1.0,
        disagreement=100 * (named[:, None] != named).mean(-1),
        gap=of_true_class(ensemble, labels)[1] - true.mean(0),
    )


def table_2(zfnets: np.ndarray, wide: np.ndarray, labels: np.ndarray) -> dict[str, Scores]:
    """Our counterparts of four rows of Table 2, named as in `zflib.paper.TABLES[2]`.

    zfnets  (A, N, C) log-probabilities of the networks (a); the paper has five
    wide    (B, N, C) of networks (b), with 512, 1024 and 512 maps in layers 3 to 5; the paper has one
    labels  (N,)

    A row with one network in it is the mean over those that could be it: "zfnet_6_convnets_a_and_b" is all of (a) with
    one of (b), B times. Errors as for `average` and `scores`.
    """
    zfnets, wide = checked(zfnets), checked(wide)
    return {
        "zfnet_1_convnet": _mean([scores(net, labels) for net in zfnets]),
        "zfnet_5_convnets_a": scores(average(zfnets), labels),
        "zfnet_512_1024_512_b": _mean([scores(net, labels) for net in wide]),
        "zfnet_6_convnets_a_and_b": _mean([scores(average([*zfnets, net]), labels) for net in wide]),
    }


def of_true_class(log_probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether the true class is the most probable one, and the logarithm of its probability; two (..., N).

    log_probabilities  (..., N, C) that `checked` has passed
    labels             (N,); ValueError unless they are N whole numbers from 0 to C - 1
    """
    labels = np.asarray(labels)
    *_, pictures, classes = log_probabilities.shape
    if labels.shape != (pictures,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"Expected {pictures} labels, whole numbers from 0 to {classes - 1}, one for each picture of the "
            "probabilities."
        )
    return log_probabilities.argmax(-1) == labels, log_probabilities[..., np.arange(pictures), labels]


def _error_vectors(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(..., N, C): the probabilities, minus 1 for the true class."""
    vectors = np.exp(log_probabilities)
    vectors[..., np.arange(len(labels)), labels] -= 1
    return vectors


def checked(log_probabilities: np.ndarray) -> np.ndarray:
    """Log-probabilities (..., N, C) as float64; ValueError unless they are some, finite, and probabilities sum to 1."""
    try:
        given = np.asarray(log_probabilities).astype(float, casting="same_kind")
    except (TypeError, ValueError):
        raise ValueError("Expected one array of log-probabilities; networks must share pictures and classes.") from None
    if given.ndim < 2 or not given.size:
        raise ValueError(f"Expected log-probabilities (..., pictures, classes), not empty; these are {given.shape}.")
    if not np.isfinite(given).all() or np.abs(logsumexp(given, axis=-1)).max() > ROUNDING:
        raise ValueError("These are no log-probabilities: exp of them must sum to 1 over classes. Take log_softmax.")
    return given


def _mean(several: list[Scores]) -> Scores:
    return Scores(
        *(float(np.mean([getattr(s, name) for s in several])) for name in ("error", "cross_entropy", "brier"))
    )
