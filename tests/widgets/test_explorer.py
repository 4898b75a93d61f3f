"""Explorers: two faces that show the same, and errors that are seen."""

import json
import re

import ipywidgets
import numpy as np
import pytest
from examples import apart, draw, grey, page_data, page_frame, pictures, simple, words
from ipywidgets.embed import dependency_state
from matplotlib import pyplot

from zflib.widgets import Explorer, Impossible, kernel, page
from zflib.widgets.axes import Axis, settings

WIDGET = "application/vnd.jupyter.widget-view+json"


def set_controls(explorer, setting):
    for axis, control in zip(explorer.axes, explorer.widget.children, strict=False):
        control.value = setting[axis.name]
    return explorer.widget.children[-1].value


def test_both_faces_show_the_same_picture_for_every_setting(explorer, built):
    folder, html = built
    data = page_data(html)
    seen = 0
    set_controls(explorer, {"kind": "plot", "step": 0, "mirrored": True})  # so that each setting below is a change
    for index, setting in enumerate(settings(explorer.page_axes)):
        view = set_controls(explorer, setting)
        if "impossible" in data["settings"][index]:
            assert not pictures(view)
            assert "Two curves &amp; a &lt;line&gt; do not fit." in view
            assert data["settings"][index]["impossible"] == "Two curves & a <line> do not fit."
        else:
            (kernel,) = pictures(view)
            assert apart(kernel, explorer.frame(**setting)) == 0
            assert apart(kernel, page_frame(data, index, kernel.size, folder)) <= 3
            assert data["settings"][index]["words"] == words(**setting)
            assert "&lt;marked&gt;" in view
            seen += 1
    assert seen == 16


def test_both_faces_call_a_value_by_its_plain_name():
    axis = Axis("picture", ("chelsea", "rocket"), {"chelsea": "cat"})
    html = page.controls("a", "b", [axis], {"picture": "chelsea"})
    assert "<option selected>cat</option><option>rocket</option>" in html
    assert kernel.control(axis, "chelsea").options == (("cat", "chelsea"), ("rocket", "rocket"))


def test_the_page_begins_with_a_small_picture_of_the_start(built, tmp_path, monkeypatch):
    (first,) = pictures(built[1])
    assert apart(first.crop((0, 0, 160, 120)), draw("photograph", 1, False)) <= 4
    monkeypatch.chdir(tmp_path)
    noisy = simple(
        {"level": [0]}, draw=lambda level: np.random.default_rng(level).integers(0, 256, (400, 500, 3), dtype=np.uint8)
    )
    for html in (noisy.page_html(), noisy._repr_mimebundle_()["text/html"]):
        (text,) = re.findall(r"base64,([^\"]+)", html)
        assert 20_000 < len(text) <= 30_000
        assert 'width="500" height="400"' in html or 'width="512" height="400"' in html


def test_the_kernel_begins_with_the_small_picture_too(explorer):
    state = json.dumps(dependency_state([explorer.widget]))
    assert len(state) < 40_000
    assert pictures(explorer.widget.children[-1].value)


def test_the_kernel_offers_all_and_the_page_the_chosen_values(explorer, built):
    step = explorer.widget.children[1]
    assert isinstance(step, ipywidgets.IntSlider)
    assert (step.min, step.max, step.value) == (0, 4, 1)
    html = built[1]
    assert "[&quot;1&quot;, &quot;2&quot;, &quot;4&quot;]" in html
    assert len(page_data(html)["settings"]) == 3 * 3 * 2


@pytest.mark.parametrize(
    ("values", "widget", "field"),
    [
        (range(2, 9, 2), ipywidgets.IntSlider, 'type="range"'),
        ([1, 2, 4], ipywidgets.SelectionSlider, 'type="range"'),
        ([0.5, 1.5], ipywidgets.SelectionSlider, 'type="range"'),
        (np.arange(3), ipywidgets.SelectionSlider, 'type="range"'),
        ([False, True], ipywidgets.Checkbox, 'type="checkbox"'),
        ([True, False], ipywidgets.Dropdown, "<select"),
        (["sum", "last"], ipywidgets.Dropdown, "<select"),
        ([None, "max"], ipywidgets.Dropdown, "<select"),
        ([7], ipywidgets.SelectionSlider, 'type="range"'),
    ],
)
def test_controls_suit_their_values(tmp_path, monkeypatch, values, widget, field):
    monkeypatch.chdir(tmp_path)
    given = []
    explorer = Explorer({"value": values}, lambda value: given.append(value) or grey(9), lambda value: f"{value}!")
    control, view = explorer.widget.children
    assert type(control) is widget
    assert field in explorer.page_html()
    for value in [*values][::-1]:
        control.value = value
        assert f"{value}!" in view.value
        assert given[-1] == value


def test_nothing_but_the_first_frame_is_drawn_before_it_is_asked_for():
    drawn = []
    explorer = simple(draw=lambda level: drawn.append(level) or grey(level))
    explorer._repr_mimebundle_()
    explorer._repr_mimebundle_()
    assert drawn == [0]
    explorer.widget.children[0].value = 200
    assert drawn == [0, 200]


