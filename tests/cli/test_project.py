import numpy as np
import pytest
from PIL import Image

import zflib
from zflib import weights


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cat.png"
    zflib.data.photograph("chelsea").picture.save(path)
    return path


def test_project_writes_the_projection(run, shipped, picture, tmp_path):
    out = tmp_path / "projection.png"
    options = ["--net", "mine", "--weights", shipped, "--step", "conv2", "--enlarge", "2", "--out", out]
    status, printed, _ = run("project", picture, *options)
    assert status == 0 and printed.startswith(f"{out}: strongest unit of map ")
    channel = int(printed.split(" map ")[1].split()[0])
    net = weights.load("mine", shipped)
    deconv = zflib.DeconvNet(net)
    trace = deconv.forward(net.preprocess(zflib.data.read(picture))[None])
    assert channel == trace["conv2"][0].amax((1, 2)).argmax()
    expected = zflib.plots.signed(deconv.project(trace, "conv2", channel=channel)[0])
    with Image.open(out) as written:
        assert np.abs(np.asarray(written)[::2, ::2].astype(int) - expected).max() <= 1


def test_project_names_its_file_after_the_map(run, shipped, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = weights.load("mine", shipped)
    alive = (
        zflib.DeconvNet(net).forward(net.preprocess(zflib.data.read(picture))[None])["conv1"][0].amax((1, 2)).argmax()
    )
    options = ["--net", "mine", "--weights", shipped, "--step", "conv1", "--channel", int(alive), "--method", "guided"]
    status, _, err = run("project", picture, *options)
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
def test_project_says_what_is_wrong(run, shipped, picture, wrong, sentence):
    status, _, err = run("project", picture, "--net", "mine", "--weights", shipped, "--step", "conv2", *wrong)
    assert status == 1 and sentence in err and err.count("\n") == 1


def test_project_refuses_rubbish(run, shipped, tmp_path):
    (tmp_path / "cat.jpg").write_text("no picture")
    status, _, err = run("project", tmp_path / "cat.jpg", "--net", "mine", "--weights", shipped)
    assert status == 1 and "cat.jpg can't be read as a picture" in err


@pytest.mark.parametrize(("ending", "format"), [("jpg", "JPEG"), ("webp", "WEBP"), ("tiff", "TIFF"), ("PNG", "PNG")])
def test_the_ending_names_the_format(run, shipped, picture, tmp_path, ending, format):
    pixels = []
    for name in (f"shown.{ending}", "plain.png"):
        out = tmp_path / name
        status, _, err = run("project", picture, "--net", "mine", "--weights", shipped, "--step", "conv2", "--out", out)
        assert status == 0, err
        with Image.open(out) as written:
            assert written.format == (format if name != "plain.png" else "PNG")
            pixels.append(np.asarray(written.convert("RGB")).astype(int))
    assert np.abs(pixels[0] - pixels[1]).max() <= (30 if format == "JPEG" else 0)


def test_where_nothing_can_be_written_is_found_before_any_work(run, shipped, picture, monkeypatch):
    monkeypatch.setattr(zflib.DeconvNet, "forward", None)
    options = ["--net", "mine", "--weights", shipped, "--step", "conv2"]
    status, _, err = run("project", picture, *options, "--out", "nowhere/x.png")
    assert status == 1 and "There is no folder nowhere to write to." in err
    status, _, err = run("project", picture, *options, "--out", picture / "x.png")
    assert status == 1 and "cat.png is a file" in err
    status, _, err = run("project", picture, *options, "--enlarge", "1000000")
    assert status == 1 and "128,000,000 x 128,000,000 pixels (--enlarge 1000000) would need" in err


def test_a_negative_start_is_said(run, shipped, picture, tmp_path):
    net = weights.load("mine", shipped)
    logits = net(net.preprocess(zflib.data.read(picture))[None])[0]
    options = ["--net", "mine", "--weights", shipped, "--step", "fc8", "--out", tmp_path / "x.png"]
    said = "zflib: the activation is negative, and so is the signal at its start."
    for channel, value in enumerate(logits):
        for method in ("deconvnet", "gradient"):
            status, _, err = run("project", picture, *options, "--channel", channel, "--method", method)
            assert status == 0 and (said in err) == (value < 0 and method == "deconvnet"), err
    assert (logits < 0).any() and (logits > 0).any()
