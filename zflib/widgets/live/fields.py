"""Chapter 1's tracer: both networks on one picture, a point of it, a step: where all units look, and what one sees.

The page draws and says the same in fields.js.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from html import escape
from itertools import product
from typing import Any, ClassVar

from zflib.architecture import ALEXNET, ZFNET
from zflib.data import photograph
from zflib.data.pictures import centre_square
from zflib.widgets.axes import Axis
from zflib.widgets.frames import small_webp
from zflib.widgets.live.panel import Panel

NETWORKS = {"AlexNet": ALEXNET, "ZFNet": ZFNET}
SIDE, MARGIN = 224, 8  # of the picture; what is shown around it
STEPS = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
SHADES = ("#ffd23f", "#ffb13b", "#ff8f3a", "#f26b3a", "#dd4a45", "#bd3157", "#952069", "#661a72")
PICTURE_BYTES = 14_000
FIRST = STEPS[0]  # whose places show before the bet
CLOSE, ZOOM, LENS = STEPS[:2], 4, 96  # steps whose dots would be a veil: a lens of so many pixels shows some, larger
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


def dots(network: str, step: str) -> str:
    """A dot at the middle of what each unit of the step sees, as SVG on the picture's pixels."""
    here = windows(network)[STEPS.index(step)]
    jump, start, whole = here["jump"], here["offset"] - here["jump"] / 2 + 0.5, here["size"] * here["jump"]
    name, radius = f"zf-grid-{network}-{step}", min(0.28 * jump, 2)
    return (
        f'<pattern id="{name}" x="{start:g}" y="{start:g}" width="{jump}" height="{jump}" '
        f'patternUnits="userSpaceOnUse"><circle cx="{jump / 2:g}" cy="{jump / 2:g}" r="{radius:g}"/></pattern>'
        f'<rect x="{start:g}" y="{start:g}" width="{whole}" height="{whole}" fill="url(#{name})"/>'
    )


def grid(network: str, step: str, across: int, down: int, bet: str) -> str:
    """The dots of a step, as SVG on the picture's pixels: all of them, or under a lens those around the point; beyond
    the first step only once the bet is placed."""
    if bet == OPEN and step != FIRST:
        return ""
    if step not in CLOSE:
        return dots(network, step)
    part, corner = LENS // ZOOM, SIDE - LENS - 4
    left, top = across - part // 2, down - part // 2
    x = 4 if min(across, down) > corner - part // 2 else corner  # beside the point
    place = f'x="{x}" y="{corner}" width="{LENS}" height="{LENS}"'
    around = f'x="{left}" y="{top}" width="{part}" height="{part}"'
    return (
        f'<rect {around} class="zf-around"/><svg {place} viewBox="{left} {top} {part} {part}"><rect {around} '
        f'class="zf-map"/><use href="#zf-picture-{network}"/>{dots(network, step)}<g class="zf-marks">'
        f'{overlay(network, step, across, down, bet)}</g></svg><rect {place} class="zf-around"/>'
    )


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
    (left, right), (top, bottom) = (seen(steps, last, nearest(steps[last], point))[-1] for point in (across, down))
    side = right - left
    width, height = (min(end, SIDE) - max(start, 0) for start, end in ((left, right), (top, bottom)))
    beyond = 100 - round(100 * width * height / side**2)
    tail = f" {beyond} % of its field of {side} × {side} lies beyond the border: zeros." if beyond else ""
    apart = "" if bet == OPEN else f"; its neighbour (dashed) looks {steps[last]['jump']} pixels further on"
    return (
        f"One of {step}’s {steps[last]['size']}² units sees <b>{width} × {height} pixels</b>, "
        f"{100 * width * height / SIDE**2:.1f} % of the picture{apart}.{tail}"
    )


