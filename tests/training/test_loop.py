import csv
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import run_tiny
import torch
from safetensors.torch import load_file
from torch import nn

import zflib
from zflib.data import PictureSet
from zflib.training import checkpoint
from zflib.training.loop import Diverged, OtherRun, Run, clip_filters, new_fabric, train
from zflib.training.recipe import MINI
from zflib.training.start import channel_mean


def same_weights(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


@pytest.fixture(scope="module")
def fabric(tiny_run):
    return new_fabric(tiny_run().recipe, accelerator="cpu")


@pytest.fixture(scope="module")
def uncut(tiny_run, fabric, tmp_path_factory):
    """A run to its end without interruption: the network and the folder."""
    folder = tmp_path_factory.mktemp("uncut")
    return train(tiny_run(), folder, fabric), folder


@pytest.fixture
def pictures_of_three_classes():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 146, 146, 3), dtype=np.uint8)
    return PictureSet("noise", pixels, np.arange(6) % 3, ("a", "b", "c"), "none")


def test_weights_are_kept_after_the_epochs_asked_for(tiny_run, fabric, uncut, tmp_path):
    net = train(tiny_run(), tmp_path, fabric, keep_epochs=(1, 3))
    assert sorted(p.name for p in tmp_path.glob("epoch-*")) == ["epoch-001.safetensors", "epoch-003.safetensors"]
    first, last = (load_file(tmp_path / f"epoch-00{epoch}.safetensors") for epoch in (1, 3))
    assert last.keys() == net.state_dict().keys()
    assert all(torch.equal(value, net.state_dict()[name].half()) for name, value in last.items())
    assert not torch.equal(first["conv1.weight"], last["conv1.weight"])
    assert same_weights(net, uncut[0])


def test_a_run_from_named_weights_takes_all_but_the_classes(pictures_of_three_classes, fabric, tmp_path):
    known = zflib.load("zfnet-mini").cpu()
    recipe = replace(
        MINI, epochs=1, batch_size=2, learning_rate=1e-9, dropout=0.0, weight_decay=0, conv1_weight_decay=0
    )
    architecture = zflib.ZFNET.mini(classes=3)
    run = Run(architecture, replace(recipe, precision="32-true"), 0, *2 * (pictures_of_three_classes,), "zfnet-mini")
    net = train(run, tmp_path, fabric)
    assert torch.equal(net.mean, known.mean) and net.fc8.out_features == 3
    for name, value in net.state_dict().items():
        if not name.startswith("fc8"):
            assert torch.allclose(value, known.state_dict()[name], atol=1e-4), name
    with pytest.raises(OtherRun, match="another start"):
        train(replace(run, start=""), tmp_path, fabric)
    with pytest.raises(ValueError, match="alexnet-mini has other layers than zfnet-mini"):
        train(replace(run, start="alexnet-mini"), tmp_path / "other", fabric)
    with pytest.raises(ValueError, match="nobody"):
        train(replace(run, start="nobody"), tmp_path / "another", fabric)


def test_a_run_leaves_checkpoint_log_and_record(uncut):
    net, folder = uncut
    assert not net.training
    assert {p.name for p in folder.iterdir()} == {
        ".lock",
        "checkpoint.pt",
        "checkpoint.pt.previous",
        "log.json",
        "log.csv",
        "run.json",
    }
    log = json.loads((folder / "log.json").read_text())
    assert [entry["epoch"] for entry in log] == [1, 2, 3] and log[-1]["learning_rate"] == 0
    assert 0 <= log[-1]["validation_top1"] <= 1 and "validation_top1" not in log[0]
    rows = list(csv.DictReader((folder / "log.csv").read_text().splitlines()))
    assert [float(row["train_loss"]) for row in rows] == [entry["train_loss"] for entry in log]
    assert rows[0]["validation_loss"] == ""
    made = json.loads((folder / "run.json").read_text())
    assert made["versions"]["torch"] == torch.__version__ and "1 thread" in made["device"]
    assert made["seconds"] >= 0 and 0.05 < made["peak_memory_gb"] < 20
    state = checkpoint.load(folder / "checkpoint.pt")
    assert all(torch.equal(state["net"][name], value) for name, value in net.state_dict().items())


