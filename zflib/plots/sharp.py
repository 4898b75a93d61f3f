"""Figures of the built pages, sharp on any screen: lines as vectors, pictures at twice the resolution.

Committed notebooks hold plain PNGs, which every viewer shows and which are light; pages come from a run of their own.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any

HEAVIER = 1.3  # times the plain picture: small squares, enlarged, pack well; a smooth map does not


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


def _saved(figure: Any, **how: Any) -> bytes:
    file = BytesIO()
    figure.savefig(file, bbox_inches="tight", **how)
    return file.getvalue()
