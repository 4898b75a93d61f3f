"""Pictures of every kind, good and bad, through every door that takes one.

`tests/data/test_pictures.py` looks at the reading itself. Here each door must see what `read` sees: the right pixels,
or one sentence with the file's name, the reason and what to do.
"""

import os
import re
import shutil
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image
from specimens import BAD, GOOD, LOSSY, write_half
from tiny import TINY, command

import zflib
from zflib import weights
from zflib.data import UnreadablePicture
from zflib.widgets import Explorer


@pytest.fixture
def net():
    return tiny.net()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    weights.store(tiny.net(), {}, "tiny", folder)
    return folder


@pytest.fixture
def as_nobody():
    """For root, to whom no file is locked: go on as a user to whom it is."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


def far(found, expected):
    """The largest difference between two pictures; of two of another size, more than there can be."""
    found, expected = (np.asarray(v, dtype=float) for v in (found, expected))
    return np.abs(found - expected).max() if found.shape == expected.shape else 1000


# --- good pictures ----------------------------------------------------------------------------------------------------

EACH_GOOD = pytest.mark.parametrize("name", GOOD)


@EACH_GOOD
def test_read_and_preprocess_see_the_right_pixels(name, net, tmp_path):
    expected = GOOD[name](tmp_path / name)
    allowed = LOSSY.get(name, 1)
    assert far(zflib.data.read(tmp_path / name), expected) <= allowed
    prepared = net.preprocess(expected.round().astype(np.uint8))
    assert prepared.shape == (3, 64, 64)
    assert far(net.preprocess(zflib.data.read(tmp_path / name)), prepared) <= allowed
    with Image.open(tmp_path / name) as opened:  # not by our own reader
        assert far(net.preprocess(opened), prepared) <= allowed


@EACH_GOOD
def test_measurements_see_the_right_pixels(name, net, tmp_path):
    """Functions that take any sequence of pictures: here PIL's own, opened and not yet read."""
    expected = GOOD[name](tmp_path / name).round().astype(np.uint8)
    ours, theirs = [], []
    for pictures, found in (([Image.open(tmp_path / name)] * 2, ours), ([expected] * 2, theirs)):
        found.append(zflib.top_activations(net, pictures, "conv2", k=2).value)
        found.append(zflib.aliasing.equivariance_error(net, pictures, "conv1", (1,)))
        found.append(zflib.aliasing.shift_consistency(net, pictures, (1,)).change)
        if min(expected.shape[:2]) >= 64:
            found.append(zflib.spectrum.of_pictures(pictures, (0, 0.2, 0.5)).radial)
    for one, other in zip(ours, theirs, strict=True):
        assert np.allclose(one, other, rtol=0.1 if name in LOSSY else 0.02, equal_nan=True)


