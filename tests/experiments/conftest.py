"""Pictures of three classes that their red tells apart."""

import numpy as np
import pytest

from zflib.data import PictureSet


@pytest.fixture
def pictures():
    generator = np.random.default_rng(0)
    labels = np.arange(24) % 3
    pixels = generator.integers(0, 256, (24, 146, 146, 3), dtype=np.uint8)
    pixels[..., 0] = (pixels[..., 0] // 2 + 50 * labels[:, None, None]).astype(np.uint8)
    return PictureSet("noise", pixels, labels, ("a", "b", "c"), "none")
