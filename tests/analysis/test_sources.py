"""Where pictures may come from, and what is refused before a long pass."""

import warnings

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

import zflib
from zflib import aliasing, memory, spectrum
from zflib.analysis import Traces, responses, top_activations
from zflib.deconvnet.trace import NotFinite


@pytest.fixture(scope="module")
def net():
    return zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0).eval()


PIXELS = np.random.default_rng(0).integers(0, 256, (4, 130, 130, 3), dtype=np.uint8)
PICTURES = [Image.fromarray(pixels) for pixels in PIXELS]


class Set:
    """A data set of many items that counts how many were asked for."""

    def __init__(self, make, count=2000):
        self.make, self.count, self.asked = make, count, 0

    def __len__(self):
        return self.count

    def __getitem__(self, at):
        self.asked += 1
        return self.make(at)


NO_PICTURES = {
    "tensors": lambda at: torch.rand(3, 64, 64),
    "tensors with labels": lambda at: (torch.rand(3, 64, 64), at),
    "dicts": lambda at: {"image": PICTURES[0], "label": at},
    "paths": lambda at: f"{at}.jpg",
    "numbers": lambda at: at,
    "empty tuples": lambda at: (),
    "floats up to 255": lambda at: np.full((8, 8), 200.0),
}


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_a_set_of_something_else_is_refused_at_its_first_item(net, kind):
    items = Set(NO_PICTURES[kind])
    with warnings.catch_warnings(), pytest.raises(TypeError, match=r"Item 0 is no picture\. .* leave ToTensor out"):
        warnings.simplefilter("error")
        top_activations(net, items, "conv1")
    assert items.asked == 1


def test_later_items_that_are_none_are_passed_over(net):
    def make(at):
        return PICTURES[at] if at < 3 else "no picture"

    with pytest.warns(UserWarning, match="Picture 3 is left out: Expected a PIL picture"):
        found = top_activations(net, Set(make, 4), "conv1", k=2)
    assert found.pictures == 3 and len(found.unreadable) == 1


def test_a_list_of_picture_and_label_is_an_item_like_a_tuple(net):
    pairs, lists = ([make([p, 7]) for p in PICTURES] for make in (tuple, list))
    a, b, c = (top_activations(net, items, "conv2", k=2) for items in (PICTURES, pairs, lists))
    assert np.array_equal(a.value, b.value) and np.array_equal(a.value, c.value)
    assert spectrum.of_pictures(lists).tiles == spectrum.of_pictures(PICTURES).tiles
    assert aliasing.equivariance_error(net, lists, "conv1", (1,)) == aliasing.equivariance_error(
        net, PICTURES, "conv1", (1,)
    )


@pytest.mark.parametrize(
    "pictures",
    [
        *(PIXELS[0], PIXELS[0, :, :, 0], PIXELS[..., 0], torch.zeros(3, 64, 64), PIXELS[None]),
        *("cat.jpg", b"GIF89a", {0: PICTURES[0]}, {"image": PICTURES}, PICTURES[0], 3),
    ],
)
def test_what_may_be_one_picture_or_none_is_refused(net, pictures):
    for use in (
        lambda: top_activations(net, pictures, "conv1", k=1),
        lambda: Traces(net, pictures, 96, "conv1"),
        lambda: aliasing.equivariance_error(net, pictures, "conv1", (1,)),
        lambda: spectrum.of_pictures(pictures),
    ):
        with pytest.raises(
            TypeError, match=r"may be a single picture: put it in a list|must be a sequence or a data set"
        ):
            use()


def test_one_array_of_many_pictures_is_taken(net):
    a, b = (top_activations(net, items, "conv2", k=2) for items in (PIXELS, PICTURES))
    assert np.array_equal(a.value, b.value)


def test_a_network_of_another_kind_is_refused(net):
    other, found = torchvision.models.alexnet(), top_activations(net, PICTURES, "conv1", k=2)
    for use in (
        lambda: top_activations(other, PICTURES, "features.0"),
        lambda: Traces(other, PICTURES, 96, "features.0"),
        lambda: responses(other, PICTURES, found, 0),
    ):
        with pytest.raises(TypeError, match=r"A ConvNet is needed.*not AlexNet\. DeconvNet projects"):
            use()


def test_a_picture_that_overflows_is_named_by_its_number(net):
    half = zflib.ConvNet(net.architecture).initialise(std=0.03, seed=0).half()
    half.conv1.weight.data *= 2000  # of dim pictures half precision holds the sums
    dim = [Image.fromarray((p / 255 * 10 + 123).astype(np.uint8)) for p in PIXELS[:3]]
    top_activations(half, dim, "conv1", k=2)
    white = Image.new("RGB", (130, 130), "white")
    with pytest.raises(NotFinite, match="Picture 3 gives NaN or infinity in conv1, in float16"):
        top_activations(half, [*dim, white], "conv3", k=2, batch_size=2)


def test_a_size_beyond_the_memory_is_refused(net):
    with pytest.raises(
        ValueError, match=r"16 pictures of 100,000 pixels a side would need [\d,]+ GB of memory; there are"
    ):
        top_activations(net, PICTURES, "conv1", size=100_000)
    with pytest.raises(ValueError, match=r"would need 9,000 GB"):
        memory.check(9e12, "This")
    memory.check(1e6, "This")
