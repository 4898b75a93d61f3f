"""No home, no cache, no network: whatever needs none works, and the rest says what to set."""

import socket
import warnings

import pytest
from tiny import command

import zflib
from zflib.data import sets


@pytest.mark.parametrize("home", ["empty", "/dev/null"])
def test_without_a_usable_home_a_folder_is_read_all_the_same(home, pets, monkeypatch):
    """/dev/null is a file: nobody, not even root, can make a folder in it."""
    for name in ("ZFLIB_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home if home == "/dev/null" else str(pets.parent / home))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(sets.folder(pets, 8)) == 12
    assert any("not kept" in str(w.message) for w in said) == (home == "/dev/null")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("ZFLIB_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}[0])
    with pytest.raises(FileNotFoundError, match=r"home directory.* Set ZFLIB_DATA to a folder for data sets"):
        zflib.data.data_root()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise OSError(101, "Network is unreachable")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


def test_without_a_network_a_download_says_what_to_do(no_network, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    status, _, err = command(capsys, "train", "--download", "--out", tmp_path / "run")
    assert status == 1 and "Network is unreachable" in err
    assert err.endswith(
        "Set ZFLIB_DATA to the folder that holds a whole imagenette2-160, or call with download=True (99 MB).\n"
    )
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_a_network_all_the_rest_works(no_network, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    monkeypatch.delenv("ZFLIB_PICTURES", raising=False)
    zflib.data.photograph("coffee").picture.save(tmp_path / "coffee.png")
    status, out, err = command(
        capsys, "project", tmp_path / "coffee.png", "--step", "conv1", "--out", tmp_path / "out.png"
    )
    assert status == 0 and "strongest unit" in out, err
    assert len(zflib.data.gallery().pictures) == 19
    with pytest.raises(FileNotFoundError, match="or call with download"):
        zflib.data.imagenette("val", 16)