@cache
def longest(network: str) -> str:
    """The longest sentence that is said of a network, and a little more: its room is kept, so that nothing moves."""
    places = product(STEPS, (0, SIDE // 2, SIDE - 1), (0, SIDE // 2, SIDE - 1))
    said = (re.sub("<[^>]*>", "", words(network, *place, NEITHER)) for place in places)
    return f"{max(said, key=len)} 000 000"


def bet_words(bet: str) -> str:
    """The question, or what became of a bet."""
    if bet == OPEN:
        finer = min(NETWORKS, key=lambda network: windows(network)[0]["jump"])
        return f"At {FIRST} {finer}’s units look closer together (dots under the lens). Whose do at {BET_STEP}?"
    apart = {network: windows(network)[STEPS.index(BET_STEP)]["jump"] for network in NETWORKS}
    closest = [network for network, jump in apart.items() if jump == min(apart.values())]
    true = closest[0] if len(closest) == 1 else NEITHER
    found = " and ".join(f"{jump} pixels apart in {network}" for network, jump in apart.items())
    if true == NEITHER:
        found = f"{min(apart.values())} pixels apart in both"
    return f"You bet on {bet}: {'won' if bet == true else 'lost'}. Neighbours look {found}."


@cache
def picture() -> str:
    """The photograph under the fields, as the address of its data."""
    square = centre_square(photograph("chelsea").picture, SIDE)
    return f"data:image/webp;base64,{b64encode(small_webp(square, PICTURE_BYTES)).decode()}"


class FieldTracer(Panel):
    """Choose a point of the picture and a step: where all units of both networks look, and what the one there sees.

    start  values of its controls other than those it begins with: step, across, down (of the point, in pixels from the
           left and from the top), bet (where neighbours in conv5 look at closer places). Raises ValueError for what
           they don't offer.
    """

    title = "What one unit sees, in both networks"
    script = "fields"
    styles = ("bet",)
    view_first = True
    axes = (
        Axis("step", STEPS),
        Axis("across", tuple(range(SIDE))),
        Axis("down", tuple(range(SIDE))),
        Axis("bet", (OPEN, *NETWORKS, NEITHER)),
    )
    defaults: ClassVar = {"step": FIRST, "across": 112, "down": 104, "bet": OPEN}

    def view(self, step: str, across: int, down: int, bet: str) -> str:
        """The bet, both networks' places and fields on the picture, a sentence each, and the maps below."""
        point = (step, across, down)
        drawn = "".join(_network(network, *point, bet) for network in NETWORKS)
        cones = "".join(f'<div class="zf-cone" data-of="{n}"><b>{n}</b>{cone(n, *point)}</div>' for n in NETWORKS)
        return (
            f'<p class="zf-outcome" role="status">{bet_words(bet)}</p><div class="zf-fields">{drawn}</div>'
            f"<details><summary>What the unit reads of each map below</summary>"
            f'<div class="zf-cones">{cones}</div></details>'
        )

    def before(self) -> str:
        bets = "".join(
            f'<button type="button" data-bet="{bet}" aria-pressed="false">Bet: {bet}</button>'
            for bet in (*NETWORKS, NEITHER)
        )
        steps = "".join(f'<button type="button" data-step="{step}">{step}</button>' for step in STEPS)
        return f'<div class="zf-buttons zf-bets">{bets}</div><div class="zf-buttons zf-climb">{steps}</div>'

    def data(self) -> dict[str, Any]:
        """The windows of both networks' steps, and what is said of each bet."""
        bets = {bet: bet_words(bet) for bet in (OPEN, *NETWORKS, NEITHER)}
        steps = {name: windows(name) for name in NETWORKS}
        return {"steps": steps, "shades": SHADES, "side": SIDE, "margin": MARGIN, "bets": bets, "betStep": BET_STEP}


def _network(network: str, step: str, across: int, down: int, bet: str) -> str:
    """One network's figure: the picture with its places and fields, and a sentence."""
    wide = SIDE + 2 * MARGIN
    label = (
        f"A photograph. Dots: where {network}'s units look; squares: what those at the chosen point see, step by step"
    )
    return (
        f'<figure data-of="{network}"><figcaption>{network}</figcaption>'
        f'<svg class="zf-stage" viewBox="{-MARGIN} {-MARGIN} {wide} {wide}" role="img" aria-label="{escape(label)}">'
        f'<image id="zf-picture-{network}" href="{picture()}" width="{SIDE}" height="{SIDE}"/>'
        f'<rect width="{SIDE}" height="{SIDE}" fill="none" class="zf-edge"/>'
        f'<g class="zf-grid">{grid(network, step, across, down, bet)}</g>'
        f'<g class="zf-overlay">{overlay(network, step, across, down, bet)}</g></svg>'
        f'<div class="zf-said" data-room="{escape(longest(network))}"><p class="zf-words" aria-live="polite">'
        f"{words(network, step, across, down, bet)}</p></div></figure>"
    )
