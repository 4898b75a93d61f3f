"""The page Your picture states results: its numbers are those of chapter 3, of the page's pairs and of the panel."""

import re
from itertools import product

import numpy as np
import pytest
from pages import TEXT

from zflib.experiments import controls, pairs
from zflib.widgets.live import draws, likenesses
from zflib.widgets.live import your_picture as panel

SAID = " ".join(TEXT["your_picture.md"].split())
EVERY = list(product(controls.NETWORKS, controls.STEPS))
CURVES = controls.curves(controls.result())
STEP, UNIT = panel.OPENING
LAYER_3 = likenesses.typical()[panel.NETWORK][STEP]


def across(control, blur):
    """The least and the greatest mean over networks and layers, in words."""
    found = [CURVES[name][step]["signed"][control][controls.BLURS.index(blur)].value for name, step in EVERY]
    return f"{min(found):.2f} to {max(found):.2f}"


@pytest.mark.parametrize(
    "words, control",
    [
        ("the unit, by another at the same place", "random channel"),
        ("the *switches* (where each pooling found its maximum), by those of another picture", "random picture"),
        ("unit and switches: the *floor*, what unrelated pictures have", "neither"),
    ],
)
def test_what_the_unit_keeps_and_what_the_switches(words, control):
    assert f"| {words} | {across(control, 0)} | {across(control, 4)} |" in SAID


def test_fine_outlines_are_shared_and_broad_colours_are_not():
    shared = f"share many of their fine outlines (likeness {across('random channel', 0)}, where unrelated"
    assert f"{shared} pictures have {across('neither', 0)})" in SAID
    tie = [CURVES["zfnet-mini"]["conv2"]["signed"][each][0].value for each in ("random channel", "random picture")]
    assert "to replace either leaves about 0.34" in SAID and max(abs(each - 0.34) for each in tie) < 0.01
    for name, step in EVERY:
        same_picture, same_unit = (CURVES[name][step]["signed"][each] for each in ("random channel", "random picture"))
        kept = controls.result()["found"][name]["by lot"][step]["likeness"]
        fine = controls.mean(kept["random channel"]["signed"][0], less=kept["random picture"]["signed"][0])
        assert (fine.low > 0) == ((name, step) != ("zfnet-mini", "conv2")), "the page says that these two tie"
        assert same_unit[controls.BLURS.index(4)].value > same_picture[controls.BLURS.index(4)].value


def test_each_control_stands_beside_its_result():
    assert STEP == "conv3" and "| button | what is replaced | usual in layer 3 |" in SAID
    buttons = {
        "other-map": "Use another map's unit",
        "shuffled-switches": "Shuffle the switches",
        "another-pictures-switches": "Use another picture's switches",
        "random-layer": "Randomise this layer's weights",
        "random-weights": "Randomise all weights up to this layer",
    }
    for control, button in buttons.items():
        (cell,) = re.findall(rf"\| {button} \| [^|]* \| (\S+) \|", SAID)
        assert cell == f"{LAYER_3[control][0]:.2f}"
    assert f"The floor there is {LAYER_3['neither'][0]:.2f}." in SAID
    near = f"{LAYER_3['random-layer'][0]:.2f} against {LAYER_3['other-map'][0]:.2f}"
    assert f"changes no more than with another of its learnt units (likeness {near})" in SAID
    kept = controls.result()["found"][panel.NETWORK]["by lot"][STEP]["likeness"]
    for control in ("shuffled switches", "random picture", "all layers random"):  # these matter more
        less = controls.mean(kept["own layer random"]["signed"][0], less=kept[control]["signed"][0])
        assert less.low > 0
    assert controls.mean(kept["own layer random"]["signed"][0], less=kept["random channel"]["signed"][0]).high > 0


def test_where_single_pairs_lie():
    usual, low, high = LAYER_3["other-map"]
    assert f"(*usual* on the line) is {usual:.2f}; four in five pairs of this page lie between" in SAID
    assert f"between {low:.2f} and {high:.2f} (grey)" in SAID


@pytest.mark.parametrize("name, step", EVERY)
def test_each_range_of_the_bet_can_win(name, step):
    assert "about as many pairs lie in each" in SAID
    low, high = likenesses.ranges()[name][step]
    found = np.array(pairs.result()["found"][name][step]["random channel"]).round(2)
    for share in ((found < low).mean(), ((found >= low) & (found <= high)).mean(), (found > high).mean()):
        assert 0.2 < share < 0.46, share


def test_the_pictures_show_the_maps_that_are_named():
    step, own, others = panel.opened()
    assert own.std() > 0
    second = draws.other_map(UNIT[0], step.maps, 0)  # that of the still
    (near,) = (near for at, _, near in others if at == second)
    assert f"(likeness {near:.2f}, see below)" in SAID
    _, chosen = panel.scale()
    named = ", ".join(str(at) for at, _ in chosen[:-1]) + f" and {chosen[-1][0]}"
    assert f"map {UNIT[0]}," in SAID and f"maps {named}" in SAID
    assert [near for _, near in chosen] == pytest.approx(panel.SCALE, abs=0.02)
    low, high = likenesses.ranges()[panel.NETWORK][STEP]
    alike = np.array([near for *_, near in others]).round(2)
    assert min((alike < low).mean(), ((alike >= low) & (alike <= high)).mean(), (alike > high).mean()) > 0.1
