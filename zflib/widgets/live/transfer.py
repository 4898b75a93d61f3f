"""Chapter 12's instrument: how well each layer's features name Caltech-101's classes, and what a class is taken for.

The reader bets on a layer of ZFNet-mini; then features, training pictures and class are theirs to choose. In the page
transfer.js draws and says the same from the committed scores.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any, ClassVar

import numpy as np

from zflib.experiments.transfer import summary
from zflib.widgets.axes import Axis
from zflib.widgets.live.panel import Panel

NAMES = {  # what a reader sees of `zflib.experiments.transfer.sources`; the pixels are the others' floor
    "random:zfnet-mini": "ZFNet-mini untrained, 0 classes",
    "zfnet-mini": "ZFNet-mini, 10 classes",
    "alexnet-mini": "AlexNet-mini, 10 classes",
    "zfnet-mini-100": "ZFNet-mini-100, 100 classes",
    "squeezenet": "SqueezeNet, 1,000 classes",
}
PIXELS, UNTRAINED = "pixels", "random:zfnet-mini"
ASKED, MOST = "zfnet-mini", 30  # what is bet on: these features, so many training pictures of each class
LAYERS = ("1", "2", "3", "4", "5", "6", "7")
OPEN, BETS = "not placed", tuple(f"layer {layer}" for layer in LAYERS)


@cache
def found() -> summary.Summary:
    return summary.result()


def sources() -> dict[str, str]:
    """What there are features of: names as a reader sees them, and as the results have them."""
    return {words: name for name, words in NAMES.items() if name in found().sources}


def counts() -> tuple[int, ...]:
    """Numbers of training pictures that all of them have learnt from."""
    return tuple(sorted(set.intersection(*(set(found().counts(name)) for name in (*sources().values(), PIXELS)))))


def means(source: str, train: int) -> list[float | None]:
    """Percent of the test pictures that each layer's features name right; None for a layer that there is not."""
    there = found().layers(source)
    return [float(found().accuracy(source, each, train).mean()) if each in there else None for each in LAYERS]


def pixels(train: int) -> float:
    """Percent that support vectors name right by the pixels themselves."""
    return float(found().accuracy(PIXELS, "0", train).mean())


def best(values: list[float | None]) -> int:
    """Position of the layer that names most; of equal ones the first."""
    return int(np.argmax([-1.0 if value is None else value for value in values]))


def level(source: str, train: int) -> list[int]:
    """Positions of the layers that five folds don't tell from the best one, and of that one."""
    values = means(source, train)
    top = found().accuracy(source, LAYERS[best(values)], train)
    apart = {
        at: found().difference(top, found().accuracy(source, LAYERS[at], train), train)
        for at, value in enumerate(values)
        if value is not None and at != best(values)
    }
    return sorted([best(values), *(at for at, each in apart.items() if each.low <= 0)])


@cache
def confused() -> dict[str, np.ndarray]:
    return summary.confused()


def bars(source: str, train: int, layer: str) -> str:
    """A bar for each layer, and where the same layer of the untrained network and the pixels stand."""
    bare = means(UNTRAINED, train)
    drawn = "".join(
        f'<div class="bar{" chosen" if name == layer else ""}" data-layer="{name}"><span class="room">'
        + ("<small>none</small>" if value is None else f'<b>{value:.0f}</b><i style="height:{value:.1f}%"></i>')
        + f'<u style="bottom:{untaught:.1f}%"></u></span><span>{name}</span></div>'
        for name, value, untaught in zip(LAYERS, means(source, train), bare, strict=True)
    )
    floor = f"{pixels(train):.1f}%"
    ticks = {0: "0", 50: "50", 100: "100&nbsp;%"}
    scale = "".join(f'<em style="bottom:{at}%">{words}</em>' for at, words in ticks.items())
    line = f'<s style="bottom:{floor}"></s><em class="pixels" style="bottom:{floor}">pixels</em>'
    return f'<div class="bars">{drawn}<div class="floor" aria-hidden="true">{scale}{line}</div></div>'


def listed(layers: list[str]) -> str:
    """ "layer 5 is" or "layers 2, 3 and 4 are"."""
    if len(layers) == 1:
        return f"layer {layers[0]} is"
    return f"layers {', '.join(layers[:-1])} and {layers[-1]} are"


def outcome(bet: str) -> str:
    """What became of a bet: all layers win that the folds don't tell from the best one."""
    if bet == OPEN:
        return "Which layer of ZFNet-mini, taught ten classes, serves 101 others best? Press a column or a button."
    same = [LAYERS[at] for at in level(ASKED, MOST)]
    alike = f"{listed(same).capitalize()} best, and level as far as five folds can tell."
    if len(same) == 1:
        alike = f"{listed(same).capitalize()} best."
    return f"You bet on {bet}: {'won' if bet.removeprefix('layer ') in same else 'lost'}. {alike}"


