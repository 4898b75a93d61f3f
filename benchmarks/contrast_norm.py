"""Contrast normalisation, forward and backward, against torch's LocalResponseNorm.

On the map that a batch of 64 pictures of 128 px has after pool1 of the mini networks. Both give the same values and
gradients to float rounding; the largest difference is printed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.deconvnet import report
from benchmarks.timing import seconds
from zflib.network import ContrastNorm

SHAPE = (64, 48, 32, 32)


def main() -> None:
    torch.manual_seed(0)
    signal = torch.randn(SHAPE)
    torchs, ours = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2), ContrastNorm()
    for name, layout in (("first", torch.contiguous_format), ("last", torch.channels_last)):
        x = (100 * torch.rand(SHAPE)).to(memory_format=layout).requires_grad_()

        def both_ways(norm: nn.Module, x: Tensor = x) -> tuple[Tensor, Tensor]:
            y = norm(x)
            return y, torch.autograd.grad(y, x, signal)[0]

        print(f"{SHAPE}, float32, channels {name}")
        before, after = (seconds(lambda norm=norm: both_ways(norm), 5) for norm in (torchs, ours))
        report("  torch's", before)
        report("  ours", after, before / after, "times faster")
        for what, theirs, own in zip(("values", "gradients"), both_ways(torchs), both_ways(ours), strict=True):
            print(
                f"  largest difference of {what}, of the largest: {(own - theirs).abs().max() / theirs.abs().max():.0e}"
            )


if __name__ == "__main__":
    main()
