"""Silverman's test on peaks that we drew: two humps are seen, and where; one hump seldom passes for two."""

import numpy as np

from zflib.analysis.spectrum.dip import dip


def test_the_dip_is_found_where_it_is():
    rng = np.random.default_rng(0)
    p, at = dip(np.concatenate([rng.normal(0.08, 0.02, 48), rng.normal(0.42, 0.02, 48)]), rng)
    assert p < 0.05 and 0.12 < at < 0.33
    assert np.isnan(dip(np.full(5, 0.2), rng)).all() and np.isnan(dip(np.zeros(50), rng)).all()


def test_one_hump_rarely_shows_a_dip():
    rng = np.random.default_rng(0)
    false = [dip(2 ** rng.normal(-2.5, 0.4, 60), rng, draws=60)[0] < 0.05 for _ in range(60)]
    assert np.mean(false) < 0.1
