"""Tables that can stand as cards on a phone, folded cells that are called by their own words, and no Thebe."""

import json
import re
from html import escape
from types import SimpleNamespace

import finish_pages
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sphinx.builders.html._assets import _CascadingStyleSheet, _JavaScript

GROUPS = '<tr><td colspan="1"></td><th colspan="2">the paper</th><th>ours &amp; theirs</th></tr>'
HEAD = "<tr><th>net</th><th><button>top-1</button></th><th>top-5</th><th><p>seeds</p></th></tr>"
ROWS = (
    "<th>ZFNet</th><td>38.4</td><td>16.5</td><td data-value='3'>3</td>",
    "<td>AlexNet</td><td>40.7</td><td>18.1</td><td></td>",
)


def finished(body):
    context = {"body": body}
    finish_pages._finish(None, "page", "page.html", context, None)
    return context["body"]


def table(head, *rows, attributes=""):
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table{attributes}><caption>c</caption><thead>{head}</thead><tbody>{body}</tbody></table>"


def test_each_cell_gets_the_words_of_its_header_and_the_first_of_a_row_none():
    came = finished(f"<p>a</p>{table(HEAD, *ROWS)}<p>b</p>")
    assert re.findall(r'data-label="(.*?)"', came) == ["top-1", "top-5", "seeds"] * 2
    assert '<table class="zf-stack"><caption>' in came
    assert re.sub(r' data-label=".*?"| class="zf-stack"', "", came) == f"<p>a</p>{table(HEAD, *ROWS)}<p>b</p>"


def test_a_group_of_columns_is_named_before_the_column():
    came = finished(table(GROUPS + HEAD, *ROWS))
    labels = ["the paper, top-1", "the paper, top-5", "ours &amp; theirs, seeds"]
    assert re.findall(r'data-label="(.*?)"', came) == labels * 2


def test_a_table_keeps_its_own_class():
    assert '<table class="table zf-stack" id="a">' in finished(table(HEAD, *ROWS, attributes=' class="table" id="a"'))


@pytest.mark.parametrize(
    "as_it_is",
    [
        table("<tr><th>a</th><th>b</th><th>c</th></tr>", "<td>1</td><td>2</td><td>3</td>"),
        table(HEAD, ROWS[0], "<td colspan=4>all</td>"),
        table(HEAD.replace("net", '<span class="math notranslate nohighlight">r</span>'), *ROWS),
        f'<div class="zf-scroll" tabindex="0">{table(HEAD, *ROWS)}</div>',
        table(HEAD, *ROWS, attributes=' class="zf-narrow"'),
        f"<table><tbody><tr>{ROWS[0]}</tr></tbody></table>",
    ],
    ids=["small", "uneven", "formula", "explorer", "narrow", "no header"],
)
def test_what_would_not_be_legible_as_cards_stays_a_table(as_it_is):
    assert finished(as_it_is) == as_it_is


def test_a_folded_cell_is_called_by_its_words():
    folded = (
        '<details class="hide"><summary aria-label="Toggle hidden content"><p>Show the code</p></summary></details>'
    )
    assert finished(folded) == folded.replace(' aria-label="Toggle hidden content"', "")


def test_nothing_of_thebe_stays_and_everything_else_does():
    settings = {"body": 'const THEBE_JS_URL = "https://unpkg.com/thebe"'}
    scripts = [
        _JavaScript(None, **settings),
        _JavaScript("theme.js"),
        _JavaScript("", **settings),
        _JavaScript("_static/sphinx-thebe.js"),
        _JavaScript("", body="let toggle = 1"),
    ]
    sheets = [_CascadingStyleSheet("sphinx-thebe.css"), _CascadingStyleSheet("custom.css")]
    kept = [scripts[1], scripts[4]], [sheets[1]]
    finish_pages._drop_thebe(None, "page", "page.html", {"script_files": scripts, "css_files": sheets}, None)
    assert (scripts, sheets) == kept


SAID = {"narrowest": 541, "pictures": "polygon(0% 0%,50% 50%)"}
IMAGE = '<img alt="Lines &amp; letters" src="../_images/a.{}" />'


@pytest.fixture
def figures(tmp_path):
    """Files that say what they are, and one that doesn't, as Sphinx knows them."""
    facts = json.dumps(SAID)
    (tmp_path / "a.svg").write_text(f"<svg><dc:description>{escape(facts)}</dc:description></svg>", encoding="utf-8")
    info = PngInfo()
    info.add_text("Description", facts)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=info)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.webp")
    names = {name: name for name in ("a.svg", "a.png", "a.webp")}
    return SimpleNamespace(srcdir=tmp_path, builder=SimpleNamespace(images=names))


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_figure_gets_room_for_its_letters_and_its_pictures_once_more(figures, kind):
    context = {"body": f"<p>a</p>{IMAGE.format(kind)}<p>b</p>"}
    finish_pages._fit_figures(figures, "page", "page.html", context, None)
    kept = f"background-image:url(../_images/a.{kind});clip-path:{SAID['pictures']}"
    assert context["body"] == (
        '<p>a</p><div class="output zf-figure" role="group" aria-label="Figure" style="--narrowest:541px">'
        f'<div>{IMAGE.format(kind)}<span style="{kept}"></span></div></div><p>b</p>'
    )


def test_a_picture_that_says_nothing_stays_as_it_is(figures):
    context = {"body": IMAGE.format("webp")}
    finish_pages._fit_figures(figures, "page", "page.html", context, None)
    assert context["body"] == IMAGE.format("webp")
