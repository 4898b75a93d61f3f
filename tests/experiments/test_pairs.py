"""Single pairs of projections: what the page Your picture sees of them, against its own projections."""

import numpy as np
import pytest

from zflib.data import copies
from zflib.experiments import controls, pairs
from zflib.plots.unit_view import alike
from zflib.widgets.live import your_picture


def test_thirds_part_a_list_evenly_up_to_a_step():
    evenly = np.linspace(0, 1, 301)
    assert pairs.thirds(evenly) == (0.35, 0.65)
    assert pairs.middle(evenly) == pytest.approx((0.1, 0.9))


def test_the_result_is_of_the_pages_units():
    found = pairs.result()
    assert found["photographs"] == list(copies.NAMES)
    count = len(copies.NAMES) * pairs.PER_PICTURE * len(pairs.SEEDS)
    for name in controls.NETWORKS:
        for step in controls.STEPS:
            for control in pairs.CONTROLS:
                alikes = found["found"][name][step][control]
                assert alikes == sorted(alikes) and 0.9 * count <= len(alikes) <= count


def test_its_means_are_chapter_3s_to_within_their_spread():
    """Of other units and pictures than chapter 3's, but of the same kind, where the page puts them on one line."""
    curves = controls.curves(controls.result())
    for name in controls.NETWORKS:
        for step in controls.STEPS:
            for control in ("random channel", "own layer random", "all layers random", "neither"):
                single = pairs.result()["found"][name][step][control]
                assert np.mean(single) == pytest.approx(curves[name][step]["signed"][control][0].value, abs=0.08)


def test_a_pair_is_what_the_page_shows():
    """All other maps at the place of the unit with which the page opens lie where the result says that pairs lie."""
    step, (_, row, column) = your_picture.OPENING
    geometry, own, others = your_picture.opened()
    near = [each for *_, each in others]
    low, high = pairs.middle(pairs.result()["found"]["zfnet-mini"][step]["random channel"])
    assert np.mean([low <= each <= high for each in near]) > 0.5
    assert alike(own, own, geometry, (0, row, column)) == pytest.approx(1)
