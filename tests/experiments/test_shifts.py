"""Tuning is repeatable, a measurement agrees with its parts, and a call that was cut off goes on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import zflib
from zflib import data
from zflib.analysis.aliasing import equivariance_error, lowpass, multiply_adds
from zflib.experiments import shifts as experiment
from zflib.training.evaluate import evaluate
from zflib.training.loop import new_fabric
from zflib.training.ship import UnfinishedRun

QUICK = replace(experiment.TUNING, epochs=1, batch_size=4)


@pytest.fixture(scope="module")
def fabric():
    return new_fabric(QUICK, accelerator="cpu")


@pytest.fixture(scope="module")
def net():
    narrow = zflib.ALEXNET.with_maps(dict.fromkeys(range(1, 6), 12)).with_units(32)
    return zflib.ConvNet(narrow.mini()).initialise(std=0.08, seed=0).eval()


@pytest.fixture(scope="module")
def pictures():
    return data.synthetic(12, 146, seed=0)


@pytest.fixture
def small(monkeypatch, net, pictures):
    """The experiment with one narrow network and few pictures."""
    monkeypatch.setattr(experiment, "NETWORKS", ("alexnet-mini",))
    monkeypatch.setattr(experiment, "network", lambda name, seed, runs: net)
    monkeypatch.setattr(experiment, "imagenette", lambda split, side, download: pictures)
    monkeypatch.setattr(experiment, "TUNING", QUICK)
    monkeypatch.setattr(experiment, "FEW", 2)
    monkeypatch.setattr(experiment, "MANY", 3)
    tune = experiment.tune
    monkeypatch.setattr(experiment, "tune", lambda *given: tune(*given, QUICK))


def test_tuning_is_repeatable_and_leaves_the_network_alone(net, pictures, fabric):
    before = {key: value.clone() for key, value in net.state_dict().items()}
    for each in (net, lowpass(net)):
        tuned, again, other = (experiment.tune(each, pictures, seed, fabric, QUICK).state_dict() for seed in (0, 0, 1))
        assert all(torch.equal(value, before[key]) for key, value in each.state_dict().items())
        assert all(torch.equal(value, again[key]) for key, value in tuned.items())
        assert not torch.equal(tuned["conv1.weight"], before["conv1.weight"])
        assert not torch.equal(tuned["conv1.weight"], other["conv1.weight"])
        assert (tuned["conv2.weight"].square().mean((1, 2, 3)).sqrt() < QUICK.rms_radius + 1e-6).all()


def test_the_committed_result_is_of_the_shipped_weights():
    found = experiment.result()
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()
    assert list(found["found"]) == list(experiment.NETWORKS)
    for name in experiment.NETWORKS:
        assert found["networks"][name] == zflib.weights.record(name)["sha256"], (
            "the weights have changed: run python -m zflib.experiments.shifts"
        )
        net = zflib.load(name)
        assert found["multiply_adds"][name] == {
            "plain": multiply_adds(net, 128),
            "low-pass": multiply_adds(lowpass(net), 128),
        }
        assert list(found["found"][name]) == list(experiment.STATES)
        for state, runs in found["found"][name].items():
            assert [run["seed"] for run in runs] == ([0, 1, 2] if state == "plain" else [0])
            for run in runs:
                curves = [run["agreement"], run["change"], *run["equivariance"].values()]
                assert all(len(curve) == len(experiment.SHIFTS) for curve in curves)
                assert set(experiment.STEPS) <= run["equivariance"].keys()
                assert ("conv1" in run["equivariance"]) == state.startswith("plain")
                assert all(curve[-1] == 0 for curve in run["equivariance"].values())  # 8 pixels: a whole jump
        shipped = zflib.weights.record(name)["accuracy"]["one_crop"]["top1"]
        assert found["found"][name]["plain"][0]["top1"] == pytest.approx(shipped, abs=1e-3)


def test_measure_is_what_its_parts_say(small, net, pictures):
    found = experiment.measure(net, pictures, ("conv1", "relu1"))
    assert found["top1"] == pytest.approx(evaluate(net, pictures).top1, abs=1e-5)
    right = equivariance_error(net, pictures.pixels[[0, 11]], "relu1")
    np.testing.assert_allclose(found["equivariance"]["relu1"], right, atol=1e-5)
    assert len(found["agreement"]) == len(found["change"]) == 8


def test_the_command_writes_what_it_measured_and_goes_on(small, tmp_path, monkeypatch):
    seeds = "--seeds 0 1 --blurred 1"
    arguments = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "found.json"), *seeds.split()]
    experiment.main(arguments)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["made"]["command"].endswith(seeds)
    assert found["pictures_equivariance"] == 2 and found["tuning"]["epochs"] == 1
    runs = found["found"]["alexnet-mini"]
    assert [[run["seed"] for run in runs[state]] for state in experiment.STATES] == [[0, 1]] + [[1]] * 3
    assert runs["plain"][0]["equivariance"]["relu1"] != runs["low-pass"][0]["equivariance"]["relu1"]

    monkeypatch.setattr(experiment, "tune", None)  # what was tuned is kept
    (tmp_path / "work" / "alexnet-mini-seed-1-plain-tuned.json").unlink()
    experiment.main(arguments)
    assert json.loads((tmp_path / "found.json").read_text())["found"] == found["found"]
    monkeypatch.setattr(experiment, "measure", None)  # and what was measured
    experiment.main(arguments)


def test_seeds_come_from_the_shipped_weights_or_from_a_run(tmp_path):
    shipped = experiment.network("zfnet-mini", 0, tmp_path)
    assert torch.equal(shipped.conv1.weight, zflib.load("zfnet-mini").conv1.weight)
    with pytest.raises(UnfinishedRun, match="zfnet-mini-seed2"):
        experiment.network("zfnet-mini", 2, tmp_path)
