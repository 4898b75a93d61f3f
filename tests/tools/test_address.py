"""The repository's address: one place, and everything else follows."""

import re
import shutil

import address
import pytest


@pytest.fixture
def moved(tmp_path):
    """A copy of the files with an address, whose _config.yml names another repository."""
    for path in {path for pattern in address.FILES for path in address.ROOT.glob(pattern)}:
        copy = tmp_path / path.relative_to(address.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    config = (address.ROOT / "_config.yml").read_text()
    (tmp_path / "_config.yml").write_text(
        config.replace("zflib/zfnet-course", "some.one/a_fork").replace("branch: main", "branch: next")
    )
    return tmp_path


def test_the_committed_files_carry_the_address_of_the_configuration():
    assert not [path.name for path, _ in address.outdated()], "run `python tools/address.py`"


def test_every_file_follows_when_the_repository_moves(moved):
    old = re.compile(r"zflib/zfnet-course|zflib\.github\.io|/zfnet-course|blob/main/")
    for path, text in address.outdated(moved):
        path.write_text(text)
    assert not list(address.outdated(moved))
    texts = {path: path.read_text() for pattern in address.FILES for path in moved.glob(pattern)}
    assert not [path.name for path, text in texts.items() if old.search(text)]
    assert all("github/some.one/a_fork/blob/next/notebooks/" in t for p, t in texts.items() if p.suffix == ".ipynb")


def test_links_to_other_repositories_stay(moved):
    (moved / "links.md").write_text("See [it](https://github.com/fastai/imagenette) and https://cs231n.github.io/x/.")
    assert "links.md" not in [path.name for path, _ in address.outdated(moved)]
