"""Tables and figures of results hold the numbers that they were given."""

import re

from zflib import plots


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


def test_what_lies_beyond_the_left_edge_is_written_with_a_minus():
    figure = plots.changes({"a": (1.0, 0.5, 1.5)}, {}, {"a": -9.5}, limits=(-5, 8), unit="points")
    assert [text.get_text() for text in figure.axes[0].texts] == ["−9.5"]


def test_changes_draws_single_runs_where_there_is_no_mean():
    figure = plots.changes({"a": [0.5, 9.0, 58.4]}, {}, {}, limits=(-5, 8), unit="points")
    (axes,) = figure.axes
    rings = axes.lines[1:]
    assert [line.get_xydata().tolist() for line in rings] == [[[0.5, 0]], [[8, 0]], [[8, 0]]]
    assert {line.get_markerfacecolor() for line in rings} == {"none"}
    assert [text.get_text() for text in axes.texts] == ["+9.0"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one run"]


def test_by_blur_draws_each_control_of_each_network_where_it_is():
    curve = [(0.5, 0.4, 0.6), (0.2, 0.1, 0.3), (0.9, 0.8, 1.0)]
    of_step = {"signed": {"unit": curve, "floor": curve[::-1]}, "magnitude": {"unit": curve, "floor": curve}}
    kept = {net: dict.fromkeys(("conv2", "conv5"), of_step) for net in ("one", "two")}
    figure = plots.by_blur(kept, (0, 2, 8), {"unit": "this map", "floor": "neither"})
    assert [axes.get_title() for axes in figure.axes] == ["layer 2", "layer 5", "", ""]
    for axes in figure.axes:
        curves = {line.get_label(): line for line in axes.lines if "," in line.get_label()}
        assert list(curves) == ["this map, one", "neither, one", "this map, two", "neither, two"]
        assert curves["this map, two"].get_ydata().tolist() == [0.5, 0.2, 0.9]
        assert curves["this map, one"].get_linestyle() == "-" and curves["this map, two"].get_linestyle() == "--"
        assert (
            curves["this map, one"].get_color()
            == curves["this map, two"].get_color()
            != curves["neither, one"].get_color()
        )
        assert len(axes.collections) == 4
    assert next(line for line in figure.axes[0].lines if line.get_label() == "neither, one").get_ydata()[0] == 0.9


def test_table_says_that_its_columns_stay_and_folds_away():
    rows = [["conv1", 1]]
    plain = plots.table(["Step", "Side"], rows, "Sides").data
    assert plain.startswith("<table><caption>Sides") and "<details" not in plain
    assert plots.table(["Step", "Side"], rows, "Sides", narrow=True).data == plain.replace(
        "<table>", '<table class="zf-narrow">'
    )
    folded = plots.table(["Step", "Side"], rows, "Sides", fold="The numbers & more").data
    assert folded == f'<details class="zf-fold"><summary>The numbers &amp; more</summary>{plain}</details>'
