"""What chapter 3 measured of its controls, for pages that show one of them and say what is usual."""

from __future__ import annotations

from functools import cache

from zflib.experiments import controls, pairs

# The controls by their names in a unit's address (address.js), and in chapter 3's result.
MEASURED = {
    "other-map": "random channel",
    "shuffled-switches": "shuffled switches",
    "another-pictures-switches": "random picture",
    "random-layer": "own layer random",
    "random-weights": "all layers random",
    "neither": "neither",
}


@cache
def typical() -> dict[str, dict[str, dict[str, tuple[float, float, float]]]]:
    """By network, step and control: the mean signed likeness to a projection, unblurred, and between which likenesses
    four in five single pairs lie.

    The mean is of units drawn by lot on the embedded photographs, as in chapter 3's table; layer 1 is not in it. The
    single pairs are those of the page Your picture. "neither" is the floor: another map on another picture.
    """
    curves, single = controls.curves(controls.result(), "by lot"), pairs.result()["found"]

    def known(network: str, step: str, theirs: str) -> tuple[float, float, float]:
        mean = curves[network][step]["signed"][theirs][0].value
        low, high = pairs.middle(single[network][step][theirs])
        return round(mean, 5), round(low, 5), round(high, 5)

    return {
        network: {step: {name: known(network, step, theirs) for name, theirs in MEASURED.items()} for step in steps}
        for network, steps in curves.items()
    }


@cache
def ranges() -> dict[str, dict[str, tuple[float, float]]]:
    """By network and step the two likenesses between which a bet on another map's unit chooses: about as many of the
    page's pairs lie below, between and above them."""
    return {
        network: {step: pairs.thirds(by[MEASURED["other-map"]]) for step, by in steps.items()}
        for network, steps in pairs.result()["found"].items()
    }