@EACH_GOOD
def test_a_folder_of_ones_own_has_the_right_pixels(name, tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    (tmp_path / "pets" / "cats").mkdir(parents=True)
    expected = GOOD[name](tmp_path / "pets" / "cats" / name)
    found = zflib.data.folder(tmp_path / "pets", 32)
    square = zflib.data.pictures.centre_square(expected.round().astype(np.uint8), 32)
    assert far(found.pixels[0], square) <= LOSSY.get(name, 1) and found.unreadable == ()


@EACH_GOOD
def test_an_explorer_shows_the_right_pixels(name, tmp_path):
    expected = GOOD[name](tmp_path / name)
    explorer = {"axes": {"at": [0]}, "draw": lambda at: Image.open(tmp_path / name), "alt": lambda at: "A picture."}
    if max(expected.shape) > 1600:
        with pytest.raises(ValueError, match="draw returned 12000 x 50 pixels; at most 1600 a side fit a page"):
            Explorer(**explorer)
    else:
        assert far(Explorer(**explorer).frame(at=0), expected) <= LOSSY.get(name, 1)


@EACH_GOOD
def test_project_writes_what_it_would_for_the_right_pixels(name, tmp_path, capsys, shipped):
    expected = GOOD[name](tmp_path / name)
    Image.fromarray(expected.round().astype(np.uint8)).save(tmp_path / "plain.png")
    shown = []
    for picture in (name, "plain.png"):
        options = (
            "--net",
            "tiny",
            "--weights",
            shipped,
            "--step",
            "conv2",
            "--channel",
            1,
            "--out",
            tmp_path / "out.png",
        )
        status, out, err = command(capsys, "project", tmp_path / picture, *options)
        if "is silent" in err:  # a picture of one colour may leave a map silent
            assert status == 1
            shown.append(err)
        else:
            assert status == 0 and "strongest unit of map 1" in out and not err
            shown.append(np.asarray(Image.open(tmp_path / "out.png"), dtype=float))
    if isinstance(shown[0], str):
        assert shown[0] == shown[1]
    else:
        assert np.abs(shown[0] - shown[1]).mean() <= (6 if name in LOSSY else 1)


# --- bad ones ---------------------------------------------------------------------------------------------------------

EACH_BAD = pytest.mark.parametrize("name", BAD)


@pytest.fixture
def bad(name, tmp_path):
    make, words = BAD[name]
    make(tmp_path / name)
    return tmp_path / name, rf"^{re.escape(str(tmp_path / name))} can't be read as a picture: [^\n]*{words}\.$"


@pytest.fixture
def maybe_as_nobody(name, request):
    if name.startswith("locked"):
        request.getfixturevalue("as_nobody")


@EACH_BAD
def test_reading_a_bad_one_is_one_sentence(bad, maybe_as_nobody):
    path, sentence = bad
    with pytest.raises(UnreadablePicture, match=sentence):
        zflib.data.read(path)


@EACH_BAD
def test_project_ends_in_that_sentence(bad, maybe_as_nobody, capsys, net, monkeypatch):
    path, sentence = bad
    monkeypatch.setattr(weights, "load", lambda *_: net)
    status, out, err = command(capsys, "project", path, "--net", "tiny", "--step", "conv2")
    assert status == 1 and not out
    assert err.startswith("zflib: ") and err.count("\n") == 1 and re.search(sentence[1:], err.strip())


@pytest.mark.parametrize("name", ["half.jpg", "half.png"])
def test_a_file_that_was_opened_and_breaks_off_is_named(bad, net):
    path, sentence = bad
    with Image.open(path) as opened, pytest.raises(UnreadablePicture, match=sentence):
        net.preprocess(opened)


def test_a_path_in_place_of_a_picture_says_how_to_open_it(net):
    with pytest.raises(TypeError, match=r"not str; zflib\.data\.read opens a file"):
        net.preprocess("cat.jpg")


@pytest.fixture
def mixed(tmp_path):
    """A folder with two classes; each has good and bad pictures of all kinds that lie in folders."""
    for split in ("train", "val"):
        for pet in ("cats", "dogs"):
            where = tmp_path / "pets" / split / pet
            where.mkdir(parents=True)
            for name, make in GOOD.items():
                make(where / name)
            for name, (make, _) in BAD.items():
                if name not in ("folder.png", "missing.png", "locked.png"):
                    make(where / name)
    return tmp_path / "pets"


BROKEN = sum(name not in ("folder.png", "missing.png", "locked.png") for name in BAD)
WHOLE = len(GOOD)


def test_a_mixed_folder_names_and_leaves_out_the_bad_ones(mixed, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    found = zflib.data.folder(mixed / "train", 16)
    assert len(found) == 2 * WHOLE and len(found.unreadable) == 2 * BROKEN
    assert np.bincount(found.labels).tolist() == [WHOLE, WHOLE]
    out = capsys.readouterr().out
    for name in ("half.jpg", "bomb.png", "page.jpg", "empty.png"):
        assert out.count(f"{name} can't be read as a picture: ") == 2


def test_a_folder_without_one_good_picture_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    (tmp_path / "pets" / "cats").mkdir(parents=True)
    write_half(tmp_path / "pets" / "cats" / "half.jpg")
    for _ in range(2):  # the second time from what was kept
        with pytest.raises(
            UnreadablePicture, match=r"None of .*pets's 1 pictures can be read\. The first: .*half\.jpg"
        ):
            zflib.data.folder(tmp_path / "pets", 16)


def test_top_names_and_leaves_out_the_bad_ones(mixed, tmp_path, capsys, shipped):
    options = ("--net", "tiny", "--weights", shipped, "--step", "conv2", "--count", 5, "--out", tmp_path / "top.png")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for channel in range(8):
            status, out, err = command(capsys, "top", "--pictures", mixed, "--channel", channel, *options)
            if status == 0:
                break
            assert "is above 0 on none" in err
    assert status == 0 and "half." not in out and (tmp_path / "top.png").exists()
    named = [str(w.message) for w in said if "is left out" in str(w.message)]
    assert len([words for words in named if "half.jpg can't be read as a picture" in words]) % 4 == 0 < len(named)


def test_top_without_one_good_picture_ends_in_a_sentence(tmp_path, capsys, shipped):
    for name in ("half.jpg", "bomb.png"):
        BAD[name][0](tmp_path / name)
    with pytest.warns(UserWarning, match="is left out"):
        status, _, err = command(capsys, "top", "--pictures", tmp_path, "--net", "tiny", "--weights", shipped)
    last = err.split("zflib: ")[1]  # after the progress bar
    assert status == 1 and last.count("\n") == 1 and "bomb.png can't be read as a picture" in last


def test_train_goes_on_without_the_bad_ones(mixed, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(zflib.Architecture, "mini", lambda self, classes: replace(TINY, classes=classes))
    options = ("--epochs", 1, "--batch-size", 10, "--precision", 32, "--out", tmp_path / "run")
    status, out, _ = command(capsys, "train", "--data", mixed, *options)
    assert status == 0 and f"Top-1 on one crop of {2 * WHOLE} validation pictures" in out
    assert out.count("left out: ") == 4 * BROKEN


@pytest.mark.parametrize("what", ["nothing", "file", "locked"])
def test_train_with_a_folder_that_is_none(what, tmp_path, capsys, monkeypatch, request):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))
    import lightning_fabric  # noqa: F401 - while it can be read

    where = Path(tempfile.mkdtemp()) / "pets"
    request.addfinalizer(lambda: shutil.rmtree(where.parent, ignore_errors=True))
    where.parent.chmod(0o755)
    if what == "file":
        where.write_text("not a folder")
    if what == "locked":
        (where / "train" / "cats").mkdir(parents=True)
        where.chmod(0)
        command(capsys, "train", "--data", where / "nowhere")  # imports what it needs, while it can
        request.getfixturevalue("as_nobody")
    status, _, err = command(capsys, "train", "--data", where)
    assert status == 1 and err.count("\n") == 1 and str(where) in err and "Traceback" not in err
