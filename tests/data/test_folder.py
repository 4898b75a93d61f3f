"""Folders of one's own: which files count, and that each is known by what it holds."""

import shutil

import numpy as np
import pytest
from PIL import Image, features

from zflib.data import folder, sets
from zflib.data.files import is_picture


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty data root, where decoded pictures are kept."""
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "cache"))


def paint(where, colour):
    """A class of one picture; every colour makes a file of the same name and size."""
    where.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64), colour).save(where / "1.bmp")


def test_contents_tell_two_folders_apart_and_a_repainted_one(tmp_path):
    for name, colour in (("A", (255, 0, 0)), ("B", (0, 0, 255))):
        for kind in ("cat", "dog"):
            paint(tmp_path / name / "data" / "train" / kind, colour)
    a, b = (folder(tmp_path / name / "data" / "train", 8) for name in "AB")
    assert (a.pixels == (255, 0, 0)).all() and (b.pixels == (0, 0, 255)).all()
    paint(tmp_path / "A" / "data" / "train" / "dog", (0, 255, 0))
    again = folder(tmp_path / "A" / "data" / "train", 8)
    assert again.pixels[:, 0, 0].tolist() == [[255, 0, 0], [0, 255, 0]]
    assert len({a.fingerprint, b.fingerprint, again.fingerprint}) == 3


def test_the_same_pictures_elsewhere_are_the_same_data(tmp_path, monkeypatch):
    here, there = (tmp_path / where / "pets" / "train" for where in ("here", "there"))
    paint(here / "cat", (255, 0, 0))
    (here / "cat" / "2.png").write_bytes(b"no picture")
    first = folder(here, 8)
    shutil.copytree(here, there)
    monkeypatch.setattr(sets, "_decode", None)  # from here on the pixels must come from what was kept
    second = folder(there, 8)
    assert second.fingerprint == first.fingerprint and np.array_equal(second.pixels, first.pixels)
    for found, where in ((first, here), (second, there)):
        assert found.unreadable[0].startswith(f"{where / 'cat' / '2.png'} can't be read as a picture")


def test_a_folder_with_a_folder_for_each_class(tmp_path):
    for name, colour in (("dogs", "red"), ("cats", "blue")):
        (tmp_path / "pets" / "train" / name).mkdir(parents=True)
        Image.new("RGB", (30, 50), colour).save(tmp_path / "pets" / "train" / name / "one.png")
    (tmp_path / "pets" / "train" / "dogs" / "two.png").write_bytes(b"no picture")
    found = folder(tmp_path / "pets" / "train", 8)
    assert found.name == "pets train" and found.class_names == ("cats", "dogs")
    assert found.labels.tolist() == [0, 1] and len(found.unreadable) == 1
    assert found.pixels[:, 0, 0].tolist() == [[0, 0, 255], [255, 0, 0]]


@pytest.mark.parametrize("inside", ["nothing", "an-empty-class"])
def test_a_folder_without_pictures(tmp_path, inside):
    if inside == "an-empty-class":
        (tmp_path / "pets" / "cats").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="pets must hold a folder of pictures for each class"):
        folder(tmp_path / "pets", 8)


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.gif", "GIF"), ("a.jfif", "JPEG"), ("a.avif", "AVIF"), ("a.JPG", "WEBP"), ("a", "PNG"), ("a.photo", "BMP")],
)
def test_a_picture_counts_by_ending_or_content(tmp_path, name, format):
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    Image.new("RGB", (20, 20), (0, 0, 250)).save(tmp_path / "pets" / "cat" / name, format=format)
    (pixels,) = folder(tmp_path / "pets", 4).pixels
    assert np.abs(pixels.astype(int) - (0, 0, 250)).max() <= 8
    assert is_picture(tmp_path / "pets" / "cat" / name)


def test_what_is_left_out_is_said_once(tmp_path):
    paint(tmp_path / "pets" / "cat", (255, 0, 0))
    for name in ("notes.txt", "labels.json", "Thumbs", ".hidden"):
        (tmp_path / "pets" / "cat" / name).write_text("no picture")
    (tmp_path / "pets" / "cat" / "damaged.avif").write_text("no picture either")
    with pytest.warns(UserWarning) as said:
        found = folder(tmp_path / "pets", 8)
    (words,) = [str(w.message) for w in said]
    assert (
        words
        == f"In {tmp_path / 'pets'} 4 files that are no pictures are left out: .hidden, Thumbs, labels.json and others."
    )
    assert len(found) == 1 and len(found.unreadable) == 1 and "damaged.avif" in found.unreadable[0]
