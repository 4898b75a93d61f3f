"""The pictures of each edition of the book."""

import numpy as np
import pytest

from zflib.data import gallery, photographs
from zflib.data.sets import PictureSet


@pytest.fixture
def small_imagenette(monkeypatch):
    import sys

    asked = []

    def imagenette(*arguments, **options):
        asked.append((arguments, options))
        pixels = np.random.default_rng(0).integers(0, 256, (4, 160, 160, 3), dtype=np.uint8)
        return PictureSet("imagenette2-160 val", pixels, np.array([0, 0, 1, 1]), ("tench", "church"), "f" * 64)

    monkeypatch.setattr(sys.modules["zflib.data.gallery"], "imagenette", imagenette)
    monkeypatch.setenv("ZFLIB_PICTURES", "imagenette")
    return asked


@pytest.mark.parametrize("value", [None, "", "embedded"])
def test_the_embedded_photographs_are_the_default(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("ZFLIB_PICTURES", raising=False)
    else:
        monkeypatch.setenv("ZFLIB_PICTURES", value)
    found = gallery()
    assert found.name == "embedded" and not found.one_per_picture
    assert found.labels is None and found.class_names == ()
    assert len(found.pictures) == len(found.titles) == len(photographs())
    assert found.pictures[2].tobytes() == photographs()[2].picture.tobytes()
    assert found.titles[2] == photographs()[2].title
    assert "19 photographs that come with scikit-image and scikit-learn" in found.sentence


def test_imagenette_is_a_data_set(small_imagenette):
    found = gallery()
    assert small_imagenette == [(("val", 160), {"download": True})]
    assert found.name == "imagenette" and found.one_per_picture
    assert len(found.pictures) == 4 and found.pictures[3].size == (160, 160) and found.pictures[3].mode == "RGB"
    assert found.labels.tolist() == [0, 0, 1, 1] and found.class_names == ("tench", "church")
    assert found.titles[2] == "church, validation picture 2"
    assert "4 validation pictures of Imagenette" in found.sentence


def test_pictures_are_a_sequence(small_imagenette):
    pictures = gallery().pictures
    assert [p.tobytes() for p in pictures[1:3]] == [pictures[1].tobytes(), pictures[2].tobytes()]
    assert len(pictures[::2]) == 2 and pictures[::-1][0].tobytes() == pictures[-1].tobytes() == pictures[3].tobytes()
    assert len(list(pictures)) == 4
    with pytest.raises(IndexError):
        pictures[4]


def test_pictures_are_read_when_asked_for(monkeypatch):
    from zflib.data.photographs import Photograph

    read = []
    monkeypatch.setattr(Photograph, "picture", property(lambda photo: read.append(photo.name)))
    monkeypatch.delenv("ZFLIB_PICTURES", raising=False)
    pictures = gallery().pictures[3:]
    assert read == []
    _ = pictures[0]
    assert read == [photographs()[3].name]


def test_an_unknown_edition_names_the_known_ones(monkeypatch):
    monkeypatch.setenv("ZFLIB_PICTURES", "imagenet")
    with pytest.raises(ValueError, match="ZFLIB_PICTURES is 'imagenet'; set it to one of embedded, imagenette"):
        gallery()


def test_imagenette_that_is_not_there_says_what_to_do(monkeypatch, tmp_path):
    from torchvision.datasets import Imagenette

    monkeypatch.setattr(Imagenette, "_download", lambda self: None)
    monkeypatch.setenv("ZFLIB_PICTURES", "imagenette")
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="Set ZFLIB_DATA to the folder"):
        gallery()
