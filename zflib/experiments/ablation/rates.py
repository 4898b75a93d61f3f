"""Each row at the learning rate that suits it, instead of one rate for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zflib.experiments.ablation.comparison import Row
from zflib.experiments.ablation.summary import Ablation


def at_its_best_rate(runs: Ablation, network: str, row: str, rates: Sequence[float]) -> tuple[Row, tuple[float, float]]:
    """A row at the rate with the lowest mean error, chosen on one half of the pictures and judged on the other.

    A rate that is chosen on the pictures that score it flatters the row. Here pictures at even places choose the rate
    for those at odd places, and the other way round. The seeds that all rates have choose; those that the chosen rates
    have are judged, so that one more run of a rate that is not chosen takes none away. What this does not cure is
    a seed's own luck, on all pictures alike, where the same seeds choose and are judged. A rate at which a run of the
    row diverged is not chosen.

    Returns the row, and the rates that score even and odd pictures. Raises ValueError where a rate has no run, where
    runs diverged at all of them, or no seed is common to all that are left.
    """
    by_rate = {rate: {o.job.seed: o for o in runs.of(network, row, rate=rate)} for rate in rates}
    sound = {rate: of for rate, of in by_rate.items() if all(o.correct is not None for o in of.values())}
    if not sound:
        raise ValueError(f"{network}, {row}, has no rate at which none of its runs diverged.")
    if not (seeds := _common(sound)):
        raise ValueError(
            f"{network}, {row}, has no seed that is finished at each of the rates {', '.join(map(str, sound))}."
        )
    odd = np.arange(len(runs.labels)) % 2 == 1
    wrong = {rate: ~np.stack([of[seed].correct for seed in seeds]) for rate, of in sound.items()}
    chosen = [min(sound, key=lambda rate: wrong[rate][:, judges].mean()) for judges in (odd, ~odd)]
    judged = _common({rate: sound[rate] for rate in chosen})
    even_ones, odd_ones = ([sound[rate][seed] for seed in judged] for rate in chosen)
    pairs = list(zip(even_ones, odd_ones, strict=True))
    return (
        Row(
            np.stack([np.where(odd, other.correct, one.correct) for one, other in pairs]),
            np.stack([np.where(odd, other.nll, one.nll) for one, other in pairs]),
        ),
        (chosen[0], chosen[1]),
    )


def _common(by_rate: dict[float, dict[int, object]]) -> list[int]:
    return sorted(set.intersection(*(set(of) for of in by_rate.values())))
