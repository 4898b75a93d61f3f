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


def test_bands_draws_a_bar_for_the_mean_a_dot_for_each_seed_and_a_line_for_an_interval(axes):
    edges = (0, 0.05, 0.1, 0.2, 0.7072)
    ours = spectrum.densities([[0.06, 0.15, 0.15, 0.4], [0.06, 0.06, 0.15, 0.15]], edges)
    theirs = spectrum.densities([0.0, 0.07, 0.3, 0.3], edges)
    plots.bands(axes, {"ours": ours, "theirs": theirs})
    octaves = np.log2([0.05 * 22, 2, 2, 0.5**0.5 / 0.2])
    expected = np.concatenate([[0, 37.5, 50, 12.5] / octaves, [25, 25, 0, 50] / octaves])
    assert np.allclose([bar.get_height() for bar in axes.patches], expected)
    dots = np.sort(np.concatenate([line.get_ydata() for line in axes.lines]))
    assert np.allclose(dots, np.sort(np.ravel([[0, 25, 50, 25] / octaves, [0, 50, 50, 0] / octaves])))
    spans = [path.vertices[:, 1] for path in axes.collections[0].get_paths()]
    assert np.allclose(spans, 100 * theirs.interval / octaves[:, None])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0–0.05", "0.05–0.1", "0.1–0.2", "0.2–0.71"]


def test_bands_per_area_is_level_for_an_even_spread(axes):
    even = np.hypot(*np.random.default_rng(0).uniform(-0.5, 0.5, (2, 50_000)))
    plots.bands(axes, {"even": spectrum.densities(even, (0, 0.1, 0.3, 0.7072))}, per="area")
    assert np.allclose([bar.get_height() for bar in axes.patches], 1, atol=0.1) and axes.get_yscale() == "log"
