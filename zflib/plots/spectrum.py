"""What filters pass: the frequency plane, its octaves and its bands (Section 4.1, chapter 5)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from zflib.analysis.spectrum import Densities
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
    axes.spines[:].set_visible(True)  # the plane has an edge, and most of it is white
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


def bands(axes: Any, found: Mapping[str, Densities], per: str = "octave") -> None:
    """How densely filters peak, by band of frequency, on matplotlib axes: one bar for each network and band.

    found  what `zflib.spectrum.densities` found in the same bands, by the name of a network
    per    "octave", in percent of the filters, or "area", on a logarithmic axis, where 1 is an even spread

    Of several seeds a dot shows each; of a single bank a line shows the interval over filters.
    """
    colours = ("#b34700", "#1f77b4", "#00795a", "#222222")
    for at, (name, one) in enumerate(found.items()):
        unit = one.octaves / 100 if per == "octave" else one.areas
        width = 0.8 / len(found)
        x = np.arange(len(unit)) + (at - (len(found) - 1) / 2) * width
        axes.bar(x, one.share / unit, width * 0.92, color=colours[at], label=name)
        if len(one.counts) > 1:
            each = one.counts / one.counts.sum(1, keepdims=True) / unit
            axes.plot(np.tile(x, (len(each), 1)), each, "o", color="black", markersize=2.5)
        else:
            axes.vlines(x, *(one.interval.T / unit), color="#8a8a8a", linewidth=0.8)
    words = [f"{low:.2g}–{high:.2g}" for low, high in pairwise(one.edges)]
    axes.set_xticks(range(len(words)), words, fontsize=8)
    axes.set(xlabel="peak frequency, cycles/px", ylabel="% of filters per octave" if per == "octave" else "per area")
    if per == "area":
        axes.set(yscale="log", ylim=(0.02, None))
    axes.legend(frameon=False, fontsize=8)
