"""Chapter 5's filters as thumbnails: sheets of them once a page, of which its strips show pieces."""

from __future__ import annotations

from base64 import b64encode
from functools import cache

import numpy as np
from PIL import Image

from zflib.experiments import middles, stems
from zflib.widgets.frames import to_png


@cache
def pictures() -> dict[str, tuple[int, str]]:
    """By name of a seed's bank: the side of its filters, and a sheet of them in one row, as the address of a PNG."""
    from zflib import plots

    found = {}
    for name, key in middles.MINI.items():
        for seed, bank in enumerate(stems.filters(key)):
            row = np.concatenate(plots.filters(bank), axis=1)
            png = b64encode(to_png(Image.fromarray(row))).decode()
            found[f"{name}, seed {seed}"] = bank.shape[-1], f"data:image/png;base64,{png}"
    return found


@cache
def sheets() -> str:
    """All sheets once, unseen; the strips show pieces of them."""
    images = "".join(
        f'<image id="zf-{slug(name)}" href="{address}" width="{48 * kernel}" height="{kernel}"/>'
        for name, (kernel, address) in pictures().items()
    )
    return f'<svg class="zf-sheets" width="0" height="0" aria-hidden="true"><defs>{images}</defs></svg>'


def slug(words: str) -> str:
    """Words as part of an id or an address."""
    return "-".join("".join(c if c.isalnum() or c in ".-" else " " for c in words.lower()).split())


def filter_at(x: int, y: int, side: int, sheet: str, place: int) -> str:
    """A filter's thumbnail, or where there is none a square."""
    if not sheet:
        return f'<rect class="unseen" x="{x}" y="{y}" width="{side - 1}" height="{side - 1}"/>'
    k = pictures()[sheet][0]
    return (
        f'<svg x="{x}" y="{y}" width="{side - 1}" height="{side - 1}" viewBox="{place * k} 0 {k} {k}">'
        f'<use href="#zf-{slug(sheet)}"/></svg>'
    )