def test_a_kernel_gets_the_widget_and_one_picture(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == explorer.widget.model_id
    assert bundle["text/plain"] == "Explorer(kind: 3 values, step: 5 values, mirrored: 2 values)"
    assert len(pictures(bundle["text/html"])) == 1
    assert "<script" not in bundle["text/html"]
    assert "running notebook" in bundle["text/html"]


def test_the_book_gets_the_page_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    explorer = simple()
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert 'type="range"' in bundle["text/html"]
    assert "widget" not in vars(explorer)  # none was made, so none is saved with the page


def test_colab_has_no_choice(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "google.colab", object())
    assert set(simple()._repr_mimebundle_()) == {"text/plain", WIDGET}


def test_the_page_needs_nothing_from_elsewhere_and_no_text_can_break_it(built):
    html = built[1]
    assert not re.search(r"https?:|import\(|fetch\(|getContext", html)
    assert html.count("</script>") == 2
    assert "<marked>" not in html
    assert "<noscript>" in html


def test_explorers_on_one_page_do_not_share_ids(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explorer = simple()
    ids = re.findall(r' id="([^"]+)"', explorer.page_html() + explorer.page_html() + simple().page_html())
    assert len(ids) == len(set(ids)) == 6  # of three explorers and of their sliders


def test_every_control_has_a_label(built):
    html = built[1]
    controls = re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', html)
    assert controls == re.findall(r'<label for="([^"]+)"', html)
    assert len(controls) == 3


def test_an_error_in_draw_is_shown_in_the_kernel_and_the_next_setting_recovers():
    explorer = simple(draw=lambda level: grey(level) if level != 100 else 1 / 0)
    slider, view = explorer.widget.children
    slider.value = 100
    assert "ZeroDivisionError: division by zero" in view.value
    assert not pictures(view.value)
    slider.value = 200
    assert "ZeroDivisionError" not in view.value
    assert len(pictures(view.value)) == 1


def test_an_error_in_any_frame_fails_the_cell_in_the_build_of_the_book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    with pytest.raises(ZeroDivisionError):
        simple(draw=lambda level: grey(level) if level != 200 else 1 / 0)


def test_impossible_settings_are_no_picture_even_at_the_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def draw(level):
        if level == 0:
            raise Impossible("Nothing < something.")
        return grey(level)

    explorer = simple(draw=draw)
    for html in (explorer.page_html(), explorer.widget.children[-1].value, explorer._repr_mimebundle_()["text/html"]):
        assert "Nothing &lt; something." in html
        assert not pictures(html)
    assert "impossible" in page_data(explorer.page_html())["settings"][0]
    explorer.widget.children[0].value = 100
    assert pictures(explorer.widget.children[-1].value)


def test_a_page_of_impossible_settings_only_is_an_error():
    def draw(level):
        raise Impossible("Never.")

    with pytest.raises(ValueError, match="none of the page's 3 settings can be drawn"):
        simple(draw=draw).page_html()


def test_figures_are_closed_and_not_trimmed():
    def draw(level):
        figure, _ = pyplot.subplots(figsize=(3, 2))
        if level == 100:
            raise RuntimeError("after the figure was opened")
        return figure

    with pyplot.rc_context({"savefig.bbox": "tight", "figure.dpi": 50}):
        explorer = simple(draw=draw)
        assert explorer.frame(level=0).size == (300, 200)
        explorer.widget.children[0].value = 100
    assert not pyplot.get_fignums()


def test_figures_of_others_stay_open():
    figure = pyplot.figure(figsize=(1, 1))
    try:
        simple(draw=lambda level: figure)
        assert pyplot.get_fignums() == [figure.number]
    finally:
        pyplot.close(figure)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"axes": {}}, ValueError, "at least one name"),
        ({"axes": ["level"]}, ValueError, "at least one name"),
        ({"axes": {"level": []}}, ValueError, "'level' is empty"),
        ({"axes": {"level": "abc"}}, TypeError, "'level' needs a list"),
        ({"axes": {"level": 3}}, TypeError, "'level' needs a list"),
        ({"axes": {"level": [1, 2, 1]}}, ValueError, "'level' offers a value twice"),
        ({"axes": {"grey level": [1]}}, ValueError, "'grey level' can't be an argument"),
        ({"axes": {"size": [1]}}, TypeError, "draw must take the axes size"),
        ({"alt": lambda: ""}, TypeError, "alt must take the axes level"),
        ({"draw": grey(0)}, TypeError, "draw must be a function of level"),
        ({"page": {"map": [1]}}, ValueError, "'map'; there are level"),
        ({"page": {"level": [0, 50]}}, ValueError, "'level' has no value 50; it offers 0, 100, 200"),
        ({"page": {"level": []}}, ValueError, "'level' is empty"),
        ({"start": {"map": 1}}, ValueError, "start names an axis 'map'"),
        ({"start": {"level": 1}}, ValueError, "start sets 'level' to 1"),
        ({"page": {"level": [0]}, "start": {"level": 100}}, ValueError, "the page does not offer: 0"),
        ({"axes": {"level": range(601)}}, ValueError, r"601 \(level\) = 601 pictures; at most 600"),
        ({"draw": lambda level: None}, TypeError, "not NoneType"),
        ({"draw": lambda level: pyplot.Rectangle((0, 0), 1, 1)}, TypeError, "not Rectangle"),
        ({"draw": lambda level: np.zeros((3, 8, 8), np.uint8)}, ValueError, "channels to the end"),
        ({"draw": lambda level: np.zeros((0, 8), np.uint8)}, ValueError, "shape"),
        ({"draw": lambda level: np.zeros((8, 1601), np.uint8)}, ValueError, "at most 1600"),
        ({"alt": lambda level: " "}, TypeError, "alt must return a sentence"),
        ({"alt": lambda level: None}, TypeError, "alt must return a sentence"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simple(**arguments)