def said(features: str, train: int) -> str:
    """What the bars come to, as HTML."""
    source = sources()[features]
    values = means(source, train)
    top = best(values)
    same = [LAYERS[at] for at in level(source, train) if at != top]
    alike = f" {listed(same).capitalize()} level with it as far as five folds can tell." if same else ""
    pictures = "1 training picture" if train == 1 else f"{train} training pictures"
    return (
        f"<b>With {pictures} of each class, layer {LAYERS[top]} names {values[top]:.1f}&nbsp;% of the test pictures "
        f"right</b>, the most.{alike} Layer 7: {values[-1]:.1f}&nbsp;%; that of ZFNet-mini untrained, dotted: "
        f"{means(UNTRAINED, train)[-1]:.1f}&nbsp;%; the pixels themselves, dashed: {pixels(train):.1f}&nbsp;%; "
        f"a guess: {100 / len(found().classes):.1f}&nbsp;%."
    )


def of_class(source: str, train: int, layer: str, at: int) -> str:
    """What the pictures of a class are named, by one layer, as HTML."""
    names = [each.replace("_", " ") for each in found().classes]
    if layer not in found().layers(source):
        return f"<p>There is no layer {layer} in this network.</p>"
    row = confused()[f"{source}/{layer}/{train}"][at].tolist()
    named = [(at, row[0]), *((other, share) for other, share in zip(row[1::2], row[2::2], strict=True) if share)]
    lines = "".join(
        f'<div class="line{" right" if other == at else ""}"><span>{names[other]}</span>'
        f'<span class="room"><i style="width:{share}%"></i></span><b>{share}&nbsp;%</b></div>'
        for other, share in named
    )
    return f"<p>By layer {layer}, pictures of <b>{names[at]}</b> are named:</p>{lines}"


class ServesElsewhere(Panel):
    """How well features serve for classes that their network never saw: by layer, and class by class.

    start  values of its controls other than those it begins with: features, layer (a number), training_pictures (of
           each class), class_shown, bet. Raises ValueError for what they don't offer.
    """

    title = "Do its features serve elsewhere?"
    script = "transfer"
    styles = ("bet",)

    @property
    def axes(self) -> tuple[Axis, ...]:
        return (
            Axis("features", tuple(sources())),
            Axis("training_pictures", counts()),
            Axis("layer", tuple(map(int, LAYERS))),
            Axis("class_shown", tuple(each.replace("_", " ") for each in found().classes)),
            Axis("bet", (OPEN, *BETS)),
        )

    defaults: ClassVar = {
        "features": NAMES[ASKED],
        "training_pictures": MOST,
        "layer": 5,
        "class_shown": "crayfish",
        "bet": OPEN,
    }

    def view(self, features: str, training_pictures: int, layer: int, class_shown: str, bet: str) -> str:
        """The bet, the bars, and what one class is taken for."""
        source, train = sources()[features], training_pictures
        at = self.axes[3].position(class_shown)
        return (
            f'<div class="zf-transfer" data-bet="{bet}">'
            f'<p class="zf-outcome" role="status">{outcome(bet)}</p>'
            f'<div class="zf-hidden"><div class="zf-bars">{bars(source, train, str(layer))}</div>'
            f'<p class="zf-verdict" aria-live="polite">{said(features, train)}</p>'
            f'<div class="zf-class">{of_class(source, train, str(layer), at)}</div></div></div>'
        )

    def before(self) -> str:
        button = '<button type="button" data-bet="{0}" aria-pressed="false">{1}</button>'
        bets = "".join(button.format(bet, f"Bet: {bet}" if at == 0 else bet) for at, bet in enumerate(BETS))
        return f'<div class="zf-buttons">{bets}</div>'

    def data(self) -> dict[str, Any]:
        """Scores of all features, layers and counts, and the confusions as bytes."""
        scores = {
            words: {str(train): {"means": means(name, train), "level": level(name, train)} for train in counts()}
            for words, name in sources().items()
        }
        parts = [
            (words, layer, train, confused()[f"{name}/{layer}/{train}"])
            for words, name in sources().items()
            for layer in found().layers(name)
            for train in counts()
        ]
        return {
            "scores": scores,
            "untrained": NAMES[UNTRAINED],
            "outcomes": {bet: outcome(bet) for bet in (OPEN, *BETS)},
            "pixels": {str(train): pixels(train) for train in counts()},
            "places": [list(part[:3]) for part in parts],
            "confused": b64encode(b"".join(part[3].tobytes() for part in parts)).decode(),
            "classes": [each.replace("_", " ") for each in found().classes],
            "most": summary.MOST,
        }
