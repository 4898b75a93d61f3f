"""The checkers of chapter 5 tell right from wrong, name the slip, and never raise."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from rubbish import RUBBISH

from zflib import spectrum
from zflib.exercises.frequencies import (
    CUT_TO,
    MOST,
    UNKNOWN,
    check_cut,
    check_gap,
    check_peak,
    check_shares,
)

BANK = np.random.default_rng(0).standard_normal((6, 3, 11, 11)) * np.outer(np.hanning(13)[1:-1], np.hanning(13)[1:-1])
BANK += np.random.default_rng(1).standard_normal((6, 3, 1, 1))  # strong at the border: a cut makes an edge


ANSWERS = (*RUBBISH, {"cut": ["rises"], "faded": 1}, np.zeros((4, 3, 11, 11)), lambda *anything: torch.zeros(5))


def measure(bank, above=0.25):
    banks = bank, spectrum.same_size(bank, CUT_TO), spectrum.same_size(bank, CUT_TO, window=True)
    return [spectrum.band_shares(each, (0, above, 1))[:, 1].mean() for each in banks]


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_rubbish_is_answered_in_words(answer):
    right = {"cut": "rises", "faded": "falls"}
    verdicts = [check(answer) for check in (check_peak, check_shares, check_gap)]
    for verdict in (*verdicts, check_cut(answer, measure(BANK), BANK), check_cut(right, answer, BANK)):
        assert not verdict and len(verdict.text) > 20


@pytest.mark.parametrize(
    "answer", [spectrum.peaks(UNKNOWN[None, None])[0], np.hypot(0.2, 0.17), torch.tensor([0.26]), 0.275]
)
def test_the_peak(answer):
    assert check_peak(answer)


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        (0.26 * 9, "cycles per filter"),
        (1 / 0.262, "period"),
        (0.262 * 2 * np.pi, "radians"),
        (0.74, "twin"),
        (0.2, "along the rows"),
        (0.17, "down the columns"),
        (0.35, "lower than"),
        (0.1, "higher than"),
        (0.0, "higher than"),
        (-0.262, "not on the plane"),
        (5, "not on the plane"),
    ],
)
def test_slips_with_the_peak(answer, slip):
    verdict = check_peak(answer)
    assert not verdict and slip in verdict.text


def shares(filter, edges, size=128, power=2, mean=False, grey=False, whole=True):
    """Without zflib: on another grid, ring by ring."""
    colours = filter.mean(0, keepdims=True) if grey else filter
    spectra = (np.abs(np.fft.fft2(colours, (size, size))) ** power).sum(0)
    distance = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    rings = [spectra[(low <= distance) & (distance < high)] for low, high in pairwise(edges)]
    held = np.array([ring.mean() if mean else ring.sum() for ring in rings])
    return held / held.sum() if whole else held


def test_shares_of_energy():
    assert check_shares(shares)
    assert check_shares(lambda filter, edges: torch.tensor(shares(filter, edges)))
    for slip, words in (
        ({"mean": True}, "wide ring"),
        ({"power": 1}, "amplitude"),
        ({"grey": True}, "mean over colour"),
        ({"whole": False}, "their sum is not 1"),
    ):
        verdict = check_shares(lambda filter, edges, slip=slip: shares(filter, edges, **slip))
        assert not verdict and words in verdict.text, verdict.text
    assert not check_shares(lambda filter, edges: shares(filter, edges, size=filter.shape[1]))  # not padded
    assert not check_shares(lambda filter, edges: shares(filter - filter.mean((1, 2), keepdims=True), edges))
    assert not check_shares(lambda filter, edges: shares(filter * np.hanning(filter.shape[1] + 2)[1:-1], edges))
    assert not check_shares(lambda filter, edges: shares(filter, edges)[::-1])
    assert not check_shares(lambda filter, edges: 100 * shares(filter, edges))
    assert "0.2" in check_shares(lambda filter, edges: np.full(5, 0.2)).text


def waves(frequencies):
    at, fade = np.arange(11) - 5, np.hanning(13)[1:-1]
    lean = np.pi * (0.618 * np.arange(len(frequencies)) % 1)
    fx, fy = np.array(frequencies) * np.array([np.cos(lean), np.sin(lean)])
    turns = fx[:, None, None] * at + fy[:, None, None] * at[:, None]
    return np.repeat((np.cos(2 * np.pi * turns) * np.outer(fade, fade))[:, None], 3, axis=1)


def test_a_bank_with_a_gap():
    assert check_gap(waves([0.08] * 24 + [0.42] * 24))
    assert check_gap(torch.tensor(waves([0.08] * 20 + [0.42] * 20)))
    for frequencies, words in (
        ([0.08] * 8 + [0.42] * 8, "by chance"),
        ([0.08] * 20 + [0.22] * 6 + [0.42] * 20, "6 in the middle"),
        ([0.08] * 48, "no second side, there is no high hump"),
        ([0.08] * 8, "no second side"),
        (np.linspace(0.05, 0.45, 48)[::-1] ** 0.5 / 1.5, "contradicted"),
        (np.linspace(0.05, 0.45, 48), "18 in the middle"),
        ([0.08] * (MOST + 1), f"at most {MOST}"),
    ):
        verdict = check_gap(waves(frequencies))
        assert not verdict and words in verdict.text, verdict.text
    assert "at most" in check_gap(waves([0.1])[:, :1]).text


def test_what_a_cut_does():
    measured = measure(BANK)
    truth = {
        name: "rises" if share > measured[0] else "falls"
        for name, share in zip(("cut", "faded"), measured[1:], strict=True)
    }
    other = {"rises": "falls", "falls": "rises"}
    assert "both predictions hold" in check_cut(truth, measured, BANK).text
    wrong_once = check_cut(truth | {"cut": other[truth["cut"]]}, measured, BANK)
    assert wrong_once and "one prediction holds" in wrong_once.text  # to have predicted wrongly is no mistake
    assert "neither" in check_cut({name: other[word] for name, word in truth.items()}, measured, BANK).text
    for came, words in (
        ([100 * share for share in measured], "percent"),
        (measured[:1] * 3, "cut: a mean share"),
        ([measured[0], measured[2], measured[1]], "was expected"),
        (measured[:2], "expected"),
    ):
        verdict = check_cut(truth, came, BANK)
        assert not verdict and words in verdict.text, verdict.text
    assert not check_cut({"cut": "rises"}, measured, BANK)
    assert not check_cut({"cut": "up", "faded": "down"}, measured, BANK)
