"""The committed result is whole, of the shipped weights, and comes out again; its parts agree with slow ones."""

import json

import numpy as np
import pytest
import torch
from scipy import stats

import zflib
from zflib.analysis import magnitude, on_picture
from zflib.data import photographs
from zflib.experiments import controls as experiment
from zflib.experiments import grey_squares


@pytest.fixture(scope="module")
def net():
    narrow = zflib.ZFNET.with_maps(dict.fromkeys(range(1, 6), 8)).with_units(16)
    return zflib.ConvNet(narrow.mini()).initialise(std=0.1, seed=0).eval()


@pytest.fixture(scope="module")
def images():
    return 50 * torch.randn(3, 3, 128, 128, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def trace(net, images):
    return zflib.DeconvNet(net).forward(images, upto="conv3")


def test_the_committed_result_is_whole_and_of_the_shipped_weights():
    found = experiment.result()
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()
    assert found["photographs"] == [each.name for each in photographs()]
    shown = {"projection", *experiment.CONTROLS}
    for name in experiment.NETWORKS:
        assert found["networks"][name] == zflib.weights.record(name)["sha256"], (
            "the weights have changed: run python -m zflib.experiments.controls"
        )
        rules = found["found"][name]
        assert tuple(rules) == experiment.RULES
        assert all(tuple(steps) == experiment.STEPS for steps in rules.values())
        for values in (values for steps in rules.values() for values in steps.values()):
            assert set(values["likeness"]) == set(experiment.CONTROLS)
            for by_measure in values["likeness"].values():
                assert tuple(by_measure) == experiment.MEASURES
                assert all(np.shape(some) == (len(experiment.BLURS), 19) for some in by_measure.values())
            assert set(values["outline"]) == shown
            assert tuple(values["occlusion"]) == tuple(map(str, experiment.SQUARES))
            assert all(set(some) == shown | {"envelope"} for some in values["occlusion"].values())


def test_the_committed_result_comes_out_again():
    """One layer of one network by one rule, without the smaller squares, which take minutes."""
    net = zflib.load("alexnet-mini").cpu()
    images = torch.stack([net.preprocess(each.picture) for each in photographs()])
    again = experiment.measure(net, images, ("strongest",), ("conv2",), (32,))["strongest"]["conv2"]
    kept = experiment.result()["found"]["alexnet-mini"]["strongest"]["conv2"]
    for control in experiment.CONTROLS:
        for measure in experiment.MEASURES:
            np.testing.assert_allclose(
                again["likeness"][control][measure], kept["likeness"][control][measure], atol=0.01
            )
        for whose in ("own", "other"):
            np.testing.assert_allclose(again["outline"][control][whose], kept["outline"][control][whose], atol=0.01)
        np.testing.assert_allclose(again["occlusion"]["32"][control], kept["occlusion"]["32"][control], atol=0.01)


def test_mean_is_students():
    values = [0.1, 0.4, None, 0.7, 0.2]
    some = np.array([0.1, 0.4, 0.7, 0.2])
    low, high = stats.t.interval(0.95, 3, some.mean(), stats.sem(some))
    assert experiment.mean(values) == pytest.approx((some.mean(), low, high))


def test_mean_of_differences_is_paired():
    a, b = [0.1, 0.4, None, 0.7], [0.0, 0.1, 0.5, 0.9]
    assert experiment.mean(a, less=b) == pytest.approx(experiment.mean([0.1, 0.3, -0.2]))


def test_a_verdict_needs_a_difference_beyond_its_interval():
    noise = np.linspace(-0.1, 0.1, 19)
    gaps = (0.5, 0.4, 0.01, -0.5, -0.6)
    kept = {"random channel": [(0.3 + gap + noise).tolist() for gap in gaps], "random picture": [[0.3] * 19] * 5}
    likenesses = {name: {"signed": values} for name, values in kept.items()}
    assert experiment.verdict(likenesses, "signed") == "switches 0 to 1 px, even 2 px, unit 4 to 8 px"


def test_curves_are_means_by_blur():
    found = experiment.result()
    curves = experiment.curves(found, "strongest")
    values = found["found"]["zfnet-mini"]["strongest"]["conv3"]["likeness"]["neither"]["magnitude"][3]
    assert curves["zfnet-mini"]["conv3"]["magnitude"]["neither"][3] == experiment.mean(values)


def test_units_are_the_strongest_of_maps_that_respond(trace):
    for rule in experiment.RULES:
        units = experiment.chosen(trace, "conv3", rule, per_picture=3)
        for picture, channel, row, column in units.tolist():
            maps = trace["conv3"][picture, channel]
            assert maps[row, column] == maps.max() > 0
        for picture in range(3):
            drawn = units[units[:, 0] == picture][:, 1].tolist()
            peaks = {
                channel: float(maps.max()) for channel, maps in enumerate(trace["conv3"][picture]) if maps.max() > 0
            }
            assert len(set(drawn)) == len(drawn) == min(3, len(peaks))
            if rule == "strongest":
                assert drawn == sorted(peaks, key=peaks.get, reverse=True)[:3]
    lots = [experiment.chosen(trace, "conv3", "by lot", per_picture=3, seed=seed) for seed in (0, 1)]
    assert not torch.equal(*lots)


def test_under_is_what_the_window_sees(net, trace, images):
    units = experiment.chosen(trace, "conv2", "by lot")
    projected = zflib.DeconvNet(net).project_units(trace, "conv2", units)
    came = experiment.under(images, projected, units[:, 0])
    inside = on_picture(projected)
    for at, (picture, *_) in enumerate(units.tolist()):
        for i, j in np.ndindex(inside.shape[2:]):
            row, column = int(projected.top[at]) + i, int(projected.left[at]) + j
            expected = images[picture, :, row, column] if inside[at, 0, i, j] else torch.zeros(3)
            assert torch.equal(came[at, :, i, j].float(), expected)


def test_outlines_are_found_where_the_picture_is_steep(net, trace):
    """A projection that is the picture's own steepness has all of its outlines, and few of another's."""
    images = torch.zeros(2, 3, 128, 128)
    images[0, :, 40:90, 30:60], images[1, :, 10:50, 60:100] = 100, 100
    edges = experiment.steepness(images)
    assert edges[0, 0, 60, 45] == 0 and edges[0, 0, 60, 30] == 50
    projected = zflib.deconvnet.Patches(
        edges.expand(-1, 3, -1, -1), torch.zeros(2).long(), torch.zeros(2).long(), (128, 128)
    )
    np.testing.assert_allclose(experiment.outlines(projected, edges, torch.tensor([0, 1])), 1)
    assert (experiment.outlines(projected, edges, torch.tensor([1, 0])) < 0.2).all()


def test_a_square_takes_what_the_unit_loses(net, trace):
    units = {"conv3": experiment.chosen(trace, "conv3", "by lot", per_picture=2)}
    taken = grey_squares.lost(net, trace, units, 64)["conv3"]
    assert taken.shape == (len(units["conv3"]), 3, 3)
    for at, (picture, channel, row, column) in enumerate(units["conv3"].tolist()):
        for i, j in np.ndindex(3, 3):
            covered = trace.images[[picture]].clone()
            covered[:, :, 32 * i : 32 * i + 64, 32 * j : 32 * j + 64] = 0
            now = zflib.DeconvNet(net).forward(covered, upto="conv3")["conv3"][0, channel, row, column]
            expected = trace["conv3"][picture, channel, row, column] - now
            assert float(taken[at, i, j]) == pytest.approx(float(expected), rel=1e-3, abs=1e-4)


def test_pointing_is_a_correlation_over_the_squares_that_touch_the_field():
    generator = np.random.default_rng(0)
    strong, taken = generator.random((2, 32, 32)), generator.normal(size=(2, 7, 7))
    boxes = np.array([[-5, 3, 14, 20], [8, 8, 40, 40]])
    for at, came in enumerate(grey_squares.pointing(strong, taken, boxes, 8)):
        held, lost = [], []
        top, left, bottom, right = boxes[at]
        for i, j in np.ndindex(7, 7):
            rows, columns = range(4 * i, 4 * i + 8), range(4 * j, 4 * j + 8)
            if any(top <= row < bottom for row in rows) and any(left <= column < right for column in columns):
                held.append(sum(strong[at, row, column] for row in rows for column in columns))
                lost.append(taken[at, i, j])
        assert came == pytest.approx(np.corrcoef(held, lost)[0, 1])


def test_the_envelope_is_the_mean_over_what_has_neither_unit_nor_picture(net, trace):
    units = experiment.chosen(trace, "conv2", "by lot", per_picture=2)
    came = experiment.envelope(zflib.DeconvNet(net), trace, "conv2", units)
    assert came.shape == (len(units), 128, 128)
    np.testing.assert_allclose(came.sum((1, 2)), 1, rtol=1e-4)
    boxes = [
        next(s for s in net.architecture.geometry() if s.name == "conv2").box(*unit[2:]) for unit in units.tolist()
    ]
    for energy, (top, left, bottom, right) in zip(came, boxes, strict=True):
        energy[max(top, 0) : bottom, max(left, 0) : right] = 0
        assert not energy.any()


def test_whole_pictures_hold_the_magnitude(net, trace):
    units = experiment.chosen(trace, "conv2", "by lot", per_picture=1)
    projected = zflib.DeconvNet(net).project_units(trace, "conv2", units)
    came = experiment.whole_pictures(projected)
    for at in range(len(units)):
        np.testing.assert_allclose(came[at], magnitude(projected.paste(at))[0])


def test_the_command_writes_what_it_measured(net, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "NETWORKS", ("zfnet-mini",))
    monkeypatch.setattr(experiment.weights, "load", lambda name: net)
    monkeypatch.setattr(experiment, "photographs", lambda: photographs()[:2])
    monkeypatch.setattr(experiment, "STEPS", ("conv2",))
    measure = experiment.measure
    monkeypatch.setattr(experiment, "measure", lambda net, images: measure(net, images, ("by lot",), ("conv2",), (64,)))
    experiment.main(["--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["photographs"] == ["astronaut", "chelsea"] and list(found["found"]["zfnet-mini"]["by lot"]) == [
        "conv2"
    ]
    assert found["made"]["command"] == "python -m zflib.experiments.controls"
