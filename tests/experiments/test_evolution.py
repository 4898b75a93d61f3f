"""How features grow, followed through a run of two epochs on noise."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import zflib
from zflib import data
from zflib.analysis import Views
from zflib.data import photograph
from zflib.experiments import evolution, evolution_pictures, evolution_probes
from zflib.training.ship import UnfinishedRun


def test_shuffled_labels_are_the_same_ones_elsewhere(pictures):
    found = evolution.shuffled(pictures)
    assert np.bincount(found.labels).tolist() == np.bincount(pictures.labels).tolist()
    assert (found.labels != pictures.labels).any() and found.pixels is pictures.pixels
    assert found.fingerprint != pictures.fingerprint
    assert (evolution.shuffled(pictures).labels == found.labels).all()


def test_filters_are_compared_map_by_map():
    filters = np.random.default_rng(0).normal(size=(6, 3, 2, 2))
    assert evolution.likeness(3 * filters, filters)[0] == pytest.approx(1)
    pairs = zip(filters, np.roll(filters, 1, axis=0), strict=True)
    slow = [(a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()) for a, b in pairs]
    assert evolution.likeness(filters, filters)[1] == pytest.approx(np.mean(slow))


def test_what_is_beyond_the_start_is_what_shrinking_leaves_alone():
    start, added = np.random.default_rng(0).normal(size=(2, 5, 3, 4, 4))
    found = evolution.beyond(0.7 * start + added, start)
    assert np.abs((found * start.reshape(5, -1)).sum(1)).max() < 1e-9
    assert found == pytest.approx(evolution.beyond(added, start))
    assert np.abs(evolution.beyond(0.7 * start, start)).max() < 1e-9


def test_the_strongest_pictures_are_those_of_a_plain_search(pictures):
    net = zflib.load("zfnet-mini")
    found = evolution.strongest(net, pictures, batch=7)["conv2"]
    edge = (net.resized_side - net.architecture.input_size) // 2
    x = torch.from_numpy(pictures.pixels).permute(0, 3, 1, 2).float() - net.mean
    trace = zflib.DeconvNet(net).forward(x[:, :, edge:-edge, edge:-edge])
    peaks = trace["conv2"].amax((2, 3)).numpy()
    assert found.shape == (128, 9)
    for at in (0, 17, 127):
        best = [int(p) for p in np.argsort(-peaks[:, at], kind="stable")[:9] if peaks[p, at] > 0]
        assert found[at].tolist() == best + [-1] * (9 - len(best))


def test_what_two_nines_share():
    final = np.array([[1, 2, 3], [4, 5, -1], [-1, -1, -1]])
    assert evolution.shared(np.array([[3, 2, 9], [4, 1, 2], [1, 2, 3]]), final) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert evolution.shared(final, final) == 1


def test_what_came_of_the_predictions_stands_beside_them():
    def value(epoch, step, measure):
        return {"filters": 0.1 * epoch, "nine": 0.01 * epoch, "changed": 0.2, "probe": 0.02 * epoch}[measure] + (
            step == "conv1"
        ) / 100

    run = {
        str(epoch): {
            step: {each: value(epoch, step, each) for each in ("filters", "nine", "changed", "probe")}
            for step in evolution.PROBED
        }
        for epoch in (0, 5, 9, 10)
    }
    found = evolution.came_out({"labels": run})
    assert list(found) == list(evolution.PREDICTED)
    assert [*found.values()][:5] == pytest.approx([9, 9, 0.06, 0.05, 0.2])
    assert [*found.values()][5:7] == pytest.approx([0.5, 11 / 21]) and [*found.values()][7] is None
    twin = evolution.came_out({"labels": run, "shuffled labels": run})
    assert [*twin.values()][7] == pytest.approx(20)
    assert evolution.first_at(run, "conv5", "filters", 2) is None


@pytest.fixture
def command(pictures, tmp_path, monkeypatch):
    """The command's arguments and where its result goes; it trains for two epochs on noise."""
    monkeypatch.setattr(data, "folder", lambda where, side: pictures)
    monkeypatch.setattr(evolution, "few", lambda where, side: pictures)
    monkeypatch.setattr(evolution, "KEPT", (1, 2))
    monkeypatch.setattr(evolution_pictures, "views", lambda: Views([photograph("chelsea").picture], scales=[1]))
    for module in (evolution, evolution_probes):
        monkeypatch.setattr(module, "PROBED", {"conv1": "1", "conv5": "5"})
    monkeypatch.setattr(evolution, "MINI", replace(evolution.MINI, batch_size=12))
    monkeypatch.setattr("zflib.training.recipe.best_precision", lambda: "32-true")
    out = tmp_path / "found.json"
    folders = {"--data": tmp_path, "--runs": tmp_path / "runs", "--out": out, "--filters": tmp_path / "kept"}
    return [str(word) for pair in folders.items() for word in pair], out


