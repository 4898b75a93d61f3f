"""Spectra of a first layer against the forward pass of the network that it belongs to, both on one core.

Everything that chapter 5 measures of one bank of 96 filters of 11x11, and the summary with its 2,000 bootstrap draws.
Time is the processor's, so that what else the machine does counts little.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

import zflib
from benchmarks.deconvnet import report
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


def core_seconds(work: Callable[[], object], repeats: int) -> float:
    """The least of some runs, in seconds of processor time, after one that warms up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    net = zflib.ConvNet(zflib.ALEXNET).initialise(std=0.01, seed=0).eval()
    filters = net.conv1.weight.detach().numpy()
    images = torch.randn(9, 3, 224, 224)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad():
        forward = core_seconds(lambda: net(images), 3)
    report("a forward pass of AlexNet over nine pictures", forward)
    for name, work in (("a power spectrum", spectrum.power), ("the summary", spectrum.summary), ("all", everything)):
        taken = core_seconds(lambda work=work: work(filters), 12)
        report(f"  {name} of {len(filters)} filters", taken, taken / forward, "of the forward pass")
    torch.set_num_threads(threads)


if __name__ == "__main__":
    main()
