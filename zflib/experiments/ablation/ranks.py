"""Do our rows of Table 3 fall into the paper's order? Their rank correlation, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from zflib.arguments import array
from zflib.experiments.ablation.comparison import LEVEL, Row, same_pictures

DRAWS, PERMUTATIONS = 1000, 9999  # of the bootstrap; of the permutation test, which is exact up to seven rows


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's, with a 95 % interval from low to high, and p of "no association", two-sided."""

    estimate: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class WithinGroups:
    """How much of a rank correlation is an order within groups of rows, and not between the groups.

    estimate   Spearman's over all rows
    by_chance  what it is on average when rows are shuffled within their groups: what membership alone gives
    p          how often shuffling gives as much as the estimate, one-sided
    by_group   Spearman's within each group of three rows or more
    """

    estimate: float
    by_chance: float
    p: float
    by_group: dict[str, float]


def rank_correlation(paper: Any, rows: Sequence[Row], seed: int = 0) -> RankCorrelation:
    """Spearman's rank correlation between the paper's errors and the mean errors of our rows.

    paper  (R,) errors of the same rows, in the same order; R at least 3
    seed   of the draws

    The p is from permuting rows (all R! orders up to seven rows, else 9,999 drawn ones): do rows that are better in the
    paper tend to be better here? The interval answers another question: for these rows, what would other nets and
    pictures have given? 1,000 times, pictures are drawn anew, the same for all rows, and the seeds within each row.
    Noise shuffles ranks, so that a correlation found is on average too low and those drawn lower still: their middle
    95 % lean low, the same mirrored at the estimate lean high, and the interval holds both. In simulated tables of
    twelve rows and three seeds it held the true correlation some 97 times in 100 where the rows' true errors vary 2.5
    times as much as chance moves a row's mean, and some 90 times where 1.3 times as much.

    Raises ValueError for fewer rows, for rows that don't fit `paper` or each other, and for one error for all rows.
    """
    paper, ours = _errors(paper, rows)

    def statistic(errors: np.ndarray, axis: int = -1) -> np.ndarray:
        return _spearman(np.moveaxis(errors, axis, -1), paper)

    estimate = float(statistic(ours))
    low, high = np.percentile(statistic(_drawn(rows, np.random.default_rng(seed))), [50 - 50 * LEVEL, 50 + 50 * LEVEL])
    test = stats.permutation_test(
        (ours,), statistic, permutation_type="pairings", n_resamples=PERMUTATIONS, vectorized=True, random_state=seed
    )
    return RankCorrelation(
        estimate,
        max(-1.0, float(min(low, 2 * estimate - high))),
        min(1.0, float(max(high, 2 * estimate - low))),
        float(test.pvalue),
    )


def within_groups(paper: Any, rows: Sequence[Row], groups: Sequence[str], seed: int = 0) -> WithinGroups:
    """`rank_correlation` where rows come in groups, such as those of two networks, of which one is the better.

    groups  (R,) the group of each row
    seed    of the 9,999 shuffles

    Errors as for `rank_correlation`; ValueError also unless each row has a group.
    """
    paper, ours = _errors(paper, rows)
    if len(groups) != len(rows):
        raise ValueError(f"Expected a group for each of {len(rows)} rows; {len(groups)} are given.")
    members = {group: [at for at, of in enumerate(groups) if of == group] for group in dict.fromkeys(groups)}
    rng = np.random.default_rng(seed)
    shuffled = np.tile(ours, (PERMUTATIONS, 1))
    for those in members.values():
        shuffled[:, those] = rng.permuted(shuffled[:, those], axis=1)
    estimate, chance = float(_spearman(ours, paper)), _spearman(shuffled, paper)
    as_much = int((chance >= estimate - 1e-9).sum())
    by_group = {
        group: float(_spearman(ours[those], paper[those])) for group, those in members.items() if len(those) > 2
    }
    return WithinGroups(estimate, float(chance.mean()), (1 + as_much) / (1 + PERMUTATIONS), by_group)


def _errors(paper: Any, rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
    """The published errors and the mean errors of our rows, two (R,)."""
    paper = array("The published errors of paper", paper)
    if paper.shape != (len(rows),) or len(rows) < 3:
        raise ValueError(f"Expected one published error for each of three or more rows; {len(rows)} rows are given.")
    same_pictures(rows)
    ours = np.array([row.wrong.mean() for row in rows])
    if np.ptp(paper) == 0 or np.ptp(ours) == 0:
        raise ValueError("Rows that all have one error have no order to compare.")
    return paper, ours


def _drawn(rows: Sequence[Row], rng: np.random.Generator) -> np.ndarray:
    """(DRAWS, R) mean errors over pictures drawn anew for all rows, and seeds drawn anew within each."""
    pictures = rows[0].correct.shape[1]
    picked = rng.integers(pictures, size=(DRAWS, pictures)) + pictures * np.arange(DRAWS)[:, None]
    times = np.bincount(picked.ravel(), minlength=DRAWS * pictures).reshape(DRAWS, pictures).astype(np.float32)
    means = []
    for row in rows:
        seeds = len(row.correct)
        wrong = times @ (~row.correct).T.astype(np.float32)  # whole numbers: exact, so that ties stay ties
        wrong = (wrong * rng.multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS)).sum(1)
        means.append(100 * wrong / (seeds * pictures))
    return np.stack(means, axis=1)


def _spearman(errors: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """(..., R), (R,) -> (...); 0 where all errors are one, which ranks nothing."""
    ranks, published = stats.rankdata(errors, axis=-1), stats.rankdata(paper)
    ranks, published = ranks - ranks.mean(-1, keepdims=True), published - published.mean()
    size = np.sqrt((ranks**2).sum(-1) * (published**2).sum())
    return (ranks * published).sum(-1) / np.where(size > 0, size, 1)
