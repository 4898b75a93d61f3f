import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zflib.experiments.transfer.gram import gram, passes

PIXELS = np.random.default_rng(0).integers(0, 256, (23, 2, 2, 3), dtype=np.uint8)
SHAPE = torch.from_numpy(np.random.default_rng(1).normal(size=(12, 5)).astype(np.float32))


def features(pixels):
    return torch.from_numpy(pixels.reshape(len(pixels), -1).astype(np.float32)) @ SHAPE


@given(st.integers(1, 30), st.integers(1, 30))
def test_blocks_and_batches_change_nothing(block, batch):
    seen = []
    found = gram(features, PIXELS, memory=4 * 5 * block, batch=batch, progress=seen.append)
    slow = np.array([[float(a @ b) for b in features(PIXELS)] for a in features(PIXELS)])
    assert found == pytest.approx(slow, rel=1e-5, abs=1e-2)
    assert sum(seen) == passes(len(PIXELS), 5, 4 * 5 * block)


def test_no_more_is_held_than_memory_allows():
    largest = 0

    def watched(pixels):
        nonlocal largest
        largest = max(largest, len(pixels))
        return features(pixels)

    gram(watched, PIXELS, memory=4 * 5 * 7, batch=3)
    assert largest == 3
