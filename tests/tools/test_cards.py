"""The start page's cards: their pictures are what tools/cards.py draws today, their sentences what was found."""

import re
from statistics import mean

import cards
import numpy as np
import pytest
from pages import TEXT
from PIL import Image

from zflib import ALEXNET, ZFNET
from zflib.experiments import ablation, class_entropy, controls, evolution, shifts
from zflib.experiments.transfer import summary


def test_every_chapter_of_the_start_page_has_a_card():
    listed = re.findall(r"\(images/cards/(\d+)\.webp\)\n\n  \*\*(\d+)\*\* \[", TEXT["index.md"])
    assert [int(number) for number, _ in listed] == [int(number) for _, number in listed] == list(cards.CHAPTERS)
    assert {int(file.stem) for file in cards.CARDS.iterdir()} == set(cards.CHAPTERS)


@pytest.mark.parametrize("number", cards.CHAPTERS)
def test_a_card_is_what_is_drawn(number):
    kept = np.asarray(Image.open(cards.CARDS / f"{number}.webp").convert("RGB")).astype(int)
    assert kept.shape == (cards.HEIGHT, cards.WIDTH, 3)
    drawn = cards.CHAPTERS[number]()
    assert np.abs(kept - drawn).mean() < 5, f"chapter {number}'s card is old: run python tools/cards.py"
    assert kept.std(axis=(0, 1)).max() > 20, "one colour all over"


@pytest.mark.parametrize("network", controls.NETWORKS)
@pytest.mark.parametrize("step", ["conv3", "conv4", "conv5"])
def test_fine_outlines_come_from_the_switches_and_broad_areas_from_the_unit(network, step):
    said(3, "In layers 3 to 5 fine outlines owe more to where the picture's maxima lie, the *switches*, than to")
    said(3, "the unit; broad coloured areas come from the unit.")
    verdict = controls.verdict(controls.result()["found"][network]["by lot"][step]["likeness"], "signed")
    assert verdict.startswith("switches 0 ") and re.search(r"unit \d to 8 px$", verdict)


def test_three_numbers_were_changed_and_the_deepest_layers_keep_their_spacing():
    said(1, "Three numbers, not two. ZFNet's deepest layers look at the picture no more finely than AlexNet's.")
    differ = [
        (one.layer, what)
        for one, other in zip(ALEXNET.convs, ZFNET.convs, strict=True)
        for what in ("kernel", "stride")
        if getattr(one, what) != getattr(other, what)
    ]
    assert differ == [(1, "kernel"), (1, "stride"), (2, "stride")]
    spacings = {step.jump for a in (ALEXNET, ZFNET) for step in a.geometry() if step.name == "conv5"}
    assert len(spacings) == 1


@pytest.mark.parametrize("network", class_entropy.NETWORKS)
def test_the_deeper_the_layer_the_fewer_classes_a_map_keeps_to(network):
    said(4, "The deeper the layer, the more each of its filters keeps to one class.")
    layers = class_entropy.result()["entropy"][network]["trained"]
    means = [mean(e for e in layers[step] if e is not None) for step in class_entropy.STEPS]
    assert means == sorted(means, reverse=True)


def test_the_smaller_stride_steadies_layer_1_and_layer_2_is_the_less_steady():
    said(6, "When the picture shifts, ZFNet's layer 1 is steadier than AlexNet's, its layer 2 less steady.")
    found = shifts.result()["found"]
    for step, steadier in (("conv1", "zfnet-mini"), ("conv2", "alexnet-mini")):
        worst = {name: [max(seed["equivariance"][step]) for seed in of["plain"]] for name, of in found.items()}
        other = next(name for name in worst if name != steadier)
        assert max(worst[steadier]) < min(worst[other])


def test_the_ablation_table_has_two_answers():
    said(7, "We trained shortened AlexNets at three learning rates, and got two answers.")
    runs, better = ablation.result(), set()
    for rate in (0.003, 0.01, 0.02):
        whole = runs.row("alexnet", "as_is", rate=rate).wrong.mean()
        better.add(runs.row("alexnet", "removed_layers_3_4", rate=rate).wrong.mean() < whole)
    assert better == {True, False}


def test_how_the_features_grew():
    said(8, "Early in training the lower layers are ahead.")
    said(8, "When a layer is done depends on what one asks: its filters, its pictures or its use.")
    run = evolution.result()["runs"][evolution.RUNS[0]]
    for measure in ("learnt", "nine"):
        one, *_, four, five = (run["5"][step][measure] for step in evolution.PROBED)
        assert one > 2 * max(four, five)
    untrained, late, end = (run[str(epoch)]["conv5"] for epoch in (0, *evolution.KEPT[-2:]))
    gained = (late["probe"] - untrained["probe"]) / (end["probe"] - untrained["probe"])
    assert late["learnt"] > 0.95 and late["nine"] < 0.5 < gained < 0.8


def test_what_serves_elsewhere_moves_up_with_the_classes_learnt():
    said(12, "Taught ten classes, a network serves others best by layers below its top;")
    said(12, "SqueezeNet, built differently and taught a thousand, by its top layers.")
    found, best = summary.result(), {}
    for name in ("zfnet-mini", "alexnet-mini", "squeezenet"):
        means = {layer: found.accuracy(name, layer, max(found.counts(name))).mean() for layer in found.layers(name)}
        best[name] = int(max(means, key=means.get))
    assert best["zfnet-mini"] in (2, 3) and best["alexnet-mini"] in (2, 3) and best["squeezenet"] >= 4


def said(chapter: int, sentence: str) -> None:
    """The chapter's card says so: a sentence that is changed has its test changed with it."""
    card = TEXT["index.md"].split(f"**{chapter}** [")[1].split("\n- ")[0]
    assert sentence in " ".join(card.split())
