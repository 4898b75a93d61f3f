"""Which rows of our Table 3 differ, by how much, and what that says about the paper's conclusions (Section 5.1).

A row is a kind of network. Its nets, one a seed, are a sample of those that training could have made, and the pictures
are a sample too. So a mean error can be off in two ways, and each has its own variance:

(a) pictures: the same nets, on other pictures, would have another error;
(b) seeds: other nets of the same kind, on the same pictures, would have another error.

Rows share their pictures. What is hard about a picture for every row drops out of their difference, and of (a) only the
pictures that suit one row better are left. But a test that knows (a) alone, as McNemar's does, compares nets and not
kinds of nets; whether rows differ is for the difference with both variances to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from zflib.arguments import whole
from zflib.experiments.ablation.ensembles import checked, of_true_class
from zflib.plots.words import true_minus

LEVEL, POWER = 0.95, 0.80


@dataclass(frozen=True, eq=False)
class Row:
    """How the nets of one row did on the pictures.

    correct  (S, N) bool: did the net of seed s name the class of picture n?
    nll      (S, N) nats: its cross-entropy there, minus the logarithm of the true class's probability

    Raises ValueError unless both are such, alike in shape, finite, with one seed and two pictures at least.
    """

    correct: np.ndarray
    nll: np.ndarray

    def __post_init__(self) -> None:
        correct, nll = np.asarray(self.correct), np.asarray(self.nll)
        if correct.dtype != bool or correct.ndim != 2 or correct.shape[0] < 1 or correct.shape[1] < 2:
            raise ValueError(f"Expected correct (seeds, pictures) as bool; this is {correct.dtype} {correct.shape}.")
        if nll.shape != correct.shape or nll.dtype.kind != "f" or not np.isfinite(nll).all():
            raise ValueError(f"Expected nll as {correct.shape} finite numbers in nats, one for each of correct.")
        object.__setattr__(self, "correct", correct)
        object.__setattr__(self, "nll", nll.astype(float))

    @classmethod
    def of(cls, log_probabilities: np.ndarray, labels: np.ndarray) -> Row:
        """From log-probabilities (S, N, C) and labels (N,). Raises ValueError for what isn't such."""
        correct, true = of_true_class(checked(log_probabilities), labels)
        return cls(correct, -true)

    @property
    def wrong(self) -> np.ndarray:
        """(S, N): 100 where the net was wrong, else 0; the mean is the error in percent."""
        return 100.0 * ~self.correct


@dataclass(frozen=True)
class Spread:
    """Standard deviation between the nets of one row, that is from seed to seed, on the same pictures.

    error in points, cross_entropy in nats; degrees of freedom that it was estimated with.
    """

    error: float
    cross_entropy: float
    degrees: int


@dataclass(frozen=True)
class Difference:
    """A difference between two rows, second minus first, in points of error or in nats.

    pictures, seeds  the standard error that each alone would make: (a) and (b) of this module
    standard_error   of the estimate, for other pictures and other seeds
    degrees          of freedom of Student's t: those of the seeds, of which there are few; Welch and Satterthwaite's
                     where each row has a spread of its own
    """

    estimate: float
    pictures: float
    seeds: float
    standard_error: float
    degrees: float

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The confidence interval, lower and upper end. Raises ValueError for a level that is not between 0 and 1."""
        if not 0 < level < 1:
            raise ValueError(f"The level of an interval lies between 0 and 1, not {level!r}.")
        half = float(stats.t.ppf((1 + level) / 2, self.degrees)) * self.standard_error
        return self.estimate - half, self.estimate + half

    def __format__(self, spec: str) -> str:
        """The estimate and its 95 % interval with so many decimals: f"{found:.1f}" is "−2.0 (−3.3 to −0.8)"."""
        low, high = self.interval()
        return true_minus(f"{self.estimate:+{spec}} ({low:+{spec}} to {high:+{spec}})")

    @property
    def p(self) -> float:
        """Of "the rows do not differ", two-sided."""
        if not self.standard_error:
            return float(not self.estimate)
        return float(2 * stats.t.sf(abs(self.estimate) / self.standard_error, self.degrees))


@dataclass(frozen=True)
class Discordant:
    """Pictures on which one did better than the other; those on which both did alike tell nothing."""

    first: int
    second: int

    @property
    def p(self) -> float:
        """McNemar's test, exact: of "a picture favours either as easily". It knows variance (a) only."""
        return float(stats.binomtest(self.first, self.first + self.second).pvalue) if self.first + self.second else 1.0


