"""Views at several scales: what they cover, where they lie, and the strongest units over all of them, found slowly."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image

import zflib
from zflib import data
from zflib.analysis import Views, responses, top_activations

SIZE, MAPS = 64, 24  # side of a prepared view; how many maps are done by hand


@pytest.fixture(scope="module")
def net():
    return zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.03, seed=0).eval().double()


@pytest.fixture(scope="module")
def pictures():
    """Three of noise at several scales, wide, high and square."""
    random = np.random.default_rng(1)
    made = []
    for width, height in ((160, 100), (90, 150), (120, 120)):
        coarse = Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((width, height))
        fine = random.integers(-60, 60, (height, width, 3))
        made.append(Image.fromarray((np.asarray(coarse) + fine).clip(0, 255).astype(np.uint8)))
    return made


def field_on_picture(views, number, box):
    """A unit's field in the picture's own pixels, by hand: 64 of the 73 pixels to which a view is scaled are kept."""
    top, left, bottom, right = views.box[number]
    assert bottom - top == right - left
    pixel = (bottom - top) / 73
    return [start + (4 + at) * pixel for start, at in zip((top, left, top, left), box, strict=True)]


def share_area(one, other):
    """Whether two boxes share more than what rounding leaves."""
    heights, widths = ((min(one[i + 2], other[i + 2]) - max(one[i], other[i])) for i in (0, 1))
    return heights > 1e-6 and widths > 1e-6


def by_hand(net, views, step, k, per_picture):
    """Of every map the strongest units over all views of all pictures, one after the other, each only if its field
    meets no chosen one of its picture: [(view, row, column, value)]."""
    geometry = next(each for each in net.architecture.geometry(SIZE) if each.name == step)
    units = {}
    for number, view in enumerate(views):
        x = net.preprocess(view, size=SIZE)[None].double()
        for name, module in net.named_children():
            x = module(x)
            if name == step.replace("conv", "relu"):
                break
        for channel, maps in enumerate(x[0, :MAPS].detach().numpy()):
            units.setdefault(channel, []).extend((-v, number, r, c) for (r, c), v in np.ndenumerate(maps))
    found = []
    for channel in sorted(units):
        chosen, fields = [], {}
        for value, number, row, column in sorted(units[channel]):
            mine = fields.setdefault(int(views.picture[number]), [])
            field = field_on_picture(views, number, geometry.box(row, column))
            if len(mine) < per_picture and not any(share_area(field, other) for other in mine):
                mine.append(field)
                chosen.append((number, row, column, -value))
            if len(chosen) == k:
                break
        found.append(chosen)
    return np.array(found)


@pytest.mark.parametrize(("step", "k", "per_picture"), [("conv2", 5, 2), ("conv3", 3, 1), ("conv2", 7, 4)])
def test_agrees_with_a_slow_loop_over_scales_and_places(net, pictures, step, k, per_picture):
    views = Views(pictures, scales=(1, 1.5, 2.5), overlap=0.2)
    found = top_activations(net, views, step, k, size=SIZE, per_picture=per_picture, batch_size=4)
    expected = by_hand(net, views, step, k, per_picture)
    value, number = expected[..., 3], expected[..., 0]
    alive = value > 0  # of equal zeros any may come
    np.testing.assert_allclose(found.value[:MAPS], value, rtol=1e-9, atol=1e-12)
    for ours, theirs in ((found.picture, number), (found.row, expected[..., 1]), (found.column, expected[..., 2])):
        np.testing.assert_array_equal(ours[:MAPS][alive], theirs[alive])
    assert len(np.unique(views.scale[found.picture[:MAPS][alive]])) == 3, "only some of the scales had a say"
    assert found.pictures == len(views)


def test_no_two_patches_of_a_photograph_overlap():
    """With a trained network, over photographs, in the photographs' own pixels."""
    net = zflib.load("zfnet-mini").cpu()
    photographs = [data.photograph(name).picture for name in ("chelsea", "coffee", "motorcycle")]
    views = Views(photographs)
    found = top_activations(net, views, ["conv2", "conv3"], 6, size=96, per_picture=3)
    for top in found.values():
        fields = views.on_picture(top.picture, top.box, top.size)
        whose = views.picture[top.picture]
        assert (whose[..., None] == np.arange(3)).sum(1).max() == 3
        for channel in np.flatnonzero(~top.dead):
            for a, b in itertools.combinations(np.flatnonzero(top.active[channel]), 2):
                if whose[channel, a] == whose[channel, b]:
                    assert not share_area(fields[channel, a], fields[channel, b])


