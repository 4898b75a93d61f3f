"""Chapters keep their files' numbers when one of them is not there yet."""

import re

import chapter_numbers  # noqa: F401 (tools/ is on the path: Sphinx finds it)
import pytest


@pytest.fixture
def site(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["chapter_numbers"]\nhtml_theme = "basic"\n')
    (source / "index.rst").write_text(
        "Book\n====\n\n.. toctree::\n   :numbered: 1\n\n   01_first\n   12_twelfth\n\n.. toctree::\n\n   beside\n"
    )
    for name in ("01_first", "12_twelfth", "beside"):
        (source / f"{name}.rst").write_text(f"Title\n=====\n\nOne\n---\n\n{name}\n\nTwo\n---\n\n{name}\n")
    return source


def build(source):
    from sphinx.application import Sphinx

    out = source.parent / "out"
    Sphinx(source, source, out, source.parent / "trees", "html", status=None, warning=None).build()
    return out


def headings(out, name):
    return [re.sub("<[^>]*>|¶", "", each) for each in re.findall(r"<h[12]>.*?</h[12]>", (out / name).read_text())]


def test_a_chapter_has_the_number_of_its_file(site):
    out = build(site)
    assert headings(out, "01_first.html") == ["1. Title", "One", "Two"]
    assert headings(out, "12_twelfth.html") == ["12. Title", "One", "Two"]
    assert headings(out, "beside.html") == ["Title", "One", "Two"]
    contents = re.sub("<[^>]*>", "", (out / "index.html").read_text())
    assert "1. Title" in contents and "12. Title" in contents and "2. Title" not in contents.replace("12. Title", "")
    assert "12. Title" in re.sub("<[^>]*>", "", (out / "01_first.html").read_text()), "the link to the next page"


def test_it_holds_when_a_page_is_read_anew(site):
    build(site)
    page = site / "12_twelfth.rst"
    page.write_text(page.read_text().replace("Title\n=====", "Other\n====="))
    assert headings(build(site), "12_twelfth.html")[0] == "12. Other"
