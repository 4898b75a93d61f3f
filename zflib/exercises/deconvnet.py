"""Checkers for chapter 3: filtering back, the three rules at a ReLU, and a whole deconvnet."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zflib.analysis import correlation
from zflib.deconvnet import DeconvNet
from zflib.exercises import Verdict, attempt, numbers, refusal

# Exercise 3.1: a signal of two numbers on its way down through a filter of three taps that moves two at a time.
SIGNAL, TAPS, STRIDE = np.array([1.0, 2.0]), np.array([1.0, 0.0, -1.0]), 2


def check_filtering_back(answer: Any) -> Verdict:
    """Exercise 3.1: `SIGNAL` filtered back through `TAPS` at `STRIDE`, by hand: five numbers."""
    expected = "five numbers, one for each position that the filter can reach"
    given = numbers(answer)
    if (refused := refusal(expected, answer, fits=given is not None and given.shape == (5,))) is not None:
        return refused
    right, flipped = _filtered_back(SIGNAL, TAPS), _filtered_back(SIGNAL, TAPS[::-1])
    if np.allclose(given, right):
        return Verdict(True, "each number of the signal lays down a copy of the filter; where two meet, they add up.")
    if np.allclose(given, flipped):
        return Verdict(False, "you laid the filter down back to front: the copy keeps the filter's own order.")
    wrong = int(np.flatnonzero(~np.isclose(given, right))[0])
    claims = sum(0 <= wrong - STRIDE * at < len(TAPS) for at in range(len(SIGNAL)))
    return Verdict(
        False, f"position {wrong} (the first is 0): {claims} of the two copies reach it; {given[wrong]:g} came."
    )


def check_rectify(function: Any) -> Verdict:
    """Exercise 3.2: `function(signal, activation, method)` lets a signal down through a ReLU by each method's rule."""
    expected = "a function of signal, activation and method that returns a tensor of the signal's shape"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = torch.Generator().manual_seed(0)
    signal, activation = torch.randn(2, 4, 6, 6, generator=generator).unbind()
    activation = activation.relu()
    rules = {
        "deconvnet": signal.relu(),
        "gradient": signal * (activation > 0),
        "guided": signal.relu() * (activation > 0),
    }
    for method, right in rules.items():
        came, trouble = attempt(function, signal.clone(), activation.clone(), method)
        if trouble:
            return Verdict(False, f"{method}: the function {trouble}.")
        if not isinstance(came, Tensor) or came.shape != right.shape:
            return Verdict(
                False, f"{method}: expected a tensor of shape {tuple(right.shape)}; what came is {_what(came)}."
            )
        came = came.detach().to("cpu", torch.float32)
        if not torch.allclose(came, right):
            taken = [name for name, rule in rules.items() if torch.allclose(came, rule)]
            like = f" It behaves like {taken[0]}." if taken else ""
            kept, wanted = int((came != 0).sum()), int((right != 0).sum())
            if torch.equal(came != 0, right != 0):
                return Verdict(False, f"{method}: the right places pass, but what passes should stay as it is.")
            return Verdict(False, f"{method}: {wanted} of {right.numel()} values should pass; {kept} did.{like}")
    return Verdict(True, "all three rules agree on 144 random values.")


def toy(seed: int = 0, size: int = 17) -> tuple[nn.Sequential, Tensor]:
    """Exercise 3.3's network, conv - relu - pool - conv - relu with biases, and a random picture for it."""
    generator = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU())
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
    return net, torch.rand(1, 3, size, size, generator=generator)


def check_deconvnet(function: Any) -> Verdict:
    """Exercise 3.3: `function(net, x, channel)` projects the strongest unit of a map of `toy` back to the picture."""
    expected = "a function of net, x and channel that returns a tensor of x's shape"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    for seed, size in ((0, 17), (1, 19), (2, 25)):
        net, x = toy(seed, size)
        deconv = DeconvNet(net)
        trace = deconv.forward(x)
        for channel in range(5):
            if trace["4"][0, channel].max() == 0:
                continue
            right = deconv.project(trace, "4", channel=channel)
            came, trouble = attempt(function, copy.deepcopy(net), x.clone(), channel)
            if trouble:
                return Verdict(False, f"toy({seed}, {size}): the function {trouble}.")
            if not isinstance(came, Tensor) or came.shape != right.shape:
                return Verdict(False, f"expected a tensor of shape {tuple(right.shape)}; what came is {_what(came)}.")
            came = came.detach().to("cpu", torch.float32)
            if not torch.allclose(came, right, atol=1e-4 * float(right.abs().max())):
                return Verdict(
                    False, f"toy({seed}, {size}), channel {channel}: {_suspicion(deconv, trace, came, right, channel)}"
                )
    return Verdict(True, "your deconvnet and zflib's agree on every living map of three networks.")


def _suspicion(deconv: DeconvNet, trace: Any, came: Tensor, right: Tensor, channel: int) -> str:
    """What a wrong projection looks like."""
    if not torch.isfinite(came).all():
        return "some values are not finite."
    if not came.any():
        return "it is zero everywhere. Is the signal on the way down still there after each step?"
    tolerance = 1e-4 * float(right.abs().max())
    for other, what in (("gradient", "the gradient"), ("guided", "guided backpropagation")):
        if torch.allclose(came, deconv.project(trace, "4", channel=channel, method=other), atol=tolerance):
            return f"this is {what}. Where does the deconvnet rectify?"
    for overlap in ("last", "max"):
        if torch.allclose(came, deconv.project(trace, "4", channel=channel, overlap=overlap), atol=tolerance):
            return "where pooling windows name one position, the signals should add up."
    if torch.allclose(came, deconv.project(trace, "4", channel=channel, seed=1), atol=tolerance):
        return "the shape is right, the scale is not: the seed is the activation's own value."
    if (came[right == 0].abs() > tolerance).float().mean() > 0.5:
        return "there is something where the unit sees nothing. Did a bias come along?"
    return f"correlation with zflib's projection: {correlation(came, right)[0]:.2f}, expected 1.00."


def _what(came: Any) -> str:
    return f"a tensor of shape {tuple(came.shape)}" if isinstance(came, Tensor) else type(came).__name__


def _filtered_back(signal: np.ndarray, taps: np.ndarray) -> np.ndarray:
    out = np.zeros((len(signal) - 1) * STRIDE + len(taps))
    for at, value in enumerate(signal):
        out[at * STRIDE : at * STRIDE + len(taps)] += value * taps
    return out
