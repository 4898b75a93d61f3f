import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import zflib
from zflib import cli, weights
from zflib.training import checkpoint

COMMANDS = (
    ["train"],
    ["ablate"],
    ["weights"],
    *(["weights", action] for action in ("list", "verify", "show", "ship", "seed")),
    ["project"],
    ["top"],
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of one epoch on textures, by the command itself."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    command = ["train", "--data", "synthetic", "--epochs", "1", "--batch-size", "500", "--precision", "32"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_data", small_data)
        assert cli.main([*command, "--out", str(folder)]) == 0
    return folder


def small_data(name, split, side, download):
    return zflib.data.synthetic(500 if split == "train" else 40, side, seed=split == "val")


@pytest.fixture(scope="module")
def shipped(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_data", small_data)
        assert cli.main(["weights", "ship", str(trained), "--name", "mine", "--weights", str(folder)]) == 0
    return folder


def run(capsys, *arguments):
    """Exit status, and what was printed to either stream."""
    try:
        status = cli.main([str(argument) for argument in arguments])
    except SystemExit as end:
        status = end.code
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_explains_every_option(capsys, command):
    status, out, _ = run(capsys, *command, "--help")
    assert status == 0 and max(map(len, out.splitlines())) < 100
    if command != ["weights"]:
        assert f"example:\n  python -m zflib {' '.join(command)}" in out


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "zflib", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and all(
        f"\n    {name} " in done.stdout for name in ("train", "weights", "project", "top")
    )
    done = subprocess.run([sys.executable, "-m", "zflib", "project", "nowhere.png"], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["weights"],
        ["train", "--network", "vgg"],
        ["train", "--epochs", "0"],
        ["train", "--seed", "-1"],
        ["train", "--precision", "fp8"],
        ["project"],
        ["project", "cat.jpg", "--channel", "many"],
        ["top", "--count", "0"],
        ["weights", "ship", "runs/x"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_status_2(capsys, arguments):
    status, _, err = run(capsys, *arguments)
    assert status == 2 and "usage:" in err and "error:" in err


def test_train_leaves_a_run_and_finishes_only_once(capsys, trained, monkeypatch):
    log = json.loads((trained / "log.json").read_text())
    assert len(log) == 1 and "validation_top1" in log[0]
    assert json.loads((trained / "run.json").read_text())["seconds"] > 0
    monkeypatch.setattr(cli, "_data", small_data)
    again = [
        "train",
        "--data",
        "synthetic",
        "--epochs",
        "1",
        "--batch-size",
        "500",
        "--precision",
        "32",
        "--out",
        trained,
    ]
    status, out, _ = run(capsys, *again)
    assert status == 0 and "Top-1 on one crop of 40 validation pictures" in out
    assert json.loads((trained / "log.json").read_text()) == log
    status, _, err = run(capsys, *again, "--seed", "1")
    assert status == 1 and "another seed (0 there, 1 here)" in err


def test_train_takes_a_folder_of_classes(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    for split in ("train", "val"):
        for kind, value in (("dark", 40), ("light", 200)):
            (tmp_path / "set" / split / kind).mkdir(parents=True)
            for at in range(3):
                picture = np.full((170, 180, 3), value + 5 * at, dtype=np.uint8)
                Image.fromarray(picture).save(tmp_path / "set" / split / kind / f"{at}.png")
    out = tmp_path / "run"
    options = ["--epochs", "1", "--batch-size", "3", "--precision", "32", "--network", "alexnet", "--out", out]
    status, printed, _ = run(capsys, "train", "--data", tmp_path / "set", *options, "--row", "removed_layers_6_7")
    assert status == 0 and "6 validation pictures" in printed
    assert checkpoint.load(out / "checkpoint.pt")["identity"]["architecture"]["dense"] == []
    status, _, err = run(capsys, "train", "--data", tmp_path / "nowhere", *options)
    assert status == 1 and "nowhere/train must hold a folder of pictures for each class" in err


def test_train_says_what_to_do_without_imagenette(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    status, _, err = run(capsys, "train", "--out", tmp_path / "run")
    assert status == 1 and "ZFLIB_DATA" in err and err.count("\n") == 1


def test_train_refuses_an_unknown_row_before_it_reads_pictures(capsys, monkeypatch):
    monkeypatch.setattr(cli, "_data", None)
    status, _, err = run(capsys, "train", "--row", "removed_layer_x")
    assert status == 1 and "'removed_layer_x' is no row of Table 3" in err


def test_ablate_makes_the_missing_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "_data", small_data)
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    command = ["ablate", "--networks", "alexnet", "--rows", "as_is", "--seeds", "0", "--epochs", "1"]
    status, out, _ = run(capsys, *command, "--precision", "32", "--plan")
    assert status == 0 and "Imagenette is not under the data root" in out
    assert "1 run of 1 epoch on synthetic (500 pictures), 0 of them done." in out and "alexnet  as_is  0" in out
    assert not (tmp_path / "runs").exists(), "a plan only"
    status, out, _ = run(capsys, *command, "--precision", "32")
    (result,) = tmp_path.rglob("alexnet-as_is-seed0.json")
    assert status == 0 and f"1 of 1 runs are in {result.relative_to(tmp_path).parent}." in out
    assert result.parent.name == "mini_synthetic_1_epochs_results", "not among the course's results"
    status, out, _ = run(capsys, *command, "--precision", "32")
    assert status == 0 and "1 of them done" in out and "a run takes" in out
    status, _, err = run(capsys, *command[:-1], "2", "--results", result.parent)
    assert status == 1 and "another epochs (1 there, 2 here)" in err


def test_ablate_knows_the_rows_of_the_table(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "_data", small_data)
    status, _, err = run(capsys, "ablate", "--rows", "removed_layer_9", "--data", "synthetic")
    assert status == 1 and "no row 'removed_layer_9'" in err and "removed_layer_7" in err


def test_shipped_weights_are_listed_verified_shown_and_drawn(capsys, shipped):
    assert weights.available(shipped) == ("mine",)
    for action in (["list"], ["verify"], ["verify", "mine"]):
        status, out, _ = run(capsys, "weights", *action, "--weights", shipped)
        assert status == 0 and out.startswith("mine: ")
    status, out, _ = run(capsys, "weights", "show", "mine", "--weights", shipped)
    record = json.loads(out)
    assert status == 0 and record["data"]["train"] == "synthetic" and "note" not in record["data"]
    assert record["recipe"]["batch_size"] == 500 and record["epochs"] == 1 and record["accuracy"]["pictures"] == 40
    with Image.open(shipped / "mine.png") as picture:
        assert picture.width > 800


def test_verify_notices_other_logits(capsys, shipped, tmp_path):
    for file in shipped.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / "mine.json").read_text())
    record["photograph_logits"]["astronaut"][0] += 0.01
    (tmp_path / "mine.json").write_text(json.dumps(record))
    status, _, err = run(capsys, "weights", "verify", "--weights", tmp_path)
    assert status == 1 and "off by up to 0.01" in err


def test_an_unfinished_run_is_not_shipped(capsys, tmp_path):
    status, _, err = run(capsys, "weights", "ship", tmp_path, "--name", "mine", "--weights", tmp_path)
    assert status == 1 and "holds no checkpoint" in err and not list(tmp_path.iterdir())


def test_seed_keeps_what_seeds_reads(capsys, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "_data", small_data)
    status, out, _ = run(capsys, "weights", "seed", trained, "--results", tmp_path)
    assert status == 0 and "zfnet-mini-seed0.safetensors" in out
    (seed,) = weights.seeds("zfnet-mini", tmp_path)
    assert seed.validation_logits.shape == (40, 10) and seed.conv1.shape == (48, 3, 7, 7)
    right = (seed.validation_logits.argmax(1) == seed.validation_labels).mean()
    assert right == pytest.approx(seed.record["accuracy"]["one_crop"]["top1"], abs=0.026)  # one tie in 40


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cat.png"
    zflib.data.photograph("chelsea").picture.save(path)
    return path


def test_project_writes_the_projection(capsys, shipped, picture, tmp_path):
    out = tmp_path / "projection.png"
    options = ["--net", "mine", "--weights", shipped, "--step", "conv2", "--enlarge", "2", "--out", out]
    status, printed, _ = run(capsys, "project", picture, *options)
    assert status == 0 and printed.startswith(f"{out}: strongest unit of map ")
    channel = int(printed.split(" map ")[1].split()[0])
    net = weights.load("mine", shipped)
    deconv = zflib.DeconvNet(net)
    trace = deconv.forward(net.preprocess(zflib.data.read(picture))[None])
    assert channel == trace["conv2"][0].amax((1, 2)).argmax()
    expected = zflib.plots.signed(deconv.project(trace, "conv2", channel=channel)[0])
    with Image.open(out) as written:
        assert np.abs(np.asarray(written)[::2, ::2].astype(int) - expected).max() <= 1


def test_project_names_its_file_after_the_map(capsys, shipped, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = weights.load("mine", shipped)
    alive = (
        zflib.DeconvNet(net).forward(net.preprocess(zflib.data.read(picture))[None])["conv1"][0].amax((1, 2)).argmax()
    )
    options = ["--net", "mine", "--weights", shipped, "--step", "conv1", "--channel", int(alive), "--method", "guided"]
    status, _, err = run(capsys, "project", picture, *options)
    assert status == 0, err
    assert (tmp_path / f"cat-conv1-{alive}-guided.png").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--step", "conv6"], "no step 'conv6'; the steps are conv1"),
        (["--step", "conv1", "--channel", "48"], "conv1 has no channel 48"),
        (["--net", "other"], "no weights named 'other'"),
        (["--out", "nowhere/x.png"], "nowhere"),
    ],
)
def test_project_says_what_is_wrong(capsys, shipped, picture, wrong, sentence):
    status, _, err = run(capsys, "project", picture, "--net", "mine", "--weights", shipped, "--step", "conv2", *wrong)
    assert status == 1 and sentence in err and err.count("\n") == 1


def test_project_refuses_rubbish(capsys, shipped, tmp_path):
    (tmp_path / "cat.jpg").write_text("no picture")
    status, _, err = run(capsys, "project", tmp_path / "cat.jpg", "--net", "mine", "--weights", shipped)
    assert status == 1 and "cat.jpg can't be read as a picture" in err


def test_top_over_the_photographs(capsys, shipped, tmp_path):
    net = weights.load("mine", shipped)
    found = zflib.top_activations(net, [p.picture for p in zflib.data.photographs()], "conv2", k=4)
    channel = int(found.value[:, -1].argmax())
    options = ["--net", "mine", "--weights", shipped, "--step", "conv2", "--count", "4", "--out", tmp_path / "top.png"]
    status, out, err = run(capsys, "top", "--channel", channel, *options)
    assert status == 0, err
    names = [p.name for p in zflib.data.photographs()]
    for line, at, value in zip(out.splitlines(), found.picture[channel], found.value[channel], strict=False):
        assert f" {names[at]}, " in line and line.endswith(f"activation {value:.3g}")
    with Image.open(tmp_path / "top.png") as written:
        # conv2 of ZFNet sees 27 pixels: four patches in a square, and their four projections beside them
        assert written.size == (2 * (2 * 27 + 1) + 4, 2 * 27 + 1)


def test_top_of_a_class(capsys, shipped, tmp_path):
    net = weights.load("mine", shipped)
    found = zflib.top_activations(net, [p.picture for p in zflib.data.photographs()], "fc8", k=2)
    options = ["--net", "mine", "--weights", shipped, "--step", "fc8", "--count", "2", "--out", tmp_path / "top.png"]
    channel = int(found.value[:, -1].argmax())
    status, out, err = run(capsys, "top", "--channel", channel, *options)
    assert status == 0, err
    assert out.count("activation") == int(found.active[channel].sum()) > 0


def test_a_class_below_0_is_not_called_dead(capsys, shipped, tmp_path):
    net = weights.load("mine", shipped)
    net.fc8.bias.data[1] = -1e3
    weights.store(net, {}, "low", tmp_path)
    options = ["--channel", "1", "--net", "low", "--weights", tmp_path, "--step", "fc8", "--count", "2"]
    status, _, err = run(capsys, "top", *options)
    count = len(zflib.data.photographs())
    assert status == 1 and f"Map 1 of fc8 is above 0 on none of the {count} pictures." in err


def test_top_over_a_folder_leaves_out_what_it_can_not_read(capsys, shipped, tmp_path):
    for at, photograph in enumerate(zflib.data.photographs()[:3]):
        (tmp_path / "inner").mkdir(exist_ok=True)
        photograph.picture.save(tmp_path / "inner" / f"{at}.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    options = ["--net", "mine", "--weights", shipped, "--step", "conv1", "--count", "3", "--out", tmp_path / "top.png"]
    net = weights.load("mine", shipped)
    found = zflib.top_activations(net, [p.picture for p in zflib.data.photographs()[:3]], "conv1", k=3)
    channel = int(found.value[:, -1].argmax())
    with pytest.warns(UserWarning, match=r"broken\.jpg"):
        status, out, _ = run(capsys, "top", "--pictures", tmp_path, "--channel", channel, *options)
    assert status == 0 and out.count("inner/") == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--pictures", "nowhere"], "nowhere is no folder"),
        (["--step", "conv0"], "no step 'conv0'"),
        (["--channel", "48", "--step", "conv1"], "maps 0 to 47"),
    ],
)
def test_top_says_what_is_wrong(capsys, shipped, wrong, sentence):
    status, _, err = run(capsys, "top", "--net", "mine", "--weights", shipped, "--step", "conv2", *wrong)
    assert status == 1 and sentence in err


def test_a_folder_without_pictures(capsys, shipped, tmp_path):
    status, _, err = run(capsys, "top", "--net", "mine", "--weights", shipped, "--pictures", tmp_path)
    assert status == 1 and "holds no pictures" in err
