"""Densities of peaks against counting on a grid of the plane; intervals that hold the truth as often as they say."""

import numpy as np
import pytest
from scipy.stats import binom

from zflib.analysis.spectrum import densities
from zflib.analysis.spectrum.densities import LOWEST, widths

EDGES = np.array([0, 0.125, 0.25, 0.5, 0.6, 0.7072])


def test_widths_against_a_fine_grid_of_the_plane():
    octaves, areas = widths(EDGES)
    axis = (np.arange(2000) + 0.5) / 2000 - 0.5
    on_grid = np.histogram(np.hypot(axis[:, None], axis), EDGES)[0] / 2000**2
    assert np.allclose(areas, on_grid, atol=1e-4) and areas.sum() == pytest.approx(1)
    assert octaves[:3] == pytest.approx([np.log2(0.125 / LOWEST), 1, 1])


def test_counts_and_densities_by_hand():
    found = np.array([[0.0, 0.1, 0.3, np.nan], [0.2, 0.2, 0.55, 0.5]])
    result = densities(found, EDGES)
    assert result.counts.tolist() == [[2, 0, 1, 0, 0], [0, 2, 0, 2, 0]]
    assert np.allclose(result.share, np.array([2, 2, 1, 2, 0]) / 7)
    half = 12.7062 * abs(2 / 3 - 0) / 2  # Student's t with one degree of freedom; the s.d. of two over their root
    assert np.allclose(result.seed_interval[0], np.clip([1 / 3 - half, 1 / 3 + half], 0, 1))
    assert np.isnan(densities(found[0], EDGES).seed_interval).all()
    assert np.isnan(densities([np.nan], EDGES).share).all()


def test_a_bank_even_over_the_plane_has_density_one():
    rng = np.random.default_rng(0)
    result = densities(np.hypot(*rng.uniform(-0.5, 0.5, (2, 100_000))), EDGES)
    assert np.allclose(result.share / result.areas, 1, atol=0.05)


def test_the_interval_is_what_two_binomial_tests_leave():
    low, high = densities([0.1] * 12 + [0.2] * 36, (0, 0.15, 0.5)).interval[0]
    assert binom.sf(11, 48, low) == pytest.approx(0.025) and binom.cdf(12, 48, high) == pytest.approx(0.025)
    assert densities([0.1] * 48, (0, 0.15, 0.5)).interval[:, 0].tolist() == pytest.approx([0.025 ** (1 / 48), 0])


def test_the_interval_holds_the_truth_in_95_of_a_hundred():
    rng = np.random.default_rng(0)
    held = [densities(rng.choice([0.1, 0.2], 48, p=[0.8, 0.2]), (0, 0.15, 0.5)).interval[1] for _ in range(400)]
    low, high = np.transpose(held)
    assert ((low <= 0.2) & (high >= 0.2)).mean() >= 0.94


def test_they_print_with_their_units():
    text = str(densities([[0.1] * 3 + [0.2], [0.1] * 2 + [0.2] * 2], (0, 0.15, 0.3, 0.5)))
    assert "per octave" in text and "per area" in text and text.count("over seeds") == 2  # none in the last, in either


@pytest.mark.parametrize(
    ("found", "edges", "words"),
    [
        (np.zeros((2, 2, 2)), EDGES, "seeds, maps"),
        (np.zeros(3), (0, 0.04, 0.5), "above 1/22"),
        (np.zeros(3), (0.2, 0.1), "ascend"),
        (np.zeros(3), (-0.1, 0.1), "ascend"),
        (np.zeros(3), (0.1,), "ascend"),
    ],
)
def test_what_makes_no_sense_is_refused(found, edges, words):
    with pytest.raises(ValueError, match=words):
        densities(found, edges)
