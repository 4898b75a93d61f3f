"""Pictures for the chapters: signed projections, filters and tiles as pixels; figures that suit both page colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np

from zflib.analysis.aliasing import fold
from zflib.architecture import Architecture
from zflib.arguments import array, number, whole


def signed(projections: Any, largest: float | None = None) -> np.ndarray:
    """Signed values as pixels, symmetric about zero: mid-grey is 0, and neither sign is favoured.

    projections  (..., 3, H, W) array or tensor
    largest      the magnitude that is shown black or white, the same for all; each picture's own where left out

    Returns (..., H, W, 3) uint8; all zero gives plain grey. Raises ValueError for another shape, and for values
    that are not finite.
    """
    values = array("Signed pictures", projections)
    if values.ndim < 3 or values.shape[-3] != 3:
        raise ValueError(f"Signed pictures must have shape (..., 3, H, W), not {values.shape}.")
    values = np.moveaxis(values, -3, -1)
    if largest is None:
        largest = np.abs(values).max(axis=(-3, -2, -1), keepdims=True, initial=0)
    elif number("largest", largest) < 0:
        raise ValueError(f"largest must be 0 or more, not {largest}.")
    share = (values / np.where(largest > 0, largest, 1)).clip(-1, 1)
    return np.round(127.5 + 127.5 * share).astype(np.uint8)


def filters(weights: Any, largest: float | None = None) -> np.ndarray:
    """First-layer filters (maps, 3, k, k) as (maps, k, k, 3) uint8, by the rule of `signed`."""
    return signed(weights, largest)


def tile(pictures: Any, columns: int, gap: int = 1) -> np.ndarray:
    """(N, H, W, 3) uint8 pictures side by side on white, `columns` in a row, `gap` pixels apart."""
    pictures, columns, gap = np.asarray(pictures), whole("columns", columns, 1), whole("gap", gap, 0)
    _check_pixels("pictures", pictures)
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for at, picture in enumerate(pictures):
        top, left = at // columns * (height + gap), at % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def enlarge(picture: Any, times: int) -> np.ndarray:
    """(H, W, ...) pixels as (times H, times W, ...), every pixel a square: nothing is smoothed."""
    picture, times = np.asarray(picture), whole("times", times, 1)
    if picture.ndim < 2:
        raise ValueError(f"picture must have shape (H, W, ...), not {picture.shape}.")
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def figure(rows: int = 1, columns: int = 1, width: float = 7.0, height: float = 3.0) -> tuple[Any, Any]:
    """A matplotlib figure and its axes, `width` x `height` inches, on a white face whatever the page's colour."""
    import matplotlib.pyplot as plt

    return plt.subplots(rows, columns, figsize=(width, height), facecolor="white", layout="constrained")


def show(axes: Any, picture: Any, title: str = "") -> None:
    """A picture on matplotlib axes: no ticks, no smoothing, an optional title."""
    axes.imshow(np.asarray(picture), interpolation="nearest")
    axes.set_title(title, fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])


def box(axes: Any, corners: Any, colour: str, label: str = "") -> None:
    """A square on a picture shown on matplotlib axes.

    corners  top, left, bottom, right in pixels, the last two exclusive
    """
    from matplotlib.patches import Rectangle

    top, left, bottom, right = corners
    place, size = (left - 0.5, top - 0.5), (right - left, bottom - top)
    axes.add_patch(Rectangle(place, *size, fill=False, edgecolor=colour, linewidth=1.6, label=label))


def numbers(axes: Any, values: Any, marked: Any = (), title: str = "") -> None:
    """A small (H, W) map on matplotlib axes, every square with its number.

    marked  flat positions, counted row by row, whose squares are orange: switches, for example
    """
    from matplotlib.patches import Rectangle

    values = _to_numpy(values)
    height, width = values.shape
    orange = {int(at) for at in _to_numpy(marked).ravel()}
    for row, column in np.ndindex(height, width):
        if row * width + column in orange:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="#f7b267", edgecolor="none"))
        axes.text(column, row, f"{values[row, column]:g}", ha="center", va="center", fontsize=11)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    axes.set_xticks(np.arange(width + 1) - 0.5, labels=[])
    axes.set_yticks(np.arange(height + 1) - 0.5, labels=[])
    axes.grid(color="black", linewidth=0.8)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=9)


