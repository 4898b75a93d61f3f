"""What a kernel shows of a figure: as ever in a notebook, vectors or twice the pixels while the book is built."""

from io import BytesIO
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from zflib import plots
from zflib.plots import sharp


@pytest.fixture
def shown(monkeypatch):
    """Data by kind, as the kernel that builds the book shows a figure; formatters are put back afterwards."""
    shell = InteractiveShell.instance()
    formatters = shell.display_formatter.formatters
    for kind in ("image/svg+xml", "image/png"):
        monkeypatch.setattr(formatters[kind], "type_printers", {})
    yield lambda figure: {kind: data for kind in formatters if (data := formatters[kind](figure)) is not None}
    InteractiveShell.clear_instance()


def images(data):
    return {kind for kind in data if kind.startswith("image/")}


def drawn(monkeypatch, book, picture):
    monkeypatch.setenv("ZFLIB_BOOK", book)
    figure, axes = plots.figure(width=3, height=2)
    axes.plot([1, 3, 2])
    if picture:
        axes.imshow(np.eye(4))
    return figure


def test_lines_are_vectors_in_the_book_and_the_same_at_every_run(monkeypatch, shown):
    first = shown(drawn(monkeypatch, "1", picture=False))
    assert images(first) == {"image/svg+xml"}
    assert ElementTree.fromstring(first["image/svg+xml"]).tag.endswith("svg")
    assert first["image/svg+xml"] == shown(drawn(monkeypatch, "1", picture=False))["image/svg+xml"]


@pytest.mark.parametrize(("heavier", "times"), [(1e9, 2), (0, 1)], ids=["light enough", "too heavy"])
def test_pictures_have_twice_the_pixels_in_the_book_where_they_may_weigh_so_much(monkeypatch, shown, heavier, times):
    monkeypatch.setattr(sharp, "HEAVIER", heavier)
    figure = drawn(monkeypatch, "1", picture=True)
    data = shown(figure)
    assert images(data) == {"image/png"}
    plain = BytesIO()
    figure.savefig(plain, bbox_inches="tight")
    before, after = (Image.open(file).size for file in (plain, BytesIO(data["image/png"])))
    assert after == pytest.approx([times * side for side in before], abs=2)


def test_a_notebook_shows_figures_as_ever(monkeypatch, shown):
    assert not images(
        shown(drawn(monkeypatch, "", picture=False))
    )  # the formats that IPython would register are left out


def test_without_a_kernel_nothing_is_registered(monkeypatch):
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    InteractiveShell.clear_instance()
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    sharp.sharpen()
    plt.close("all")