@dataclass(frozen=True)
class Comparison:
    """Two rows on the same pictures.

    error          second minus first, points
    cross_entropy  second minus first, nats
    by_seed        McNemar's counts for the two nets of each seed: only the first row's right, only the second's
    """

    error: Difference
    cross_entropy: Difference
    by_seed: tuple[Discordant, ...]


def between_seeds(rows: Iterable[Row]) -> Spread:
    """The spread from seed to seed, pooled over rows: variance (b), taken to be one for all of them.

    Three seeds leave a row two degrees of freedom, and t 4.3; twelve rows of three have 24 together, and t 2.1. Rows
    may have any number of seeds, a row of one adds nothing. Raises ValueError when no row has two.
    """
    rows = list(rows)
    same_pictures(rows)
    degrees = sum(len(row.correct) - 1 for row in rows)
    if not degrees:
        raise ValueError("The spread between seeds can't be told from one seed a row; give at least one row two.")

    def pooled(values: list[np.ndarray]) -> float:
        means = [v.mean(1) for v in values]
        return float(np.sqrt(sum(((m - m.mean()) ** 2).sum() for m in means) / degrees))

    return Spread(pooled([row.wrong for row in rows]), pooled([row.nll for row in rows]), degrees)


def compare(first: Row, second: Row, spread: Spread | tuple[Spread, Spread] | None = None) -> Comparison:
    """Compare two rows paired on the same pictures, which must come in the same order.

    spread  of `between_seeds` over all rows of the plan; from these two alone when left out. A pair, the first row's
            and the second's, where one row's nets differ from each other as no other row's do

    The variance of a difference has three parts: what nets of a kind differ by, what pictures suit one row better by,
    and luck, which net meets which picture. Luck is in (a) and in (b), and is counted once. Nets are taken to be
    independent of each other; what nets of one seed share, such as the order of pictures, would make differences
    vary less than that. With one seed a row luck can't be told from the rest of (a), counts twice, and the interval is
    too wide rather than too narrow.

    Rows may differ in seeds; McNemar's counts are of those that both have. Raises ValueError for other pictures, and
    without `spread` when neither row has two seeds.
    """
    same_pictures([first, second])
    spread = spread or between_seeds([first, second])
    seeds = len(first.correct), len(second.correct)
    pairs = min(seeds)
    one, other = first.correct[:pairs], second.correct[:pairs]
    return Comparison(
        _difference(first.wrong, second.wrong, *_of_both(spread, "error", seeds)),
        _difference(first.nll, second.nll, *_of_both(spread, "cross_entropy", seeds)),
        tuple(Discordant(int((a & ~b).sum()), int((b & ~a).sum())) for a, b in zip(one, other, strict=True)),
    )


def detectable(
    first: Row,
    second: Row,
    spread: Spread | tuple[Spread, Spread],
    seeds: int | tuple[int, int],
    paired: bool = True,
) -> float:
    """The smallest detectable difference of error, in points: found with 80 % power by `compare`, two-sided 5 %.

    spread  as for `compare`
    seeds   how many each row has in the comparison that is planned, or a pair; the rows given may have others
    paired  False: were the second row's pictures others than the first's

    Rows of several seeds tell luck apart also for a plan with one; `compare`, given one seed a row, can't, and finds
    such a difference a little less often. Errors as for `compare`; ValueError also for fewer than one seed.
    """
    same_pictures([first, second])
    counts = seeds if isinstance(seeds, tuple) else (seeds, seeds)
    for count in counts:
        whole("seeds", count, 1)
    spreads, degrees = _of_both(spread, "error", counts)
    variance = _variance(first.wrong, second.wrong, spreads, counts, paired)
    return float(stats.t.ppf([(1 + LEVEL) / 2, POWER], degrees).sum() * np.sqrt(variance))


