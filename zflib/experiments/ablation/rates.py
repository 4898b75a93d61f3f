"""Each row at the learning rate that suits it, instead of one rate for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zflib.experiments.ablation.comparison import Row
from zflib.experiments.ablation.summary import Ablation


def at_its_best_rate(runs: Ablation, network: str, row: str, rates: Sequence[float]) -> tuple[Row, tuple[float, float]]:
    """A row at the rate with the lowest mean error, chosen on one half of the pictures and judged on the other.

    A rate that is chosen on the pictures that score it flatters the row. Here pictures at even places choose the rate
    for those at odd places, and the other way round.

    Returns the row, of the seeds that every rate has, and the rates that score even and odd pictures. Raises ValueError
    where a rate has no finished run, or no seed is common to all.
    """
    by_rate = {
        rate: {o.job.seed: o for o in runs.of(network, row, rate=rate) if o.correct is not None} for rate in rates
    }
    seeds = sorted(set.intersection(*(set(done) for done in by_rate.values())))
    if not seeds:
        raise ValueError(
            f"{network}, {row}, has no seed that is finished at each of the rates {', '.join(map(str, rates))}."
        )
    rows = {
        rate: Row(np.stack([done[s].correct for s in seeds]), np.stack([done[s].nll for s in seeds]))
        for rate, done in by_rate.items()
    }
    odd = np.arange(rows[rates[0]].correct.shape[1]) % 2 == 1
    chosen = [min(rates, key=lambda rate: rows[rate].wrong[:, judges].mean()) for judges in (odd, ~odd)]
    even_ones, odd_ones = (rows[rate] for rate in chosen)
    return (
        Row(
            np.where(odd, odd_ones.correct, even_ones.correct),
            np.where(odd, odd_ones.nll, even_ones.nll),
        ),
        (chosen[0], chosen[1]),
    )