def grey(values: Any, white: float) -> np.ndarray:
    """An (H, W) map as (H, W, 3) uint8: black for 0 and less, white for `white`, orange for what exceeds it."""
    values = array("values", values)
    if number("white", white) <= 0:
        raise ValueError(f"white must be more than 0, not {white}.")
    pixels = np.clip(255 * values / white, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=-1)
    pixels[values > white * (1 + 1e-6)] = (255, 140, 0)
    return pixels


def labelled(pictures: Sequence[np.ndarray], labels: Sequence[str], columns: int) -> np.ndarray:
    """Pictures (H, W, 3) uint8 of any sizes in rows of `columns` on white, each under its label, as one picture."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", 13)
    head, gap, columns = 20, 8, whole("columns", columns, 1)
    height, width = (max(picture.shape[side] for picture in pictures) + gap for side in (0, 1))
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width - gap, rows * (height + head) - gap), "white")
    draw = ImageDraw.Draw(sheet)
    for at, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        left, top = at % columns * width, at // columns * (height + head)
        draw.text((left, top + 1), label, fill="black", font=font)
        sheet.paste(Image.fromarray(picture), (left, top + head))
    return np.asarray(sheet)


def responses(patches: Any, projections: Any, control: Any = (), caption: str = "") -> np.ndarray:
    """A map's patches beside their projections, three in a row as in Figure 2, with a strip of controls below.

    patches      (u, f, f, 3) uint8
    projections  (u, 3, f, f) signed
    control      (u, 3, f, f) signed, under `caption`

    Returns (H, W, 3) uint8 of the same size for every map of nine or fewer, whatever f: small patches are enlarged
    pixel by pixel, large ones shrunk. Raises ValueError for other shapes.
    """
    _check_pixels("patches", np.asarray(patches))
    for name, some in (("projections", projections), ("control", control)):
        if np.shape(some) != (0,) and not (np.ndim(some) == 4 and 0 < len(some) <= 9):
            raise ValueError(f"{name} must have shape (u, 3, f, f), u from one to nine, not {np.shape(some)}.")
    cell = 104  # the side of one picture in pixels
    nine = np.full((9, cell, cell, 3), 255, dtype=np.uint8)
    beside = []
    for pictures in (patches, signed(projections)):
        grid = nine.copy()
        grid[: len(pictures)] = [_resized(picture, cell) for picture in pictures]
        beside.append(tile(grid, columns=3, gap=2))
    sheet = labelled(beside, ("strongest patches", "their projections"), columns=2)
    if not len(control):
        return sheet
    strip = nine[:, : (small := (sheet.shape[1] - 16) // 9), :small].copy()
    strip[: len(control)] = [_resized(picture, small) for picture in signed(control)]
    below = labelled([tile(strip, columns=9, gap=2)], (caption,), columns=1)
    gap = np.full((8, sheet.shape[1], 3), 255, dtype=np.uint8)
    right = ((0, 0), (0, sheet.shape[1] - below.shape[1]), (0, 0))
    return np.concatenate([sheet, gap, np.pad(below, right, constant_values=255)])


def _resized(picture: np.ndarray, side: int) -> np.ndarray:
    """(h, w, 3) uint8 pixels at another side; enlarged pixels stay squares."""
    from PIL import Image

    method = Image.Resampling.NEAREST if len(picture) * 2 <= side else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize((side, side), method))


def architecture(axes: Any, network: Architecture) -> None:
    """A network as in Figure 3, drawn to scale on matplotlib axes; every number from its `geometry()`.

    A unit of length is a pixel of the picture or a position of a map; six feature maps are one unit deep, twenty
    fully connected units one unit high. Orange marks the window that the next step reads, as kernel/stride.
    """
    windows = {f"conv{conv.layer}": (conv.kernel, conv.stride) for conv in network.convs}
    windows |= {f"pool{conv.layer}": (conv.pool.kernel, conv.pool.stride) for conv in network.convs if conv.pool}
    orange, colours = "#b34700", {"picture": "#e8e0d0", "conv": "#7fa6c9", "pool": "#e8e0d0", "fc": "#b9b9b9"}
    drawn = [("picture", network.input_size, 3)]
    drawn += [(s.name, s.size, s.maps) for s in network.geometry() if s.name in windows or s.name.startswith("fc")]
    left, before = 0.0, None
    for name, size, maps in drawn:
        dense = name.startswith("fc")
        slab = _Slab(left, maps / 20, 10, 0) if dense else _Slab(left, size, maps / 6, size)
        slab.draw(axes, colours[name.rstrip("12345678")])
        text = {"x": slab.middle, "ha": "center", "fontsize": 7}
        axes.text(y=slab.low - 8, s=f"{maps}" if dense else f"{size}×{size}\n×{maps}", va="top", **text)
        axes.text(y=slab.top + 8, s=name, va="bottom", **text)
        if name in windows:
            kernel, stride = windows[name]
            axes.text(y=slab.top + 30, s=f"{kernel}×{kernel}/{stride}", va="bottom", color=orange, **text)
            window = before.window(kernel)
            axes.fill(*zip(*window, strict=True), facecolor="#ff7f0e", alpha=0.5, edgecolor=orange, zorder=3)
            for x, y in window:
                axes.plot((x, left), (y, 0), color=orange, linewidth=0.4, zorder=3)
        before, left = slab, slab.right + 45
    axes.set(xlim=(-10, left - 25), ylim=(-network.input_size * 0.78, network.input_size * 0.7), aspect="equal")
    axes.set_title(network.name, fontsize=9, loc="left", pad=10)
    axes.axis("off")


class _Slab:
    """A stack of maps seen from the side, centred on height 0: `height` x `depth` in front, the map's plane at the
    right end, leaning back over `back`."""

    def __init__(self, left: float, height: float, depth: float, back: float) -> None:
        self.left, self.height, self.depth = left, height, depth
        self.across, self.up = 0.35 * back, 0.2 * back
        self.low = -(height + self.up) / 2
        self.top = -self.low
        self.right = left + depth + self.across
        self.middle = (left + self.right) / 2

    def on_plane(self, across: float, up: float) -> tuple[float, float]:
        """A point of the map's plane by its shares, (0, 0) to (1, 1)."""
        return (
            self.left + self.depth + across * self.across,
            self.low + up * self.height + across * self.up,
        )

    def window(self, kernel: int) -> list[tuple[float, float]]:
        """Corners of a window of `kernel` positions in the middle of the plane."""
        half = kernel / self.height / 2
        return [self.on_plane(0.5 + u * half, 0.5 + v * half) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]

    def draw(self, axes: Any, colour: str) -> None:
        plane = [self.on_plane(*corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
        front = [(self.left, self.low), plane[0], plane[3], (self.left, self.low + self.height)]
        lid = [front[3], plane[3], plane[2], (self.left + self.across, self.top)]
        for corners, opacity in ((front, 0.9), (lid, 0.6), (plane, 0.3)):
            axes.fill(*zip(*corners, strict=True), facecolor=colour, alpha=opacity)
            axes.fill(*zip(*corners, strict=True), fill=False, edgecolor="#333333", linewidth=0.5)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> Any:
    """Rows as an HTML table: a caption, header cells with a scope, numbers at the right with thousands separators.

    The first cell of a row is its header. Cells are numbers or anything else, which is shown as text.
    """
    from IPython.display import HTML

    def line(cells: Sequence[Any], scopes: Sequence[str]) -> str:
        html = ""
        for value, scope, side in zip(cells, scopes, sides, strict=True):
            text = f"{value:,}" if isinstance(value, int | float) else escape(str(value))
            tag, attribute = ("th", f' scope="{scope}"') if scope else ("td", "")
            html += f'<{tag}{attribute} style="text-align:{side};padding:0 0.5em">{text}</{tag}>'
        return f"<tr>{html}</tr>"

    numeric = [any(isinstance(row[at], int | float) for row in rows) for at in range(len(columns))]
    sides = ["right" if number else "left" for number in numeric]
    head = line(columns, ["col"] * len(columns))
    body = "".join(line(row, ["row", *[""] * (len(columns) - 1)]) for row in rows)
    return HTML(f"<table><caption>{escape(caption)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>")


def training_record(record: Mapping[str, Any], conv1: Any) -> Any:
    """A training record as a matplotlib figure: the first layer's filters, the loss and the accuracy by epoch.

    record  of named weights, or of a seed
    conv1   (maps, 3, k, k)
    """
    fig, (left, middle, right) = figure(1, 3, width=12, height=3.6)
    show(left, enlarge(tile(filters(conv1), columns=8), 4), "First-layer filters, each scaled by its own maximum")
    curves, scores = record["curves"], record["accuracy"]
    looked = [entry for entry in curves if "validation_loss" in entry]
    for axes, quantity, unit in (
        (middle, "loss", "cross-entropy (nats)"),
        (right, "top1", "share of correct pictures"),
    ):
        axes.plot([e["epoch"] for e in curves], [e[f"train_{quantity}"] for e in curves], label="training (augmented)")
        seen = [e[f"validation_{quantity}"] for e in looked]
        axes.plot([e["epoch"] for e in looked], seen, "o-", label="validation (one crop)")
        axes.set(xlabel="epoch", ylabel=unit)
        axes.legend(fontsize=8)
    best = f"one crop {scores['one_crop']['top1']:.1%}, ten crops {scores['ten_crops']['top1']:.1%}"
    middle.set_title(f"{record['architecture']['name']}, seed {record['seed']}", fontsize=9)
    right.set_title(f"Validation: {best}", fontsize=9)
    return fig


def class_entropy(entropy: Mapping[str, Mapping[str, Mapping[str, Sequence[float | None]]]], random_nine: float) -> Any:
    """Box plots of class entropy against layer, trained beside untrained, one panel per network.

    entropy      bits of every map by network, "trained" or "untrained", and step; None for maps that have none
    random_nine  what nine random pictures have

    Returns the matplotlib figure. Whiskers end at the farthest map within one and a half box lengths.
    """
    fig, axes = figure(1, len(entropy), width=8, height=3.6)
    axes = np.atleast_1d(axes)  # figure gives one panel bare
    for each, (name, of_network) in zip(axes, entropy.items(), strict=True):
        for shift, state, colour in ((-0.18, "trained", "#1f77b4"), (0.18, "untrained", "#b0b0b0")):
            values = [[bits for bits in maps if bits is not None] for maps in of_network[state].values()]
            drawn = each.boxplot(
                values,
                positions=np.arange(1, len(values) + 1) + shift,
                widths=0.3,
                patch_artist=True,
                showfliers=False,
                boxprops={"facecolor": colour},
                medianprops={"color": "black"},
            )
            drawn["boxes"][0].set_label(state)
        each.axhline(random_nine, color="#b34700", linestyle="--", label="nine random pictures")
        layers = range(1, len(values) + 1)
        each.set(xticks=layers, xticklabels=layers, xlabel="layer", title=name, ylim=(-0.1, 3.3))
    axes[0].set_ylabel("class entropy, bits")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return fig


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
    fig, axes = figure(2, len(filters), width=7.5, height=4)
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
) -> np.ndarray:
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
    return np.asarray(sheet)


def plane(axes: Any, values: Any, title: str = "", most: float | None = None) -> Any:
    """A map of the frequency plane on matplotlib axes, zero in the middle, fx to the right and fy down (chapter 5).

    values  (n, n), as `zflib.spectrum.power` and `coverage` give them: the darker, the larger
    most    the value that is black; the largest where left out

    Returns matplotlib's image, for a colour bar.
    """
    values = _to_numpy(values)
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
        values, x = _to_numpy(values), places + (at - (len(shares) - 1) / 2) * width
        axes.bar(x, values.mean(0), width * 0.92, color=colours[at], label=name)
        if len(values) > 1:
            axes.plot(np.tile(x, (len(values), 1)), values, "o", color="black", markersize=2.5)
    words = [f"{low:.2g}–{high:.2g}" for low, high in pairwise(edges)]
    axes.set_xticks(places, words, fontsize=8)
    axes.set(xlabel="peak frequency, cycles/px", ylabel="share of filters")
    axes.legend(frameon=False, fontsize=8)


def name_points(axes: Any, x: Any, y: Any, words: Sequence[str]) -> None:
    """Words beside points of matplotlib axes, each where it covers the least: of points, of other words, of the edge.

    x, y  (N,) where the points lie; draw all else first, since places depend on the limits of the axes
    """
    axes.figure.canvas.draw()  # settles the layout, and with it the places
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [np.concatenate([point - 5, point + 5]) for point in points]  # left, bottom, right, top in pixels
    inside = axes.get_window_extent().extents
    for place, word, point in zip(zip(x, y, strict=True), words, points, strict=True):
        label = axes.annotate(word, place, (0, 0), textcoords="offset pixels", fontsize=7.5)
        size, best = np.array(label.get_window_extent().size), np.inf
        for across, up in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            offset = np.array((across, up)) * (7 + size / 2) - size / 2
            box = np.concatenate([point + offset, point + offset + size])
            outside = np.prod(size) - _shared(box, inside)
            covered = sum(_shared(box, other) for other in taken) + 10 * outside
            if covered < best:
                best, chosen = covered, box
                label.set_position(offset)
        taken.append(chosen)


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """The area that two boxes (left, bottom, right, top) have in common."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return float(np.prod(sides.clip(0)))


def changes(
    found: Mapping[str, tuple[float, float, float]],
    expected: Mapping[str, Sequence[float]],
    published: Mapping[str, float],
    limits: tuple[float, float],
    unit: str,
) -> Any:
    """Changes against a baseline, one below the other, as a figure (chapter 7).

    found      (estimate, low, high) by words, in this order from the top: a dot and its interval
    expected   (low, high) by the same words: a grey bar behind it
    published  the paper's figure by the same words: a cross
    limits     of the axis; what lies beyond is written at the edge it lies behind
    unit       of the axis

    A word without an expectation or a published figure goes without.
    """
    fig, axes = figure(width=7.5, height=0.7 + 0.36 * len(found))
    axes.axvline(0, color="#888888", linewidth=0.8)
    for row, (words, (estimate, low, high)) in enumerate(found.items()):
        if words in expected:
            start, end = expected[words]
            axes.barh(row, end - start, 0.62, start, color="#e3e3e3", label="expected")
        axes.plot((low, high), (row, row), color="#1f77b4", linewidth=2)
        marks = [(estimate, "o", "#1f77b4", "ours", -4)]
        if words in published:
            marks.append((published[words], "x", "#b34700", "the paper", 4))
        for value, marker, colour, label, clear in marks:
            at = float(np.clip(value, *limits))
            axes.plot(at, row, marker, color=colour, markersize=6, clip_on=False, label=label)
            if at != value:
                beside = {"ha": "right" if at == limits[1] else "left", "va": "bottom" if clear > 0 else "top"}
                where = {"xytext": (0, clear), "textcoords": "offset points"}
                axes.annotate(f"{value:+.1f}", (at, row), color=colour, fontsize=8, **where, **beside)
    axes.set_yticks(range(len(found)), found)
    axes.set(xlim=limits, ylim=(len(found) - 0.5, -0.5), xlabel=unit)
    by_label = {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    fig.legend(by_label.values(), by_label, loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    return fig


def _check_pixels(name: str, pictures: np.ndarray) -> None:
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or not pictures.size or pictures.dtype != np.uint8:
        raise ValueError(f"{name} must be uint8 pixels (N, H, W, 3), not {pictures.dtype} {pictures.shape}.")


def _to_numpy(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
