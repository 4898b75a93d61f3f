"""Class entropy against hand-made cases, its control against every possible draw."""

import itertools
from math import log2

import numpy as np
import pytest

from zflib.analysis import class_entropy, random_entropy


def test_entropy_of_cases_done_by_hand():
    labels = [[4] * 8, list(range(8)), [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 1, 2]]
    found = class_entropy(labels)
    np.testing.assert_allclose(found, [0, 3, 1, 0.75 * log2(4 / 3) + 0.25 * 3], atol=1e-12)
    assert not np.signbit(found[0])


@pytest.mark.parametrize("rubbish", [[], [1, 2], [[0.5, 1.0]], np.zeros((0, 9), int)])
def test_entropy_refuses_what_is_no_table_of_classes(rubbish):
    with pytest.raises(ValueError, match="whole numbers"):
        class_entropy(rubbish)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8])
def test_random_entropy_is_the_mean_over_all_draws(k):
    labels = np.array([0, 0, 0, 1, 1, 2, 7, 7])
    draws = [labels[list(drawn)] for drawn in itertools.combinations(range(len(labels)), k)]
    assert random_entropy(labels, k) == pytest.approx(class_entropy(draws).mean())


def test_random_entropy_needs_enough_pictures():
    with pytest.raises(ValueError, match="9 different pictures"):
        random_entropy([0, 1, 2])
