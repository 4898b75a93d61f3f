"""Waves, lobes and marks lie where folding puts them."""

import numpy as np
import pytest

from zflib import plots


@pytest.mark.parametrize(
    ("frequency", "stride", "lands"), [(0.3, 4, 0.05), (0.2, 4, 0.05), (0.1, 4, 0.1), (0.3, 2, 0.2)]
)
def test_sampled_wave_marks_where_the_wave_lands(frequency, stride, lands):
    wave, law = plots.sampled_wave(frequency, stride).axes
    _, alias, kept = wave.lines
    shared = np.isin(alias.get_xdata().round(6), kept.get_xdata())
    assert np.allclose(alias.get_ydata()[shared], kept.get_ydata())
    assert np.allclose(law.lines[-1].get_xydata(), [[frequency, lands]])


def test_lobes_lie_side_by_side_or_on_top_of_each_other():
    at = np.arange(-20, 21)
    filters = {f"{f}": np.hanning(43)[1:-1] * np.cos(2 * np.pi * f * at) for f in (0.3125, 0.25)}
    figure = plots.lobes(filters, stride=4)
    centres = [
        [area.get_paths()[0].vertices[area.get_paths()[0].vertices[:, 1].argmax(), 0] for area in axes.collections]
        for axes in figure.axes
    ]
    assert np.allclose(centres[:2], [[0.3125, -0.3125], [0.25, -0.25]], atol=2e-3)
    assert np.allclose(centres[2:], [[0.0625, -0.0625], [0, 0]], atol=2e-3)
    assert [axes.get_title() for axes in plots.lobes({"alone": filters["0.25"]}, stride=4).axes] == ["alone", ""]


def test_marked_plane_puts_marks_and_power_where_they_belong():
    power = np.zeros((8, 8))
    power[4, 6] = 1  # fx = 0.25, fy = 0
    plane = plots.marked_plane(0.5, [((-0.25, 0.25), "dot", "#ff0000")], power, square=0.125)
    red = np.argwhere((plane == (255, 0, 0)).all(axis=2))
    assert red.mean(axis=0) == pytest.approx([96 + 43, 96 - 43], abs=1)
    dark = np.argwhere(plane.max(axis=2) < 100)
    assert dark.mean(axis=0) == pytest.approx([96, 96 + 43], abs=11)
    assert plane.shape == (192, 192, 3)
    empty = plots.marked_plane(0.5, [((0, 0), "ring", "red"), ((0.5, -0.5), "cross", "blue")], np.zeros((4, 4)))
    assert (empty[30:60, 30:60] == 255).all()
