"""Caltech-101 and Caltech-256 from small trees in the official layout."""

import numpy as np
import pytest
from PIL import Image

from zflib.data import caltech101, caltech256


def picture(path, colour, mode="RGB", format=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (30, 20), colour).convert(mode).save(path, format=format)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    for where, classes in (
        ("caltech101/101_ObjectCategories", ("accordion", "BACKGROUND_Google", "yin_yang")),
        ("caltech256/256_ObjectCategories", ("001.ak47", "002.american-flag", "257.clutter")),
    ):
        for label, name in enumerate(classes):
            for at in (1, 2, 3):
                picture(tmp_path / where / name / f"image_{at:04}.jpg", (60 * label, 200, 80 * at))
    return tmp_path


def test_the_background_is_left_out_unless_asked_for(root):
    found = caltech101(16)
    assert found.class_names == ("accordion", "yin_yang") and found.pixels.shape == (6, 16, 16, 3)
    assert found.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.files[0] == "accordion/image_0001.jpg" and found.files[-1] == "yin_yang/image_0003.jpg"
    both = caltech101(16, background=True)
    assert both.class_names == ("BACKGROUND_Google", "accordion", "yin_yang") and len(both) == 9
    assert both.fingerprint != found.fingerprint and both.name != found.name


def test_caltech_256_has_its_own_background(root):
    assert caltech256(16).class_names == ("001.ak47", "002.american-flag")
    assert len(caltech256(16, background=True)) == 9


def test_grey_pictures_and_other_formats_under_the_official_name_are_read(root):
    folder = root / "caltech101" / "101_ObjectCategories" / "accordion"
    picture(folder / "image_0004.jpg", (90, 90, 90), mode="L")
    picture(folder / "image_0005.jpg", (10, 200, 30), format="WEBP")
    found = caltech101(16)
    assert found.files[3:5] == ("accordion/image_0004.jpg", "accordion/image_0005.jpg")
    grey, colour = found.pixels[3].astype(int), found.pixels[4, 8, 8].astype(int)
    assert np.abs(grey - 90).max() <= 2 and np.abs(colour - (10, 200, 30)).max() < 12


def test_where_nothing_is_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="Set ZFLIB_DATA to the folder that holds caltech101"):
        caltech101(16)
    assert not list(tmp_path.iterdir())
    (tmp_path / "caltech101" / "101_ObjectCategories" / "BACKGROUND_Google").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="no folder of a class"):
        caltech101(16)
    (tmp_path / "caltech101" / "101_ObjectCategories" / "accordion").mkdir()
    with pytest.raises(FileNotFoundError, match="holds no picture"):
        caltech101(16)