def test_one_scale_of_squares_is_what_pictures_are_by_themselves(net):
    squares = [Image.fromarray(p) for p in np.random.default_rng(0).integers(0, 256, (4, 90, 90, 3), dtype=np.uint8)]
    plain = top_activations(net, squares, ["conv1", "conv2"], k=6, size=SIZE, per_picture=2)
    views = top_activations(net, Views(squares, scales=(1,)), ["conv1", "conv2"], k=6, size=SIZE, per_picture=2)
    for step, one in plain.items():
        alive = one.active
        np.testing.assert_array_equal(one.active, views[step].active)
        for what in ("picture", "row", "column", "value"):
            np.testing.assert_array_equal(getattr(one, what)[alive], getattr(views[step], what)[alive])


def test_a_field_holds_on_its_photograph_what_the_network_saw(net):
    """A bright spot on a dark photograph, seen through a view, lies where the unit's field says."""
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[118:122, 208:212] = 255
    views = Views([pixels], scales=(1, 2), overlap=0.3)
    mean = net.mean.cpu().float().flatten()[:, None, None]
    seen = 0
    for number, view in enumerate(views):
        bright = (net.preprocess(view, size=SIZE) + mean).sum(0)
        if bright.max() > 60:
            row, column = divmod(int(bright.argmax()), SIZE)
            top, left, bottom, right = views.on_picture(number, [row, column, row + 1, column + 1], SIZE)
            assert abs((top + bottom) / 2 - 120) < bottom - top and abs((left + right) / 2 - 210) < right - left
            seen += 1
    assert seen >= 3


def test_views_cover_every_picture_at_every_scale(pictures):
    for scales, overlap in (((1,), 0), ((1, 1.4, 2), 0), ((3.3,), 0.6)):
        views = Views(pictures, scales, overlap)
        for at, picture in enumerate(pictures):
            for scale in scales:
                mine = views.box[(views.picture == at) & (views.scale == scale)]
                sides = mine[:, 2:] - mine[:, :2]
                assert (sides == round(min(picture.size) / scale)).all()
                for axis, length in ((0, picture.height), (1, picture.width)):
                    starts = np.unique(mine[:, axis])
                    assert starts[0] == 0 and starts[-1] + sides[0, 0] == length
                    assert (np.diff(starts) <= sides[0, 0] * (1 - overlap) + 1).all()
                assert (
                    len(mine) == len(np.unique(mine, axis=0)) == np.prod([len(np.unique(mine[:, i])) for i in (0, 1)])
                )
    (top, left, bottom, right), view = views.box[-1], views[len(views) - 1]
    np.testing.assert_array_equal(np.asarray(view), np.asarray(pictures[-1])[top:bottom, left:right])
    assert len(Views(pictures, (1,))) == 5 and len(Views([pictures[2]])) == 9


def test_patches_come_from_the_views(net, pictures):
    views = Views(pictures, (1, 2))
    found = top_activations(net, views, "conv2", k=3, size=SIZE)
    channel = int(np.flatnonzero(found.active.all(1))[0])
    shown = responses(net, views, found, channel)
    view = net.preprocess(views[int(found.picture[channel, 0])], size=SIZE)
    top, left, bottom, right = found.box[channel, 0].clip(0, SIZE)
    pixels = (view + net.mean.cpu().float())[:, top:bottom, left:right].permute(1, 2, 0).round().byte().numpy()
    inside = tuple(
        slice(a - b, c - b) for a, b, c in zip((top, left), found.box[channel, 0], (bottom, right), strict=False)
    )
    np.testing.assert_allclose(shown.patches[0][inside].astype(int), pixels.astype(int), atol=1)
    assert torch.equal(shown.units[:, 1], torch.full((3,), channel))


def test_wrong_arguments_are_named(pictures):
    for scales in ((), (0.5,), ((1, 2),)):
        with pytest.raises(ValueError, match="scales"):
            Views(pictures, scales)
    with pytest.raises(ValueError, match="overlap"):
        Views(pictures, overlap=1)
    with pytest.raises(ValueError, match="has none"):
        Views([np.zeros((2, 2, 3), np.uint8)], (9,))
    with pytest.raises(TypeError):
        Views(7)
    views = Views(pictures)
    with pytest.raises(IndexError, match="no view"):
        views[len(views)]
    with pytest.raises(ValueError, match="no view"):
        views.on_picture([len(views)], [[0, 0, 1, 1]], 64)
    with pytest.raises(ValueError, match="box"):
        views.on_picture([0, 1], [0, 0, 1, 1], 64)
