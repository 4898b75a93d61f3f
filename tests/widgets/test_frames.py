"""The sheets of frames that a page loads: their sizes, names, number and quality."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from examples import KINDS, grey, page_data, page_frame, simple
from PIL import Image

from zflib.widgets.frames import faithful_quality, small_webp, to_webp


def test_all_frames_of_a_page_have_one_size(built):
    folder, html = built
    sizes = set()
    for sheet in page_data(html)["sheets"]:
        with Image.open(folder / sheet["src"]) as picture:
            sizes.add((picture.width // sheet["columns"], picture.height // sheet["rows"]))
    assert sizes == {(400, 208)}


def test_each_value_of_the_first_axis_has_its_own_sheets(built):
    data = page_data(built[1])
    per_kind = len(data["settings"]) // len(KINDS)
    used = [{s["at"][0] for s in data["settings"][at * per_kind :][:per_kind] if "at" in s} for at in range(len(KINDS))]
    assert all(used)
    assert len(set.union(*used)) == sum(map(len, used))


def test_sheets_are_named_by_their_content_and_nothing_else_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explorer = simple()
    first = page_data(explorer.page_html())["sheets"]
    files = sorted(Path("explorers").iterdir())
    assert sorted(Path(sheet["src"]) for sheet in first) == files
    for file in files:
        assert sha256(file.read_bytes()).hexdigest().startswith(file.stem)
    assert page_data(explorer.page_html())["sheets"] == first
    assert sorted(Path("explorers").iterdir()) == files


def test_long_rows_of_frames_are_split_within_the_limits_of_webp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    axes = {"level": range(24)}
    data = page_data(simple(axes, draw=lambda level: np.full((16, 1600), 10 * level, dtype=np.uint8)).page_html())
    assert len(data["sheets"]) == 1
    monkeypatch.setattr("zflib.widgets.frames.SHEET_PIXELS", 10 * 16 * 1600)
    data = page_data(simple(axes, draw=lambda level: np.full((16, 1600), 10 * level, dtype=np.uint8)).page_html())
    assert len(data["sheets"]) == 3
    for index in range(24):
        assert abs(np.asarray(page_frame(data, index, (1600, 16))).mean() - 10 * index) < 3
    monkeypatch.setattr("zflib.widgets.frames.WEBP_SIDE", 60)  # three by three frames of 16 pixels
    data = page_data(simple(axes, draw=lambda level: grey(10 * level)).page_html())
    assert [(sheet["columns"], sheet["rows"]) for sheet in data["sheets"]] == [(3, 3), (3, 3), (2, 3)]


def test_quality_rises_until_every_frame_is_close():
    flat = Image.new("RGB", (32, 32), "white")
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    assert faithful_quality([flat]) == 80
    assert faithful_quality([flat, noise, flat]) is None


def test_a_small_picture_is_exact_where_that_is_small_and_otherwise_coarser_then_smaller():
    rng = np.random.default_rng(0)
    squares = Image.fromarray(np.kron(rng.integers(0, 255, (60, 60, 1), np.uint8), np.ones((4, 4, 3), np.uint8)))
    with Image.open(BytesIO(small_webp(squares, 10_000))) as found:
        assert np.array_equal(np.asarray(found.convert("RGB")), np.asarray(squares))
    noise = Image.fromarray(rng.integers(0, 255, (200, 200, 3), np.uint8))
    small = small_webp(noise.resize((40, 40)), 10**6)
    assert small == to_webp(noise.resize((40, 40)), 90), "exact would be heavier"
    for most, side in ((100_000, 200), (4_000, 100)):
        data = small_webp(noise, most)
        with Image.open(BytesIO(data)) as found:
            assert len(data) <= most and found.width == found.height == side
