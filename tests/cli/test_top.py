import pytest
from PIL import Image

import zflib
from zflib import weights


def test_top_over_the_photographs(run, shipped, tmp_path):
    net = weights.load("mine", shipped)
    found = zflib.top_activations(net, [p.picture for p in zflib.data.photographs()], "conv2", k=4)
    channel = int(found.value[:, -1].argmax())
    options = ["--net", "mine", "--weights", shipped, "--step", "conv2", "--count", "4", "--out", tmp_path / "top.png"]
    status, out, err = run("top", "--channel", channel, *options)
    assert status == 0, err
    names = [p.name for p in zflib.data.photographs()]
    for line, at, value in zip(out.splitlines(), found.picture[channel], found.value[channel], strict=False):
        assert f" {names[at]}, " in line and line.endswith(f"activation {value:.3g}")
    with Image.open(tmp_path / "top.png") as written:
        # conv2 of ZFNet sees 27 pixels: four patches in a square, and their four projections beside them
        assert written.size == (2 * (2 * 27 + 1) + 4, 2 * 27 + 1)


def test_top_of_a_class(run, shipped, tmp_path):
    net = weights.load("mine", shipped)
    found = zflib.top_activations(net, [p.picture for p in zflib.data.photographs()], "fc8", k=2)
    options = ["--net", "mine", "--weights", shipped, "--step", "fc8", "--count", "2", "--out", tmp_path / "top.png"]
    channel = int(found.value[:, -1].argmax())
    status, out, err = run("top", "--channel", channel, *options)
    assert status == 0, err
    assert out.count("activation") == int(found.active[channel].sum()) > 0


def test_a_class_below_0_is_not_called_dead(run, shipped, tmp_path):
    net = weights.load("mine", shipped)
    net.fc8.bias.data[1] = -1e3
    weights.store(net, {}, "low", tmp_path)
    options = ["--channel", "1", "--net", "low", "--weights", tmp_path, "--step", "fc8", "--count", "2"]
    status, _, err = run("top", *options)
    count = len(zflib.data.photographs())
    assert status == 1 and f"Map 1 of fc8 is above 0 on none of the {count} pictures." in err


def test_top_over_a_folder_leaves_out_what_it_can_not_read(run, shipped, tmp_path):
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
        status, out, _ = run("top", "--pictures", tmp_path, "--channel", channel, *options)
    assert status == 0 and out.count("inner/") == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--pictures", "nowhere"], "nowhere is no folder"),
        (["--step", "conv0"], "no step 'conv0'"),
        (["--channel", "48", "--step", "conv1"], "maps 0 to 47"),
        (["--count", "20"], "There are 19 pictures and one patch of each: --count 20 is too many."),
        (["--size", "100000"], "pictures of 100,000 pixels a side would need"),
        (["--enlarge", "1000000"], "(--enlarge 1000000) would need"),
        (["--out", "nowhere/x.png"], "There is no folder nowhere to write to."),
    ],
)
def test_top_says_what_is_wrong(run, shipped, wrong, sentence):
    status, _, err = run("top", "--net", "mine", "--weights", shipped, "--step", "conv2", *wrong)
    assert status == 1 and sentence in err


def test_a_folder_without_pictures(run, shipped, tmp_path):
    status, _, err = run("top", "--net", "mine", "--weights", shipped, "--pictures", tmp_path)
    assert status == 1 and "holds no pictures" in err


def test_a_few_pictures_are_all_shown(run, shipped, tmp_path):
    for at, photograph in enumerate(zflib.data.photographs()[:3]):
        photograph.picture.save(tmp_path / f"{at}.gif")
    net = weights.load("mine", shipped)
    pictures = [zflib.data.read(tmp_path / f"{at}.gif") for at in range(3)]
    channel = int(zflib.top_activations(net, pictures, "conv1", k=3).value[:, -1].argmax())
    options = ["--net", "mine", "--weights", shipped, "--step", "conv1", "--channel", channel]
    status, out, err = run("top", "--pictures", tmp_path, *options, "--out", tmp_path / "top.png")
    assert status == 0 and "3 patches" in out, err


def test_what_can_not_be_read_is_told_from_what_is_not_there(run, shipped, tmp_path):
    zflib.data.photographs()[0].picture.save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="is left out"):
        status, _, err = run("top", "--net", "mine", "--weights", shipped, "--step", "conv1", "--pictures", tmp_path)
    assert status == 1 and "Too few pictures can be read for --count 2: picture 0: " in err and "bad.png" in err
