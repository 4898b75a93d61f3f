"""Chapter 1's tracer: a point of the picture, a step, and all that the unit there sees, map by map down to the pixels.

The page draws and says the same in fields.js.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from html import escape
from typing import Any, ClassVar

from zflib.architecture import ALEXNET, ZFNET
from zflib.data import photograph
from zflib.data.pictures import centre_square
from zflib.widgets.axes import Axis
from zflib.widgets.frames import small_webp
from zflib.widgets.live.panel import Panel

NETWORKS = {"AlexNet": ALEXNET, "ZFNet": ZFNET}
SIDE, MARGIN = 224, 16  # of the picture; what is shown around it
STEPS = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
SHADES = ("#ffd23f", "#ffb13b", "#ff8f3a", "#f26b3a", "#dd4a45", "#bd3157", "#952069", "#661a72")
PICTURE_BYTES = 14_000
OPEN, NEITHER, BET_STEP = "not placed", "neither", "conv5"


@cache
def windows(network: str) -> list[dict[str, Any]]:
    """Of each step: name, side of its map, kernel, stride and padding of its window, spacing and first centre in px."""
    architecture, found = NETWORKS[network], []
    geometry = {step.name: step for step in architecture.geometry()}
    for conv in architecture.convs:
        parts = [(f"conv{conv.layer}", conv.kernel, conv.stride, conv.pad)]
        if conv.pool:
            parts.append((f"pool{conv.layer}", conv.pool.kernel, conv.pool.stride, 0))
        for name, kernel, stride, pad in parts:
            step = geometry[name]
            found.append(
                {
                    "name": name,
                    "size": step.size,
                    "kernel": kernel,
                    "stride": stride,
                    "pad": pad,
                    "jump": step.jump,
                    "offset": step.offset,
                }
            )
    return found


def nearest(step: dict[str, Any], pixel: int) -> int:
    """The unit, along one side, whose field's centre is nearest to a pixel; of two the later."""
    return min(max(int((pixel - step["offset"]) / step["jump"] + 0.5), 0), step["size"] - 1)


def seen(steps: list[dict[str, Any]], last: int, unit: int) -> list[tuple[int, int]]:
    """Along one side, what a unit of step `last` sees of each map below it, topmost first, the picture's pixels last:
    (first, end), which may lie beyond the border."""
    first, end, found = unit, unit + 1, []
    for step in reversed(steps[: last + 1]):
        first = first * step["stride"] - step["pad"]
        end = (end - 1) * step["stride"] - step["pad"] + step["kernel"]
        found.append((first, end))
    return found


def _square(step: str, columns: tuple[int, int], rows: tuple[int, int], stroke: str) -> str:
    (left, right), (top, bottom) = columns, rows
    return (
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="none" '
        f'stroke="{SHADES[STEPS.index(step)]}" {stroke}/>'
    )


def overlay(network: str, step: str, across: int, down: int, bet: str) -> str:
    """The fields of the units at a point, from conv1 up to a step, as SVG on the picture's pixels; once the bet is
    placed, dashed, that of the last one's neighbour, too."""
    steps, last, parts = windows(network), STEPS.index(step), []
    for at in range(last, -1, -1):
        columns, rows = (seen(steps, at, nearest(steps[at], point))[-1] for point in (across, down))
        if at == last and bet != OPEN:
            unit = nearest(steps[at], across)
            beside = seen(steps, at, unit + 1 if unit + 1 < steps[at]["size"] else unit - 1)[-1]
            parts.append(_square(step, beside, rows, 'stroke-width="1.5" stroke-dasharray="4 3"'))
        parts.append(_square(STEPS[at], columns, rows, f'stroke-width="{3 if at == last else 1.5}"'))
    return "".join(parts)


