"""Which pictures train a classifier and which test it: Section 5.2's folds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zflib.arguments import whole


@dataclass(frozen=True)
class Fold:
    """Positions in a set of pictures, none in both: (n,) int64 each, sorted."""

    train: np.ndarray
    test: np.ndarray

    def digest(self, files: Sequence[str]) -> str:
        """SHA-256 over the names of the files on both sides: equal digests, equal folds."""
        sides = ("\n".join(files[at] for at in side) for side in (self.train, self.test))
        return hashlib.sha256("\n\n".join(sides).encode()).hexdigest()


def fold(labels: np.ndarray, per_class: int, seed: int, most_tested: int = 50) -> Fold:
    """Draw a fold: `per_class` pictures of each class to train on, the others to test on, at most `most_tested`.

    labels       (N,) class of each picture; -1 for a picture that takes no part
    per_class    training pictures of each class
    most_tested  of each class, 50 as in the paper after Fei-Fei et al. (2006)

    A class is put in an order that depends on the seed and the class alone; training takes from its front, testing
    from its end. So the 15 lie among the 30, and what is tested changes no more than it must.
    Raises ValueError where a class has nothing left to test.
    """
    whole("per_class", per_class, 1), whole("most_tested", most_tested, 1)
    train, test = [], []
    for label in np.unique(labels[labels >= 0]):
        order = np.random.default_rng([seed, int(label)]).permutation(np.flatnonzero(labels == label))
        if len(order) <= per_class:
            raise ValueError(
                f"Class {label} has {len(order)} pictures; {per_class} to train on leave none to test. "
                "Take fewer, or leave out classes as small as this."
            )
        train.append(order[:per_class])
        test.append(order[::-1][: min(most_tested, len(order) - per_class)])
    return Fold(np.sort(np.concatenate(train)), np.sort(np.concatenate(test)))


def of_at_least(labels: np.ndarray, pictures: int) -> np.ndarray:
    """`labels` with -1 for the pictures of classes that have fewer than `pictures`."""
    there, count = np.unique(labels, return_counts=True)
    return np.where(np.isin(labels, there[count >= pictures]), labels, -1)
