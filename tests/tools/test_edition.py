"""Which pictures the book shows, and what is said of it."""

import os
import subprocess
import sys
from pathlib import Path

import build_book
import edition
import pytest
import run_notebooks

import zflib

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    """An empty data root, and nothing asked for."""
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ZFLIB_PICTURES", raising=False)


@pytest.fixture
def at_hand(tmp_path):
    """A picture of Imagenette's under the data root."""
    picture = tmp_path / "data" / "imagenette2-160" / "val" / "n01440764" / "one.JPEG"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"1")
    return picture


def test_the_embedded_ones_where_there_is_nothing_else(tmp_path):
    name, said = edition.chosen()
    assert name == "embedded" and "PICTURES=imagenette takes Imagenette's" in said
    assert str(tmp_path / "data") in said and "\n" not in said


def test_imagenette_where_it_is_at_hand(at_hand, tmp_path):
    name, said = edition.chosen()
    assert name == "imagenette" and "PICTURES=embedded takes the photographs" in said
    assert str(tmp_path / "data") in said and "\n" not in said


def test_what_is_asked_for_decides(at_hand, monkeypatch):
    monkeypatch.setenv("ZFLIB_PICTURES", "embedded")
    assert edition.chosen()[0] == "embedded"
    at_hand.unlink()
    monkeypatch.setenv("ZFLIB_PICTURES", "imagenette")
    assert edition.chosen()[0] == "imagenette"
    monkeypatch.setenv("ZFLIB_PICTURES", "")  # as make gives it where nobody asks
    assert edition.chosen()[0] == "embedded"


@pytest.mark.parametrize(
    ("asked", "words"), [("imagenet", "can be embedded or imagenette"), ("imagenette", "set ZFLIB_DATA")]
)
def test_what_cannot_be_had_ends_in_one_sentence(asked, words, monkeypatch):
    from torchvision.datasets import Imagenette

    def offline(self):
        raise OSError("no network\nhere")

    monkeypatch.setattr(Imagenette, "_download", offline)
    monkeypatch.setenv("ZFLIB_PICTURES", asked)
    monkeypatch.setattr(run_notebooks, "run", lambda *arguments, **named: pytest.fail("chapters were run"))
    with pytest.raises(SystemExit) as ended:
        build_book.main()
    said = str(ended.value)
    assert words in said and "\n" not in said and said.endswith(".")


def test_chapters_are_run_again_when_a_picture_changes(at_hand, monkeypatch):
    plain = edition.fingerprint()
    at_hand.write_bytes(b"12")
    assert edition.fingerprint() == plain == "embedded"
    monkeypatch.setenv("ZFLIB_PICTURES", "imagenette")
    before = edition.fingerprint()
    assert edition.fingerprint() == before != plain
    at_hand.write_bytes(b"123")
    changed = edition.fingerprint()
    at_hand.with_name("two.JPEG").write_bytes(b"1")
    assert len({before, changed, edition.fingerprint()}) == 3


def test_pictures_are_looked_for_where_zflib_looks(monkeypatch):
    assert edition.root() == zflib.data.data_root()
    monkeypatch.delenv("ZFLIB_DATA")
    assert edition.root() == zflib.data.data_root()
    monkeypatch.setenv("ZFLIB_DATA", "~/pictures")
    assert edition.root() == zflib.data.data_root()


def test_it_answers_without_torch(monkeypatch):
    code = "import sys, edition; edition.chosen(); print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tools", capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(("target", "given"), [("book", ""), ("book", "PICTURES=imagenette"), ("test", "")])
def test_make_says_what_was_asked_for(target, given):
    clean = {name: value for name, value in os.environ.items() if name not in ("PICTURES", "MAKEFLAGS")}
    command = ["make", "-n", target, *given.split()]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=clean)
    asked = {line.split()[0] for line in found.stdout.splitlines() if line.startswith("ZFLIB_PICTURES")}
    assert asked == {"ZFLIB_PICTURES=" + ("embedded" if target == "test" else given.removeprefix("PICTURES="))}
