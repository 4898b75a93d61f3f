"""The checks of the pages find what they are for: each is shown a site with one thing wrong."""

import check_site
import pytest

GOOD = """<html><head><link rel="stylesheet" href="style.css"></head><body>
<a href="#nowhere-in-the-menu-is-fine" id="nowhere-in-the-menu-is-fine">menu</a>
<article><h1 id="title">Why?</h1>
<p>Figure 9.9 of another book is not a caption.</p>
<img src="dot.png" alt="A grey dot on white"><p><em>Figure 1.1. A dot <b>x</b>.</em></p>
<img src="data:image/webp;base64,AAAA" alt="A black dot on white"><p><em>Figure 1.2. Another.</em></p>
<a href="other.html#there">other</a><br><a href="https://example.org/">elsewhere</a></article></body></html>"""
OTHER = '<article><p id="there">Words.</p></article>'
TOC = "format: jb-book\nroot: notebooks/01_dots\nparts:\n  - chapters:\n      - file: notebooks/other\n"


@pytest.fixture
def site(tmp_path):
    """Writes the pages with a change to the first one; returns (root, table of contents)."""

    def make(old="", new=""):
        assert old in GOOD
        folder = tmp_path / "html" / "notebooks"
        folder.mkdir(parents=True)
        (folder / "01_dots.html").write_text(GOOD.replace(old, new, 1) if old else GOOD)
        (folder / "other.html").write_text(OTHER)
        for name in ("dot.png", "style.css"):
            (folder / name).touch()
        (tmp_path / "_toc.yml").write_text(TOC)
        return tmp_path / "html", tmp_path / "_toc.yml"

    return make


def problems(root, toc):
    # `other` is no chapter with a number of its own, so the numbering of figures is looked at by its own tests below.
    checks = (
        check_site.failures,
        check_site.broken_links,
        check_site.foreign_resources,
        check_site.pictures_without_words,
    )
    return check_site.missing_pages(root, toc) + [problem for check in checks for problem in check(root)]


def test_a_sound_site_passes(site):
    assert not problems(*site())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Another.", "<span>ValueError</span> <b>Traceback</b> (most recent call last)", "traceback"),
        ("<h1", '<div class="output stderr"></div><h1', "stderr"),
        ("other.html#there", "other.html#here", "no such anchor"),
        ("other.html#there", "nothing.html", "does not exist"),
        ("dot.png", "missing.png", "does not exist"),
        ("style.css", "missing.css", "does not exist"),
        ("<h1", '<script type="application/json">{"src":"explorers/no.webp"}</script><h1', "does not exist"),
        (
            "<body>",
            '<body><script src="https://cdn.example.org/x.js"></script>',
            "fetches https://cdn.example.org/x.js",
        ),
        ("<body>", '<body><script src="//cdn.example.org/x.js"></script>', "fetches //cdn.example.org/x.js"),
        ('src="dot.png"', 'src="https://example.org/dot.png"', "fetches https://example.org/dot.png"),
        ('alt="A grey dot on white"', "", "alternative text ''"),
        ('alt="A grey dot on white"', 'alt=""', "alternative text ''"),
        ('alt="A grey dot on white"', 'alt="../_images/9d3 of a cell.png"', "alternative text '../_images"),
    ],
)
def test_what_is_wrong_is_found(site, old, new, complaint):
    (found,) = problems(*site(old, new))
    assert "notebooks/01_dots.html" in found and complaint in found


def test_a_missing_page_is_found(site):
    root, toc = site()
    (root / "notebooks" / "other.html").unlink()
    assert check_site.missing_pages(root, toc) == ["notebooks/other: there is no such page"]


def chapter_figures(root, toc):
    toc.write_text("root: book/index\nchapters:\n  - file: notebooks/01_dots\n")
    return check_site.misnumbered_figures(root, toc)


def test_figures_in_order_pass(site):
    assert not chapter_figures(*site())


@pytest.mark.parametrize(("old", "new"), [("1.2.", "1.3."), ("1.1.", "2.1."), ("1.2.", "1.1."), ("1.1.", "1:")])
def test_figures_out_of_order_are_found(site, old, new):
    assert chapter_figures(*site(f"Figure {old}", f"Figure {new}"))


def test_figures_of_a_deeper_page_carry_its_letter(site):
    root, toc = site()
    page = root / "notebooks" / "deeper" / "01a_dots.html"
    page.parent.mkdir()
    page.write_text((root / "notebooks" / "01_dots.html").read_text())
    below = "    sections:\n      - file: notebooks/deeper/01a_dots\n"
    toc.write_text(f"root: book/index\nchapters:\n  - file: notebooks/01_dots\n{below}")
    assert check_site.chapters(toc) == ["notebooks/01_dots"]
    assert len(check_site.misnumbered_figures(root, toc)) == 1
    page.write_text(page.read_text().replace("Figure 1.", "Figure 1a."))
    check_site.read.cache_clear()
    assert not check_site.misnumbered_figures(root, toc)
