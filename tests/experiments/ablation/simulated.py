"""Rows of simulated nets, whose true errors are known, and rows whose errors are chosen."""

from statistics import NormalDist

import numpy as np

from zflib.experiments.ablation import Row

SHARED, OF_ROW, OF_NET = 0.7, 0.3, 0.1  # parts of what makes a simulated net fail on a picture; luck is the rest


def simulated(rng, easiness, seeds=3, pictures=300):
    """Rows whose true errors are known: `true_error` of their easiness."""
    luck = (1 - SHARED**2 - OF_ROW**2) ** 0.5
    shared = SHARED * rng.normal(size=pictures)
    rows = []
    for level in easiness:
        strain = shared + OF_ROW * rng.normal(size=pictures) + OF_NET * rng.normal(size=(seeds, 1)) - level
        strain = strain + luck * rng.normal(size=(seeds, pictures))
        rows.append(Row(strain < 0, np.logaddexp(0, 3 * strain)))
    return rows


def true_error(easiness):
    return 100 * NormalDist().cdf(-easiness / (1 + OF_NET**2) ** 0.5)


def nested(counts, seeds=1, pictures=400):
    """Rows that err on their first so many pictures: what one gets wrong, all with more get wrong."""
    return [Row(np.tile(np.arange(pictures) >= c, (seeds, 1)), np.ones((seeds, pictures))) for c in counts]
