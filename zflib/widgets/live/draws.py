"""The page's controls (controls.js) with the very draws that the page makes, for a kernel that shows the same.

Their kinds are those of `zflib.analysis.controls`; only the generator is another one, mulberry32, since a page has no
torch.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from zflib.deconvnet import Trace
from zflib.network import ConvNet


def evenly(seed: int, count: int) -> np.ndarray:
    """(count,) float64 in [0, 1): the generator's first numbers after a seed."""
    state = (np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)).astype(np.uint32)
    t = (state ^ (state >> 15)) * (1 | state)
    t = (t + (t ^ (t >> 7)) * (61 | t)) ^ t
    return (t ^ (t >> 14)) / 2**32


def other_map(channel: int, maps: int, draw: int) -> int:
    """Another map of as many."""
    return (channel + 1 + int(evenly(draw, 1)[0] * (maps - 1))) % maps


def shuffled(trace: Trace, net: ConvNet, draw: int) -> Trace:
    """The same trace with every switch moved to a random position of its own pooling window."""
    random = evenly(draw, 2 * sum(each.numel() for each in trace.switches.values())).reshape(-1, 2)
    moved, used = {}, 0
    for name, switches in trace.switches.items():
        pool = net.get_submodule(name)
        height, width = trace.before(name).shape[2:]
        count = switches.numel()
        chance = random[used : used + count].reshape(*switches.shape, 2)
        used += count
        places = []
        for axis, side in ((2, height), (3, width)):
            start = np.arange(switches.shape[axis]) * pool.stride
            room = np.minimum(side, start + pool.kernel_size) - start
            start, room = (each[:, None] if axis == 2 else each for each in (start, room))
            places.append(start + np.floor(chance[..., axis - 2] * room).astype(np.int64))
        moved[name] = torch.from_numpy(places[0] * width + places[1])
    return replace(trace, switches=moved)


def randomised(net: ConvNet, layers: Sequence[str], draw: int) -> ConvNet:
    """A copy whose named layers have Gaussian weights of each layer's own standard deviation, and no biases."""
    known = [name for name, module in net.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    copied = copy.deepcopy(net)
    for name in layers:
        layer = copied.get_submodule(name)
        random = evenly(draw * len(known) + known.index(name), 2 * layer.weight.numel()).reshape(-1, 2)
        drawn = np.sqrt(-2 * np.log(1 - random[:, 0])) * np.cos(2 * np.pi * random[:, 1])
        drawn *= float(layer.weight.detach().double().std())
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(drawn.astype(np.float32)).view_as(layer.weight))
            layer.bias.zero_()
    return copied
