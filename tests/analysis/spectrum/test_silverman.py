"""Silverman's test on peaks that we drew: two humps are seen, and where; one hump seldom passes for two."""

import numpy as np
import pytest

from zflib.analysis.spectrum import silverman


def test_the_dip_is_found_where_it_is():
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(0.08, 0.02, 48), rng.normal(0.42, 0.02, 48), [np.nan]])
    p, at = silverman(two, draws=99)
    assert p == 1 / 100 and 0.12 < at < 0.33  # no draw needs as wide a Gaussian, and yet p is not 0
    assert np.isnan(silverman(np.full(5, 0.2))).all() and np.isnan(silverman(np.zeros(50))).all()


def test_one_hump_rarely_shows_a_dip():
    rng = np.random.default_rng(0)
    false = [silverman(2 ** rng.normal(-2.5, 0.4, 60), draws=59, seed=seed)[0] < 0.05 for seed in range(60)]
    assert np.mean(false) < 0.1


def test_blobs_at_zero_are_put_at_the_floor():
    found = np.concatenate([np.zeros(24), 2 ** np.random.default_rng(0).normal(-2.6, 0.2, 24)])
    far, near = (silverman(found, floor, draws=99)[0] for floor in (1 / 22, 1 / 8))
    assert far < 0.05 < near
    assert silverman(np.maximum(found, 1 / 8), 1 / 8, draws=99)[0] == near


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"found": np.zeros((2, 20))}, "one bank"),
        ({"floor": 0}, "floor must lie"),
        ({"floor": 0.5}, "floor must lie"),
        ({"draws": 0}, "draws must be"),
    ],
)
def test_what_makes_no_sense_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        silverman(**{"found": np.linspace(0.1, 0.4, 20)} | given)
