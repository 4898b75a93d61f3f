"""The stems differ in kernel and stride only; the committed result is whole; the command measures what it trained."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

import zflib
from zflib import data
from zflib.experiments import stems
from zflib.training.loop import Run, train
from zflib.training.ship import UnfinishedRun


def test_the_corners_are_the_two_networks():
    assert replace(stems.stem(11, 4), name="alexnet-mini") == zflib.ALEXNET.mini()
    assert replace(stems.stem(7, 2), name="zfnet-mini") == zflib.ZFNET.mini()


@pytest.mark.parametrize("stride", [4, 2])
def test_the_kernel_changes_neither_maps_nor_spacing(stride):
    wide, narrow = ({s.name: s for s in stems.stem(kernel, stride).geometry()} for kernel in (11, 7))
    for name, step in wide.items():
        assert (step.size, step.jump, step.offset) == (narrow[name].size, narrow[name].jump, narrow[name].offset)
    assert wide["conv1"].jump == stride and wide["conv2"].jump == 8


def test_conv2_at_stride_1_leaves_all_else_from_pool2_on():
    usual, later = ({s.name: s for s in a.geometry()} for a in (stems.stem(7, 2), stems.conv2_at_stride_1()))
    assert later["conv2"].jump == 4 and usual["conv2"].jump == 8
    assert later["conv2"].parameters == usual["conv2"].parameters
    for name in list(usual)[list(usual).index("pool2") :]:
        assert replace(later[name], macs=0) == replace(usual[name], macs=0)
    assert all(later[name] == usual[name] for name in ("conv1", "pool1", "norm1"))


def test_each_comparison_changes_one_thing():
    for name, (architecture, recipe) in stems.WITHOUT_DECAY.items():
        plain = stems.FACTORIAL[name.removesuffix(", no extra decay")]
        assert architecture == plain[0]
        assert replace(recipe, conv1_weight_decay=plain[1].conv1_weight_decay) == plain[1]
    assert len({recipe for _, recipe in stems.FACTORIAL.values()}) == 1
    (clipped, with_radius), (free, without) = stems.CLIPPING.values()
    assert clipped == free and replace(without, rms_radius=with_radius.rms_radius) == with_radius != without
    ((architecture, recipe),) = stems.CONV2_AT_STRIDE_1.values()
    assert recipe == stems.FACTORIAL["7x7, stride 2"][1] and architecture.convs[0] == stems.stem(7, 2).convs[0]
    ((architecture, recipe),) = stems.LOW_LIMIT.values()
    plain = stems.WITHOUT_DECAY["7x7, stride 2, no extra decay"]
    assert (architecture, replace(recipe, rms_radius=plain[1].rms_radius)) == plain != (architecture, recipe)


def test_what_was_predicted_is_a_guess_within_its_range():
    assert list(stems.PREDICTED) == [*stems.CONV2_AT_STRIDE_1, *stems.LOW_LIMIT]
    for of_run in stems.PREDICTED.values():
        assert all(low < guess < high for guess, (low, high) in of_run.values())


def test_the_committed_result_is_whole():
    found = stems.result()
    made = [name for name in stems.RUNS if name not in stems.PREDICTED or name in found["runs"]]
    assert list(found["runs"]) == list(found["networks"]) == made
    for name in made:
        architecture, recipe = stems.RUNS[name]
        runs = found["runs"][name]
        assert [run["seed"] for run in runs] == list(stems.SEEDS[name])
        first = architecture.convs[0]
        assert stems.filters(name).shape == (len(runs), 48, 3, first.kernel, first.kernel)
        assert np.isfinite(stems.filters(name)).all()
        for run in runs:
            assert run["epochs"] == recipe.epochs == len(run["curves"])
            correct = np.unpackbits(np.frombuffer(bytes.fromhex(run["correct"]), np.uint8))
            assert correct.sum() == round(run["accuracy"]["top1"] * run["accuracy"]["pictures"])
            assert {"commit", "device", "versions", "minutes"} <= run.keys()
            assert all(len(run["equivariance_error"][step]) == 8 for step in stems.STEPS)
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()


@pytest.mark.parametrize("name", ["alexnet-mini", "zfnet-mini"])
def test_the_shipped_networks_filters_are_kept_with_their_seeds(name):
    kept = stems.filters(name)
    np.testing.assert_array_equal(kept[0], zflib.load(name).conv1.weight.detach().cpu().numpy())
    assert len(kept) == 3


def test_unknown_filters_are_refused():
    with pytest.raises(ValueError, match="no filters of '5x5'"):
        stems.filters("5x5")


@pytest.fixture
def pictures():
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (8, 146, 146, 3), dtype=np.uint8)
    return data.PictureSet("noise", pixels, np.arange(8) % 2, tuple("abcdefghij"), "none")


def test_the_command_trains_measures_and_goes_on(pictures, tmp_path, monkeypatch):
    short = replace(stems.SHORT, epochs=1, batch_size=4, precision="32-true")
    runs = {name: (architecture, short) for name, (architecture, _) in list(stems.FACTORIAL.items())[1:2]}
    monkeypatch.setattr(data, "imagenette", lambda split, side, download: pictures)
    monkeypatch.setattr(stems, "RUNS", runs)
    monkeypatch.setattr(stems, "SEEDS", dict.fromkeys(runs, (3,)))
    monkeypatch.setattr(stems, "best_precision", lambda: "32-true")
    arguments = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "found.json")]
    stems.main(arguments)
    (name,) = runs
    found = json.loads((tmp_path / "found.json").read_text())
    (run,) = found["runs"][name]
    assert run["seed"] == 3 and run["epochs"] == 1 and run["accuracy"]["pictures"] == 8
    assert run["equivariance_error"]["conv1"][3] < 1e-6 < run["equivariance_error"]["conv1"][1]  # 4 px are a whole step
    kept = load_file(tmp_path / "found.safetensors")
    assert kept[name].shape == (1, 48, 3, 7, 7) and kept["zfnet-mini"].shape == (3, 48, 3, 7, 7)

    def never(*arguments):
        raise AssertionError("measured a second time")

    monkeypatch.setattr(stems, "measure", never)
    stems.main(arguments)
    assert json.loads((tmp_path / "found.json").read_text())["runs"] == found["runs"]
    stems.main(["--runs", str(tmp_path / "elsewhere"), *arguments[2:]])  # where nothing was trained: kept from the file
    assert json.loads((tmp_path / "found.json").read_text())["runs"] == found["runs"]
    np.testing.assert_array_equal(load_file(tmp_path / "found.safetensors")[name], kept[name])
    assert not (tmp_path / "elsewhere").exists()
    monkeypatch.setattr(stems, "SEEDS", dict.fromkeys(runs, (3, 4)))
    assert stems.kept(tmp_path / "found.json") == ({}, {})  # not all of its seeds


def test_an_unfinished_run_is_not_measured(pictures, tmp_path):
    recipe = replace(stems.SHORT, epochs=1, batch_size=4, precision="32-true")
    train(Run(stems.stem(7, 4), recipe, 0, pictures, pictures), tmp_path / "run", stop_after_steps=1)
    with pytest.raises(UnfinishedRun):
        stems.measure(tmp_path / "run", pictures)
