"""Pictures, drawings and tables for the chapters."""

import re

import numpy as np
import pytest

from zflib import plots, spectrum
from zflib.architecture import ALEXNET, ZFNET


@pytest.fixture
def axes():
    figure, axes = plots.figure()
    yield axes
    figure.clear()


@pytest.mark.parametrize("network", [ALEXNET, ZFNET, ZFNET.mini(), ZFNET.without(6, 7), ALEXNET.without(3, 4)])
def test_architecture_writes_every_size(axes, network):
    plots.architecture(axes, network)
    written = [text.get_text() for text in axes.texts]
    for step in network.geometry():
        if step.name.startswith(("conv", "pool")):
            assert step.name in written and f"{step.size}×{step.size}\n×{step.maps}" in written
        if step.name.startswith("fc"):
            assert step.name in written and str(step.maps) in written
    for conv in network.convs:
        assert f"{conv.kernel}×{conv.kernel}/{conv.stride}" in written


def test_architecture_is_to_scale(axes):
    plots.architecture(axes, ZFNET)
    heights = [round(patch.get_xy()[:, 1].max() - patch.get_xy()[:, 1].min(), 6) for patch in axes.patches]
    steps = {step.name: step for step in ZFNET.geometry()}
    for side in (224, steps["conv1"].size, steps["pool5"].size):
        assert float(side) in heights  # the front of the slab
        assert round(side * 1.2, 6) in heights  # the plane that leans back
    assert steps["fc6"].maps / 20 in heights


def test_table_has_headers_and_separators():
    html = plots.table(["Step", "Weights"], [["conv1", 1234567], ["a < b", 0.5]], "Where & how many").data
    assert "<caption>Where &amp; how many</caption>" in html
    assert html.count('scope="col"') == 2 and html.count('scope="row"') == 2
    assert "1,234,567</td>" in html and ">a &lt; b</th>" in html


def test_table_puts_the_whole_column_of_numbers_at_the_right():
    html = plots.table(["Step", "Sees, px"], [["conv1", 7], ["fc6", "all"]], "Fields").data
    cells = re.findall(r"text-align:(left|right)[^>]*>([^<]+)<", html)
    assert cells == [
        ("left", "Step"),
        ("right", "Sees, px"),
        ("left", "conv1"),
        ("right", "7"),
        ("left", "fc6"),
        ("right", "all"),
    ]


def test_numbers_writes_every_value_and_marks_positions(axes):
    plots.numbers(axes, [[0, 1, 2], [3, 4.5, 5]], marked=[[4]], title="a map")
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2", "3", "4.5", "5"]
    assert [patch.get_xy() for patch in axes.patches] == [(0.5, 0.5)]  # position 4: row 1, column 1
    assert axes.yaxis_inverted() and axes.get_title() == "a map"


def test_grey_shows_what_exceeds_white():
    pixels = plots.grey([[-1, 0], [1, 2], [2.5, 4]], white=2)
    assert pixels.tolist() == [[[0] * 3] * 2, [[127] * 3, [255] * 3], [[255, 140, 0]] * 2]


def test_labelled_keeps_the_pixels_and_writes_above_them():
    small, large = np.zeros((2, 3, 3), np.uint8), np.full((20, 50, 3), 100, np.uint8)
    sheet = plots.labelled([small, large, large], ["one", "two", "three"], columns=2)
    assert sheet.shape == (2 * (20 + 20) + 8, 2 * 50 + 8, 3)
    assert (sheet[20:22, :3] == small).all() and (sheet[22:40, :50] == 255).all()
    assert (sheet[20:40, 58:] == large).all() and (sheet[68:, :50] == large).all()
    assert (sheet[:20, 58:] < 128).any()  # a label


def test_responses_are_of_one_size_and_leave_missing_places_white():
    sheets = []
    for count, side in ((9, 7), (9, 163), (2, 27)):
        patches = np.zeros((count, side, side, 3), dtype=np.uint8)
        projections = np.zeros((count, 3, side, side), dtype=np.float32)
        sheets.append(plots.responses(patches, projections, projections, "control"))
        assert plots.responses(patches, projections).shape[0] < sheets[-1].shape[0]
    assert len({sheet.shape for sheet in sheets}) == 1
    black = [(sheet == 0).all(axis=2).mean() for sheet in sheets]
    assert black[0] == pytest.approx(black[1], abs=0.01) and black[2] < 0.3 * black[0]


def test_class_entropy_draws_a_box_per_layer_and_leaves_missing_maps_out():
    steps = {f"conv{n}": [2.0, None, 1.0 + n / 10] for n in range(1, 6)}
    both = {"trained": steps, "untrained": steps}
    figure = plots.class_entropy({"one": both, "two": both}, 2.5)
    for axes, name in zip(figure.axes, ("one", "two"), strict=True):
        assert axes.get_title() == name and len(axes.patches) == 10
        assert [label.get_text() for label in axes.get_xticklabels()] == list("12345")
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["trained", "untrained", "nine random pictures"]
    (alone,) = plots.class_entropy({"one": both}, 2.5).axes
    assert alone.get_title() == "one" and len(alone.patches) == 10


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


def test_signed_scales_each_picture_by_itself_or_all_alike():
    values = np.zeros((2, 3, 1, 2))
    values[0, 0, 0], values[1, 0, 0] = (1, -2), (3, -4)
    assert plots.signed(values)[:, 0, :, 0].tolist() == [[191, 0], [223, 0]]
    assert plots.filters(values, largest=2)[:, 0, :, 0].tolist() == [[191, 0], [255, 0]]
    assert (plots.signed(0 * values) == 128).all() and (plots.signed(0 * values, largest=0) == 128).all()


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


def test_name_points_puts_words_beside_their_points_and_apart(axes):
    x, y, words = [1, 1.02, 5, 9.9], [1, 1.02, 5, 9.9], ["one", "a neighbour", "alone", "at the corner"]
    axes.plot(x, y, "o")
    axes.set(xlim=(0, 10), ylim=(0, 10))
    plots.name_points(axes, x, y, words)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == words
    inside = axes.get_window_extent()
    for at, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:at])
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        point = axes.transData.transform((x[at], y[at]))
        assert not box.contains(*point) and np.abs(np.clip(point, box.min, box.max) - point).max() < 12


def test_changes_draws_dot_interval_expectation_and_the_papers_cross():
    found = {"a": (1.0, -1.0, 3.0), "b": (2.0, 1.5, 2.5)}
    figure = plots.changes(found, {"b": (0.0, 4.0)}, {"a": -0.5, "b": 30.8}, limits=(-5, 8), unit="points")
    (axes,) = figure.axes
    lines = [line.get_xydata().tolist() for line in axes.lines[1:]]
    assert lines[:3] == [[[-1, 0], [3, 0]], [[1, 0]], [[-0.5, 0]]]
    assert lines[3:] == [[[1.5, 1], [2.5, 1]], [[2, 1]], [[8, 1]]]
    (bar,) = axes.patches
    assert (bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) == (0, 4, 1)
    assert [text.get_text() for text in axes.texts] == ["+30.8"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1] and axes.get_xlabel() == "points"
