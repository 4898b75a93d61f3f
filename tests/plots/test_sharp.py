"""What a kernel shows of a figure: as ever in a notebook, vectors or twice the pixels while the book is built."""

import json
import re
from html import unescape
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


def letters(svg):
    """Sizes of an SVG's letters in points: matplotlib draws them as outlines, 100 units large."""
    found = []
    for words in re.findall(r'<g id="text_\d+">.*?(?=<g id="text_|\Z)', svg, re.DOTALL):
        if size := re.search(r"scale\(([\d.]+) -[\d.]+\)", words):
            smaller = map(float, re.findall(r"<use [^>]*scale\(([\d.]+)\)", words))
            found.append(100 * float(size[1]) * min([1.0, *smaller]))
    return found


@pytest.mark.parametrize("words", ["plain", "$10^{-3}$"])
def test_a_figure_says_at_which_width_its_smallest_letters_have_nine_pixels(monkeypatch, shown, words):
    figure = drawn(monkeypatch, "1", picture=False)
    figure.axes[0].set_xlabel(words, fontsize=8)
    svg = shown(figure)["image/svg+xml"]
    said = json.loads(unescape(re.search("<dc:description>(.*?)</dc:description>", svg)[1]))
    width = float(re.search(r'width="([\d.]+)pt"', svg)[1])
    assert said["narrowest"] * min(letters(svg)) / width == pytest.approx(9, abs=0.05) and said["pictures"] == ""
    assert min(letters(svg)) == pytest.approx(8 if words == "plain" else 5.6)


def test_a_figure_says_where_its_pictures_are(monkeypatch, shown):
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    figure, (left, right) = plots.figure(1, 2, width=4, height=2)
    left.imshow(np.full((5, 5, 3), (1.0, 0, 0)))
    right.plot([1, 2])
    with Image.open(BytesIO(shown(figure)["image/png"])) as picture:
        said, pixels = json.loads(picture.info["Description"]), np.asarray(picture.convert("RGB")).astype(int)
    rows, columns = np.nonzero((pixels == (255, 0, 0)).all(2))
    shares = [float(part) / 100 for part in re.findall(r"([\d.]+)%", said["pictures"])[2:10]]
    x, y = (np.array(part) * side for part, side in ((shares[::2], pixels.shape[1]), (shares[1::2], pixels.shape[0])))
    found = [x.min(), y.min(), x.max(), y.max()]
    assert found == pytest.approx([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], abs=3)
