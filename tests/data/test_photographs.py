"""The embedded photographs: all there, without a network, with their sources and licences."""

import socket

import numpy as np
import pytest

from zflib.data import photograph, photographs
from zflib.data.photographs import Photograph
from zflib.data.pictures import UnreadablePicture

EACH = pytest.mark.parametrize("photo", photographs(), ids=lambda p: p.name)


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    """No socket, and an empty cache: what loads now came inside the packages."""

    def refuse(*_, **__):
        raise AssertionError("A photograph asked for the network.")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("SKIMAGE_DATADIR", str(tmp_path))


@EACH
def test_each_is_a_picture_large_enough_and_not_flat(photo):
    picture = photo.picture
    assert picture.mode == "RGB"
    assert min(picture.size) >= 128
    assert np.asarray(picture).std() > 5


@EACH
def test_each_says_what_it_is_and_on_what_terms(photo):
    assert photograph(photo.name) == photo
    assert photo.name.isidentifier()
    for text in (photo.title, photo.source, photo.licence):
        assert text == text.strip() and text


def test_there_are_nineteen_different_ones():
    assert len(photographs()) == 19
    assert len({p.name for p in photographs()}) == len({p.file for p in photographs()}) == 19
    assert len({p.picture.tobytes() for p in photographs()}) == 19


def test_drawing_on_one_spoils_nothing():
    picture = photograph("coffee").picture
    picture.paste("black", (0, 0, *picture.size))
    assert np.asarray(photograph("coffee").picture).any()


def test_they_are_the_packages_own_pictures():
    from skimage import data
    from sklearn.datasets import load_sample_image

    assert np.array_equal(photograph("astronaut").picture, data.astronaut())
    assert np.array_equal(np.asarray(photograph("camera").picture)[:, :, 0], data.camera())
    assert np.array_equal(photograph("china").picture, load_sample_image("china.jpg"))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(KeyError, match=r"'lena'; there are astronaut, chelsea"):
        photograph("lena")


def test_a_photograph_that_left_its_package_is_named():
    gone = Photograph("gone", "Gone", "nobody", "none", "skimage/data/gone.png")
    with pytest.raises(UnreadablePicture, match=r"gone\.png can't be read"):
        _ = gone.picture
