"""A table whose columns sort. One face is enough: it is HTML with a script of its own, which runs in the built book, in
Jupyter and in Colab alike; where scripts are dropped (GitHub, a notebook that is not trusted) it is a plain table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import accumulate
from numbers import Real
from typing import Any

from zflib.plots.words import true_minus
from zflib.widgets.page import asset, unique_id


class SortableTable:
    """Rows as a table that sorts by the column whose header is pressed: upwards, downwards, as it was.

        SortableTable(
            ["Row", "Error, %", "Error, %", "Parameters"],
            [["as it is", 38.4, (25.1, "25.1 ± 0.4"), 62_357_608], ["without layer 7", 40.0, None, 45_576_392]],
            "Table 3 and ours",
            groups=[("", 1), ("the paper, ImageNet", 1), ("ours, Imagenette", 2)],
        )

    columns  a header for each column
    rows     one cell for each column; the first is the row's header. A number sorts by its value and shows with
             thousands separators, a pair (number, text) sorts by the number and shows the text, None and NaN are
             missing and come last, anything else is text
    caption  what the table shows
    groups   [(words, columns), ...] over the columns from left to right, all of them; empty words for no group

    Raises ValueError or TypeError, naming the row or the groups, for what doesn't fit the columns.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        caption: str,
        groups: Sequence[tuple[str, int]] | None = None,
    ) -> None:
        if isinstance(columns, str) or not columns:
            raise ValueError(f"columns must be a list of headers, not {columns!r}.")
        for number, row in enumerate(rows, 1):
            if isinstance(row, str) or not isinstance(row, Sequence):
                raise TypeError(f"Row {number} must be a list of cells, not {row!r}.")
            if len(row) != len(columns):
                raise ValueError(f"Row {number} has {len(row)} cells for {len(columns)} columns: {list(row)}.")
        spans = [span for _, span in groups or ()]
        if groups is not None and (sum(spans) != len(columns) or min(spans) < 1):
            raise ValueError(f"groups must span {len(columns)} columns, one or more each, not {spans}.")
        self._size = f"{len(rows)} rows, {len(columns)} columns"
        self._html = _html(columns, rows, caption, groups or ())

    def __repr__(self) -> str:
        return f"SortableTable({self._size})"

    def _repr_html_(self) -> str:
        return self._html


def _html(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], caption: str, groups: Sequence[tuple[str, int]]
) -> str:
    uid = unique_id()
    cells = [[_cell(value) for value in row] for row in rows]
    ends = [*accumulate(span for _, span in groups)]
    looks = []
    for at in range(len(columns)):
        side = "right" if any(row[at][0] for row in cells) else "left"
        line = ";border-left:1px solid currentColor" if at in ends else ""  # where a group ends and the next begins
        looks.append(f"text-align:{side};padding:0 0.5em{line}")

    over = ""
    for end, (words, span) in zip(ends, groups, strict=True):
        look = f"{looks[end - span]};text-align:center"
        # A header without words is no header.
        tag, scope = ("th", ' scope="colgroup"') if words else ("td", "")
        over += f'<{tag}{scope} colspan="{span}" style="{look}">{escape(words)}</{tag}>'
    head = f"<tr>{over}</tr>" if groups else ""
    head += _line([(None, escape(true_minus(str(name)))) for name in columns], looks, ["col"] * len(columns))
    spans = "".join(f'<colgroup span="{span}"></colgroup>' for _, span in groups)
    body = "".join(_line(row, looks, ["row", *[""] * (len(columns) - 1)]) for row in cells)
    return (
        f'<div class="zf-table" id="{uid}"><style>{asset("table.css")}</style>'
        # What scrolls sideways can be reached by keyboard, and so has a name.
        f'<div role="region" tabindex="0" aria-labelledby="{uid}-caption">'
        f'<table><caption id="{uid}-caption"><span>{escape(true_minus(caption))}</span></caption>'
        f"{spans}<thead>{head}</thead><tbody>{body}</tbody></table></div>"
        f"<script>{asset('table.js')}</script></div>"
    )


def _line(cells: Sequence[tuple[str | None, str]], looks: Sequence[str], scopes: Sequence[str]) -> str:
    html = ""
    for (value, words), look, scope in zip(cells, looks, scopes, strict=True):
        tag, attributes = ("th", f' scope="{scope}"') if scope else ("td", "")
        attributes += "" if value is None else f' data-value="{value}"'
        html += f'<{tag}{attributes} style="{look}">{words}</{tag}>'
    return f"<tr>{html}</tr>"


def _cell(cell: Any) -> tuple[str | None, str]:
    """The number that the cell sorts by, empty where it is missing and None for text; and what the cell shows."""
    value, words = cell if isinstance(cell, tuple) and len(cell) == 2 else (cell, None)
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return "", escape(true_minus(str(words or "–")))
    if isinstance(value, Real) and not isinstance(value, bool):
        return repr(float(value)), escape(true_minus(str(words or f"{value:,}")))
    return None, escape(true_minus(str(cell)))
