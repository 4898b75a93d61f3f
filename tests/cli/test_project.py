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
