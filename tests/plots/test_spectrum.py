"""The frequency plane, octaves and bands, each frequency where it lies."""

import numpy as np

from zflib import plots, spectrum


def test_plane_draws_each_frequency_where_it_lies(axes):
    frequencies = spectrum.frequencies(8)
    image = plots.plane(axes, np.outer(frequencies**2, np.ones(8)), "a map")
    left, right, bottom, top = image.get_extent()
    middles = left + (right - left) * (np.arange(8) + 0.5) / 8
    assert np.allclose(middles, frequencies) and (bottom, top) == (right, left)  # fy points down
    assert image.get_clim() == (0, 0.25) and axes.get_title() == "a map"


def test_octaves_are_equally_far_apart(axes):
    axes.plot([0.05, 0.4], [1, 2])
    plots.octaves(axes)
    places = axes.transData.transform([(tick, 1) for tick in axes.get_xticks()])[:, 0]
    assert np.allclose(np.diff(places), np.diff(places)[0], rtol=0.05) and len(places) == 5
    assert axes.get_xlabel().endswith("cycles/px")


def test_bands_draws_a_bar_for_the_mean_and_a_dot_for_each_seed(axes):
    two_seeds = [[0.2, 0.8, 0.0], [0.4, 0.6, 0.0]]
    plots.bands(axes, {"ours": two_seeds, "theirs": [[0.5, 0.25, 0.25]]}, (0, 0.05, 0.15, 0.71))
    assert np.allclose([bar.get_height() for bar in axes.patches], [0.3, 0.7, 0, 0.5, 0.25, 0.25])
    assert sorted(dot for line in axes.lines for dot in line.get_ydata()) == sorted(np.ravel(two_seeds))
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0–0.05", "0.05–0.15", "0.15–0.71"]
