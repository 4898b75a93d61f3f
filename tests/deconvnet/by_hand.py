"""What the tests of the deconvnet share: slow, obvious rules, and what counts as equal."""

import itertools

import torch
from hypothesis import settings
from torch import nn

EXAMPLES = settings(max_examples=40)


def close(a, b, tolerance=None):
    """Equal to float rounding, in units of the larger picture's largest value. A GPU takes other kernels for other
    shapes, and some transform their inputs first."""
    tolerance = tolerance or (1e-5 if b.device.type == "cpu" else 5e-5)
    return (a - b).abs().max() <= tolerance * b.abs().max().clamp(min=1e-20)


def unpool_by_hand(values, switches, size, overlap):
    out = torch.zeros(*values.shape[:2], *size)
    claimed = torch.zeros_like(out, dtype=torch.bool)
    for n, c, i, j in itertools.product(*map(range, values.shape)):
        at = n, c, *divmod(int(switches[n, c, i, j]), size[1])
        value = values[n, c, i, j]
        if overlap == "sum":
            out[at] += value
        elif overlap == "last" or not claimed[at]:
            out[at] = value
        else:
            out[at] = max(out[at], value)
        claimed[at] = True
    return out


def small_net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
    )  # fmt: skip
