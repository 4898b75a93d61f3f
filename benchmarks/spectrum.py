"""Spectra of a first layer against the forward pass of the network that it belongs to.

Everything that chapter 5 measures of one bank of 96 filters of 11x11, and the summary with its 2,000 bootstrap draws.
"""

from __future__ import annotations

import numpy as np
import torch

import zflib
from benchmarks.deconvnet import matmul_rate, report, seconds
from zflib import spectrum

EDGES = (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.71)


def everything(filters: np.ndarray) -> None:
    for measure in (
        spectrum.peaks,
        spectrum.orientations,
        spectrum.bandwidths,
        spectrum.luminance_shares,
        spectrum.dead,
        spectrum.coverage,
        spectrum.summary,
    ):
        measure(filters)
    spectrum.band_shares(filters, EDGES)
    spectrum.radial_profile(filters, EDGES)


def main() -> None:
    net = zflib.ConvNet(zflib.ALEXNET).initialise(std=0.01, seed=0).eval()
    filters = net.conv1.weight.detach().numpy()
    images = torch.randn(9, 3, 224, 224)
    print(f"one bank of {len(filters)} filters, {matmul_rate() / 1e9:.0f} GMAC/s in a matrix product")
    with torch.no_grad():
        forward = seconds(lambda: net(images))
    report("  a forward pass of AlexNet over nine pictures", forward)
    for name, work in (("a power spectrum", spectrum.power), ("the summary", spectrum.summary), ("all", everything)):
        taken = seconds(lambda work=work: work(filters), 10)
        report(f"  {name}", taken, taken / forward, "of the forward pass")


if __name__ == "__main__":
    main()
