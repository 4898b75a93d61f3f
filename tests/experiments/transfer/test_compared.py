"""What networks differ in: names of classes are compared as said, and the committed result is what comes of it."""

import pytest

from zflib import weights
from zflib.experiments.transfer import compared, sources, summary


def test_a_class_is_taught_whose_name_is_one_or_the_end_of_one():
    names = ["reflex camera", "binoculars", "grand piano", "brain coral", "sea cucumber", "leopard"]
    found = compared.taught(["camera", "binocular", "grand_piano", "brain", "cucumbers", "Leopards", "cam"], names)
    assert found == {
        "camera": ["reflex camera"],
        "binocular": ["binoculars"],
        "grand_piano": ["grand piano"],
        "cucumbers": ["sea cucumber"],
        "Leopards": ["leopard"],
    }


def test_the_committed_counts_by_a_slow_search():
    categories = pytest.importorskip("torchvision.models").SqueezeNet1_0_Weights.IMAGENET1K_V1.meta["categories"]

    def plain(name):
        return " " + " ".join(word.rstrip("s") if word[-2:] != "ss" else word[:-1] for word in name.split())

    for name, own in (("squeezenet", categories), ("zfnet-mini", weights.load("zfnet-mini").class_names)):
        found = compared.result()["taught"][name]
        for each in summary.result().classes:
            asked = plain(each.lower().replace("_", " "))
            same = [other for other in own if plain(other.lower().replace("_", " ")).endswith(asked)]
            assert found.get(each, []) == same, each


def test_the_committed_numbers_of_a_layer_are_those_of_the_architecture():
    found = compared.result()
    for name in ("zfnet-mini", "alexnet-mini"):
        net = weights.load(name).architecture
        sizes = {step.name: step.maps * step.size**2 for step in net.geometry()}
        for layer, step in sources.STEPS.items():
            assert found["numbers"][name][layer] == sizes[step.replace("relu", "conv" if int(layer) < 6 else "fc")]
        assert found["side"][name] == net.input_size


def test_squeezenet_sees_larger_pictures_and_gives_a_thousand_numbers_at_its_top():
    found = compared.result()
    assert found["side"]["squeezenet"] == 227 and found["numbers"]["squeezenet"]["7"] == 1000
    # Its first layer: 96 maps of 7 x 7 at stride 2; its fifth step, fire9, 512 maps after three poolings.
    assert found["numbers"]["squeezenet"]["5"] == 512 * 13**2
