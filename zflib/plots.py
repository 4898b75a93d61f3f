"""Pictures for the chapters: signed projections, filters and tiles as pixels, and figures that suit both page colours."""

from __future__ import annotations

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


def _to_numpy(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
