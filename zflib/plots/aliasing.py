"""Waves, lobes of filters and marks on the frequency plane, before and after a stride (Section 4.1, chapter 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zflib.analysis.aliasing import fold
from zflib.arguments import array, number, whole
from zflib.plots.axes import figure
from zflib.plots.places import Sheet, placed


def sampled_wave(frequency: float, stride: int) -> Any:
    """A wave, the pixels that a stride keeps of it, and the slowest wave through them, as a figure (chapter 6).

    frequency  cycles per pixel, from 0 to 0.5
    stride     in pixels

    Below, where waves of every frequency land, signs left out; this one is marked.
    """
    import matplotlib.pyplot as plt

    if not 0 <= frequency <= 0.5:
        raise ValueError(f"A frequency lies between 0 and 0.5 cycles per pixel, not {frequency}.")
    stride = whole("stride", stride, 1)
    lands = abs(fold(frequency, stride))
    # No layout engine: a slider draws many of these, and finding a layout takes as long as drawing.
    margins = {"left": 0.15, "right": 0.96, "bottom": 0.11, "top": 0.9, "hspace": 0.35}
    fig, (wave, law) = plt.subplots(2, 1, figsize=(4, 4.6), facecolor="white", gridspec_kw=margins)
    x, kept = np.linspace(0, 24, 721), np.arange(0, 25, stride)
    wave.plot(x, np.cos(2 * np.pi * frequency * x), color="#1f77b4", linewidth=0.9, label="the wave")
    wave.plot(x, np.cos(2 * np.pi * lands * x), color="#b34700", linewidth=1.8, label="its alias")
    wave.plot(kept, np.cos(2 * np.pi * frequency * kept), "o", color="black", markersize=5, label="kept")
    wave.set(xlabel="pixels", ylabel="value", ylim=(-1.15, 1.15), yticks=(-1, 0, 1))
    fig.legend(*wave.get_legend_handles_labels(), loc="upper center", ncols=3)
    every = np.linspace(0, 0.5, 501)
    law.plot(every, np.abs(fold(every, stride)), color="#555555", linewidth=1)
    law.axhspan(0, 0.5 / stride, color="#fbe3d2")
    law.plot((frequency, frequency, 0), (0, lands, lands), ":", color="#b34700")
    law.plot(frequency, lands, "o", color="#b34700", markersize=7)
    law.set(xlabel="frequency, cycles/px", ylabel="lands at, cycles/px", xlim=(0, 0.5), ylim=(0, 0.52))
    return fig


def lobes(filters: Mapping[str, Any], stride: int) -> Any:
    """The power spectra of one-dimensional filters before and after a stride, a column each, as a figure (chapter 6).

    filters  (taps,) by title

    Above, a filter's two lobes: blue at positive frequencies, orange at negative ones, dotted lines at the multiples of
    1/(2 stride). Below, where each of the two lands.
    """
    fig, axes = figure(2, len(filters), width=3.75 * len(filters), height=4)
    axes = axes.reshape(2, -1)  # figure gives one column flat
    size, nyquist = 240 * stride, 0.5 / stride
    frequency = np.fft.fftshift(np.fft.fftfreq(size))
    folded = np.fft.fftshift(np.fft.fftfreq(size // stride)) / stride
    for (before, after), (title, taps) in zip(axes.T, filters.items(), strict=True):
        power = np.abs(np.fft.fft(taps, size)) ** 2
        power /= power.max()
        for sign, colour in ((1, "#1f77b4"), (-1, "#e07b28")):
            lobe = np.where(sign * np.fft.fftfreq(size) >= 0, power, 0)
            landed = np.fft.fftshift(lobe.reshape(stride, -1).sum(0))
            for each, x, y in ((before, frequency, np.fft.fftshift(lobe)), (after, folded, landed)):
                each.fill_between(x, y, color=colour, alpha=0.55, linewidth=0)
        for border in np.arange(-stride, stride + 1) * nyquist:
            before.axvline(border, color="#555555", linestyle=":", linewidth=0.8)
        before.set(title=title, xlim=(-0.5, 0.5), xlabel="cycles/px")
        after.set(xlim=(-nyquist, nyquist), xlabel="cycles/px, after the stride")
    for each, words in zip(axes[:, 0], ("before", "after"), strict=True):
        each.set_ylabel(f"power {words}")
    return fig


def marked_plane(
    reach: float, marks: Sequence[tuple[Sequence[float], str, str]], power: Any = None, square: float = 0.0
) -> Sheet:
    """Marks on the frequency plane as (192, 192, 3) uint8, for sliders: fx to the right, fy down, zero in the middle.

    reach   cycles per pixel from the middle to each side
    marks   ((fx, fy), shape, colour), the shape one of "dot", "ring" and "cross"
    power   (n, n) painted over the whole square, zero frequency at n // 2: the darker, the larger its square root
    square  half the side of a square to outline, in cycles per pixel; none for 0
    """
    from PIL import Image, ImageDraw

    if number("reach", reach) <= 0 or number("square", square) < 0:
        raise ValueError(f"reach must be more than 0, and square 0 or more, not {reach} and {square}.")
    side, margin = 192, 10  # marks at the edge stay whole
    sheet, inner = Image.new("RGB", (side, side), "white"), side - 2 * margin
    if power is not None:
        power = array("power", power)
        if power.ndim != 2 or not power.size or (power < 0).any():
            raise ValueError(f"power must be (n, n) numbers of 0 or more, not of shape {power.shape}.")
        root = np.sqrt(power)
        shade = Image.fromarray((255 - 200 * root / (root.max() or 1)).astype(np.uint8))
        sheet.paste(shade.resize((inner, inner), Image.Resampling.BICUBIC), (margin, margin))
    draw = ImageDraw.Draw(sheet)

    def at(frequency: float) -> float:
        return side / 2 + frequency / reach * inner / 2

    draw.line((at(-reach), at(0), at(reach), at(0)), fill="#b0b0b0")
    draw.line((at(0), at(-reach), at(0), at(reach)), fill="#b0b0b0")
    for half, colour in ((reach, "#888888"), (square, "#b34700")):
        draw.rectangle((at(-half), at(-half), at(half), at(half)), outline=colour)
    for (fx, fy), shape, colour in marks:
        x, y = at(fx), at(fy)
        if shape == "cross":
            draw.line((x - 5, y - 5, x + 5, y + 5), fill=colour, width=2)
            draw.line((x - 5, y + 5, x + 5, y - 5), fill=colour, width=2)
        else:
            radius, fill = (4, colour) if shape == "dot" else (8, None)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill, colour, width=2)
    return placed(np.asarray(sheet), ())  # no pictures: it turns over with the paper
