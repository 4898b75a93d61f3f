"""The device's float32 against the CPU's float64: switches, unpooling, normalisation, networks, projections."""

from __future__ import annotations

import warnings
from functools import cache
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import (
    ROUNDING,
    Setting,
    distance,
    fetch,
    furthest,
    nan_first,
    of_most,
    on_device,
    pictures,
    reference,
)
from zflib.architecture import output_size
from zflib.deconvnet import DeconvNet, Trace, pool, unpool
from zflib.network import ContrastNorm

LAYOUTS = (torch.contiguous_format, torch.channels_last)  # each has kernels of its own
POOLS = (  # kernel, stride, pad, ceil_mode, dilation
    (3, 2, 0, True, 1),
    (3, 2, 0, False, 1),
    (3, 2, 1, False, 1),
    (2, 2, 0, False, 1),
    (3, 1, 1, True, 1),
    (2, 2, 1, True, 2),
)


def ties(setting: Setting) -> Finding:
    """Pooling of three different values only, so that most windows have several maxima: the first counts."""
    x = torch.randint(0, 3, (2, 40, 13, 14), generator=torch.Generator().manual_seed(0)).float()
    wrong = 0
    for case, layout, dtype in product(POOLS, LAYOUTS, (torch.float32, torch.float16, torch.bfloat16)):
        on = x.to(setting.device, dtype).contiguous(memory_format=layout)
        values, switches = pool(on, *case)
        expected = torch.from_numpy(_first_maxima(x.numpy(), *case))
        maxima = x.double().flatten(2).gather(2, expected.flatten(2)).view_as(expected)
        wrong += int((fetch(switches) != expected).sum()) + int((fetch(values) != maxima).sum())
    return Finding(wrong, 0, "wrong switches or maxima; of equal maxima the first in row order counts on every device")