def verdict(
    found: Difference, claim: Literal["higher", "lower", "little"], margin: float = 0.0
) -> Literal["supported", "contradicted", "undecided"]:
    """What a difference says about a claim of the paper.

    claim   "higher", "lower": the second row's figure is above, or below, the first's by more than `margin`
            "little": the second row costs less than `margin`, that is, its figure is not so much above the first's
    margin  points, or nats for a cross-entropy; "little" needs one

    supported     the interval lies where the claim puts the difference
    contradicted  no part of the interval does
    undecided     anything else. A difference that is not significant is no proof of a small one.

    The interval is of 95 %, but of 90 % to support "little": that is the test of non-inferiority at 5 %, one-sided as
    the claim is; a row that gains costs little, too. Raises ValueError for other claims and margins.
    """
    if claim not in ("higher", "lower", "little"):
        raise ValueError(f"A claim is 'higher', 'lower' or 'little', not {claim!r}.")
    if not 0 <= margin < np.inf or (claim == "little" and margin == 0):
        raise ValueError(f"The margin must be 0 or more, and above 0 for 'little', but is {margin}.")
    ends = {"higher": (margin, np.inf), "lower": (-np.inf, -margin), "little": (-np.inf, margin)}[claim]
    inner = found.interval(0.90 if claim == "little" else LEVEL)
    outer = found.interval()
    if ends[0] < inner[0] and inner[1] < ends[1]:
        return "supported"
    return "contradicted" if outer[1] < ends[0] or ends[1] < outer[0] else "undecided"


def _of_both(
    spread: Spread | tuple[Spread, Spread], measure: str, seeds: tuple[int, int]
) -> tuple[tuple[float, float], float]:
    """The spreads of two rows in a measure, and the degrees of freedom of the difference of their means."""
    if isinstance(spread, Spread):
        return (getattr(spread, measure),) * 2, spread.degrees
    both = tuple(getattr(each, measure) for each in spread)
    parts = [s**2 / count for s, count in zip(both, seeds, strict=True)]
    below = sum(part**2 / each.degrees for part, each in zip(parts, spread, strict=True))
    return both, sum(parts) ** 2 / below if below else float(min(each.degrees for each in spread))


def _difference(first: np.ndarray, second: np.ndarray, spreads: tuple[float, float], degrees: float) -> Difference:
    by_picture = second.mean(0) - first.mean(0)
    seeds = (len(first), len(second))
    return Difference(
        float(by_picture.mean()),
        float(np.sqrt(by_picture.var(ddof=1) / by_picture.size)),
        float(np.sqrt(sum(spread**2 / s for spread, s in zip(spreads, seeds, strict=True)))),
        float(np.sqrt(_variance(first, second, spreads, seeds))),
        degrees,
    )


def _variance(
    first: np.ndarray, second: np.ndarray, spreads: tuple[float, float], seeds: tuple[int, int], paired: bool = True
) -> float:
    """Variance of a difference of means for other pictures and other nets, `seeds` of each row.

    first, second  (S, N) values; their S may be others

    Nets and pictures cross: value = mean + net + picture + luck. A picture's mean over S nets varies by the picture and
    1/S of the luck, which is taken off. A net's mean over N pictures varies by the net and 1/N of the luck; the spread
    has both, and where it is by chance smaller than the luck alone, the luck counts.
    """
    luck = [_luck(values) / first.shape[1] for values in (first, second)]
    one, other = first.mean(0), second.mean(0)
    of_pictures = (other - one).var(ddof=1) if paired else one.var(ddof=1) + other.var(ddof=1)
    taken_off = luck[0] / len(first) + luck[1] / len(second)
    pictures = max(0.0, of_pictures / first.shape[1] - taken_off)
    of_seeds = sum(spread**2 / s for spread, s in zip(spreads, seeds, strict=True))
    return pictures + max(of_seeds, sum(part / s for part, s in zip(luck, seeds, strict=True)))


def _luck(values: np.ndarray) -> float:
    """(S, N) -> the variance that neither the net nor the picture explains; 0 for one seed, which can't tell."""
    seeds, pictures = values.shape
    if seeds == 1:
        return 0.0
    rest = values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
    return float((rest**2).sum() / ((seeds - 1) * (pictures - 1)))


def same_pictures(rows: Sequence[Row]) -> None:
    """Raises ValueError for rows of different numbers of pictures, or for none."""
    counts = {row.correct.shape[1] for row in rows}
    if len(counts) != 1:
        raise ValueError(f"Rows are compared on the same pictures; these have {sorted(counts) or 'none'}.")
