"""Docstrings become the page that their author saw."""

import plain_docstrings
from docutils.core import publish_string

DOCSTRING = """\
Put pooled values back, *not* **bold**, for `step`s and names_ that end so.

values    (N, C, h, w)  pooled activations, which go on
          for a second line | with a bar
size      (H, W)        the map before pooling

Returns (N, C, H, W):

- first `point`
- second

    project(trace, "conv5")
        indented

Three spaces   in a sentence
are no table.
"""


def html(docstring):
    lines = docstring.split("\n")
    plain_docstrings.rewrite(lines)
    settings = {"report_level": 1, "halt_level": 2, "output_encoding": "unicode"}
    return publish_string("\n".join(lines), writer_name="html5", settings_overrides=settings)


def test_columns_become_a_table():
    page = html(DOCSTRING)
    assert page.count("<table") == 1 and page.count("<tr>") == 2
    assert "pooled activations, which go on for a second line | with a bar" in page


def test_special_characters_mean_nothing():
    page = html(DOCSTRING)
    assert "*not* **bold**" in page and "names_ that" in page
    assert "<em>" not in page and "<strong>" not in page


def test_single_backticks_are_code():
    assert ">step</span>s and" in html(DOCSTRING)


def test_lists_and_indented_text_keep_their_shape():
    page = html(DOCSTRING)
    assert page.count("<li>") == 2
    assert "project(trace, &quot;conv5&quot;)\n    indented" in page


def test_rows_that_do_not_line_up_stay_as_they_stand():
    assert "Three spaces   in a sentence\nare no table." in html(DOCSTRING)


def test_an_empty_docstring_stays_empty():
    lines = [""]
    plain_docstrings.rewrite(lines)
    assert not "".join(lines)
