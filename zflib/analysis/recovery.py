"""How much of a map comes back through pooling, beside the best that one number a map can do."""

from __future__ import annotations

from typing import Any

import numpy as np

from zflib.arguments import array


def recovered(maps: Any, back: Any, level: bool = False) -> float:
    """The share of the maps' variance that a reconstruction recovers; each map's variance is about its own mean.

    maps   (..., H, W) the maps before pooling
    back   (..., H, W) what came back of them
    level  shift each map of `back` to the mean of its original first: then it is told as much as a constant map is

    Returns 1 - |maps - back|^2 / |maps - means|^2, both summed over all maps: 1 for a perfect copy, 0 for what knows
    each map's mean and nothing else, negative for anything worse; NaN where every map is constant. (Without the means
    a map far from zero is recovered nearly whole by any constant near its mean.) Raises ValueError for two shapes, and
    for values that are not finite.
    """
    maps, back = array("maps", maps), array("back", back)
    if maps.shape != back.shape or maps.ndim < 2:
        raise ValueError(f"maps and back must have one shape (..., H, W), not {maps.shape} and {back.shape}.")
    means = maps.mean((-2, -1), keepdims=True)
    if level:
        back = back - back.mean((-2, -1), keepdims=True) + means
    if (maps == maps[..., :1, :1]).all():
        return np.nan
    return float(1 - ((maps - back) ** 2).sum() / ((maps - means) ** 2).sum())
