"""Weights in a folder, and a folder of pictures."""

import pytest
from PIL import Image
from tiny import net

from zflib import weights


@pytest.fixture
def stored(tmp_path):
    """A folder with the weights "tiny"."""
    weights.store(net(), {"seed": 0}, "tiny", tmp_path)
    return tmp_path


@pytest.fixture
def pets(tmp_path):
    """A folder of pictures with two classes, and nothing decoded yet."""
    for at, pet in enumerate(("cats", "dogs")):
        (tmp_path / "pets" / pet).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (64, 64), (100 * at, 20 * number, 7)).save(tmp_path / "pets" / pet / f"{number}.png")
    return tmp_path / "pets"
