"""The nine strongest patches of every map over the embedded photographs, for pages whose networks show one unit.

They are mined from the photographs' copies that the page has, seen at several scales, so that the page's networks find
the same units in the same pixels.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

import numpy as np

from zflib import weights
from zflib.analysis import top_activations
from zflib.analysis.top import TopActivations
from zflib.analysis.views import Views
from zflib.data import copies
from zflib.data import photographs as embedded
from zflib.widgets import page
from zflib.widgets.live import photographs

NETWORKS = ("zfnet-mini", "alexnet-mini")
STEPS = ("conv1", "conv2", "conv3", "conv4", "conv5")
STRONGEST = 9  # one a photograph
FINEST = 16  # a value's parts in the script


@cache
def views() -> Views:
    """The photographs at three scales, as the page has them."""
    return Views([copies.picture(each.name) for each in embedded()])


@cache
def mined(network: str) -> dict[str, TopActivations]:
    """By step, the strongest units of every map over `views`, one of each photograph."""
    return top_activations(weights.load(network).cpu(), views(), STEPS, k=STRONGEST)


def script() -> str:
    """A classic script that puts them where strongest.js finds them.

    photographs  name, title, credit, and src of those that photographs.js doesn't have
    views        [photograph, left, top, side] in pixels of the copy
    found        by network and step: base64 of uint16 (maps, 9, 3), view, 256 x row + column, value in sixteenths
    """
    known = []
    for offer in (photographs.offer(each.name) for each in embedded()):
        known.append({key: value for key, value in offer.items() if key != "src" or offer["name"] not in copies.NAMES})
    places = [
        [int(at), int(left), int(top), int(right - left)]
        for at, (top, left, _, right) in zip(views().picture, views().box, strict=True)
    ]
    found = {name: {step: _packed(top) for step, top in mined(name).items()} for name in NETWORKS}
    return f"globalThis.zflibCollection = {page.json_text({'photographs': known, 'views': places, 'found': found})};\n"


def _packed(top: TopActivations) -> str:
    value = np.round(FINEST * top.value).clip(0, 65535)
    numbers = np.stack([top.picture, 256 * top.row + top.column, value], axis=-1)
    return b64encode(numbers.astype("<u2").tobytes()).decode()


def patch(network: str, step: str, channel: int, rank: int) -> dict[str, Any]:
    """One of a map's strongest: photograph, view, unit, value, and the view's picture."""
    top = mined(network)[step]
    view = int(top.picture[channel, rank])
    return {
        "photograph": embedded()[int(views().picture[view])],
        "unit": (channel, int(top.row[channel, rank]), int(top.column[channel, rank])),
        "value": float(top.value[channel, rank]),
        "picture": views()[view],
    }
