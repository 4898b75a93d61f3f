"""The checkers of chapter 4 tell right from wrong, name the slip, and never raise."""

import numpy as np
import pytest
import torch

from zflib.analysis import effective_field, random_entropy
from zflib.exercises.layers import check_effective_field, check_entropy, check_random_nine, check_strongest


@pytest.mark.parametrize("answer", [[1, 5, 0], np.array([1, 5, 0]), torch.tensor([1, 5, 0]), (1.0, 5.0, 0.0)])
def test_the_strongest_three(answer):
    assert check_strongest(answer)


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ([2, 6, 1], "one too large"),
        ([1, 5, 1], "only once"),
        ([5, 1, 0], "ties"),
        ([1, 5, 2], "ties"),
        ([1, 5, 3], "larger ones exist"),
        ([1, 5, 9], "0 to 5"),
        ([9, 9, 7], "values themselves"),
        ([0, 5, 1], "order"),
        (["1", "5", "0"], "numbers of three pictures"),
    ],
)
def test_slips_with_the_strongest_three(answer, slip):
    verdict = check_strongest(answer)
    assert not verdict and slip in verdict.text


def entropy(labels, log=np.log2):
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    return -(shares * log(shares)).sum()


def test_entropy():
    assert check_entropy(entropy)
    assert check_entropy(lambda labels: torch.tensor(entropy(labels)))
    assert check_entropy(lambda labels: np.array([entropy(labels)]))
    assert check_entropy(lambda labels: entropy([labels.pop() for _ in range(len(labels))]))
    for wrong, slip in (
        (lambda labels: entropy(labels, np.log), "nats"),
        (lambda labels: -entropy(labels), "sign"),
        (lambda labels: entropy(labels) / np.log2(9), "expected"),
        (lambda labels: len(set(labels)), "expected"),
        (lambda labels: 1.0, "expected"),
        (lambda labels: entropy(labels) * len(labels) / 9, "expected"),
        (lambda labels: str(entropy(labels)), "a number was expected"),
        (lambda labels: entropy(labels, np.log10), "expected"),
    ):
        verdict = check_entropy(wrong)
        assert not verdict and slip in verdict.text


def simulated(labels, k, replace=False, draws=2000):
    generator = np.random.default_rng(1)
    return np.mean([entropy(generator.choice(labels, k, replace=replace)) for _ in range(draws)])


def test_random_nine():
    assert check_random_nine(random_entropy)
    assert check_random_nine(simulated)
    for wrong, slip in (
        (lambda labels, k: entropy(labels), "whole set"),
        (lambda labels, k: simulated(labels, k, replace=True), "twice"),
        (lambda labels, k: random_entropy(labels, k) + 0.1, "expected"),
    ):
        verdict = check_random_nine(wrong)
        assert not verdict and slip in verdict.text


def side(energy, share):
    top, _, bottom, _ = effective_field(np.sqrt(energy)[None, None], share)[0]
    return bottom - top


def about_the_peak(energy, share):
    row, column = np.argwhere(energy == energy.max())[0]
    for reach in range(20):
        inside = energy[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        if inside.sum() >= share * energy.sum():
            return 2 * reach + 1


def every_square(energy, share):
    """Right, and the very function that the exercise asks to replace."""
    for length in range(1, len(energy) + 1):
        for row, column in np.ndindex(len(energy) - length + 1, len(energy) - length + 1):
            if energy[row : row + length, column : column + length].sum() >= share * energy.sum():
                return length


def test_effective_side():
    assert check_effective_field(side)
    for wrong, slip in (
        (about_the_peak, "centred on the peak"),
        (every_square, "again and again"),
        (lambda energy, share: every_square(energy, share) if len(energy) < 25 else 1 / 0, "raised ZeroDivisionError"),
        (lambda energy, share: side(energy, share) + 1, "more than it takes"),
        (lambda energy, share: side(energy, share) - 1, "too little"),
        (lambda energy, share: len(energy), "more than it takes"),
    ):
        verdict = check_effective_field(wrong)
        assert not verdict and slip in verdict.text
