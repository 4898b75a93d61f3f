"""How much of a network's cross-entropy is overconfidence: what is left with its temperature set (Guo et al., 2017)."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax

from zflib.experiments.ablation.ensembles import checked, of_true_class

SHARPEST = 100.0  # times the logits: a net that is always right can't be too sure, and some end there has to be


def calibrated(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) nats: a network's cross-entropy by picture, had it been as sure as it has reason to be.

    log_probabilities  (N, C) of one network
    labels             (N,) the true classes

    Log-probabilities divided by one number, the temperature, and normalised again name the same classes, more or less
    surely. The temperature is the one with the least mean cross-entropy, chosen on one half of the pictures for the
    other: those at even places choose for those at odd places, and the other way round.

    Raises ValueError for anything else, and for fewer than two pictures.
    """
    given = checked(log_probabilities)
    if given.ndim != 2 or len(given) < 2:
        raise ValueError(f"Expected the probabilities of one network, two pictures or more, not {given.shape}.")
    of_true_class(given, labels)  # refuses labels that don't fit
    labels, odd = np.asarray(labels), np.arange(len(given)) % 2 == 1
    found = np.empty(len(given))
    for judges in (odd, ~odd):
        sharpened = log_softmax(_sharpness(given[judges], labels[judges]) * given[~judges], axis=-1)
        found[~judges] = -of_true_class(sharpened, labels[~judges])[1]
    return found


def _sharpness(log_probabilities: np.ndarray, labels: np.ndarray) -> float:
    """One over the best temperature, from 0 to SHARPEST: where the cross-entropy has slope 0, which only grows."""
    below = log_probabilities - log_probabilities.max(-1, keepdims=True)
    true = of_true_class(below, labels)[1].mean()

    def slope(sharpness: float) -> float:
        weights = np.exp(sharpness * below)
        return float(((weights * below).sum(-1) / weights.sum(-1)).mean() - true)

    if slope(0.0) >= 0:  # what it says is no better than nothing
        return 0.0
    return float(brentq(slope, 0.0, SHARPEST, xtol=1e-6)) if slope(SHARPEST) > 0 else SHARPEST
