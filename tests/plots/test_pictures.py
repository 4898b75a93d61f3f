"""Arrays as pixels: every value where it belongs, every picture on its sheet."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from zflib import plots


def test_signed_scales_each_picture_by_itself_or_all_alike():
    values = np.zeros((2, 3, 1, 2))
    values[0, 0, 0], values[1, 0, 0] = (1, -2), (3, -4)
    assert plots.signed(values)[:, 0, :, 0].tolist() == [[191, 0], [223, 0]]
    assert plots.filters(values, largest=2)[:, 0, :, 0].tolist() == [[191, 0], [255, 0]]
    assert (plots.signed(0 * values) == 128).all() and (plots.signed(0 * values, largest=0) == 128).all()


def test_signed_clips_a_share_of_each_pictures_magnitudes():
    values = np.random.default_rng(1).normal(size=(2, 3, 20, 20)) * np.array([1, 10]).reshape(2, 1, 1, 1)
    for clip in (0.9, 1):
        largest = [np.quantile(np.abs(each), clip) for each in values]
        expected = np.stack([plots.signed(each, most) for each, most in zip(values, largest, strict=True)])
        np.testing.assert_array_equal(plots.signed(values, clip=clip), expected)
    one = np.zeros((3, 20, 20))
    one[0, 3, 4] = -2  # so few pixels that clipping would leave nothing
    np.testing.assert_array_equal(plots.signed(one, clip=0.9), plots.signed(one))
    with pytest.raises(ValueError, match="clip"):
        plots.signed(values, clip=0)


def test_signed_shows_one_channel_in_grey():
    values = np.random.default_rng(0).normal(size=(4, 1, 5, 6))
    pixels = plots.signed(values)
    assert pixels.shape == (4, 5, 6, 3) and pixels.dtype == np.uint8
    assert np.array_equal(pixels, plots.signed(values.repeat(3, axis=1)))
    assert np.array_equal(plots.filters(values, largest=3), plots.filters(values.repeat(3, axis=1), largest=3))
    with pytest.raises(ValueError, match=r"\(\.\.\., 3, H, W\) or \(\.\.\., 1, H, W\), not \(4, 2, 5, 6\)"):
        plots.signed(np.zeros((4, 2, 5, 6)))


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


def test_a_sheet_holds_its_pictures_in_rows_under_its_words():
    colours = np.array([(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)], np.uint8)
    pictures = np.broadcast_to(colours[:, None, None], (4, 9, 9, 3))
    html = plots.sheet(pictures, 'three "colours" and one', columns=3, side=20).data
    assert 'alt="three &quot;colours&quot; and one"' in html
    content = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    drawn = np.asarray(Image.open(io.BytesIO(content))).astype(int)
    assert drawn.shape == (2 * 20 + 6, 3 * 20 + 2 * 6, 4)
    paper = np.ones(drawn.shape[:2], bool)
    for at, colour in enumerate(colours):
        top, left = at // 3 * 26 + 10, at % 3 * 26 + 10
        assert np.abs(drawn[top, left, :3] - colour).max() < 25
        paper[top - 10 : top + 10, left - 10 : left + 10] = False
    assert np.array_equal(drawn[..., 3], 255 * ~paper), "the page's colour shows between pictures, and not through them"
    assert "background:none" in html, "and no style sheet's white"


def test_captioned_pictures_stand_alone_over_their_captions():
    pictures = [np.full((side, side, 3), level, np.uint8) for side, level in ((5, 40), (90, 200))]
    html = plots.captioned(pictures, ["a < b\n0.50", "two"], "what they are", columns=2, side=40).data
    assert 'aria-label="what they are"' in html and 'alt="a &lt; b, 0.50"' in html
    assert ">a &lt; b<br>0.50</figcaption>" in html and ">two</figcaption>" in html
    assert html.count("grid-column-start:1") == 1
    assert html.count("width:100%;padding:0") == 2, "in dark mode the style sheet would frame them in white"
    for data, level in zip(re.findall(r"base64,([^\"]+)", html), (40, 200), strict=True):
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)
        assert drawn.shape == (60, 60, 3) and np.abs(drawn - level).max() < 5
    wide = plots.captioned([np.zeros((20, 40, 3), np.uint8)], ["wide"], "keeps its shape", columns=1, side=40).data
    data = base64.b64decode(re.search(r"base64,([^\"]+)", wide)[1])
    assert Image.open(io.BytesIO(data)).size == (60, 30)
    with pytest.raises(ValueError):
        plots.captioned(pictures, ["one"], "too few captions", columns=2)
