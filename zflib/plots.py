"""Pictures for the chapters: signed projections, filters and tiles as pixels; figures that suit both page colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def signed(projections: Any) -> np.ndarray:
    """Signed values as pixels, symmetric about zero: mid-grey is 0, and neither sign is favoured.

    projections  (..., 3, H, W) array or tensor

    Returns (..., H, W, 3) uint8, each picture scaled by its own largest magnitude; all zero gives plain grey.
    """
    values = np.moveaxis(_to_numpy(projections), -3, -1).astype(np.float64)
    if values.shape[-1] != 3:
        raise ValueError(f"Signed pictures must have shape (..., 3, H, W), not {np.shape(projections)}.")
    largest = np.abs(values).max(axis=(-3, -2, -1), keepdims=True)
    return np.round(127.5 + 127.5 * values / np.where(largest > 0, largest, 1)).astype(np.uint8)


def filters(weights: Any) -> np.ndarray:
    """First-layer filters (maps, 3, k, k) as (maps, k, k, 3) uint8, each by the rule of `signed`."""
    return signed(weights)


def tile(pictures: Any, columns: int, gap: int = 1) -> np.ndarray:
    """(N, H, W, 3) uint8 pictures side by side on white, `columns` in a row, `gap` pixels apart."""
    pictures = np.asarray(pictures)
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for at, picture in enumerate(pictures):
        top, left = at // columns * (height + gap), at % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def enlarge(picture: Any, times: int) -> np.ndarray:
    """(H, W, ...) pixels as (times H, times W, ...), every pixel a square: nothing is smoothed."""
    return np.asarray(picture).repeat(times, axis=0).repeat(times, axis=1)


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


def labelled(pictures: Any, labels: Sequence[str], columns: int) -> np.ndarray:
    """(N, H, W, 3) uint8 pictures in rows of `columns` on white, each under its label; one (H', W', 3) array."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    pictures = np.asarray(pictures)
    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", 11)
    count, height, width, _ = pictures.shape
    head, gap = 18, 8
    rows = -(-count // columns)
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + head + gap) - gap), "white")
    draw = ImageDraw.Draw(sheet)
    for at, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        left, top = at % columns * (width + gap), at // columns * (height + head + gap)
        draw.text((left, top + 1), label, fill="black", font=font)
        sheet.paste(Image.fromarray(picture), (left, top + head))
    return np.asarray(sheet)


def _to_numpy(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
