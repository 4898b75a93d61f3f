"""Sheets know where their pictures are, and a clip-path shows these and nothing else."""

import re

import numpy as np
import pytest
from matplotlib.path import Path

from zflib import plots
from zflib.plots.places import only

RANDOM = np.random.default_rng(0)
PICTURES = [RANDOM.integers(0, 250, (*size, 3), dtype=np.uint8) for size in ((40, 60), (50, 30), (64, 64))]


def outside(sheet):
    """The pixels of a sheet that lie on none of its pictures."""
    beside = np.ones(sheet.shape[:2], bool)
    for left, top, right, bottom in sheet.places:
        beside[top:bottom, left:right] = False
    return np.asarray(sheet)[beside]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_labelled_sheet_knows_its_pictures_and_beside_them_is_only_ink_on_white(columns):
    sheet = plots.labelled(PICTURES, ("one", "two", "three"), columns)
    for picture, (left, top, right, bottom) in zip(PICTURES, sheet.places, strict=True):
        assert np.array_equal(sheet[top:bottom, left:right], picture)
    beside = outside(sheet).astype(int)
    assert (np.ptp(beside, axis=1) == 0).all() and beside.max() == 255 and beside.min() < 50


def test_so_does_the_sheet_of_a_maps_responses():
    sheet = plots.responses(
        RANDOM.integers(0, 250, (9, 9, 9, 3), dtype=np.uint8), *RANDOM.normal(size=(2, 9, 3, 9, 9)), "c"
    )
    beside = outside(sheet).astype(int)
    assert len(sheet.places) == 3 and (np.ptp(beside, axis=1) == 0).all() and beside.max() == 255


def test_a_drawing_on_a_sheet_is_no_picture():
    plane = plots.marked_plane(0.5, [((0.1, 0.2), "dot", "red")])
    sheet = plots.labelled([PICTURES[0], plane], "ab", 2)
    assert plane.places == () and len(sheet.places) == 1


def test_what_is_made_of_a_sheet_does_not_know():
    sheet = plots.labelled(PICTURES, "abc", 2)
    assert all(
        getattr(made, "places", None) is None
        for made in (sheet[::2], plots.enlarge(sheet, 2), sheet + 1, np.concatenate([sheet] * 2))
    )


def test_the_clip_path_holds_the_places_and_nothing_else():
    places, width, height = [(0, 3, 10, 9), (12, 3, 20, 9), (5, 12, 15, 20)], 22, 24
    points = [tuple(map(float, point)) for point in re.findall(r"([\d.]+)% ([\d.]+)%", only(places, width, height))]
    path = Path([(x * width / 100, y * height / 100) for x, y in points])
    for y in range(height):
        for x in range(width):
            inside = any(left <= x < right and top <= y < bottom for left, top, right, bottom in places)
            assert path.contains_point((x + 0.5, y + 0.5)) == inside, (x, y)
