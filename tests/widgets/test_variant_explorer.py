"""The variant explorer: Python and the page's script say the same; the button trains and stops."""

import json
import re
import shutil
import subprocess
import time
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from examples import page_data

import zflib
from zflib.training import brief
from zflib.widgets import VariantExplorer, trainer
from zflib.widgets.variant_explorer import rounded
from zflib.widgets.variants import NETWORKS, REMOVABLE, variant

FOLDER = Path(zflib.widgets.__file__).parent
TRAINED = {("zfnet", "as_is"): {"error": 25.14, "sd": 0.4, "seeds": 3}, ("alexnet", "removed_layer_7"): {"error": 30}}
GRID = [axis.values for axis in VariantExplorer.axes]


def setting_of(values):
    return dict(zip((axis.name for axis in VariantExplorer.axes), values, strict=True))


def in_node(program, argument):
    node = shutil.which("node")
    if node is None:
        pytest.skip("There is no node on this machine to run the page's script in.")
    program = f"""
        require({json.dumps(str(FOLDER / "shared.js"))});
        const page = require({json.dumps(str(FOLDER / "variants.js"))});
        const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
        console.log(JSON.stringify({program}));"""
    done = subprocess.run([node, "-e", program], input=json.dumps(argument), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def explorer():
    return VariantExplorer(TRAINED)


def some_settings(count):
    draw = np.random.default_rng(0)
    return [[values[draw.integers(len(values))] for values in GRID] for _ in range(count)]


def test_the_page_says_what_python_does(explorer):
    sample = [*some_settings(1500), [*explorer.start.values()]]

    def position(axis, value):  # what the page's controls give: places of choices, numbers of sliders
        return axis.position(value) if axis.kind == "choice" else value

    places = [[position(axis, v) for axis, v in zip(explorer.axes, values, strict=True)] for values in sample]
    theirs = in_node("given[1].map((s) => page.result(given[0], s))", [page_data(explorer.page_html()), places])
    for values, (sentences, tables) in zip(sample, theirs, strict=True):
        ours = explorer._result(**setting_of(values))
        assert ours == f'<div aria-live="polite">{sentences}</div><div>{tables}</div>', values


def test_the_page_computes_the_geometry_of_every_variant():
    architectures = []
    for network, maps, units, kernel, stride, *without in product(
        NETWORKS, ["half the maps"], ["2048 units"], (3, 5, 7, 9, 11), (1, 2, 4), *[(False, True)] * len(REMOVABLE)
    ):
        left_out = [layer for layer, out in zip(REMOVABLE, without, strict=True) if out]
        changed = variant(network, maps, units, kernel, stride, left_out)
        architectures += [changed, changed.mini()]
    theirs = in_node("given.map(page.geometry).map((steps) => steps.map(Object.values))", [*map(asdict, architectures)])
    for architecture, steps in zip(architectures, theirs, strict=True):
        assert steps == [  # and geometry() raises for none of them: every kernel fits
            [s.name, s.maps, s.size, s.receptive_field, s.jump, s.parameters, s.macs]
            for s in architecture.geometry()
            if s.name.startswith(("conv", "pool", "fc"))
        ], architecture


def test_ours_stands_beside_the_papers(explorer):
    shown = explorer._result(**explorer.start)
    assert "<td>38.4</td><td>25.1 ± 0.4 (3 seeds)</td>" in shown and "<td>–</td></tr>" in shown
    assert shown.index("38.4") < shown.index("<details><summary>Its steps")
    assert [row.ours for row in explorer.rows if row.words == "AlexNet, without layer 7"] == ["30.0"]
    assert "<strong>62,357,608</strong> parameters, 1.00 times those of ZFNet as it is" in shown


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"kernel_of_layer_1": 3, "stride_of_layer_1": 4}, "A stride of 4 exceeds the kernel of 3"),
        ({"layers_3_to_5": "half the maps"} | {f"without_layer_{n}": True for n in (3, 4, 5)}, "their maps can't be"),
        ({"layers_6_and_7": "2048 units"} | {f"without_layer_{n}": True for n in (6, 7)}, "their units can't be"),
    ],
)
def test_what_cannot_be_is_said_in_red(explorer, setting, sentence):
    shown = explorer._result(**explorer.start | setting)
    assert sentence in shown and "#fde8e8" in shown
    assert "#fde8e8" not in explorer._result(**explorer.start)


def test_halves_are_rounded_upwards():
    assert [rounded(0.125, 2), rounded(6.25, 1), rounded(1, 2)] == ["0.13", "6.3", "1.00"]


