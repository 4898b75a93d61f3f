"""What filters pass: the frequency plane, its octaves and its bands (Section 4.1, chapter 5)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from zflib.plots.axes import to_numpy


def plane(axes: Any, values: Any, title: str = "", most: float | None = None) -> Any:
    """A map of the frequency plane on matplotlib axes, zero in the middle, fx to the right and fy down (chapter 5).

    values  (n, n), as `zflib.spectrum.power` and `coverage` give them: the darker, the larger
    most    the value that is black; the largest where left out

    Returns matplotlib's image, for a colour bar.
    """
    values = to_numpy(values)
    low, high = -0.5 - 0.5 / len(values), 0.5 - 0.5 / len(values)  # the outer edges of the outermost frequencies
    image = axes.imshow(values, "gray_r", vmin=0, vmax=most, extent=(low, high, high, low), interpolation="nearest")
    axes.set(xticks=(-0.4, 0, 0.4), yticks=(-0.4, 0, 0.4))
    axes.tick_params(labelsize=8)
    axes.set_title(title, fontsize=9)
    return image


def octaves(axes: Any) -> None:
    """A logarithmic frequency axis for matplotlib axes, from 0.03 to 0.5 cycles per pixel, a tick at every octave."""
    ticks = (0.031, 0.062, 0.125, 0.25, 0.5)
    axes.set_xscale("log", base=2)
    axes.minorticks_off()
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set(xlabel="frequency, cycles/px", xlim=(0.031, 0.5))


def bands(axes: Any, shares: Mapping[str, Any], edges: Any) -> None:
    """Shares of filters by band of frequency on matplotlib axes: a bar for the mean over seeds, a dot for each seed.

    shares  (seeds, bands) by the name of a network
    edges   (bands + 1,) cycles per pixel
    """
    colours = ("#b34700", "#1f77b4", "#8a8a8a", "#c9a66b")
    places, width = np.arange(len(edges) - 1), 0.8 / len(shares)
    for at, (name, values) in enumerate(shares.items()):
        values, x = to_numpy(values), places + (at - (len(shares) - 1) / 2) * width
        axes.bar(x, values.mean(0), width * 0.92, color=colours[at], label=name)
        if len(values) > 1:
            axes.plot(np.tile(x, (len(values), 1)), values, "o", color="black", markersize=2.5)
    words = [f"{low:.2g}–{high:.2g}" for low, high in pairwise(edges)]
    axes.set_xticks(places, words, fontsize=8)
    axes.set(xlabel="peak frequency, cycles/px", ylabel="share of filters")
    axes.legend(frameon=False, fontsize=8)
