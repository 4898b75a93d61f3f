"""Linear classifiers that see pictures only through their Gram matrix: support vectors (Table 7) and softmax (Table 4).

A linear classifier with a squared penalty on its weights needs the inner products of the features, not the features:
one matrix a layer, N x N, serves every fold, every number of training pictures and every C, where the features of
layer 1 would need gigabytes each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from zflib.experiments.transfer.folds import Fold, fold

COSTS = (0.1, 1.0, 10.0, 100.0)  # of C, in scikit-learn's sense: small C, strong penalty


def of_unit_length(gram: np.ndarray) -> np.ndarray:
    """The Gram matrix of the same features, each picture's scaled to length 1 (float64).

    Strength is no class: a photograph of twice the contrast would otherwise weigh four times as much. Raises
    ValueError for a picture to which no feature responds.
    """
    length = np.sqrt(np.diag(gram).astype(np.float64))
    if not (length > 0).all():
        raise ValueError(f"No feature of this layer responds to picture {int((length <= 0).argmax())}.")
    return gram / np.outer(length, length)


def svm(gram: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray, cost: float) -> np.ndarray:
    """(tested, classes) decision values of linear support vector machines, one class against the rest (hinge loss).

    gram         (N, N)
    labels       (N,) the classes, or (N, classes) booleans where a picture may have several
    train, test  positions
    cost         C of the hinge loss
    """
    from sklearn.svm import SVC

    among, to_test = gram[np.ix_(train, train)], gram[np.ix_(test, train)]
    found = []
    several = labels.ndim == 2
    classes = labels.T if several else classes_of(labels, train)[:, None] == labels
    for member in classes[:, train]:
        if not member.any():  # a class of VOC that these pictures don't show
            found.append(np.zeros(len(test)))
            continue
        machine = SVC(C=cost, kernel="precomputed", cache_size=500)
        found.append(machine.fit(among, member).decision_function(to_test))
    return np.stack(found, axis=1)


def softmax(gram: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray, cost: float) -> np.ndarray:
    """(tested, classes) scores of a softmax over all classes, its weights penalised by their squared length.

    Arguments as for `svm`; `labels` (N,) only. With G = L L^T over the training pictures, the rows of L are features
    with the same inner products, as many as there are pictures: scikit-learn's classifier learns from them.
    """
    from scipy.linalg import cholesky, solve_triangular
    from sklearn.linear_model import LogisticRegression

    among, to_test = gram[np.ix_(train, train)].astype(np.float64), gram[np.ix_(test, train)].astype(np.float64)
    # Float32 products may leave a direction a negative length. Each picture gets a feature that no other has, of a
    # hundredth of its length: G + I / 10,000, where lengths are 1.
    lower = cholesky(among + 1e-4 * np.mean(np.diag(among)) * np.eye(len(train)), lower=True)
    machine = LogisticRegression(C=cost, max_iter=1000).fit(lower, labels[train])
    decided = machine.decision_function(solve_triangular(lower, to_test.T, lower=True).T)
    return np.stack([-decided, decided], axis=1) if decided.ndim == 1 else decided  # two classes share one number


CLASSIFIERS: dict[str, Callable[..., np.ndarray]] = {"svm": svm, "softmax": softmax}


def best_cost(
    classifier: Callable[..., np.ndarray],
    gram: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    costs: Sequence[float] = COSTS,
    seed: int = 0,
) -> float:
    """The C that names most of a fifth of the training pictures after learning from the others.

    The fifth is taken from every class alike: drawn without that, it loses whole classes of fifteen. Where a class has
    fewer than 5 training pictures, one of them is held back; with 1 there is nothing to choose from, and C is the
    middle of `costs`. Of equally good ones the smallest. No test picture is seen.
    """
    fewest = np.unique(labels[train], return_counts=True)[1].min()
    if fewest < 2:
        return costs[len(costs) // 2]
    inside = np.full(len(labels), -1)
    inside[train] = labels[train]
    held = max(1, fewest // 5)
    division = fold(inside, int(fewest - held), seed, most_tested=int(held))
    scores = []
    for cost in costs:
        decided = classifier(gram, labels, division.train, division.test, cost)
        named = classes_of(labels, division.train)[decided.argmax(1)]
        scores.append(mean_accuracy(labels[division.test], named))
    return costs[int(np.argmax(scores))]


def named(
    classifier: Callable[..., np.ndarray], gram: np.ndarray, labels: np.ndarray, drawn: Fold
) -> tuple[np.ndarray, float]:
    """(tested,) the class that each test picture of a fold is given, and the C that was chosen for it."""
    cost = best_cost(classifier, gram, labels, drawn.train)
    decided = classifier(gram, labels, drawn.train, drawn.test, cost)
    return classes_of(labels, drawn.train)[decided.argmax(1)], cost


def classes_of(labels: np.ndarray, train: np.ndarray) -> np.ndarray:
    """The classes in the order of a classifier's columns."""
    return np.unique(labels[train])


def accuracies(truth: np.ndarray, named: np.ndarray) -> np.ndarray:
    """(classes,) the share of each class's test pictures that got its name, in the order of `np.unique(truth)`."""
    return np.array([(named[truth == label] == label).mean() for label in np.unique(truth)])


def mean_accuracy(truth: np.ndarray, named: np.ndarray) -> float:
    """The paper's measure, the mean over classes: one of 800 pictures counts no more than one of 31."""
    return float(accuracies(truth, named).mean())


def average_precision(scores: np.ndarray, truth: np.ndarray, difficult: np.ndarray) -> float:
    """PASCAL VOC's average precision since 2010: the area under precision over recall, precision made monotone.

    scores     (N,) how sure the classifier is that the class is there
    truth      (N,) booleans: it is there
    difficult  (N,) booleans: only objects marked difficult are there; such pictures are passed over, as in the
               challenge

    NaN where no picture holds the class.
    """
    scores, truth = scores[~difficult], truth[~difficult]
    if not truth.any():
        return float("nan")
    hits = truth[np.argsort(-scores, kind="stable")]
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[hits].mean())
