"""What chapter 3 measured of its controls, for pages that show one of them and say what is usual."""

from __future__ import annotations

from functools import cache

from zflib.experiments import controls

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
    """By network, step and control: the mean signed likeness to a projection, unblurred, and its 95 % interval.

    Of units drawn by lot on the embedded photographs, as in chapter 3's table; layer 1 is not in it. "neither" is the
    floor: another map on another picture.
    """
    curves = controls.curves(controls.result(), "by lot")
    return {
        network: {
            step: {name: tuple(round(v, 5) for v in by["signed"][theirs][0]) for name, theirs in MEASURED.items()}
            for step, by in steps.items()
        }
        for network, steps in curves.items()
    }
