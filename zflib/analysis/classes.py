"""How mixed are the classes among the strongest pictures of a map?"""

from __future__ import annotations

from math import comb, log2
from typing import Any

import numpy as np

from zflib.arguments import whole


def class_entropy(labels: Any) -> np.ndarray:
    """Entropy, in bits, of the classes among each map's strongest pictures.

    labels  (C, k) whole numbers: the class of each map's k strongest pictures

    Returns (C,): 0 where all k are of one class, log2(k) where no two are.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2 or not labels.size or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"Labels must be whole numbers of shape (C, k), not {labels.dtype} {labels.shape}.")
    return np.array([_entropy(np.unique(row, return_counts=True)[1]) for row in labels])


def random_entropy(labels: Any, k: int = 9) -> float:
    """The entropy, in bits, to expect of k different pictures drawn at random: the control of `class_entropy`.

    labels  (N,) whole numbers, the class of every picture of the set

    Exact: the number of pictures of one class among the k follows the hypergeometric distribution, and the entropy is
    a sum over classes. Raises ValueError where there are fewer than k pictures, and for labels that are not whole.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"Labels must be whole numbers of shape (N,), not {labels.dtype} {labels.shape}.")
    total = labels.size
    if whole("k", k, 1) > total:
        raise ValueError(f"k = {k} different pictures can't be drawn from {total} labels.")
    expected = 0.0
    for members in np.unique(labels, return_counts=True)[1].tolist():
        for drawn in range(1, min(k, members) + 1):
            chance = comb(members, drawn) * comb(total - members, k - drawn) / comb(total, k)
            expected -= chance * drawn / k * log2(drawn / k)
    return expected


def _entropy(counts: np.ndarray) -> float:
    shares = counts / counts.sum()
    return float(abs(-(shares * np.log2(shares)).sum()))  # abs: one class alone would give -0.0
