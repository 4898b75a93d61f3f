"""Sphinx extension: what a page needs beyond what Sphinx makes of it, for readers on a phone and for those who listen.

A table of four columns or more stands on a phone as one card a row (custom.css): each cell then shows the words of its
header, which it gets here. One that says it is narrow (zflib/plots/results.py) keeps its columns. And a folded cell is
called by its own words, "Show the code": MyST-NB names all of them "Toggle hidden content". Jupyter Book brings along
Thebe, which would run code on a server: no page has a button for it, and Sphinx declares its settings twice, an error
on each page.

A figure says how narrow its letters allow it to be and where its pictures are (zflib/plots/sharp.py): here it gets a
box in which it scrolls sideways where the screen is narrower; and, since in the dark it turns over, its pictures once
more on top, as they are.
"""

import json
import re
from html import escape, unescape
from pathlib import Path

from PIL import Image

TABLE = re.compile(r'(<div class="zf-scroll"[^>]*>)?<table\b([^>]*)>(.*?)</table>', re.DOTALL)
HEAD = re.compile(r"<thead>(.*?)</thead>", re.DOTALL)
BODY = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)
ROW = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<(t[hd])\b([^>]*)>(.*?)</\1>", re.DOTALL)
SPAN = re.compile(r'colspan="(\d+)"')
CLASS = re.compile(r'\s*class="([^"]*)"')
NAME_OF_ALL = ' aria-label="Toggle hidden content"'
FIGURE = re.compile(r'<img alt="[^"]*" src="[./]*_images/([^"]+)" />')
SAID = re.compile(r"<dc:description>(.*?)</dc:description>", re.DOTALL)
FEW = 3  # columns that stand side by side on a phone


def setup(app):
    app.connect("html-page-context", _finish)
    app.connect("html-page-context", _fit_figures)
    app.connect("html-page-context", _drop_thebe, priority=900)  # after those that add scripts to a page
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _finish(app, page, template, context, doctree):
    if "body" in context:
        context["body"] = TABLE.sub(_labelled, context["body"]).replace(NAME_OF_ALL, "")


def _fit_figures(app, page, template, context, doctree):
    if "body" in context:
        files = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
        context["body"] = FIGURE.sub(lambda found: boxed(found[0], about(files[found[1]])), context["body"])


def about(figure: Path) -> dict:
    """What a file says of itself as a figure; nothing where it is none."""
    if figure.suffix == ".svg":
        found = SAID.search(figure.read_text(encoding="utf-8"))
        said = unescape(found[1]) if found else "{}"
    else:
        with Image.open(figure) as picture:
            said = picture.info.get("Description", "{}")
    return json.loads(said)


def boxed(image: str, said: dict) -> str:
    """A figure in a box that has room for its letters; the theme's script lets the keyboard scroll it."""
    if not said:
        return image
    src = re.search('src="([^"]*)"', image)[1]
    kept = f'<span style="background-image:url({src});clip-path:{said["pictures"]}"></span>' if said["pictures"] else ""
    return (
        '<div class="output zf-figure" role="group" aria-label="Figure" '
        f'style="--narrowest:{said["narrowest"]}px"><div>{image}{kept}</div></div>'
    )


def _drop_thebe(app, page, template, context, doctree):
    for kind in ("script_files", "css_files"):
        # In place: it is the builder's own list, which Sphinx restores after each page.
        context[kind][:] = [file for file in context[kind] if "thebe" not in str(file).lower()]


def _labelled(found: re.Match) -> str:
    """A table whose cells name their columns; as it is where it is small, narrow or an explorer's, where a header holds
    a formula, or where rows differ in length."""
    explorer, attributes, inside = found.groups()
    head, body = HEAD.search(inside), BODY.search(inside)
    if explorer or not head or not body or 'class="math' in head[1] or "zf-narrow" in attributes:
        return found[0]
    names = headers(head[1])
    rows = [CELL.findall(row) for row in ROW.findall(body[1])]
    if len(names) <= FEW or any(len(row) != len(names) for row in rows):
        return found[0]
    columns = iter([*range(len(names))] * len(rows))

    def name(cell: re.Match) -> str:
        column = next(columns)
        label = f' data-label="{escape(names[column])}"' if column and names[column] else ""
        return f"<{cell[1]}{label}{cell[2]}>{cell[3]}</{cell[1]}>"

    classes = " ".join([*CLASS.findall(attributes), "zf-stack"])
    inside = inside.replace(body[1], CELL.sub(name, body[1]), 1)
    return f'<table class="{classes}"{CLASS.sub("", attributes)}>{inside}</table>'


def headers(head: str) -> list[str]:
    """The words over each column, those of a group of columns before its own."""
    lines = []
    for row in ROW.findall(head):
        line = []
        for _, attributes, inside in CELL.findall(row):
            span = SPAN.search(attributes)
            line += [_words(inside)] * (int(span[1]) if span else 1)
        lines.append(line)
    return [", ".join(filter(None, column)) for column in zip(*lines, strict=True)]


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
