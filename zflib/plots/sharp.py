"""Figures of the built pages, sharp on any screen: lines as vectors, pictures at twice the resolution.

Committed notebooks hold plain PNGs, which every viewer shows and which are light; pages come from a run of their own.
Such a figure says of itself how narrow it may be shown and where its pictures are; tools/finish_pages.py reads it.
"""

from __future__ import annotations

import json
import os
import re
from io import BytesIO
from typing import Any

HEAVIER = 1.3  # times the plain picture: small squares, enlarged, pack well; a smooth map does not
LEGIBLE = 9  # pixels of a page: the smallest letters
SCRIPT = re.compile(r"\$.*[_^].*\$")  # with letters above or below the line
SMALLER = 0.7  # by which matplotlib writes those


def sharpen() -> None:
    """Show figures so from now on, where `ZFLIB_BOOK=1` says that this kernel runs for the book; else do nothing."""
    if os.environ.get("ZFLIB_BOOK") != "1":
        return
    from IPython import get_ipython
    from matplotlib.figure import Figure

    shell = get_ipython()
    if shell is None:
        return

    formatters = shell.display_formatter.formatters
    formatters["image/svg+xml"].for_type(Figure, vector)
    formatters["image/png"].for_type(Figure, pixels)


def vector(figure: Any) -> str | None:
    """A figure as SVG, the same bytes at every run; None if it holds pictures, which are pixels anyhow."""
    import matplotlib

    if _holds_pictures(figure):
        return None
    with matplotlib.rc_context({"svg.hashsalt": "zflib"}):
        return _saved(figure, format="svg", metadata={"Date": None}).decode()


def pixels(figure: Any) -> bytes | None:
    """A figure that holds pictures as PNG, at twice its resolution unless that weighs much more; None for any other."""
    if not _holds_pictures(figure):
        return None
    plain, double = (
        _saved(figure, format="png", dpi=times * figure.dpi, pil_kwargs={"optimize": True}) for times in (1, 2)
    )
    return double if len(double) < HEAVIER * len(plain) else plain


def _holds_pictures(figure: Any) -> bool:
    return any(axes.images for axes in figure.axes)


def _saved(figure: Any, format: str, metadata: dict | None = None, **how: Any) -> bytes:
    from matplotlib import rcParams

    figure.draw_without_rendering()  # settles the layout
    box = figure.get_tightbbox().padded(rcParams["savefig.pad_inches"])  # in inches
    facts, file = json.dumps(_about(figure, box)), BytesIO()
    figure.savefig(file, bbox_inches=box, format=format, metadata={"Description": facts, **(metadata or {})}, **how)
    return file.getvalue()


def _about(figure: Any, box: Any) -> dict[str, Any]:
    """What a page needs to know of a figure of which it shows the part inside `box`, in inches.

    Returns {"narrowest": width in pixels of a page at which the smallest letters have `LEGIBLE` pixels,
    "pictures": the places of its pictures as a clip-path, or "" where it has none}.
    """
    from matplotlib.text import Text

    from zflib.plots.places import only

    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    sizes = [text.get_fontsize() * (SMALLER if SCRIPT.search(text.get_text()) else 1) for text in words]
    pictures = []
    for axes in figure.axes:
        if axes.images:
            (x0, y0), (x1, y1) = axes.get_window_extent().get_points() / figure.dpi
            pictures.append((x0 - box.x0, box.y1 - y1, x1 - box.x0, box.y1 - y0))
    return {
        "narrowest": round(72 * box.width * LEGIBLE / min(sizes)) if sizes else 0,
        "pictures": only(pictures, box.width, box.height) if pictures else "",
    }
