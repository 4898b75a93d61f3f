"""A temperature takes overconfidence away, changes no answer, and is chosen on pictures that it does not judge."""

import numpy as np
import pytest

from zflib.experiments.ablation import calibrated


def of(rng, sharpness, pictures=4000, classes=10):
    """A net whose probabilities are right, told with its logits times `sharpness`; and the labels drawn from them."""
    logits = 2 * rng.normal(size=(pictures, classes))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([rng.choice(classes, p=p) for p in true])
    said = sharpness * logits
    return said - np.log(np.exp(said).sum(1, keepdims=True)), labels


def by_hand(log_probabilities, labels):
    """Tried one by one, on every other picture."""
    nll = []
    for temperature in np.geomspace(0.2, 5, 2001):
        powers = np.exp(log_probabilities / temperature)
        nll.append(-np.log(powers[np.arange(len(labels)), labels] / powers.sum(1)))
    nll = np.array(nll)
    found = np.empty(len(labels))
    found[0::2] = nll[nll[:, 1::2].mean(1).argmin(), 0::2]
    found[1::2] = nll[nll[:, 0::2].mean(1).argmin(), 1::2]
    return found


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_equals_temperatures_tried_one_by_one(sharpness):
    log_probabilities, labels = of(np.random.default_rng(1), sharpness, pictures=400)
    assert np.allclose(calibrated(log_probabilities, labels), by_hand(log_probabilities, labels), atol=0.01)


def test_what_was_told_too_surely_is_as_good_as_what_was_not():
    told = {sharpness: of(np.random.default_rng(0), sharpness) for sharpness in (0.4, 1.0, 2.5)}
    honest, labels = told[1.0]
    right = -honest[np.arange(len(labels)), labels].mean()
    for sharpness, (said, same) in told.items():
        assert np.array_equal(same, labels)
        before, after = -said[np.arange(len(labels)), labels].mean(), calibrated(said, labels).mean()
        assert after == pytest.approx(right, abs=0.005)
        assert sharpness == 1 or before > after + 0.1


def test_who_knows_nothing_and_says_so_loudly_is_turned_down_to_a_guess():
    rng = np.random.default_rng(2)
    said = 5 * rng.normal(size=(3000, 10))
    said -= np.log(np.exp(said).sum(1, keepdims=True))
    assert calibrated(said, rng.integers(10, size=3000)).mean() == pytest.approx(np.log(10), abs=0.01)
    contrary = np.tile(np.log([0.9, 0.1]), (10, 1))
    assert np.allclose(calibrated(contrary, np.ones(10, int)), np.log(2))


def test_who_is_always_right_may_be_as_sure_as_it_likes():
    said = np.tile(np.log([0.6, 0.4]), (10, 1))
    found = calibrated(said, np.zeros(10, int))
    assert np.isfinite(found).all() and found.max() < 1e-6


def test_what_is_no_network_on_pictures_is_refused():
    log_probabilities, labels = of(np.random.default_rng(3), 1.0, pictures=6)
    with pytest.raises(ValueError, match="one network, two pictures or more"):
        calibrated(log_probabilities[None], labels)
    with pytest.raises(ValueError, match="two pictures"):
        calibrated(log_probabilities[:1], labels[:1])
    with pytest.raises(ValueError, match="6 labels"):
        calibrated(log_probabilities, labels[:5])
    with pytest.raises(ValueError, match="log_softmax"):
        calibrated(np.exp(log_probabilities), labels)
