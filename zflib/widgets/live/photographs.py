"""The photographs that a page offers to its networks: small copies of the embedded ones, inside a classic script."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

from zflib.data import photograph

NAMES = ("chelsea", "astronaut", "china", "flower", "motorcycle", "coffee", "rocket")
CALLED = {"chelsea": "cat", "china": "pagoda", "coffee": "coffee cup"}  # in the chapters; the others by their names
SHORTER = 256  # pixels of the shorter side: more than any network takes, and enough to be looked at


def offered() -> list[dict[str, Any]]:
    """As chooser.js takes them: name, title, credit, and src, a data: address, which a page from the disk may read."""
    return [offer(name) for name in NAMES]


def script() -> str:
    """A classic script that puts them where chooser.js and the panels find them."""
    return f"globalThis.zflibPhotographs = {json.dumps(offered(), separators=(',', ':'))};\n"


def picture(name: str) -> Image.Image:
    """A photograph as the pages have it, for a kernel that shows the same. KeyError for an unknown name."""
    return Image.open(BytesIO(_small(name)))


def offer(name: str) -> dict[str, Any]:
    """One photograph as chooser.js takes it. KeyError for an unknown name."""
    known = photograph(name)
    credit = f"{known.source} ({known.licence})"
    src = f"data:image/webp;base64,{b64encode(_small(name)).decode()}"
    return {"name": name, "title": known.title, "credit": credit, "src": src}


@cache  # packing one takes longer than all else that a page asks of it
def _small(name: str) -> bytes:
    picture = photograph(name).picture
    factor = SHORTER / min(picture.size)
    size = tuple(round(side * factor) for side in picture.size)
    content = BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(content, "WEBP", quality=85, method=6)
    return content.getvalue()
