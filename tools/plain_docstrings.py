"""Sphinx extension: show zflib's docstrings as they were written.

Our docstrings are plain text: paragraphs, `code` between single backticks, and blocks of aligned columns such as

    values    (N, C, h, w)  pooled activations
    size      (H, W)        the map before pooling

which reStructuredText would run together. This turns each block of columns into a table, keeps indented text as it
stands, and leaves paragraphs and lists alone but for their special characters.
"""

import re

COLUMN = re.compile(r"(?<=\S) {2,}(?=\S)")
LIST = re.compile(r"(-|\d+\.) ")
CODE = re.compile(r"``?([^`]+)``?")


def setup(app):
    app.connect("autodoc-process-docstring", lambda app, what, name, obj, options, lines: rewrite(lines))
    return {"parallel_read_safe": True}


def rewrite(lines: list[str]) -> None:
    """Turn a docstring's lines into reStructuredText, in place, as autodoc asks for it."""
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    lines[:] = [*"\n\n".join(_block(block) for block in blocks).split("\n"), ""]


def _block(block: str) -> str:
    rows = block.split("\n")
    if all(row.startswith((" ", ">>>")) for row in rows):
        return _as_it_stands(rows)
    if LIST.match(rows[0]):
        return _escape(block)
    # A block may open with a sentence ("Returns ...:"), its columns follow.
    head = next((at for at, row in enumerate(rows) if COLUMN.search(row)), len(rows))
    table = _table(rows[head:])
    return "\n\n".join(filter(None, [_escape("\n".join(rows[:head])), table]))


def _table(rows: list[str]) -> str:
    """Aligned columns as a list-table; rows that do not line up are kept as they stand."""
    if not rows:
        return ""
    cells: list[list[str]] = []
    for row in rows:
        if row.startswith(" ") and cells:
            cells[-1][-1] += " " + row.strip()
        else:
            cells.append(COLUMN.split(row.strip()))
    if len({len(row) for row in cells}) != 1:
        return _as_it_stands(rows)
    out = [".. list-table::", "   :class: zf-columns", ""]
    for row in cells:
        first, *rest = [f"``{row[0]}``", *map(_escape, row[1:])]
        out += [f"   * - {first}", *(f"     - {cell}" for cell in rest)]
    return "\n".join(out)


def _as_it_stands(rows: list[str]) -> str:
    return "\n".join(["::", "", *("   " + row for row in rows)])


def _escape(text: str) -> str:
    """Plain text as reStructuredText: `code` becomes ``code``, special characters elsewhere lose their meaning."""
    parts = CODE.split(text)  # text, code, text, code, ..., text
    parts[::2] = [re.sub(r"([\\*|_])", r"\\\1", part) for part in parts[::2]]
    # A literal must not touch a letter: "`step`s" needs the empty escape between them.
    return "".join(part if at % 2 == 0 else f"\\ ``{part}``\\ " for at, part in enumerate(parts))
