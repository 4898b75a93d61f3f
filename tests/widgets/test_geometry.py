"""The geometry explorer: Python, the page's script, torch and counting by hand say the same."""

import json
import shutil
import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import zflib.widgets
from zflib.widgets import GeometryExplorer
from zflib.widgets.geometry import FREE, PRESETS, drawing, geometry, words

SCRIPT = Path(zflib.widgets.__file__).with_name("geometry.js")
SHARED = SCRIPT.with_name("shared.js")
GRID = [axis.values for axis in GeometryExplorer.axes[1:]]
any_setting = st.tuples(*map(st.sampled_from, GRID))


def in_node(program, *arguments):
    node = shutil.which("node")
    if node is None:
        pytest.skip("There is no node on this machine to run the page's script in.")
    program = f"""
        require({json.dumps(str(SHARED))});
        const {{ geometry, words, drawing }} = require({json.dumps(str(SCRIPT))});
        {program}"""
    return subprocess.run([node, "-e", program, *arguments], stdout=subprocess.PIPE, check=True).stdout


def test_the_page_computes_what_python_does_over_the_whole_grid():
    program = """
        const grid = JSON.parse(process.argv[1]), rows = [];
        for (const a of grid[0]) for (const b of grid[1]) for (const c of grid[2]) for (const d of grid[3])
          for (const e of grid[4]) {
            const g = geometry(a, b, c, d, e);
            rows.push(g.positions, g.out, g.border, g.between, g.overhang, g.problem.length);
          }
        process.stdout.write(Buffer.from(new Float64Array(rows).buffer));
    """
    theirs = np.frombuffer(in_node(program, json.dumps(GRID))).reshape(-1, 6)
    ours = [
        (g.positions, g.out, g.border, g.between, g.overhang, len(g.problem))
        for g in (geometry(*setting) for setting in product(*GRID))
    ]
    assert np.array_equal(theirs, np.array(ours, dtype=float))
    assert len(ours) == 253 * 15 * 6 * 8 * 2


def test_the_page_says_and_draws_what_python_does():
    chosen = np.random.default_rng(0)
    sample = [[values[chosen.integers(len(values))] for values in GRID] for _ in range(1500)]
    sample += [list(preset) for preset in PRESETS.values()] + [[4, 15, 1, 0, False], [4, 3, 6, 1, True]]
    program = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(s => words(...s) + drawing(...s))))"
    theirs = json.loads(in_node(program, json.dumps(sample)))
    for setting, text in zip(sample, theirs, strict=True):
        assert words(*setting) + drawing(*setting) == text, setting


@settings(max_examples=300)
@given(any_setting)
def test_pixels_are_counted_right(setting):
    size, kernel, stride, padding, _ceil_mode = setting
    g = geometry(*setting)
    if g.problem:
        return
    starts = [n * stride for n in range(g.out)]
    seen = {at for start in starts for at in range(start, start + kernel)}
    unseen = [at for at in range(padding, padding + size) if at not in seen]
    assert g.border == sum(at > max(seen) for at in unseen)
    assert g.between == sum(at < max(seen) for at in unseen)
    assert g.overhang == max(0, max(seen) + 1 - (size + 2 * padding))


@settings(max_examples=300)
@given(any_setting)
def test_torch_agrees_on_sizes_and_on_what_is_impossible(setting):
    size, kernel, stride, padding, ceil_mode = setting
    g = geometry(*setting)
    x = torch.zeros(1, 1, size)
    try:
        if ceil_mode:
            out = torch.nn.functional.max_pool1d(x, kernel, stride, padding, ceil_mode=True)
        else:
            out = torch.nn.functional.conv1d(x, torch.zeros(1, 1, kernel), stride=stride, padding=padding)
    except RuntimeError:
        assert g.problem
    else:
        assert not g.problem
        assert out.shape[-1] == g.out


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("AlexNet conv1, padding 2", ["= <strong>55.25</strong>", "55 × 55", "(1 pixel) is padding"]),
        (
            "AlexNet conv1, as published",
            ["= <strong>54.25</strong>", "54 × 54", "no window sees the last pixel of a row"],
        ),
        ("ZFNet conv1", ["= <strong>110.5</strong>", "110 × 110", "(1 pixel) is padding"]),
        ("ZFNet pool1, rounding up", ["= <strong>54.5</strong>", "55 × 55", "hangs over the border by 1 pixel"]),
        (
            "ZFNet pool1, rounding down",
            ["= <strong>54.5</strong>", "54 × 54", "no window sees the last pixel of a row"],
        ),
    ],
)
def test_the_presets_tell_the_story_of_the_chapter(preset, expected):
    text = words(*PRESETS[preset])
    for part in expected:
        assert part in text
    assert "#fde8e8" in text  # each of them leaves a fraction, painted red


def test_what_fits_is_not_red_and_what_does_not_has_no_map():
    assert "#fde8e8" not in words(227, 11, 4, 0, False)
    assert "fit exactly: a map of <strong>55 × 55</strong>" in words(227, 11, 4, 0, False)
    assert "A kernel of 15 pixels does not fit into 4 + 2·1 = 6 pixels." in words(4, 15, 1, 1, False)
    assert "pads by half its kernel at most: 1 pixel, not 2" in words(20, 3, 2, 2, True)
    for impossible in ((4, 15, 1, 1, False), (20, 3, 2, 2, True)):
        assert "a map of" not in words(*impossible)


def test_the_drawing_marks_unseen_and_overhanging_pixels():
    unseen, beyond = 'fill="#e05a5a"', 'stroke="#d03030"'
    down, up = drawing(110, 3, 2, 0, False), drawing(110, 3, 2, 0, True)
    assert (down.count(unseen), down.count(beyond)) == (1, 0)
    assert (up.count(unseen), up.count(beyond)) == (0, 1)
    assert drawing(10, 1, 3, 0, False).count(unseen) == 6


def test_presets_move_the_kernels_sliders_and_sliders_leave_the_preset():
    preset, size, kernel, stride, padding, ceil_mode, view = GeometryExplorer().widget.children
    preset.value = "ZFNet pool1, rounding up"
    assert (size.value, kernel.value, stride.value, padding.value, ceil_mode.value) == (110, 3, 2, 0, True)
    assert "55 × 55" in view.value
    ceil_mode.value = False
    assert preset.value == "ZFNet pool1, rounding down"
    size.value = 109
    assert preset.value == FREE
    assert words(109, 3, 2, 0, False) in view.value


def test_the_bundle_has_both_faces(monkeypatch):
    monkeypatch.delenv("ZFLIB_BOOK", raising=False)
    bundle = GeometryExplorer()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert "<script" not in bundle["text/html"]
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    bundle = GeometryExplorer()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<script" in bundle["text/html"]
