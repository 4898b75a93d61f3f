"""Variants: they are those of architectures, and the nearest row of Table 3 is the one with the fewest changes."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zflib
from zflib import paper
from zflib.experiments.stems import stem
from zflib.widgets.variants import (
    MAPS,
    SCALES,
    UNITS,
    at_scale,
    changes,
    describe,
    nearest,
    rows_of_table_3,
    variant,
)


@pytest.fixture(scope="module")
def rows():
    return rows_of_table_3({})


def test_unchanged_it_is_the_papers_network():
    assert variant("ZFNet", "as they are", "4096 units", 7, 2) == zflib.ZFNET
    assert variant("AlexNet", "as they are", "4096 units", 11, 4) == zflib.ALEXNET
    assert at_scale(zflib.ZFNET, SCALES[1]) == zflib.ZFNET.mini()


def test_changes_are_those_of_architectures_and_of_chapter_5():
    changed = variant("ZFNet", "512-1024-512 maps", "8192 units", 7, 2, [3, 7])
    assert changed == zflib.ZFNET.with_maps({4: 1024, 5: 512}).with_units(8192).without(3, 7)
    for stride, network in ((4, "AlexNet"), (2, "ZFNet")):
        for kernel in (7, 11):
            ours = variant(network, "as they are", "4096 units", kernel, stride).mini()
            assert ours.convs == stem(kernel, stride).convs


def test_every_row_of_table_3_is_its_own_nearest(rows):
    assert [row.paper for row in rows] == [
        errors[1] for table in ("alexnet_replication", "zfnet") for errors in paper.TABLES[3][table].values()
    ]
    for row in rows:
        for scale in SCALES:
            (none, first), (some, _), _ = nearest(row.architecture, scale, rows)
            assert none == 0 and first == row and some > 0


def test_nearest_counts_changes_and_breaks_ties_by_cost(rows):
    def found(*setting):
        return [(count, row.words) for count, row in nearest(variant(*setting), SCALES[0], rows)]

    assert found("AlexNet", "as they are", "4096 units", 11, 4, [3, 4, 6]) == [
        (1, "AlexNet, without layers 3, 4"),
        (1, "AlexNet, without layers 3, 4, 6, 7"),
        (3, "AlexNet, without layers 6, 7"),
    ]
    assert changes(zflib.ZFNET, zflib.ALEXNET) == 3  # kernel, stride, and the rest
    assert changes(zflib.ZFNET.with_units(2048).without(6, 7), zflib.ZFNET) == 2  # no units are left to differ


@settings(max_examples=100)
@given(
    *[
        st.sampled_from(
            [
                variant("ZFNet", m, u, k, s, out)
                for m, u, k, s in product(MAPS, UNITS, (3, 7), (2, 4))
                for out in ((), (3, 4), (6, 7), (2, 5, 7))
            ]
        )
    ]
    * 2
)
def test_changes_are_symmetric_and_none_only_between_equals(one, other):
    assert changes(one, other) == changes(other, one)
    assert (changes(one, other) == 0) == (one == other)


def test_networks_in_words(rows):
    words = [row.words for row in rows]
    assert words[0] == "AlexNet, as it is" and "AlexNet, without layers 3, 4, 6, 7" in words
    assert "ZFNet, 512-1024-512 maps in layers 3, 4, 5; 8192 units" in words and len(set(words)) == 12
    changed = variant("AlexNet", "half the maps", "4096 units", 7, 2, [4])
    assert describe(changed) == "AlexNet, 7×7 filters, stride 2; without layer 4; 192-128 maps in layers 3, 5"
    assert describe(changed.without(3, 5)) == "AlexNet, 7×7 filters, stride 2; without layers 3, 4, 5"
