"""Strongest activations, found again the slow way: every unit of every picture in one list, sorted."""

import itertools
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image

import zflib
from zflib import data
from zflib.analysis import effective_field, responses
from zflib.analysis.top import _peaks, top_activations


@cache
def network(name="zfnet"):
    arch = {"zfnet": zflib.ZFNET, "alexnet": zflib.ALEXNET}[name]
    return zflib.ConvNet(arch.mini()).initialise(std=0.03, seed=0).eval().double()  # so that rounding breaks no order


def noise(count, side=64, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return [Image.fromarray(p).resize((side * 2, side * 2)) for p in pixels]


def by_hand(net, pictures, step, k, size):
    """(picture, row, column, value) of the k strongest per channel, one maximum per picture."""
    maxima = {}
    for number, picture in enumerate(pictures):
        x = net.preprocess(picture, size=size)[None].double()
        for name, module in net.named_children():
            x = module(x)
            if name == step.replace("conv", "relu"):
                break
        for channel, values in enumerate(x[0].detach().numpy()):
            value, row, column = max((v, -r, -c) for (r, c), v in np.ndenumerate(values))
            maxima.setdefault(channel, []).append((-value, number, -row, -column))
    return [[(n, r, c, -v) for v, n, r, c in sorted(maxima[channel])[:k]] for channel in sorted(maxima)]


@pytest.mark.parametrize(("name", "step", "size"), [("zfnet", "conv3", 128), ("alexnet", "conv2", 96)])
def test_agrees_with_a_sorted_list_of_everything(name, step, size):
    net, pictures = network(name), noise(7)
    found = top_activations(net, pictures, step, k=4, size=size, batch_size=3)
    expected = np.array(by_hand(net, pictures, step, 4, size))
    np.testing.assert_array_equal(found.picture, expected[..., 0])
    np.testing.assert_array_equal(found.row, expected[..., 1])
    np.testing.assert_array_equal(found.column, expected[..., 2])
    np.testing.assert_allclose(found.value, expected[..., 3], rtol=1e-9)
    where = {s.name: s for s in net.architecture.geometry(size)}[step]
    for at in itertools.product(range(3), range(4)):
        assert tuple(found.box[at]) == where.box(found.row[at], found.column[at])
    assert found.box.shape == (where.maps, 4, 4) and found.size == size and found.pictures == 7


def test_streaming_equals_one_batch_and_several_steps_one_each():
    net, pictures = network(), noise(9)
    at_once = top_activations(net, pictures, ["conv2", "conv5", "fc6"], k=5, batch_size=100)
    for step, whole in at_once.items():
        streamed = top_activations(net, pictures, step, k=5, batch_size=2)
        np.testing.assert_array_equal(whole.picture, streamed.picture)
        np.testing.assert_array_equal(whole.box, streamed.box)
        np.testing.assert_allclose(whole.value, streamed.value, rtol=1e-9, atol=1e-12)
    assert (at_once["fc6"].row == 0).all() and at_once["fc6"].picture.shape == (1024, 5)


def test_equal_pictures_come_in_order_and_the_first_row_counts():
    flat = Image.new("RGB", (128, 128), (10, 200, 90))
    found = top_activations(network(), [flat] * 6, "conv1", k=3, batch_size=2)
    assert (found.picture == [0, 1, 2]).all()


def test_dead_maps_have_value_0_and_are_named():
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0).double()
    with torch.no_grad():
        net.conv2.bias[5] = -1e6
    found = top_activations(net, noise(3), "conv2", k=3)
    expected = [maxima[0][3] == 0 for maxima in by_hand(net, noise(3), "conv2", 1, 128)]
    assert found.dead.tolist() == expected and found.dead[5] and not found.dead.all()
    assert (found.value[5] == 0).all() and not found.active[5].any()
    with pytest.raises(ValueError, match="Map 5 of conv2 is above 0 on none of the 3 pictures"):
        responses(net, noise(3), found, 5)


def test_too_few_pictures_is_said_plainly():
    with pytest.raises(ValueError, match=r"2 pictures .* k = 9 of conv1"):
        top_activations(network(), noise(2), "conv1")
    with pytest.raises(ValueError, match="0 pictures"):
        top_activations(network(), [], "conv1")


