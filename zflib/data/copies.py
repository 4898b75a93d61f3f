"""Small copies of some of the photographs: those that the pages offer to their networks."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from PIL import Image

from zflib.data.photographs import photograph

NAMES = ("chelsea", "astronaut", "china", "flower", "motorcycle", "coffee", "rocket")
SHORTER = 256  # pixels of the shorter side: more than any network takes, and enough to be looked at


def picture(name: str) -> Image.Image:
    """A photograph as the pages have it, for a kernel that shows the same. KeyError for an unknown name."""
    return Image.open(BytesIO(packed(name)))


@cache  # packing one takes longer than all else that a page asks of it
def packed(name: str) -> bytes:
    """The same as a WebP file. KeyError for an unknown name."""
    picture = photograph(name).picture
    factor = SHORTER / min(picture.size)
    size = tuple(round(side * factor) for side in picture.size)
    content = BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(content, "WEBP", quality=85, method=6)
    return content.getvalue()
