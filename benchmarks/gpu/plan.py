"""What is checked, and in which order: the cheapest and most telling first. No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.gpu import suite

NETS = ("zfnet-mini", "alexnet-mini")
METHODS = ("deconvnet", "gradient", "guided")
PAPER = ("ZFNET", "ALEXNET")


@dataclass(frozen=True)
class Check:
    """One line of the report.

    function   "module.function" under benchmarks.gpu; it takes the setting and the arguments, and returns a Finding
    limit      seconds that it may take
    packages   what it needs beyond torch, NumPy and what zflib itself imports
    """

    name: str
    function: str
    arguments: tuple[Any, ...] = ()
    limit: float = 60
    packages: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        """The packages that this Python lacks."""
        return [package for package in self.packages if find_spec(package) is None]


def checks() -> Iterator[Check]:
    """All checks in their order."""
    yield Check("switches at ties", "equality.ties")
    yield Check("unpooling where windows overlap", "equality.unpooling")
    for way in ("forward", "backward"):
        yield Check(f"contrast normalisation {way}", "equality.contrast_norm", (way,))
    for net in NETS:
        yield Check(f"{net}: forward", "equality.forward", (net,))
        yield Check(f"{net}: forward in bfloat16", "equality.forward", (net, True))
        yield Check(f"{net}: switches", "equality.switches", (net,))
    for net in NETS:
        for method in METHODS:
            yield Check(f"{net}: projections, {method}", "equality.projections", (net, method))
        yield Check(f"{net}: projection from its own trace", "equality.own_trace", (net,))
    for net in NETS:
        yield Check(f"{net}: training step, gradients", "learning.gradients", (net,))
        yield Check(f"{net}: training step, new weights", "learning.weights", (net,))
        yield Check(f"{net}: training step in bfloat16", "learning.bfloat16_gradients", (net,))
    yield Check("interrupted = uninterrupted, by hand", "learning.resumed")
    yield Check("interrupted = uninterrupted, the loop", "learning.resumed_loop", packages=("lightning_fabric", "tqdm"))
    yield Check("equal runs without deterministic kernels", "learning.equal_runs")
    yield Check("AlexNet = Captum on the device", "equality.captum", packages=("torchvision", "captum"))
    for precision in ("float32", "training's"):
        yield Check(f"matrix product, {precision}", "speed.matrix_product", (precision,))
    for net in PAPER:
        yield Check(f"{net}: forward that keeps a trace", "speed.forward", (net,))
        yield Check(f"{net}: projections of conv5", "speed.projections", (net,))
        yield Check(f"{net}: training", "speed.training", (net,))
    yield Check("decoding pictures", "speed.decoding")
    yield Check("cropping pictures", "speed.cropping")
    for file, packages in suite.files():
        yield Check(file, "suite.run", (file,), 150, ("pytest", *packages))
