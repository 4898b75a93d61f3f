"""Which change did it? Short training runs that differ in the first layer only. `python -m zflib.experiments.stems`

Three questions of chapters 5 and 6, one set of runs:
- kernel 11 or 7, stride 4 or 2: which of the paper's two changes moves spectrum, aliasing, accuracy (Section 4.1)?
- AlexNet's and ZFNet's first layer with and without the extra decay of the mini preset: what does decay do to spectra?
- ZFNet's with and without the clipping of filters: does one filter dominate without it (Figure 6a)?

Runs go on where they were interrupted, and several processes can share a folder.
"""

from __future__ import annotations

from dataclasses import replace

from zflib.architecture import ALEXNET, ZFNET, Architecture
from zflib.training.recipe import MINI, Recipe

SHORT = replace(MINI, epochs=14)
SEEDS = (0, 1, 2)


def stem(kernel: int, stride: int) -> Architecture:
    """A mini network that is AlexNet (stride 4) or ZFNet (stride 2) but for the side of its first-layer filters.

    Padding keeps the first unit's centre and the size of the map, so that the spacing after conv2 is 8 in all four:
    conv2 has stride 1 where conv1 has 4, and 2 where it has 2. `stem(11, 4)` is AlexNet, `stem(7, 2)` is ZFNet.
    """
    parent = {4: ALEXNET, 2: ZFNET}[stride]
    first = parent.convs[0]
    first = replace(first, kernel=kernel, pad=first.pad + (kernel - first.kernel) // 2)
    return replace(parent, name=f"stem-{kernel}-{stride}", convs=(first, *parent.convs[1:])).mini()


FACTORIAL = {
    f"{kernel}x{kernel}, stride {stride}": (stem(kernel, stride), SHORT) for stride in (4, 2) for kernel in (11, 7)
}
_PLAIN = replace(SHORT, conv1_weight_decay=SHORT.weight_decay)
WITHOUT_DECAY = {
    f"{name}, no extra decay": (FACTORIAL[name][0], _PLAIN) for name in ("11x11, stride 4", "7x7, stride 2")
}
RUNS: dict[str, tuple[Architecture, Recipe]] = FACTORIAL | WITHOUT_DECAY
