"""The committed result is whole and of the shipped weights; favourites are found; the command writes its parts."""

import json

import numpy as np
import pytest
import torch

import zflib
from zflib.analysis.aliasing import grating, project_alias, wave_vector
from zflib.experiments import projected as experiment
from zflib.experiments import stems


@pytest.fixture(scope="module")
def net():
    return zflib.load("alexnet-mini").cpu()


def test_the_committed_result_is_of_the_shipped_weights(net):
    found = experiment.result()
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()
    for name in experiment.NETWORKS:
        assert found["networks"][name] == zflib.weights.record(name)["sha256"], (
            "the weights have changed: run python -m zflib.experiments.projected"
        )
        seeds, filters = found["layer_1"][name], stems.filters(name)
        for maps, bank in zip(seeds, filters, strict=True):
            peaks = zflib.spectrum.peaks(bank)
            assert [m["map"] for m in maps] == np.flatnonzero(peaks > 0).tolist()
            np.testing.assert_allclose([m["frequency"] for m in maps], peaks[peaks > 0], atol=1e-4)
        states = found["layer_2"][name]
        assert list(states) == ["trained", "untrained"]
        for maps in (*seeds, *states.values()):
            shares = np.array([[m[part] for part in experiment.SHARES[:5]] for m in maps])
            assert (shares >= -1e-3).all() and abs(np.median(shares.sum(1)) - 1) < 0.05


def test_one_of_its_entries_by_hand(net):
    entry = experiment.result()["layer_2"]["alexnet-mini"]["trained"][0]
    waves, _ = experiment.favourites(net)
    again = project_alias(net, waves[entry["map"]], entry["map"], "conv2", side=experiment.SIDE)
    for part in experiment.SHARES:
        assert getattr(again, part) == pytest.approx(entry[part], abs=2e-3)


@torch.no_grad()
def test_the_favourite_is_the_grating_with_the_largest_mean(net, monkeypatch):
    monkeypatch.setattr(experiment, "SPEEDS", (0.05, 0.2))
    monkeypatch.setattr(experiment, "ORIENTATIONS", (0, 90))
    waves, means = experiment.favourites(net, "conv1", 64)
    relu = [
        net.relu1(net.conv1(torch.from_numpy(grating(64, wave, amplitude=100, colour=(1, 1, 1))[None]).float()))
        for wave in (wave_vector(speed, angle) for speed in (0.05, 0.2) for angle in (0, 90))
    ]
    inside = slice(1, 14)  # windows of 11 pixels from -2 on, every 4: the second to the fourteenth lie within 64
    by_hand = torch.stack([maps[0, :, inside, inside].mean((1, 2)) for maps in relu])
    np.testing.assert_allclose(means, by_hand.max(0).values, rtol=1e-5)
    order = [wave_vector(speed, angle) for speed in (0.05, 0.2) for angle in (0, 90)]
    np.testing.assert_allclose(waves, [order[at] for at in by_hand.argmax(0)], atol=1e-12)


def test_the_command_writes_what_it_measured(tmp_path, monkeypatch):
    narrow = zflib.ALEXNET.with_maps(dict.fromkeys(range(1, 6), 4)).with_units(16).mini()
    small = zflib.ConvNet(narrow).initialise(std=0.1, conv1_std=0.1, seed=0).eval()
    monkeypatch.setattr(experiment, "NETWORKS", ("alexnet-mini",))
    monkeypatch.setattr(experiment.weights, "load", lambda name: small)
    banks = np.random.default_rng(0).normal(size=(2, 2, 3, 11, 11)).astype(np.float32)
    monkeypatch.setattr(stems, "filters", lambda name: banks)
    experiment.main(["--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found["layer_1"]["alexnet-mini"]) == 2 and set(found["layer_2"]) == {"alexnet-mini"}
    entry = found["layer_1"]["alexnet-mini"][1][0]
    assert entry["true"] + entry["alias"] + entry["repeats"] + entry["lattice"] + entry["elsewhere"] == pytest.approx(
        1, abs=0.05
    )
    assert found["made"]["command"] == "python -m zflib.experiments.projected"
