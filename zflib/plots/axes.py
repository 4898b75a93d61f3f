"""Figures and their axes, and what is put on them: pictures, boxes, small maps of numbers, words beside points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zflib.plots.sharp import sharpen

GREY, DARK = "#8d96a0", "#3c444d"  # of axes and of their words: what is drawn is the darkest


def figure(rows: int = 1, columns: int = 1, width: float = 7.0, height: float = 3.0) -> tuple[Any, Any]:
    """A matplotlib figure and its axes, `width` x `height` inches, on a white face whatever the page's colour."""
    import matplotlib.pyplot as plt

    drawn = plt.subplots(rows, columns, figsize=(width, height), facecolor="white", layout="constrained")
    # Not by rc_context: at its end pyplot is no longer interactive, and a notebook shows no figure but the first.
    for axes in drawn[0].axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[:].set_color(GREY)
        axes.tick_params(which="both", color=GREY, labelcolor=DARK)
        axes.xaxis.label.set_color(DARK)
        axes.yaxis.label.set_color(DARK)
    sharpen()
    return drawn


def show(axes: Any, picture: Any, title: str = "") -> None:
    """A picture on matplotlib axes: no ticks, no frame, no smoothing, an optional title."""
    axes.imshow(np.asarray(picture), interpolation="nearest")
    axes.spines[:].set_visible(False)
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

    values = to_numpy(values)
    height, width = values.shape
    orange = {int(at) for at in to_numpy(marked).ravel()}
    for row, column in np.ndindex(height, width):
        if row * width + column in orange:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="#f7b267", edgecolor="none"))
        axes.text(column, row, f"{values[row, column]:g}", ha="center", va="center", fontsize=11)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    axes.set_xticks(np.arange(width + 1) - 0.5, labels=[])
    axes.set_yticks(np.arange(height + 1) - 0.5, labels=[])
    axes.grid(color=GREY, linewidth=0.8)
    axes.spines[:].set_visible(True)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=9)


def name_points(axes: Any, x: Any, y: Any, words: Sequence[str], fontsize: float = 7.5) -> None:
    """Words beside points of matplotlib axes, each where it covers the least: of points, of other words, of the edge.

    x, y      (N,) where the points lie; draw all else first, since places depend on the limits of the axes
    fontsize  in points
    """
    axes.figure.canvas.draw()  # settles the layout, and with it the places
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [np.concatenate([point - 5, point + 5]) for point in points]  # left, bottom, right, top in pixels
    inside = axes.get_window_extent().extents
    for place, word, point in zip(zip(x, y, strict=True), words, points, strict=True):
        label = axes.annotate(word, place, (0, 0), textcoords="offset pixels", fontsize=fontsize)
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


def to_numpy(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
