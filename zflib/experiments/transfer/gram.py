"""Inner products of all pairs of pictures' features, without ever holding the features of all pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def gram(
    features: Callable[[np.ndarray], Tensor],
    pixels: np.ndarray,
    *,
    memory: float = 2e9,
    batch: int = 64,
    progress: Callable[[int], None] = lambda done: None,
) -> np.ndarray:
    """(N, N) float32: G[i, j] is the inner product of the features of pictures i and j.

    features  (B, side, side, 3) uint8 -> (B, D) float32
    pixels    (N, side, side, 3) uint8
    memory    bytes of features to hold at once. Where those of all pictures need more, the pictures are taken in
              blocks: each block's features are held while those of the pictures after it go by in batches, so that
              K blocks cost (K + 1) / 2 times the work of one
    progress  told after each batch how many pictures it saw

    Layer 1 of a half-width ZFNet has 46,128 values a picture, 1.6 GB for Caltech-101; at full width 1.2 MB a picture.
    """
    count = len(pixels)
    wide = features(pixels[:1]).shape[1]
    block = max(1, min(count, int(memory / (4 * wide))))
    out = torch.zeros(count, count)
    held = torch.empty(block, wide)
    for start in range(0, count, block):
        stop = min(start + block, count)
        for at in range(start, stop, batch):
            end = min(at + batch, stop)
            held[at - start : end - start] = features(pixels[at:end])
            progress(end - at)
        here = held[: stop - start]
        out[start:stop, start:stop] = here @ here.T
        for at in range(stop, count, batch):
            end = min(at + batch, count)
            out[start:stop, at:end] = here @ features(pixels[at:end]).T
            progress(end - at)
        out[stop:, start:stop] = out[start:stop, stop:].T
    return out.numpy()


def passes(count: int, wide: int, memory: float = 2e9) -> int:
    """Pictures that `gram` sends through the network, for a progress bar."""
    block = max(1, min(count, int(memory / (4 * wide))))
    return sum(count - start for start in range(0, count, block))