def test_unreadable_pictures_are_counted_and_passed_over():
    class Set:
        """Like a torchvision data set: (picture, label), and trouble at one place."""

        good = noise(5)

        def __len__(self):
            return 6

        def __getitem__(self, at):
            if at == 2:
                raise data.UnreadablePicture("holiday.jpg can't be read as a picture: truncated")
            return self.good[at - (at > 2)], 7

    with pytest.warns(UserWarning, match=r"Picture 2 is left out: holiday.jpg"):
        found = top_activations(network(), Set(), "conv1", k=5, batch_size=2)
    assert found.pictures == 5 and len(found.unreadable) == 1 and "holiday.jpg" in found.unreadable[0]
    assert sorted(found.picture[0]) == [0, 1, 3, 4, 5]
    with pytest.warns(UserWarning), pytest.raises(ValueError, match=r"1 could not be read.*holiday"):
        top_activations(network(), Set(), "conv1", k=6)


def test_every_kind_of_picture_source_gives_the_same():
    net, pictures = network(), noise(4)
    pixels = np.stack([np.asarray(p) for p in pictures])
    labels = np.zeros(4, dtype=np.int64)
    sources = [
        pictures,
        [(p, 1) for p in pictures],
        data.PictureSet("noise", pixels, labels, ("noise",), ""),
        data.Gallery("noise", pictures, ("",) * 4, None, (), True, ""),
    ]
    first, *others = (top_activations(net, source, "conv2", k=2) for source in sources)
    for other in others:
        np.testing.assert_array_equal(first.picture, other.picture)
        np.testing.assert_array_equal(first.value, other.value)
    with pytest.raises(TypeError, match="generator"):
        top_activations(net, (p for p in pictures), "conv2")


def test_several_units_of_one_picture_keep_apart():
    net, pictures = network(), noise(2, side=100)
    found = top_activations(net, pictures, "conv2", k=6, size=200, per_picture=4)
    field = found.box[0, 0, 2] - found.box[0, 0, 0]
    for picture, box in zip(found.picture, found.box, strict=True):
        assert np.bincount(picture).max() <= 4
        for a, b in itertools.combinations(range(6), 2):
            if picture[a] == picture[b]:
                assert np.abs(box[a, :2] - box[b, :2]).max() >= field  # receptive fields do not overlap


def test_peaks_are_the_greedy_choice():
    values = torch.randn(2, 3, 7, 8, generator=torch.Generator().manual_seed(0))
    value, row, column = _peaks(values, 3, 3)
    for n, c in itertools.product(range(2), range(3)):
        free = dict(np.ndenumerate(values[n, c].numpy()))
        for at in range(3):
            (r, q), v = max(free.items(), key=lambda item: item[1])
            assert (value[n, c, at], row[n, c, at], column[n, c, at]) == (v, r, q)
            free = {p: x for p, x in free.items() if max(abs(p[0] - r), abs(p[1] - q)) >= 3}


def test_peaks_run_out():
    value, _, _ = _peaks(torch.ones(1, 1, 2, 2), 2, 5)
    assert value.tolist() == [[[1.0, -torch.inf]]]


def test_unknown_steps_and_numbers_are_refused():
    with pytest.raises(KeyError, match="conv9"):
        top_activations(network(), noise(1), "conv9")
    with pytest.raises(ValueError, match="k must be"):
        top_activations(network(), noise(1), "conv1", k=0)


def test_effective_field_is_the_smallest_square_of_all():
    generator = np.random.default_rng(0)
    pictures = generator.normal(size=(4, 3, 9, 11)) ** 5
    for picture, box in zip(pictures, effective_field(pictures, 0.7), strict=True):
        energy = (picture**2).sum(0)
        held = {
            (side, top, left): energy[top : top + side, left : left + side].sum() / energy.sum()
            for side in range(1, 12)
            for top in range(max(1, 10 - side))
            for left in range(12 - side)
        }
        smallest = min(side for (side, _, _), share in held.items() if share >= 0.7)
        best = max((share, -top, -left) for (side, top, left), share in held.items() if side == smallest)
        top, left = -best[1], -best[2]
        assert tuple(box) == (top, left, min(top + smallest, 9), left + smallest)


def test_effective_field_of_a_point_and_of_nothing():
    pictures = torch.zeros(2, 3, 8, 8)
    pictures[0, 1, 5, 6] = -2
    assert effective_field(pictures).tolist() == [[5, 6, 6, 7], [0, 0, 0, 0]]
    with pytest.raises(ValueError, match="share"):
        effective_field(pictures, 1.0)
    with pytest.raises(ValueError, match="needed"):
        effective_field(pictures[0])