def test_seeds_without_a_mean_stand_side_by_side():
    explorer = VariantExplorer({("zfnet", "as_is"): {"by_seed": [41.3, 90.9]}})
    assert "41.3, 90.9" in explorer._result(**explorer.start)


def test_what_is_no_row_is_refused():
    with pytest.raises(ValueError, match=r"\('zfnet', 'asis'\) is no row of Table 3"):
        VariantExplorer({("zfnet", "asis"): {"error": 1}})
    with pytest.raises(ValueError, match=r'needs an "error" in percent; it has \[\'sd\'\]'):
        VariantExplorer({("zfnet", "as_is"): {"sd": 1}})


def test_the_bundle_has_both_faces(monkeypatch):
    monkeypatch.delenv("ZFLIB_BOOK", raising=False)
    bundle = VariantExplorer()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert "<script" not in bundle["text/html"] and "62,357,608" in bundle["text/html"]
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    bundle = VariantExplorer()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"} and len(bundle["text/html"]) < 60_000
    assert "<script" in bundle["text/html"] and "Train" not in bundle["text/html"]


def parts(explorer):
    """(controls by name, the view, train, stop, bar, report)"""
    box, buttons, bar, report = explorer.widget.children
    *controls, view = box.children
    return dict(zip(explorer.start, controls, strict=True)), view, *buttons.children, bar, report


def test_the_kernels_controls_move_the_table():
    controls, view, *_ = parts(VariantExplorer())
    assert "62,357,608" in view.value
    controls["network"].value = "AlexNet"
    assert (controls["kernel_of_layer_1"].value, controls["stride_of_layer_1"].value) == (11, 4)
    assert "62,378,344" in view.value
    controls["without_layer_7"].value = True
    assert "<details open>" in view.value, "a new setting does not close what the reader reads"
    assert "AlexNet, without layer 7</th><td>0</td><td>40.0" in view.value


def until(what):
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def few_pictures(monkeypatch):
    monkeypatch.setattr(brief, "PICTURES", 64)
    monkeypatch.setattr(brief, "VALIDATION", 20)
    brief._synthetic.cache_clear()
    yield
    brief._synthetic.cache_clear()


def pressed(explorer, **setting):
    controls, _, train, stop, _bar, report = parts(explorer)
    for name, value in setting.items():
        controls[name].value = value
    train.click()
    return train, stop, report


SMALL = {"network": "AlexNet", "layers_6_and_7": "1024 units", "layers_3_to_5": "half the maps"}


def test_the_button_trains_until_its_time_is_up(few_pictures):
    train, stop, report = pressed(VariantExplorer(seconds=0.1), **SMALL)
    assert train.disabled and not stop.disabled
    until(lambda: not train.disabled)
    assert "held-out pictures right (standard error" in report.value and "guessing gives 10%" in report.value
    begins = "AlexNet, 192-192-128 maps in layers 3, 4, 5; 1024 units: "
    steps, pictures = map(int, re.search(rf"{begins}(\d+) steps?, (\d+) pictures in", report.value).groups())
    assert steps >= 1 and pictures == 32 * steps and stop.disabled


def test_it_can_be_stopped(few_pictures):
    train, stop, report = pressed(VariantExplorer(seconds=1000), **SMALL)
    until(lambda: re.search(r"step \d+\.", report.value))
    stop.click()
    until(lambda: not train.disabled)
    assert "of 20 held-out pictures right" in report.value


def test_what_is_too_large_is_refused_in_red():
    large = {"kernel_of_layer_1": 3, "stride_of_layer_1": 1, "without_layer_2": True, "without_layer_5": True}
    train, _stop, report = pressed(VariantExplorer(), **large)
    until(lambda: not train.disabled)
    assert "parameters need" in report.value and "the button stops at 100,000,000" in report.value
    assert "#fde8e8" in report.value


def test_a_missing_package_is_named(monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("No module named 'lightning_fabric'", name="lightning_fabric")

    monkeypatch.setattr(trainer, "_train", missing)
    train, _stop, report = pressed(VariantExplorer())
    until(lambda: not train.disabled)
    assert "Training needs lightning_fabric: pip install &quot;zflib[train]&quot;." in report.value


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(120, "two minutes"), (60, "a minute"), (300, "5 minutes"), (90, "90 seconds"), (0.5, "0.5 seconds")],
)
def test_the_button_says_how_long(seconds, words):
    assert parts(VariantExplorer(seconds=seconds))[2].description == f"Train it for {words}"
