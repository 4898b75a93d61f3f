"""Textures and shapes whose frequencies and orientations are known, because we draw them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from zflib.arguments import whole
from zflib.data.sets import PictureSet

CLASSES = (
    "grating",
    "bars",
    "plaid",
    "checks",
    "rings",
    "noise",
    "streaks",
    "disc",
    "square",
    "triangle",
)


@dataclass(frozen=True, kw_only=True)
class SyntheticSet(PictureSet):
    """A `PictureSet` that knows what its pictures are made of.

    frequency    (N,) cycles per pixel: of the wave, of the fundamental (bars, checks), or the middle of the band
                 (noise, streaks); NaN for a shape
    orientation  (N,) radians in [0, pi): where the waves go, from the x axis towards the y axis, which points down. A
                 plaid's and a check's second wave is at right angles. NaN for rings, noise, and shapes
    """

    frequency: np.ndarray
    orientation: np.ndarray


def synthetic(pictures: int, side: int, seed: int = 0) -> SyntheticSet:
    """`pictures` pictures of side x side pixels, the ten classes in turn.

    Picture i depends on `seed` and i only, not on how many there are; at another side its frequency, orientation
    and colours stay, and a shape keeps its share of the picture. Frequencies are spread evenly over octaves from
    0.04 to 0.4 cycles per pixel. Colours are two opposite ones about mid-grey. Edges are one pixel wide.

    Raises ValueError for no pictures, a side under 8, or a negative seed.
    """
    pictures, side, seed = whole("pictures", pictures, 1), whole("side", side, 8), whole("seed", seed, 0)
    drawn = [_draw(np.random.default_rng([seed, at]), CLASSES[at % len(CLASSES)], side) for at in range(pictures)]
    pixels, frequency, orientation = zip(*drawn, strict=True)
    return SyntheticSet(
        name="synthetic",
        pixels=np.stack(pixels),
        labels=np.arange(pictures, dtype=np.int64) % len(CLASSES),
        class_names=CLASSES,
        fingerprint=hashlib.sha256(f"synthetic {pictures} {side} {seed}".encode()).hexdigest(),
        frequency=np.array(frequency),
        orientation=np.array(orientation),
    )


def _draw(random: np.random.Generator, name: str, side: int) -> tuple[np.ndarray, float, float]:
    """Pixels (side, side, 3), frequency and orientation of one picture."""
    frequency = 0.04 * 10 ** random.random()
    orientation = np.pi * random.random()
    phase = 2 * np.pi * random.random(2)
    centre, size = side * random.uniform(0.3, 0.7, 2), side * random.uniform(0.12, 0.28)
    colour = random.uniform(-1, 1, 3)
    contrast = random.uniform(0.5, 1)

    y, x = np.mgrid[:side, :side].astype(float)
    if name in ("grating", "bars"):
        wave = 2 * np.pi * frequency * _along(x, y, orientation) + phase[0]
        pattern = np.sin(wave) if name == "grating" else _bars(wave, frequency)
    elif name == "plaid":
        waves = (2 * np.pi * frequency * _along(x, y, orientation + turn) for turn in (0, np.pi / 2))
        pattern = sum(np.sin(wave + shift) for wave, shift in zip(waves, phase, strict=True)) / 2
    elif name == "checks":
        # The product of two waves consists of their sum and their difference, an eighth of a turn away on either side.
        pattern = np.ones((side, side))
        for turn, shift in zip((-np.pi / 4, np.pi / 4), phase, strict=True):
            slower = frequency / np.sqrt(2)
            pattern *= _bars(2 * np.pi * slower * _along(x, y, orientation + turn) + shift, slower)
    elif name == "rings":
        pattern = np.sin(2 * np.pi * frequency * np.hypot(x - centre[0], y - centre[1]) + phase[0])
    elif name in ("noise", "streaks"):
        pattern = _noise(random, side, frequency, orientation if name == "streaks" else None)
    else:
        pattern = 2 * _edge(_shape(name, x - centre[0], y - centre[1], size, orientation)) - 1
    if name in ("disc", "square", "triangle"):
        frequency = np.nan
    if name in ("rings", "noise", "disc", "square", "triangle"):
        orientation = np.nan
    values = 0.5 + 0.5 * contrast * pattern[:, :, None] * colour / np.abs(colour).max()
    return (255 * values).round().astype(np.uint8), frequency, orientation


def _along(x: np.ndarray, y: np.ndarray, orientation: float) -> np.ndarray:
    """How far each pixel lies in a direction."""
    return x * np.cos(orientation) + y * np.sin(orientation)


def _edge(distance: np.ndarray) -> np.ndarray:
    """How much of a pixel is covered, given its centre's distance inside (+) or outside (-) a straight edge."""
    return (distance + 0.5).clip(0, 1)


def _bars(wave: np.ndarray, frequency: float) -> np.ndarray:
    """Bars between -1 and 1 with the wave's period, their edges smoothed over a pixel."""
    return 2 * _edge(np.arcsin(np.sin(wave)) / (2 * np.pi * frequency)) - 1


def _noise(random: np.random.Generator, side: int, frequency: float, orientation: float | None) -> np.ndarray:
    """Gaussian noise between -1 and 1 in a band of s.d. a sixth of the frequency; streaks: and of ten degrees, too."""
    fx, fy = np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side))
    # At least one bin wide, or a small picture would have nothing in the band.
    band = np.exp(-(((np.hypot(fx, fy) - frequency) / max(frequency / 6, 1 / side)) ** 2) / 2)
    if orientation is not None:
        off = (np.arctan2(fy, fx) - orientation + np.pi / 2) % np.pi - np.pi / 2
        band *= np.exp(-((off / np.radians(10)) ** 2) / 2)
    band[0, 0] = 0
    field = np.fft.ifft2(np.fft.fft2(random.standard_normal((side, side))) * band).real
    return (field / (2.5 * field.std())).clip(-1, 1)


def _shape(name: str, x: np.ndarray, y: np.ndarray, size: float, turn: float) -> np.ndarray:
    """Distance of each pixel inside a shape's edge: a disc of that radius, or the polygon around a smaller disc."""
    if name == "disc":
        return size - np.hypot(x, y)
    corners, inner = {"square": (4, 0.85 * size), "triangle": (3, 0.7 * size)}[name]
    sides = (turn + 2 * np.pi * k / corners for k in range(corners))
    return np.min([inner - _along(x, y, side) for side in sides], axis=0)
