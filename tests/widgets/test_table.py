"""The sortable table as HTML; test_explorers_in_a_browser.py presses its buttons."""

from html.parser import HTMLParser

import numpy as np
import pytest

from zflib.widgets import SortableTable

COLUMNS = ["Row", "Paper", "Ours", "Parameters", "Note"]
ROWS = [
    ["as it is", 38.4, (25.1, "25.1 ± 0.4"), 62_357_608, "b"],
    ["without <layer> 7", 40.0, (9.5, "9.5 ± 0.2"), 45_576_392, "a"],
    ["2048 units", 40.2, None, 9_000, None],
    ["8192 units", 38.8, (100.0, "100.0"), 120_000_000, "c"],
]
GROUPS = [("", 1), ("the paper, ImageNet", 1), ("ours, Imagenette", 3)]


def table():
    return SortableTable(COLUMNS, ROWS, "Table 3 & ours", GROUPS)


class Tags(HTMLParser):
    """The table's tags with their attributes, and the words that follow each."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append([tag, dict(attributes), ""])

    def handle_data(self, data):
        if self.tags:
            self.tags[-1][2] += data


def test_it_is_a_table_for_those_who_hear_it():
    tags = Tags(table()._repr_html_()).tags
    (caption,) = [a["id"] for tag, a, _ in tags if tag == "caption"]
    assert [words for tag, _, words in tags if tag == "span"] == ["Table 3 & ours"]
    assert [a["aria-labelledby"] for _, a, _ in tags if a.get("role") == "region"] == [caption]
    scopes = [(a["scope"], words) for tag, a, words in tags if tag == "th"]
    assert scopes == [
        *(("colgroup", words) for words, _ in GROUPS if words),
        *(("col", words) for words in COLUMNS),
        *(("row", row[0]) for row in ROWS),
    ]
    assert [int(a["span"]) for tag, a, _ in tags if tag == "colgroup"] == [1, 1, 3]
    assert not [tag for tag, *_ in tags if tag == "button"]  # a script makes them: without it, none pretends


def test_numbers_missing_and_text():
    cells = [(a.get("data-value"), words) for tag, a, words in Tags(table()._repr_html_()).tags if tag == "td"]
    assert cells[1:9] == [  # the first stands above the rows' headers
        ("38.4", "38.4"), ("25.1", "25.1 ± 0.4"), ("62357608.0", "62,357,608"), (None, "b"),
        ("40.0", "40.0"), ("9.5", "9.5 ± 0.2"), ("45576392.0", "45,576,392"), (None, "a"),
    ]  # fmt: skip
    assert cells[10] == ("", "–") and cells[12] == ("", "–")
    kinds = SortableTable([*"abcde"], [["x", np.float32(1.5), float("nan"), (None, "not run"), True]], "Kinds")
    cells = [(a.get("data-value"), words) for tag, a, words in Tags(kinds._repr_html_()).tags if tag == "td"]
    assert cells == [("1.5", "1.5"), ("", "–"), ("", "not run"), (None, "True")]


def test_two_tables_have_ids_of_their_own():
    assert table()._repr_html_().count('aria-labelledby="zf-') == 1
    assert table()._repr_html_()[:60] != table()._repr_html_()[:60]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((["a"], [["x", 1]], ""), r"Row 1 has 2 cells for 1 columns: \['x', 1\]"),
        ((["a", "b"], [["x", 1], ["y"]], ""), "Row 2 has 1 cells for 2 columns"),
        (([], [], ""), "columns must be a list of headers"),
        (("ab", [], ""), "columns must be a list of headers, not 'ab'"),
        ((["a", "b"], [["x", 1]], "", [("", 1)]), r"groups must span 2 columns, one or more each, not \[1\]"),
        ((["a", "b"], [["x", 1]], "", [("", 0), ("", 2)]), "one or more each"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        SortableTable(*arguments)


@pytest.mark.parametrize("row", ["ab", 3, {"a": 1, "b": 2}])
def test_a_row_is_a_list(row):
    with pytest.raises(TypeError, match="Row 1 must be a list of cells"):
        SortableTable(["a", "b"], [row], "")
