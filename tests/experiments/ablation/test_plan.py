"""The plan is the paper's table: every row, by the architecture's own methods, under one recipe."""

from dataclasses import asdict

import pytest

from zflib import paper
from zflib.architecture import ALEXNET, ZFNET
from zflib.experiments.ablation import plan
from zflib.training.recipe import PAPER

MINI = plan.PRESETS["mini"]
WIDE = {3: 512, 4: 1024, 5: 512}
BY_HAND = {
    ("alexnet", "as_is"): ALEXNET,
    ("alexnet", "removed_layers_3_4"): ALEXNET.without(3, 4),
    ("alexnet", "removed_layer_7"): ALEXNET.without(7),
    ("alexnet", "removed_layers_6_7"): ALEXNET.without(6, 7),
    ("alexnet", "removed_layers_3_4_6_7"): ALEXNET.without(3, 4, 6, 7),
    ("alexnet", "layers_6_7_2048_units"): ALEXNET.with_units(2048),
    ("alexnet", "layers_6_7_8192_units"): ALEXNET.with_units(8192),
    ("zfnet", "as_is"): ZFNET,
    ("zfnet", "layers_6_7_2048_units"): ZFNET.with_units(2048),
    ("zfnet", "layers_6_7_8192_units"): ZFNET.with_units(8192),
    ("zfnet", "layers_3_4_5_512_1024_512"): ZFNET.with_maps(WIDE),
    ("zfnet", "layers_6_7_8192_units_and_layers_3_4_5_512_1024_512"): ZFNET.with_units(8192).with_maps(WIDE),
}


def test_every_row_of_the_paper_and_no_other():
    rows = [(network, row) for network in plan.NETWORKS for row in plan.published(network)]
    assert rows == list(BY_HAND)
    assert plan.published("zfnet")["as_is"] == paper.TABLES[3]["zfnet"]["as_is"]


@pytest.mark.parametrize(("network", "row"), BY_HAND, ids="-".join)
def test_a_row_is_the_architecture_that_it_names(network, row):
    assert plan.variant(plan.NETWORKS[network], row) == BY_HAND[network, row]
    assert MINI.architecture(network, row, classes=10) == BY_HAND[network, row].mini()
    at_full_size = plan.PRESETS["paper"].architecture(network, row, classes=1000)
    assert at_full_size == BY_HAND[network, row]


@pytest.mark.parametrize("row", ["", "removed", "removed_layers", "as_is_too", "layers_6_7_many_units", "without_7"])
def test_other_rows_are_refused(row):
    with pytest.raises(ValueError, match="no row of Table 3"):
        plan.variant(ZFNET, row)


def test_the_mini_recipe_departs_from_the_paper_where_it_says_so():
    ours, theirs = asdict(plan.MINI_TABLE), asdict(PAPER)
    assert {key for key in ours if ours[key] != theirs[key]} == {"epochs", "batch_size", "schedule", "init_std"}


def test_the_first_seed_of_every_row_comes_first():
    found = plan.jobs(MINI)
    assert len(found) == len(set(found)) == 12 * 3 + 2
    assert [job.seed for job in found] == [0] * 12 + [1] * 12 + [2] * 12 + [3, 4]
    assert found[-2:] == (plan.Job("zfnet", "as_is", 3), plan.Job("zfnet", "as_is", 4))
    assert [(job.network, job.row) for job in found[:12]] == list(BY_HAND)


def test_a_part_of_the_plan():
    assert plan.jobs(MINI, rows=["as_is"], seeds=[0]) == (
        plan.Job("alexnet", "as_is", 0),
        plan.Job("zfnet", "as_is", 0),
    )
    assert plan.jobs(MINI, ["alexnet"], ["removed_layer_7"], [7, 7]) == (plan.Job("alexnet", "removed_layer_7", 7),)


def test_a_row_that_no_network_has():
    with pytest.raises(ValueError, match=r"no row 'removed_layer_7' for zfnet; it has as_is, layers_6_7_2048_units"):
        plan.jobs(MINI, ["zfnet"], ["as_is", "removed_layer_7"])


def test_something_was_predicted_of_every_row():
    predicted = plan.predictions()["change_of_validation_error"]
    assert {(n, row) for n in predicted for row in predicted[n]} == {key for key in BY_HAND if key[1] != "as_is"}
    for guess, (low, high) in (value for rows in predicted.values() for value in rows.values()):
        assert low < guess < high
    for asked in ("afterwards", "settling"):
        ranges = list(leaves(plan.predictions(asked)))
        assert ranges and all(low < guess < high for guess, (low, high) in ranges)
    with pytest.raises(ValueError, match="predictions of plan, afterwards, settling, not of 'later'"):
        plan.predictions("later")


def leaves(tree):
    for value in tree.values():
        yield from leaves(value) if isinstance(value, dict) else [value]
