"""Filters of known frequency, for the tests of spectra."""

import numpy as np
import pytest


def waves(k, frequency, direction, phase, spread=np.inf):
    """Grey gratings, or Gabor patches whose round Gaussian has an s.d. of `spread` pixels: (maps, 1, k, k).

    frequency in cycles per pixel, direction and phase in radians: (maps,) each.
    """
    n = np.arange(k) - (k - 1) / 2
    x, y = n, n[:, None]
    direction, turns = np.asarray(direction)[:, None, None], np.asarray(frequency)[:, None, None]
    along = x * np.cos(direction) + y * np.sin(direction)
    carrier = np.cos(2 * np.pi * turns * along + np.asarray(phase)[:, None, None])
    return (carrier * np.exp(-(x**2 + y**2) / (2 * spread**2)))[:, None]


@pytest.fixture(name="waves", scope="session")
def _waves():
    return waves
