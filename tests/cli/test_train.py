import json

import numpy as np
from PIL import Image

from zflib.cli import options
from zflib.training import checkpoint


def test_train_leaves_a_run_and_finishes_only_once(run, trained, small_sets):
    log = json.loads((trained / "log.json").read_text())
    assert len(log) == 1 and "validation_top1" in log[0]
    assert json.loads((trained / "run.json").read_text())["seconds"] > 0
    again = [
        "train",
        "--data",
        "synthetic",
        "--epochs",
        "1",
        "--batch-size",
        "100",
        "--precision",
        "32",
        "--out",
        trained,
    ]
    status, out, _ = run(*again)
    assert status == 0 and "Top-1 on one crop of 40 validation pictures" in out
    assert json.loads((trained / "log.json").read_text()) == log
    status, _, err = run(*again, "--seed", "1")
    assert status == 1 and "another seed (0 there, 1 here)" in err


def test_train_takes_a_folder_of_classes(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    for split in ("train", "val"):
        for kind, value in (("dark", 40), ("light", 200)):
            (tmp_path / "set" / split / kind).mkdir(parents=True)
            for at in range(3):
                picture = np.full((170, 180, 3), value + 5 * at, dtype=np.uint8)
                Image.fromarray(picture).save(tmp_path / "set" / split / kind / f"{at}.png")
    out = tmp_path / "run"
    options = ["--epochs", "1", "--batch-size", "3", "--precision", "32", "--network", "alexnet", "--out", out]
    status, printed, _ = run(
        "train", "--data", tmp_path / "set", *options, "--row", "removed_layers_6_7", "--keep-epochs", "1"
    )
    assert status == 0 and "6 validation pictures" in printed
    assert checkpoint.load(out / "checkpoint.pt")["identity"]["architecture"]["dense"] == []
    assert (out / "epoch-001.safetensors").exists()
    status, _, err = run("train", "--data", tmp_path / "nowhere", *options)
    assert status == 1 and "nowhere/train must hold a folder of pictures for each class" in err


def test_train_says_what_to_do_without_imagenette(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    status, _, err = run("train", "--out", tmp_path / "run")
    assert status == 1 and "ZFLIB_DATA" in err and err.count("\n") == 1


def test_train_refuses_an_unknown_row_before_it_reads_pictures(run, monkeypatch):
    monkeypatch.setattr(options, "picture_set", None)
    status, _, err = run("train", "--row", "removed_layer_x")
    assert status == 1 and "'removed_layer_x' is no row of Table 3" in err


def test_train_refuses_a_bad_out_before_it_reads_pictures(run, tmp_path, monkeypatch):
    monkeypatch.setattr(options, "picture_set", None)
    (tmp_path / "file").write_text("no folder")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        status, _, err = run("train", "--out", out)
        assert status == 1 and f"{tmp_path / 'file'} is a file, and {out} can't be a folder" in err
