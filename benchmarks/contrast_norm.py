"""Contrast normalisation, forward and backward, against torch's LocalResponseNorm.

On the map that a batch of 64 pictures of 128 px has after pool1 of the mini networks. Both give the same values and
gradients to float rounding.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.figure import Figure, took
from benchmarks.timing import matmul_rate, seconds
from zflib.network import ContrastNorm

PRECISION = torch.float32
SHAPE = (64, 48, 32, 32)


def figures() -> Iterator[Figure]:
    torch.manual_seed(0)
    signal = torch.randn(SHAPE)
    torchs, ours = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2), ContrastNorm()
    for name, layout in (("first", torch.contiguous_format), ("last", torch.channels_last)):
        x = (100 * torch.rand(SHAPE)).to(memory_format=layout).requires_grad_()

        def both_ways(norm: nn.Module, x: Tensor = x) -> tuple[Tensor, Tensor]:
            y = norm(x)
            return y, torch.autograd.grad(y, x, signal)[0]

        before, after = (seconds(lambda norm=norm: both_ways(norm), 5) for norm in (torchs, ours))
        rate = matmul_rate()
        yield took(f"channels {name}, torch's", before, rate)
        yield took(f"channels {name}, ours", after, rate)
        yield Figure(f"channels {name}, ours against torch's", before / after, "times faster")
        for what, theirs, own in zip(("values", "gradients"), both_ways(torchs), both_ways(ours), strict=True):
            apart = ((own - theirs).abs().max() / theirs.abs().max()).item()
            yield Figure(f"channels {name}, largest difference of {what}", apart, "of the largest")
