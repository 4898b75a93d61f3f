"""How alike are two projections? By more than one measure, because each has something that destroys it.

The signed correlation counts every pixel with its sign: two pictures of one outline, a pixel apart, may have none of
it. The magnitude forgets sign and colour, and a blur forgets the place by as much as it is wide. Much of a magnitude is
the receptive field's own envelope, strong in the middle whatever the unit: what counts is by how much it exceeds the
floor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from zflib.arguments import array, number
from zflib.deconvnet import Patches


def correlation(a: Any, b: Any, within: Any = None) -> np.ndarray:
    """Pearson's correlation of two signed pictures over pixels and colours, between -1 and 1.

    a, b    (..., 3, H, W) arrays or tensors of one shape; any number of colours
    within  bool, of a shape that broadcasts to theirs: the pixels that count; all of them where left out

    Returns (...,), NaN where one of the two is the same everywhere (an empty projection, say). Raises ValueError for
    two shapes, and for values that are not finite.
    """
    a, b = (array("The two pictures", v) for v in (a, b))
    if a.shape != b.shape or a.ndim < 3:
        raise ValueError(f"Two pictures of one shape (..., 3, H, W) are needed, not {a.shape} and {b.shape}.")
    counts = np.asarray(True if within is None else within)
    fits = counts.ndim <= a.ndim and all(n in (1, m) for n, m in zip(counts.shape[::-1], a.shape[::-1], strict=False))
    if counts.dtype != bool or not fits:
        raise ValueError(f"within must be bool and broadcast to {a.shape}, not {counts.dtype} {counts.shape}.")
    counts = np.broadcast_to(counts, a.shape)
    a, b, counts = (v.reshape(*v.shape[:-3], -1) for v in (a, b, counts))
    count = counts.sum(-1, keepdims=True).clip(1)
    a, b = (np.where(counts, v - (v * counts).sum(-1, keepdims=True) / count, 0) for v in (a, b))
    product, energy = (a * b).sum(-1), (a**2).sum(-1) * (b**2).sum(-1)
    return np.divide(product, np.sqrt(energy), out=np.full(product.shape, np.nan), where=energy > 0)


def magnitude(pictures: Any) -> np.ndarray:
    """How strong a signed picture is at each pixel: the root of the sum of squares over colours.

    pictures  (..., 3, H, W)

    Returns (..., 1, H, W). Raises ValueError for another shape, and for values that are not finite.
    """
    pictures = array("The pictures", pictures)
    if pictures.ndim < 3:
        raise ValueError(f"Pictures (..., 3, H, W) are needed, not {pictures.shape}.")
    return np.sqrt((pictures**2).sum(-3, keepdims=True))


def blurred(pictures: Any, width: float) -> np.ndarray:
    """Pictures after a Gaussian blur; beyond their border they are zero.

    pictures  (..., H, W)
    width     standard deviation of the Gaussian in pixels; 0 changes nothing

    Raises ValueError for another shape, a negative width, and values that are not finite.
    """
    pictures = array("The pictures", pictures)
    if pictures.ndim < 2:
        raise ValueError(f"Pictures (..., H, W) are needed, not {pictures.shape}.")
    if number("A blur's width", width) < 0:
        raise ValueError(f"A blur's width must be 0 or more, not {width}.")
    if not width:
        return pictures
    down, across = (_gaussian(side, width).astype(np.float32) for side in pictures.shape[-2:])
    return (down @ pictures.astype(np.float32) @ across).astype(np.float64)  # single precision: half the time


def _gaussian(side: int, width: float) -> np.ndarray:
    """(side, side): row i holds what pixel i takes from each pixel. Whole rows, far from the border, add up to 1."""
    apart = np.arange(side)[:, None] - np.arange(side)
    reach = np.arange(-int(6 * width) - 1, int(6 * width) + 2)
    return np.exp(-(apart**2) / (2 * width**2)) / np.exp(-(reach**2) / (2 * width**2)).sum()


def on_picture(projected: Patches) -> np.ndarray:
    """(U, 1, h, w) bool: the part of each window that lies on the picture. Beyond it all projections are zero."""
    inside = []
    for start, side, length in zip(
        (projected.top, projected.left), projected.size, projected.pixels.shape[2:], strict=True
    ):
        at = start[:, None].cpu() + torch.arange(length)
        inside.append((at >= 0) & (at < side))
    return (inside[0][:, None, :, None] & inside[1][:, None, None, :]).numpy()


def likeness(a: Patches, b: Patches, blur: float = 0) -> dict[str, np.ndarray]:
    """How alike two projections of each of U units are, by two measures.

    a, b  on the same windows, as `control_projections` returns them
    blur  standard deviation in pixels of the Gaussian with which both are blurred first

    Returns (U,) each, over the part of the window that lies on the picture:

    "signed"     `correlation` of the signed pictures, pixels and colours: needs the same sign at the same place
    "magnitude"  of their `magnitude`, one number a pixel, blurred after it is taken: needs the same places only

    NaN where one of the two is the same everywhere. Raises ValueError for projections on other windows.
    """
    if a.size != b.size or not (torch.equal(a.top, b.top) and torch.equal(a.left, b.left)):
        raise ValueError("The two projections lie on different windows: project the same places.")
    within = on_picture(a)
    pairs = {"signed": (a.pixels, b.pixels), "magnitude": (magnitude(a.pixels), magnitude(b.pixels))}
    return {name: correlation(blurred(x, blur), blurred(y, blur), within) for name, (x, y) in pairs.items()}
