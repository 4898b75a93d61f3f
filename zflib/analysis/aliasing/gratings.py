"""Gratings: pictures that hold one frequency, to see where a layer sends it."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from zflib.arguments import array, number


def wave_vector(frequency: Any, orientation: Any) -> np.ndarray:
    """Components (fx, fy) of waves given by how fast they go and where to.

    frequency    (...) cycles per pixel along the wave
    orientation  (...) degrees from the x axis (columns) towards the y axis (rows), which points down: 0 makes
                 upright stripes, 90 lying ones

    Returns (..., 2) in cycles per pixel. NaN stays NaN. Raises ValueError for two shapes that don't go together.
    """
    frequency, angle = together(frequency=frequency, orientation=orientation)
    angle = np.deg2rad(angle)
    return np.stack([frequency * np.cos(angle), frequency * np.sin(angle)], axis=-1)


def grating(
    side: int,
    frequency: Any,
    phase: Any = 0.0,
    *,
    amplitude: float = 1.0,
    colour: Any = None,
    radius: float | None = None,
    edge: float = 2.0,
) -> np.ndarray:
    """amplitude * cos(2 pi (fx x + fy y) + phase) on side x side pixels; x counts columns, y rows, from the top left.

    frequency  (..., 2) cycles per pixel, fx and fy, each at most 0.5 in size; see `wave_vector`
    phase      (...) radians; -pi/2 makes a sine
    amplitude  in the units of the picture; a network's go from about -128 to 128
    colour     (C,) share of each channel, (1, 1, 1) for grey, (1, -1, 0) for red against green; one channel if left out
    radius     of a round window about the middle of the picture, in pixels; the whole picture if left out
    edge       pixels over which the window fades to zero, as half a period of a cosine: a hard edge would hold every
               frequency and spoil the one we ask about

    Returns (..., side, side), or (..., C, side, side) with a colour. Raises ValueError for a side under 1, for a
    frequency beyond 0.5, for a radius that is not positive or an edge under a pixel.
    """
    if not isinstance(side, Integral) or side < 1:
        raise ValueError(f"A grating's side is a whole number of pixels from 1 on, not {side!r}.")
    frequency = frequencies(frequency)
    at = np.arange(side)
    turns = frequency[..., 0, None, None] * at + frequency[..., 1, None, None] * at[:, None]
    amplitude, phase = number("amplitude", amplitude), array("phase", phase)
    wave = amplitude * np.cos(2 * np.pi * turns + phase[..., None, None])
    if radius is not None:
        wave = wave * _window(side, radius, edge)
    if colour is None:
        return wave
    colour = array("colour", colour)
    if colour.ndim != 1 or not len(colour):
        raise ValueError(f"A colour is one number per channel, such as (1, 1, 1), not {colour.tolist()}.")
    return wave[..., None, :, :] * colour[:, None, None]


def frequencies(given: Any) -> np.ndarray:
    """(..., 2) components that a picture can hold, as floats. Raises ValueError for others."""
    frequency = array("frequency", given)
    if frequency.ndim == 0 or frequency.shape[-1] != 2:
        raise ValueError(f"A frequency has two components (fx, fy) in its last axis; the shape is {frequency.shape}.")
    if not (np.abs(frequency) <= 0.5).all():
        raise ValueError(
            "Pixels carry a frequency of at most 0.5 cycles per pixel along each axis; a faster wave would be aliased "
            f"in the picture itself. The largest component is {np.abs(frequency).max():g}."
        )
    return frequency


def colours(given: Any, channels: int = 3) -> np.ndarray:
    """(channels,) shares of a colour, as floats. Raises ValueError for another length."""
    colour = array("colour", given)
    if colour.shape != (channels,):
        raise ValueError(f"A colour for this layer has {channels} numbers, not the shape {colour.shape}.")
    return colour


def together(**named: Any) -> list[np.ndarray]:
    """Arrays broadcast to one shape, NaN allowed. Raises ValueError, naming them, where that can't be done."""
    given = [array(name, values, nan=True) for name, values in named.items()]
    try:
        return np.broadcast_arrays(*given)
    except ValueError:
        shapes = " and ".join(f"{name} {values.shape}" for name, values in zip(named, given, strict=True))
        raise ValueError(f"These shapes don't go together: {shapes}.") from None


def _window(side: int, radius: float, edge: float) -> np.ndarray:
    """(side, side): 1 inside the circle, 0 outside, half-way on it."""
    if not 0 < radius < np.inf or not 1 <= edge < np.inf:
        raise ValueError(f"A window needs a positive radius and an edge of at least one pixel, not {radius}, {edge}.")
    at = np.arange(side) - (side - 1) / 2
    outside = (np.hypot(at, at[:, None]) - radius) / edge  # -1/2 where the fading begins, 1/2 where it ends
    return 0.5 - 0.5 * np.sin(np.pi * outside.clip(-0.5, 0.5))
