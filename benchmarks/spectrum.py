"""Spectra of a first layer against the forward pass of the network that it belongs to, both on one core.

Everything that chapter 5 measures of one bank of 96 filters of 11x11, and the summary with the draws for its power.
Time is the processor's, so that what else the machine does counts little.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch

import zflib
from benchmarks.figure import Figure, took
from benchmarks.timing import matmul_rate, seconds
from zflib import spectrum

PRECISION = torch.float32
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


def figures() -> Iterator[Figure]:
    net = zflib.ConvNet(zflib.ALEXNET).initialise(std=0.01, seed=0).eval()
    filters = net.conv1.weight.detach().numpy()
    images = torch.randn(9, 3, 224, 224)
    computing = time.process_time
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            forward = seconds(lambda: net(images), 3, clock=computing)
        yield took("a forward pass of AlexNet over nine pictures", forward, matmul_rate(clock=computing))
        for name, work in (
            ("a power spectrum", spectrum.power),
            ("the summary", spectrum.summary),
            ("all that chapter 5 measures", everything),
        ):
            taken = seconds(lambda work=work: work(filters), 12, clock=computing)
            yield took(name, taken, matmul_rate(clock=computing))
            yield Figure(f"{name}, beside the forward pass", taken / forward, "of its time")
    finally:
        torch.set_num_threads(threads)