def test_the_command_trains_both_follows_them_and_goes_on(command, tmp_path, monkeypatch):
    arguments, out = [*command[0], "--twin"], command[1]
    evolution.main(arguments)
    found = json.loads(out.read_text())
    assert list(found["runs"]) == list(evolution.RUNS) == list(found["top1"])
    for name, run in found["runs"].items():
        assert list(found["top1"][name]["train"]) == ["1", "2"] and 0 <= found["top1"][name]["validation"] <= 1
        assert list(run) == ["0", "1", "2"]
        for step in ("conv1", "conv5"):
            assert run["2"][step]["filters"] == 1 == run["2"][step]["nine"] and run["0"][step]["changed"] == 0
            assert (run["0"][step]["learnt"], run["2"][step]["learnt"]) == (0, 1) and run["1"][step]["learnt"] < 1
            # Two epochs add little to what was drawn by lot, which alone makes filters alike.
            assert run["1"][step]["learnt"] < run["1"][step]["filters"]
            assert run["0"][step]["filters"] <= 1 and abs(run["0"][step]["floor"]) < 0.5
            assert all(0 <= run[epoch][step]["probe"] <= 1 for epoch in run)
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert kept == {f"zfnet-mini-3-seed0-epoch-00{epoch}.safetensors" for epoch in (0, 1, 2)}
    drawn = evolution_pictures.packed(tmp_path / "found_pictures.safetensors")
    assert {f"{run}/{step}" for run in evolution.RUNS for step in evolution_pictures.STEPS} < set(drawn)
    monkeypatch.setattr(evolution, "measure", None)
    evolution.main(arguments)


def test_probes_are_taken_while_a_run_goes_on_and_kept(command, tmp_path, monkeypatch):
    arguments, out = command
    run = tmp_path / "runs" / "zfnet-mini-3-seed0"
    with pytest.raises(UnfinishedRun, match="no checkpoint"):
        evolution.main([*arguments, "--probes"])
    evolution.main(arguments)
    found = json.loads(out.read_text())["runs"]
    assert list(found) == ["labels"], "the twin is trained where it is asked for"
    (run / "epoch-002.safetensors").unlink()
    (run / "probes.json").unlink()
    taken = []

    def probe(net, layer, learnt, validation):
        if len(taken) == 3:
            raise KeyboardInterrupt
        taken.append(layer)
        return 0.12345

    monkeypatch.setattr(evolution_probes, "probe", probe)
    with pytest.raises(KeyboardInterrupt):
        evolution.main([*arguments, "--probes"])
    taken.pop()
    evolution.main([*arguments, "--probes"])
    kept = json.loads((run / "probes.json").read_text())
    assert kept == {epoch: {"conv1": 0.1235, "conv5": 0.1235} for epoch in "01"}
    with pytest.raises(UnfinishedRun, match=r"epochs \[1\] of \[1, 2\]"):
        evolution.measure(run, None, None)
