"""Is there a gap in the middle of a first layer's frequencies, as Section 4.1 says of AlexNet's?

The paper's words: "a mix of extremely high and low frequency information, with little coverage of the mid
frequencies". Read as a statement that can fail: filters peak at low and at high frequencies, a tenth of the bank or
more at each, and the middle is at most half as densely filled as either side. Density is peaks per octave, or per area
of the frequency plane. A bank spread evenly over octaves thins out per area as the frequency rises, one spread evenly
over the plane thins out per octave as it falls. So the claim is supported by what both measures show, and contradicted
where both deny it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zflib.analysis.spectrum.dip import LOWEST, dip
from zflib.analysis.spectrum.filters import CORNER, as_weights, band_shares, dead, peaks
from zflib.arguments import array, whole

MIDDLES = ((0.15, 0.30), (0.125, 0.25), (0.15, 0.25), (0.20, 0.30), (0.18, 0.36))  # cycles per pixel
NYQUIST = 0.5  # the highest frequency along an axis; beyond lie the plane's corners
PRESENT = 1 / 10  # of the bank: with less there is no side for a gap to end at
EMPTY = 1 / 2  # of a side's density: with more the middle is no gap worth the name
LEVEL = 0.05
_DRAWS = 2000


@dataclass(frozen=True)
class Summary:
    """What `summary` found. M choices of the middle, the first of them the default; S banks; bands low, middle, high.

    middles            (M, 2) cycles per pixel, where the middle begins and ends
    maps               filters of one bank
    dead               (S,) int, how many of them are dead
    counts             (M, S, 3) int, how many peak in each band
    shares             (M, 3) of the live filters of all banks
    share_interval     (M, 3, 2) 95 %, from a bootstrap over filters
    seed_interval      (M, 3, 2) 95 %, from the spread over banks (Student's t); NaN for a single bank
    energy             (3,) mean share of a live filter's energy, for the first choice of the middle
    gap                (M, 2) per octave and per area: (side - middle) / (side + middle) of the densities, side being
                       the sparser one. 1 is an empty middle between two filled sides, 1/3 one half as dense, 0 one as
                       dense, -1 an empty side
    gap_interval       (M, 2, 2) 95 %, from the bootstrap over filters
    seed_gap_interval  (M, 2, 2) 95 %, from the spread over banks; NaN for a single bank
    p_gap              (M,) chance of counts at least as telling if there were no gap, see `p_values`
    p_no_gap           (M,) the same if there were one worth the name
    dip_p, dip_at      p of a single hump of peaks over octaves (Silverman's test), and where the deepest dip lies; for
                       comparison, the verdict does not rest on them
    verdict            "supported", "contradicted" or "undecided"
    reason             why, in a sentence

    Printing it gives these figures with their units.
    """

    middles: np.ndarray
    maps: int
    dead: np.ndarray
    counts: np.ndarray
    shares: np.ndarray
    share_interval: np.ndarray
    seed_interval: np.ndarray
    energy: np.ndarray
    gap: np.ndarray
    gap_interval: np.ndarray
    seed_gap_interval: np.ndarray
    p_gap: np.ndarray
    p_no_gap: np.ndarray
    dip_p: float
    dip_at: float
    verdict: str
    reason: str

    def __str__(self) -> str:
        several, (low, high) = len(self.dead) > 1, self.middles[0]
        banks = f"{len(self.dead)} banks of {self.maps} filters" if several else f"{self.maps} filters"

        def spread(over_filters: np.ndarray, over_seeds: np.ndarray, form: str) -> str:
            spans = [("95 % over filters", over_filters), ("over seeds", over_seeds)][: 1 + several]
            return "; ".join(f"{words}: {a:{form}} to {b:{form}}" for words, (a, b) in spans)

        lines = [f"{banks}, dead: {', '.join(map(str, self.dead))}; peaks of the others in cycles per pixel"]
        for band, name in enumerate((f"under {low:.2f}", f"{low:.2f} to {high:.2f}", f"{high:.2f} and up")):
            sure = spread(self.share_interval[0, band], self.seed_interval[0, band], ".0%")
            lines.append(f"  {name:13}{self.shares[0, band]:4.0%} ({sure}), with {self.energy[band]:.0%} of the energy")
        lines.append("gap: 1 is an empty middle, 0 one as dense as the sparser side, -1 an empty side")
        for at, name in enumerate(("per octave", "per area")):
            sure = spread(self.gap_interval[0, at], self.seed_gap_interval[0, at], "+.2f")
            lines.append(f"  {name:13}{self.gap[0, at]:+.2f} ({sure})")
        lines.append("by the edges of the middle")
        for (a, b), (octave, area), p, q in zip(self.middles, self.gap, self.p_gap, self.p_no_gap, strict=True):
            lines.append(
                f"  {a:.3f} to {b:.3f}: gap {octave:+.2f} per octave, {area:+.2f} per area; "
                f"p of no gap {p:.2g}, p of a gap {q:.2g}"
            )
        lines.append(f"dip test over octaves: p of a single hump {self.dip_p:.2g}, deepest at {self.dip_at:.2f}")
        return "\n".join([*lines, f"{self.verdict}: {self.reason}"])


def summary(filters: Any, middles: Any = MIDDLES, seed: int = 0) -> Summary:
    """Where a first layer's filters peak, and whether that leaves a gap in the middle (Section 4.1, Figure 6).

    filters  a bank (maps, channels, k, k), a network, or a list of them, one for each seed of training, such as
             `zflib.weights.seeds("alexnet-mini")`
    middles  (M, 2) choices of where the middle begins and ends, cycles per pixel
    seed     of the bootstrap

    For each choice of the middle one test rejects "no gap", another "a gap" (`p_values`), each at the 5 % level. The
    verdict is what most choices say; what they can't show is "undecided", as a few filters always are. A shortfall in
    the middle of a bank that has no high frequencies is no gap: "contradicted". The seed of training is the unit of
    replication: where banks differ by more than as many filters drawn at random would, a filter counts for less; one
    bank speaks for itself alone.

    How often it errs, by simulation with 8 to 288 independent peaks: evenly spread, single-humped and noise banks, with
    or without blobs at zero, were "supported" in under 1 %, banks of two humps "contradicted" in under 1 %. Of 96
    peaks, half around 0.05 and half around 0.42, it finds the gap always, with a tenth of strays in 99 %, with only a
    fifth of high ones in 93 %. Of 96 peaks even over octaves it denies one in 70 %, of 288 always.

    Raises ValueError for banks that differ in shape, and for a middle that does not lie between 1/22 and 0.5.
    """
    middles, seed = array("middles", middles), whole("seed", seed, 0)
    if middles.ndim != 2 or middles.shape[1] != 2 or not len(middles):
        raise ValueError(f"middles must be pairs of frequencies (M, 2), not of shape {middles.shape}.")
    if not ((middles[:, 0] > LOWEST) & (middles[:, 0] < middles[:, 1]) & (middles[:, 1] < NYQUIST)).all():
        raise ValueError(f"A middle must begin above 1/22 and end below 0.5 cycles per pixel, not {middles.tolist()}.")
    banks = _banks(filters)
    found = np.stack([peaks(bank) for bank in banks])
    counts = band_counts(found, middles)
    total = counts.sum(1)
    n = int(total[0].sum())
    rng = np.random.default_rng(seed)
    # Half a peak more in every band: an empty band of a small bank is no proof that nothing ever peaks there.
    chance = (total + 0.5) / (total + 0.5).sum(-1, keepdims=True)
    drawn = rng.multinomial(n, chance[:, None], size=(len(middles), _DRAWS))
    shares = _shares(counts)
    p_gap, p_no_gap = p_values(counts, middles)
    verdict = "undecided"
    if np.median(p_no_gap) < LEVEL:  # asked first: in thousands of filters a shallow dip is no chance, and yet no gap
        verdict = "contradicted"
    elif np.median(p_gap) < LEVEL:
        verdict = "supported"
    energy = np.concatenate([band_shares(bank, (0, *middles[0], 1)) for bank in banks])
    energy = energy[np.isfinite(energy[:, 0])]
    dip_p, dip_at = dip(found[np.isfinite(found)], rng)
    return Summary(
        middles=middles,
        maps=found.shape[1],
        dead=np.array([dead(bank).sum() for bank in banks]),
        counts=_three(counts),
        shares=_shares(total),
        share_interval=_percentiles(_shares(drawn)),
        seed_interval=np.clip(_student(shares), 0, 1),
        energy=energy.mean(0) if n else np.full(3, np.nan),
        gap=contrast(total, middles),
        gap_interval=_percentiles(contrast(drawn, middles[:, None])),
        seed_gap_interval=np.clip(_student(contrast(counts, middles[:, None])), -1, 1),
        p_gap=p_gap,
        p_no_gap=p_no_gap,
        dip_p=dip_p,
        dip_at=dip_at,
        verdict=verdict,
        reason=_reason(verdict, _three(total)[0], middles[0]),
    )


def band_counts(found: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """How many peaks lie in the low band, the middle, the high band up to 0.5, and in the plane's corners beyond.

    found    (..., S, maps) cycles per pixel; NaN is no peak
    middles  (M, 2)

    Returns (..., M, S, 4).
    """
    found = np.broadcast_to(found[..., None, :, :], (*found.shape[:-2], len(middles), *found.shape[-2:]))
    low, high = (middles[:, at, None, None] for at in (0, 1))
    bands = found < low, (low <= found) & (found < high), (high <= found) & (found <= NYQUIST), found > NYQUIST
    return np.stack([band.sum(-1) for band in bands], axis=-1)


def contrast(counts: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """The gap as `Summary` defines it, for counts (..., 4) of `band_counts` and middles (..., 2). Returns (..., 2).

    The high side's density is the larger of two: that of the band up to 0.5, and with the corners. NaN for no peaks.
    """
    count, width = counts[..., None, :], _widths(middles)
    high = [count[..., 2:end].sum(-1) / width[..., 2:end].sum(-1) for end in (3, 4)]
    side = np.minimum(count[..., 0] / width[..., 0], np.maximum(*high))
    middle = count[..., 1] / width[..., 1]
    both = np.where(side > 0, side + middle, 1)
    return np.where(count.sum(-1) > 0, np.where(side > 0, (side - middle) / both, -1), np.nan)


def p_values(counts: np.ndarray, middles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p of "no gap" and p of "a gap worth the name", for each choice of the middle.

    counts   (..., M, S, 4) of `band_counts`
    middles  (M, 2)

    Returns two (..., M). Of the peaks in two bands whose densities have a given ratio, each falls into the first with a
    known chance, so the tests are exact binomial ones. "No gap" falls where the middle is less dense than the low band
    and less dense than the high band, per octave and per area: the largest p counts. "A gap" falls where, per octave,
    the middle is more than half as dense as one of the sides, or one of them holds less than a tenth of all peaks (the
    smallest of four p, times four), and the same is so per area: the larger p counts. The high band ends at 0.5 or
    includes the corners: for "no gap" to fall, the better of the two, times two; for "a gap" to fall, the worse.
    """
    from scipy.special import betainc

    def at_most(some, others, chance):  # P(a binomial of some + others is at most some); these need not be whole
        return np.where(others > 0, betainc(np.where(others > 0, others, 1), some + 1, 1 - chance), 1.0)

    low, middle, high, corner = np.moveaxis(counts.sum(-2) / _dispersion(counts)[..., None], -1, 0)[..., None]
    in_low, in_middle, in_high, in_corner = np.moveaxis(_widths(middles), -1, 0)  # each (M, 2)
    everything = low + middle + high + corner
    no_gap, routes = [], []
    for extents in ([(low, in_low)], [(high, in_high), (high + corner, in_high + in_corner)]):
        sparse = [at_most(middle, side, in_middle / (in_middle + width)) for side, width in extents]
        no_gap.append(np.minimum(len(extents) * np.min(sparse, axis=0), 1).max(-1))
        dense = [at_most(side, middle, width / (width + EMPTY * in_middle)) for side, width in extents]
        routes.append(np.max(dense, axis=0))
        whole = extents[-1][0]
        routes.append(np.broadcast_to(at_most(whole, everything - whole, PRESENT), routes[-1].shape))
    return np.max(no_gap, axis=0), np.minimum(len(routes) * np.min(routes, axis=0), 1).max(-1)


def _dispersion(counts: np.ndarray) -> np.ndarray:
    """How much more banks differ than as many filters drawn at random: chi-squared over its degrees of freedom.

    counts  (..., S, 4). Returns (...), at least 1.
    """
    counts = _three(counts)
    total, of_bank = counts.sum(-2, keepdims=True), counts.sum(-1, keepdims=True)
    expected = total * of_bank / np.maximum(total.sum(-1, keepdims=True), 1)
    squares = ((counts - expected) ** 2 / np.where(expected > 0, expected, 1)).sum((-2, -1))
    freedom = ((of_bank > 0).sum((-2, -1)) - 1) * ((total > 0).sum((-2, -1)) - 1)
    return np.maximum(squares / np.maximum(freedom, 1), 1)


def _widths(middles: np.ndarray) -> np.ndarray:
    """(..., 2) -> (..., 2, 4): octaves, then area of the plane, of the bands of `band_counts`."""
    low, high = middles[..., 0], middles[..., 1]
    ends = np.stack([np.full_like(low, LOWEST), low, high, np.full_like(low, NYQUIST), np.full_like(low, CORNER)], -1)
    inside = np.pi * ends**2
    inside[..., 0], inside[..., -1] = 0, 1  # from the centre, to the whole square
    return np.diff(np.stack([np.log2(ends), inside], axis=-2))


def _three(counts: np.ndarray) -> np.ndarray:
    """Low, middle, high: the corners belong to the high band."""
    return np.concatenate([counts[..., :2], counts[..., 2:].sum(-1, keepdims=True)], axis=-1)


def _shares(counts: np.ndarray) -> np.ndarray:
    total = counts.sum(-1, keepdims=True)
    return np.where(total > 0, _three(counts) / np.maximum(total, 1), np.nan)


def _percentiles(drawn: np.ndarray) -> np.ndarray:
    """(M, draws, ...) -> (M, ..., 2), the middle 95 %."""
    return np.moveaxis(np.percentile(drawn, [2.5, 97.5], axis=1), 0, -1)


def _student(values: np.ndarray) -> np.ndarray:
    """(M, S, ...) -> (M, ..., 2), 95 % for the mean over banks."""
    from scipy.special import stdtrit

    banks = values.shape[1]
    if banks == 1:
        return np.full((len(values), *values.shape[2:], 2), np.nan)
    half = stdtrit(banks - 1, 0.975) * values.std(1, ddof=1) / banks**0.5
    return np.stack([values.mean(1) - half, values.mean(1) + half], axis=-1)


def _banks(filters: Any) -> list[np.ndarray]:
    several = isinstance(filters, list | tuple) or getattr(filters, "ndim", 4) == 5
    banks = [as_weights(bank) for bank in (filters if several else [filters])]
    shapes = {bank.shape for bank in banks}
    if len(shapes) != 1:
        raise ValueError(f"The seeds of one network have filters of one shape, not of {sorted(shapes) or 'none'}.")
    return banks


def _reason(verdict: str, total: np.ndarray, middle: np.ndarray) -> str:
    n = total.sum()
    if not n:
        return "no filter is alive."
    if verdict == "supported":
        return "the middle is emptier than either side, per octave and per area, for most choices of its edges."
    if verdict == "undecided":
        return f"{n} filters show neither a gap nor that there is none."
    for band, name, side in ((2, "high", f"above {middle[1]:.2f}"), (0, "low", f"below {middle[0]:.2f}")):
        if total[band] < PRESENT * n:
            return (
                f"there is no {name} hump, {total[band]} of {n} filters peak {side} cycles/px; without one, few "
                f"filters in the middle are a shortfall but no gap."
            )
    return "the middle has more than half the density of the sparser side, for most choices of its edges."
