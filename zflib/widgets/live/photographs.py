"""The photographs that a page offers to its networks: small copies of the embedded ones, inside a classic script."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from zflib.data import photograph
from zflib.data.copies import NAMES, packed

CALLED = {"chelsea": "cat", "china": "pagoda", "coffee": "coffee cup"}  # in the chapters; the others by their names


def offered() -> list[dict[str, Any]]:
    """As chooser.js takes them: name, title, credit, and src, a data: address, which a page from the disk may read."""
    return [offer(name) for name in NAMES]


def script() -> str:
    """A classic script that puts them where chooser.js and the panels find them."""
    return f"globalThis.zflibPhotographs = {json.dumps(offered(), separators=(',', ':'))};\n"


def offer(name: str) -> dict[str, Any]:
    """One photograph as chooser.js takes it. KeyError for an unknown name."""
    known = photograph(name)
    credit = f"{known.source} ({known.licence})"
    src = f"data:image/webp;base64,{b64encode(packed(name)).decode()}"
    return {"name": name, "title": known.title, "credit": credit, "src": src}