def cone(network: str, step: str, across: int, down: int) -> str:
    """The maps from the step down to the picture, each with the part that the unit sees, as a list."""
    steps, last = windows(network), STEPS.index(step)
    unit = [nearest(steps[last], point) for point in (across, down)]
    columns, rows = (seen(steps, last, at) for at in unit)
    maps = [(steps[last]["name"], steps[last]["size"], (unit[0], unit[0] + 1), (unit[1], unit[1] + 1), SHADES[last])]
    for below in range(last - 1, -1, -1):
        at = last - 1 - below
        maps.append((steps[below]["name"], steps[below]["size"], columns[at], rows[at], SHADES[below]))
    maps.append(("picture", SIDE, columns[-1], rows[-1], "#777777"))
    items = []
    for name, size, (left, right), (top, bottom), shade in maps:
        here = [max(left, 0), max(top, 0), min(right, size), min(bottom, size)]
        x, y, width, height = here[0], here[1], here[2] - here[0], here[3] - here[1]
        count = f"{width} × {height} of {size}²"
        items.append(
            f'<li><svg viewBox="0 0 {size} {size}" aria-hidden="true"><rect width="{size}" height="{size}" '
            f'class="zf-map"/><rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{shade}"/></svg>'
            f"<span><b>{name}</b><br>{count}</span></li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def words(network: str, step: str, across: int, down: int, bet: str) -> str:
    """What the unit sees, in a sentence; how far on its neighbour looks only once the bet is placed."""
    steps, last = windows(network), STEPS.index(step)
    column, row = (nearest(steps[last], point) for point in (across, down))
    (left, right), (top, bottom) = (seen(steps, last, at)[-1] for at in (column, row))
    side = right - left
    width, height = (min(end, SIDE) - max(start, 0) for start, end in ((left, right), (top, bottom)))
    beyond = 100 - round(100 * width * height / side**2)
    tail = f" {beyond} % of its field lies beyond the border, where it finds zeros." if beyond else ""
    apart = "" if bet == OPEN else f", and its neighbour (dashed) looks {steps[last]['jump']} pixels further on"
    return (
        f"<b>{step} of {network}</b>, row {row}, column {column} of {steps[last]['size']}²: its field is {side} pixels "
        f"a side; it sees <b>{width} × {height} pixels</b>, {100 * width * height / SIDE**2:.1f} % of the "
        f"picture{apart}.{tail}"
    )


def bet_words(bet: str) -> str:
    """The question, or what became of a bet."""
    if bet == OPEN:
        return f"In which of the two do neighbours in {BET_STEP} look at places closer together?"
    apart = {network: windows(network)[STEPS.index(BET_STEP)]["jump"] for network in NETWORKS}
    closest = [network for network, jump in apart.items() if jump == min(apart.values())]
    true = closest[0] if len(closest) == 1 else NEITHER
    found = " and ".join(f"{jump} pixels apart in {network}" for network, jump in apart.items())
    return f"You bet on {bet}: {'won' if bet == true else 'lost'}. Neighbours look {found}."


@cache
def picture() -> str:
    """The photograph under the fields, as the address of its data."""
    square = centre_square(photograph("chelsea").picture, SIDE)
    return f"data:image/webp;base64,{b64encode(small_webp(square, PICTURE_BYTES)).decode()}"


class FieldTracer(Panel):
    """Choose a point of the picture and a step: the unit there, what it sees of every map below, and of the picture.

    start  values of its controls other than those it begins with: network, step, across, down (of the point, in
           pixels from the left and from the top), bet (where neighbours in conv5 look at closer places). Raises
           ValueError for what they don't offer.
    """

    title = "What one unit sees"
    script = "fields"
    styles = ("bet",)
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("step", STEPS),
        Axis("across", tuple(range(SIDE))),
        Axis("down", tuple(range(SIDE))),
        Axis("bet", (OPEN, *NETWORKS, NEITHER)),
    )
    defaults: ClassVar = {"network": "ZFNet", "step": "conv2", "across": 128, "down": 96, "bet": OPEN}

    def view(self, network: str, step: str, across: int, down: int, bet: str) -> str:
        """The bet, the picture with the fields, the maps beside it, and a sentence."""
        setting, wide = (network, step, across, down), SIDE + 2 * MARGIN
        label = "A photograph, and squares on it: what the units at the chosen point see, step by step"
        return (
            f'<p class="zf-outcome" role="status">{bet_words(bet)}</p>'
            f'<div class="zf-fields"><svg class="zf-stage" viewBox="{-MARGIN} {-MARGIN} {wide} {wide}" role="img" '
            f'aria-label="{escape(label)}"><image href="{picture()}" width="{SIDE}" height="{SIDE}"/>'
            f'<rect width="{SIDE}" height="{SIDE}" fill="none" class="zf-edge"/>'
            f'<g class="zf-overlay">{overlay(*setting, bet)}</g></svg>'
            f'<div class="zf-cone">{cone(*setting)}</div></div>'
            f'<p class="zf-words" aria-live="polite">{words(*setting, bet)}</p>'
        )

    def before(self) -> str:
        button = '<button type="button" data-bet="{0}" aria-pressed="false">Bet: {0}</button>'
        return f'<div class="zf-buttons">{"".join(map(button.format, (*NETWORKS, NEITHER)))}</div>'

    def data(self) -> dict[str, Any]:
        """The windows of both networks' steps, and what is said of each bet."""
        bets = {bet: bet_words(bet) for bet in (OPEN, *NETWORKS, NEITHER)}
        steps = {name: windows(name) for name in NETWORKS}
        return {"steps": steps, "shades": SHADES, "side": SIDE, "margin": MARGIN, "bets": bets}
