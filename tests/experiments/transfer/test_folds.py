import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zflib.experiments.transfer.folds import fold, of_at_least

LABELS = np.repeat(np.arange(4), (31, 35, 60, 800))


@given(st.integers(1, 30), st.integers(0, 9), st.integers(1, 60))
def test_a_fold_takes_of_each_class_what_is_asked_and_nothing_twice(per_class, seed, most):
    drawn = fold(LABELS, per_class, seed, most)
    assert not set(drawn.train) & set(drawn.test)
    assert (np.bincount(LABELS[drawn.train]) == per_class).all()
    assert np.bincount(LABELS[drawn.test]).tolist() == [min(most, n - per_class) for n in (31, 35, 60, 800)]


def test_fifteen_lie_among_thirty_and_seeds_differ():
    few, many, other = fold(LABELS, 15, 0), fold(LABELS, 30, 0), fold(LABELS, 30, 1)
    assert set(few.train) < set(many.train) and set(many.train) != set(other.train)
    assert (fold(LABELS, 30, 0).train == many.train).all()


def test_a_class_draws_the_same_whatever_other_classes_there_are():
    alone = fold(np.where(LABELS == 2, 2, -1), 30, 5)
    assert set(alone.train) == {at for at in fold(LABELS, 30, 5).train if LABELS[at] == 2}


def test_a_class_with_nothing_left_to_test_is_named():
    with pytest.raises(ValueError, match="Class 0 has 31 pictures; 31 to train on leave none to test"):
        fold(LABELS, 31, 0)
    assert set(LABELS[fold(of_at_least(LABELS, 32), 31, 0).train]) == {1, 2, 3}


def test_the_digest_tells_folds_and_files_apart():
    names = [f"{at}.jpg" for at in range(len(LABELS))]
    digests = {fold(LABELS, n, seed).digest(names) for n in (15, 30) for seed in (0, 1)}
    assert len(digests) == 4
    assert fold(LABELS, 15, 0).digest(names[::-1]) not in digests
    assert fold(LABELS, 15, 0).digest(names) in digests