def test_an_equal_run_ends_equal_and_another_seed_does_not(uncut, tiny_run, fabric, tmp_path):
    assert same_weights(uncut[0], train(tiny_run(), tmp_path / "same", fabric))
    assert not same_weights(uncut[0], train(tiny_run(seed=1), tmp_path / "other", fabric))


@pytest.mark.parametrize("steps", [1, 5, 7])
def test_left_after_some_steps_and_resumed_it_ends_equal(uncut, tiny_run, fabric, tmp_path, steps):
    while not (tmp_path / "log.json").exists() or len(json.loads((tmp_path / "log.json").read_text())) < 3:
        net = train(tiny_run(), tmp_path, fabric, checkpoint_seconds=-1, stop_after_steps=steps + 1)
    assert same_weights(uncut[0], net)
    assert json.loads((tmp_path / "log.json").read_text()) == json.loads((uncut[1] / "log.json").read_text())


def test_a_finished_run_is_left_as_it_is(uncut, tiny_run, fabric):
    net, folder = uncut
    before = (folder / "checkpoint.pt").read_bytes()
    assert same_weights(net, train(tiny_run(), folder, fabric))
    assert (folder / "checkpoint.pt").read_bytes() == before


@pytest.mark.timeout(900)  # some seconds, unless the machine is busy
def test_killed_at_any_moment_it_ends_bit_identical(uncut, processes, tmp_path):
    draw, path, reached = random.Random(0), tmp_path / "checkpoint.pt", []
    for _ in range(5):
        process = processes.Process(target=run_tiny.to_the_end, args=(tmp_path,))
        process.start()
        for _ in range(draw.choice((1, 2, 3))):
            last = stamp(path)
            while process.is_alive() and stamp(path) == last:
                time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.05))
        process.kill()  # SIGKILL
        process.join()
        progress = checkpoint.load(path)["progress"]
        reached.append((progress["epoch"], progress["step"]))
    assert reached == sorted(reached) and reached[0] < (3, 0) and len(set(reached)) > 2
    process = processes.Process(target=run_tiny.to_the_end, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 0
    state = checkpoint.load(path)
    assert state["progress"]["epoch"] == 3
    assert all(torch.equal(state["net"][name], value) for name, value in uncut[0].state_dict().items())


def stamp(path):
    return path.stat().st_mtime_ns if path.exists() else None


def test_two_processes_take_the_steps_of_one(tiny_run, fabric, tmp_path):
    same = {"epochs": 4, "dropout": 0.0}
    alone = train(tiny_run(**same), tmp_path / "one", fabric)
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        run_tiny.__file__,
        tmp_path / "two",
    ]
    done = subprocess.run(
        [*command, json.dumps(same)], env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    together = checkpoint.load(tmp_path / "two" / "checkpoint.pt")
    assert together["progress"]["epoch"] == 4  # of 5 steps each
    start = zflib.ConvNet(alone.architecture).initialise(tiny_run().recipe.init_std, tiny_run().recipe.conv1_std, 0)
    for name, value in alone.state_dict().items():
        assert (together["net"][name] - value).abs().max() < 1e-5, name
        if name.endswith("weight"):
            assert (start.state_dict()[name] - value).abs().max() > 1e-4, "nothing was learnt"
    one, two = (json.loads((tmp_path / which / "log.json").read_text()) for which in ("one", "two"))
    assert [e["train_top1"] for e in one] == pytest.approx([e["train_top1"] for e in two])
    assert "2 processes" in json.loads((tmp_path / "two" / "run.json").read_text())["device"]


def test_a_folder_of_another_run_is_refused_naming_the_difference(uncut, tiny_run, fabric):
    with pytest.raises(OtherRun, match=r"another recipe epochs \(3 there, 4 here\)"):
        train(tiny_run(epochs=4), uncut[1], fabric)
    with pytest.raises(OtherRun, match=r"another seed \(0 there, 5 here\)"):
        train(tiny_run(seed=5), uncut[1], fabric)
    other = replace(tiny_run(), train=replace(tiny_run().train, fingerprint="else"))
    with pytest.raises(OtherRun, match="another fingerprint"):
        train(other, uncut[1], fabric)


def test_divergence_is_an_error_and_in_the_log(tiny_run, fabric, tmp_path):
    with pytest.raises(Diverged, match=r"not finite in epoch 1, step \d+; lower the learning rate"):
        train(tiny_run(learning_rate=1e12, rms_radius=None), tmp_path, fabric)
    entry = json.loads((tmp_path / "log.json").read_text())[-1]
    assert entry["epoch"] == 1 and entry["diverged_in_step"] >= 1
    assert "diverged_in_step" in (tmp_path / "log.csv").read_text().splitlines()[0]


def test_an_epochs_last_step_may_be_the_one_that_diverges(tiny_run, fabric, tmp_path):
    """Its loss was taken before it, so that only the look at the validation pictures shows what it did."""
    run = tiny_run(learning_rate=1e38, rms_radius=None, epochs=1)
    run = replace(run, recipe=replace(run.recipe, batch_size=len(run.train)))
    with pytest.raises(Diverged, match=r"output is not finite in epoch 1, step 1; lower the learning rate"):
        train(run, tmp_path, fabric)
    assert json.loads((tmp_path / "log.json").read_text()) == [{"epoch": 1, "diverged_in_step": 1}]


def test_a_full_disk_is_reported_and_training_goes_on(uncut, tiny_run, fabric, tmp_path, monkeypatch, capsys):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zflib.atomic.os.fsync", full)
    net = train(tiny_run(), tmp_path, fabric)
    assert same_weights(net, uncut[0])
    assert "No space left on device" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_batches_that_fit_nothing_are_refused(tiny_run, fabric, tmp_path):
    with pytest.raises(ValueError, match="Batches of 46 don't fit 45 pictures"):
        train(tiny_run(batch_size=46), tmp_path, fabric)


def test_a_last_partial_batch_is_dropped(tiny_run, fabric, tmp_path):
    train(tiny_run(epochs=1), tmp_path, fabric, checkpoint_seconds=-1, stop_after_steps=6)
    assert json.loads((tmp_path / "log.json").read_text())[0]["epoch"] == 1  # 45 pictures are 5 batches of 8
    train(tiny_run(epochs=1, batch_size=45), tmp_path / "one", fabric, stop_after_steps=2)
    assert len(json.loads((tmp_path / "one" / "log.json").read_text())) == 1


def test_plateau_looks_at_validation_every_epoch(tiny_run, fabric, tmp_path):
    train(tiny_run(schedule="plateau"), tmp_path, fabric, evaluate_every=5)
    log = json.loads((tmp_path / "log.json").read_text())
    assert all("validation_loss" in entry for entry in log)


def test_clipping_scales_filters_beyond_the_radius_and_no_others(tiny):
    net = zflib.ConvNet(tiny).initialise(0.05, seed=0)
    with torch.no_grad():
        net.conv1.weight[3] *= 100
        net.conv2.weight[0] = 0
    before = {name: value.clone() for name, value in net.state_dict().items()}
    clip_filters(net, 0.1)
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d):
            for old, new in zip(before[f"{name}.weight"], module.weight.detach(), strict=True):
                rms = old.double().pow(2).mean().sqrt().item()
                expected = old if rms <= 0.1 else old * (0.1 / rms)
                assert torch.allclose(new, expected, rtol=1e-5)
    assert net.conv1.weight[3].square().mean().sqrt().item() == pytest.approx(0.1)
    assert torch.equal(net.fc6.weight, before["fc6.weight"]) and torch.equal(net.conv1.bias, before["conv1.bias"])


def test_clipping_is_part_of_every_step(tiny_run, fabric, tmp_path):
    net = train(tiny_run(rms_radius=0.01), tmp_path, fabric, stop_after_steps=2)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            assert module.weight.square().mean((1, 2, 3)).sqrt().max() <= 0.01 * (1 + 1e-5)


def test_channel_mean():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 5, 3), dtype=np.uint8)
    assert np.allclose(channel_mean(pixels), pixels.reshape(-1, 3).mean(0))


def test_checkpoints_within_an_epoch_come_by_the_clock(tiny_run, fabric, tmp_path):
    train(tiny_run(), tmp_path, fabric, checkpoint_seconds=1e6, stop_after_steps=4)
    assert not (tmp_path / "checkpoint.pt").exists()
    train(tiny_run(), tmp_path, fabric, checkpoint_seconds=-1, stop_after_steps=4)
    assert checkpoint.load(tmp_path / "checkpoint.pt")["progress"]["step"] == 3