def _first_maxima(x: np.ndarray, kernel: int, stride: int, pad: int, ceil_mode: bool, dilation: int) -> np.ndarray:
    """Switches window by window; NumPy's argmax promises the first of equal values."""
    height, width = x.shape[2:]
    span = (kernel - 1) * dilation + 1
    h, w = (output_size(side, span, stride, pad, ceil_mode) for side in (height, width))
    around = (pad, pad + stride + span)  # with ceil_mode the last window begins inside and may end far beyond
    padded = np.pad(x, ((0, 0), (0, 0), around, around), constant_values=-np.inf)
    steps = dilation * np.arange(kernel)
    switches = np.empty((*x.shape[:2], h, w), dtype=np.int64)
    for i, j in product(range(h), range(w)):
        rows, columns = i * stride + steps, j * stride + steps
        first = padded[:, :, rows[:, None], columns].reshape(*x.shape[:2], -1).argmax(2)
        switches[:, :, i, j] = (rows[first // kernel] - pad) * width + columns[first % kernel] - pad
    return switches


def unpooling(setting: Setting) -> Finding:
    """Whole numbers, whose sums are exact in any order: a scattered sum may take them as they come."""
    random = torch.Generator().manual_seed(0)
    x = torch.randint(0, 3, (2, 8, 13, 14), generator=random).float()
    switches = torch.from_numpy(_first_maxima(x.numpy(), *POOLS[0]))
    signal = torch.randint(-9, 10, switches.shape, generator=random).double()
    wrong = 0
    for overlap, choose in (("sum", lambda a, b: a + b), ("last", lambda a, b: b), ("max", max)):
        expected, claimed = torch.zeros(*x.shape[:2], 13 * 14, dtype=torch.float64), set()
        for n, c, i, j in product(*map(range, switches.shape)):
            at = n, c, int(switches[n, c, i, j])
            expected[at] = choose(expected[at], signal[n, c, i, j]) if at in claimed else signal[n, c, i, j]
            claimed.add(at)
        found = unpool(signal.float().to(setting.device), switches.to(setting.device), (13, 14), overlap)
        wrong += int((fetch(found).flatten(2) != expected).sum())
    return Finding(wrong, 0, "wrong values with sum, last and max; whole numbers add up exactly in any order")


def contrast_norm(setting: Setting, way: str) -> Finding:
    """Krizhevsky's formula as it is written, and autograd's derivative of it."""
    random = torch.Generator().manual_seed(0)
    x = 100 * torch.randn(4, 48, 17, 19, generator=random, dtype=torch.float64)
    signal = torch.randn(x.shape, generator=random, dtype=torch.float64)

    def formula(x: Tensor) -> Tensor:
        sums = [x[:, max(k - 2, 0) : k + 3].square().sum(1) for k in range(x.shape[1])]
        return x / (2 + 1e-4 * torch.stack(sums, 1)) ** 0.75

    def both_ways(function, x: Tensor, signal: Tensor) -> dict[str, Tensor]:
        x = x.requires_grad_()
        y = function(x)
        return {"forward": y.detach(), "backward": torch.autograd.grad(y, x, signal)[0]}

    expected = both_ways(formula, x.clone(), signal)[way]
    errors = []
    for layout in LAYOUTS:
        on = (t.to(setting.device, torch.float32).contiguous(memory_format=layout) for t in (x, signal))
        errors.append(furthest(both_ways(ContrastNorm(), *on)[way], expected))
    return Finding(max(errors, key=nan_first), 1e-5, f"of the largest; {ROUNDING}")


@torch.inference_mode()
def forward(setting: Setting, name: str, bfloat16: bool = False) -> Finding:
    """The logits of five pictures."""
    net = on_device(setting, name)
    with torch.autocast(setting.device.type, torch.bfloat16, enabled=bfloat16):
        logits = net(pictures())
    error = furthest(logits, reference(name)(pictures()))
    if bfloat16:
        return Finding(error, 5e-2, "of the largest logit; eight layers, each rounded to 8 bits, 4e-3")
    return Finding(error, 5e-5, f"of the largest logit; {ROUNDING}")


@cache
def _trace(name: str) -> Trace:
    """The CPU's forward pass in float64, its values then rounded to float32, so that both sides choose alike."""
    exact = DeconvNet(reference(name)).forward(pictures())
    return Trace(
        exact.images, {step: values.float().double() for step, values in exact.activations.items()}, exact.switches
    )


def switches(setting: Setting, name: str) -> Finding:
    """Every maximum that the device chose is one of the CPU's map, too, or equal to it but for rounding."""
    expected = _trace(name)
    found = DeconvNet(on_device(setting, name)).forward(pictures())
    short, other, total = [], 0, 0
    for step, theirs in expected.switches.items():
        ours, below = fetch(found.switches[step]), expected.before(step).flatten(2)
        largest, chosen = (below.gather(2, at.flatten(2)) for at in (theirs, ours))
        short.append(((largest - chosen).abs().max() / below.max()).item())
        other, total = other + int((ours != theirs).sum()), total + theirs.numel()
    what = f"of the map's largest value lost by another switch; {other} of {total} differ, where values tie to rounding"
    return Finding(max(short), 1e-5, what)


def projections(setting: Setting, name: str, method: str) -> Finding:
    """Down from one trace, the CPU's: which maxima and which signs it holds is not for rounding to decide."""
    ours, theirs, trace = DeconvNet(on_device(setting, name)), DeconvNet(reference(name)), _trace(name)
    moved = Trace(
        trace.images.float().to(setting.device),
        {step: values.float().to(setting.device) for step, values in trace.activations.items()},
        {step: at.to(setting.device) for step, at in trace.switches.items()},
    )
    ways = [{"local": True}, {"local": False}]
    if method == "deconvnet":
        ways += [{"overlap": "last"}, {"overlap": "max"}]
    errors = []
    for step in ("conv2", "conv5", "fc8"):
        channel = _alive(trace, step)
        for way in ways:
            expected = theirs.project(trace, step, channel=channel, method=method, **way)
            found = ours.project(moved, step, channel=channel, method=method, **way)
            errors += [furthest(f, e) for f, e in zip(found, expected, strict=True)]
    what = f"of a projection's largest value, from conv2, conv5 and fc8; {ROUNDING}"
    return Finding(max(errors, key=nan_first), 5e-5, what)


def _alive(trace: Trace, step: str) -> int:
    """The map whose strongest unit is largest in the middle one of the pictures: most of them stir it."""
    values = trace[step]
    return int((values.flatten(2).amax(2) if values.ndim == 4 else values).median(0).values.argmax())


def own_trace(setting: Setting, name: str) -> Finding:
    """Up and down on the device, as a reader does it."""
    ours, trace = DeconvNet(on_device(setting, name)), _trace(name)
    channel = _alive(trace, "conv5")
    expected = DeconvNet(reference(name)).project(trace, "conv5", channel=channel)
    found = ours.project(ours.forward(pictures()), "conv5", channel=channel)
    errors = [distance(f, e) for f, e in zip(found, expected, strict=True)]
    return of_most(errors, 5e-5, 0.2, "picture's projection")


@cache
def _torchvisions() -> nn.Module:
    import torchvision

    torch.manual_seed(0)
    return torchvision.models.alexnet().eval()


def captum(setting: Setting) -> Finding:
    """torchvision's AlexNet with random weights against Captum's deconvnet, both on the device."""
    from captum.attr import NeuronDeconvolution

    model = _torchvisions().to(setting.device)
    images = torch.randn(2, 3, 224, 224).to(setting.device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = NeuronDeconvolution(model, model.features[11]).attribute(images, (3, 6, 4))
    deconv = DeconvNet(model)
    ours = deconv.project(deconv.forward(images, upto="features.11"), "features.11", unit=(3, 6, 4), seed=1)
    return Finding(furthest(ours, theirs.detach().cpu().double()), 5e-5, f"of the largest value; {ROUNDING}")
