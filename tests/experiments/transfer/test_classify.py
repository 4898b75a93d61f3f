"""Support vectors and softmax on inner products: the same as on the features themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from zflib.experiments.transfer import classify
from zflib.experiments.transfer.folds import fold


@pytest.fixture(scope="module")
def clouds():
    """Ten overlapping clouds in 40 dimensions, 60 points each, of unit length; about two thirds can be told apart."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 60)
    points = generator.normal(size=(10, 40))[labels] + 2.2 * generator.normal(size=(600, 40))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points, labels, fold(labels, 30, 0)


@pytest.mark.parametrize("cost", [0.1, 1.0])
def test_the_support_vectors_are_those_of_the_features(clouds, cost):
    points, labels, drawn = clouds
    ours = classify.svm(points @ points.T, labels, drawn.train, drawn.test, cost)
    # liblinear penalises the intercept; as the coefficient of a large constant it goes nearly free.
    theirs = LinearSVC(C=cost, loss="hinge", intercept_scaling=30, max_iter=200_000, tol=1e-6, random_state=0)
    theirs = theirs.fit(points[drawn.train], labels[drawn.train]).decision_function(points[drawn.test])
    assert np.abs(ours - theirs).max() < 0.03
    scores = [classify.mean_accuracy(labels[drawn.test], d.argmax(1)) for d in (ours, theirs)]
    assert abs(scores[0] - scores[1]) <= 0.0034 and 0.5 < scores[0] < 0.9  # one picture of 300


@pytest.mark.parametrize("cost", [1.0, 10.0])
def test_the_softmax_is_that_of_the_features(clouds, cost):
    points, labels, drawn = clouds
    ours = classify.softmax(points @ points.T, labels, drawn.train, drawn.test, cost)
    theirs = LogisticRegression(C=cost, max_iter=5000, tol=1e-8).fit(points[drawn.train], labels[drawn.train])
    theirs = theirs.decision_function(points[drawn.test])
    assert np.abs(ours - theirs).max() < 0.02 * np.abs(theirs).max()
    assert (ours.argmax(1) == theirs.argmax(1)).mean() > 0.98


def test_classes_of_a_set_that_takes_part_only_in_part(clouds):
    points, labels, _ = clouds
    labels = np.where(labels % 2 == 1, labels, -1)
    drawn = fold(labels, 30, 0)
    for classifier in classify.CLASSIFIERS.values():
        decided = classifier(points @ points.T, labels, drawn.train, drawn.test, 10.0)
        named = classify.classes_of(labels, drawn.train)[decided.argmax(1)]
        assert decided.shape == (len(drawn.test), 5) and set(named) <= {1, 3, 5, 7, 9}
        assert (named == labels[drawn.test]).mean() > 0.6


def test_the_cost_is_chosen_on_training_pictures_alone(clouds):
    points, labels, drawn = clouds
    products = points @ points.T
    chosen = classify.best_cost(classify.svm, products, labels, drawn.train)
    spoilt = products.copy()
    spoilt[drawn.test] = spoilt[:, drawn.test] = np.nan
    assert classify.best_cost(classify.svm, spoilt, labels, drawn.train) == chosen


def test_the_cost_that_names_most_wins_and_of_equals_the_smallest():
    labels = np.repeat([0, 1], 10)

    def classifier(gram, labels, train, test, cost):
        right = np.eye(2)[labels[test]]
        return right if cost >= 3 else 1 - right

    assert classify.best_cost(classifier, np.eye(20), labels, np.arange(20), (1, 3, 9)) == 3


def test_with_one_picture_a_class_there_is_nothing_to_choose_by():
    labels = np.array([0, 1, 2, 0, 1, 2])
    assert classify.best_cost(classify.svm, np.eye(6), labels, np.array([0, 1, 2]), (1, 2, 3)) == 2


def test_unit_length_makes_strength_no_matter(clouds):
    points = clouds[0]
    stronger = points * np.linspace(0.01, 100, len(points))[:, None]
    assert np.allclose(classify.of_unit_length(stronger @ stronger.T), points @ points.T, atol=1e-9)
    with pytest.raises(ValueError, match="responds to picture 3"):
        classify.of_unit_length(np.diag([1.0, 1, 1, 0, 1]))


def test_the_mean_over_classes_counts_small_ones_as_much():
    truth, named = np.array([0] * 90 + [1] * 10), np.array([0] * 100)
    assert classify.mean_accuracy(truth, named) == 0.5
    assert classify.accuracies(truth, named).tolist() == [1.0, 0.0]


def slow_average_precision(scores, truth, difficult):
    """The challenge's rule, word for word: for each recall the best precision at that recall or a higher one."""
    ranked = sorted((-score, hit) for score, hit, hard in zip(scores, truth, difficult, strict=True) if not hard)
    hits = [hit for _, hit in ranked]
    points, found = [], 0
    for rank, hit in enumerate(hits, 1):
        found += hit
        points.append((found / sum(hits), found / rank))
    area, last = 0.0, 0.0
    for recall in sorted({r for r, _ in points}):
        area += (recall - last) * max(p for r, p in points if r >= recall)
        last = recall
    return area


ROWS = st.tuples(st.integers(0, 1000), st.booleans(), st.booleans())


@given(st.lists(ROWS, min_size=2, max_size=40, unique_by=lambda row: row[0]))
def test_average_precision_is_the_challenges(rows):
    scores, truth, hard = (np.array(column) for column in zip(*rows, strict=True))
    truth = truth & ~hard
    found = classify.average_precision(scores, truth, hard)
    if not truth.any():
        assert np.isnan(found)
    else:
        assert found == pytest.approx(slow_average_precision(scores, truth, hard))
