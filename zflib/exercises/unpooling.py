"""Checkers for chapter 2: switches, overlapping windows, and where an approximate inverse ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from zflib.deconvnet import pool, unpool
from zflib.exercises import Verdict, attempt, numbers, refusal

# Exercise 2.1. The first window is all zero, the third holds its maximum twice.
MAP = np.array([[0, 0, 3, 1], [0, 0, 2, 5], [4, 1, 0, 2], [4, 3, 6, 2]])
_WINDOWS = (("top left", 0, 0), ("top right", 0, 1), ("bottom left", 1, 0), ("bottom right", 1, 1))


def check_switches(answer: Any) -> Verdict:
    """Exercise 2.1: the switches of `MAP` under 2x2 pooling with stride 2, as two rows of two flat positions."""
    expected = "two rows of two flat positions, [[., .], [., .]], each from 0 to 15"
    given = numbers(answer)
    fits = given is not None and given.shape == (2, 2) and not (given % 1).any()
    if (refused := refusal(expected, answer, fits=fits)) is not None:
        return refused
    right = _switches(MAP)
    if (given == right).all():
        return Verdict(True, "all four windows name the first position, in row order, of their largest value.")
    pooled = MAP.reshape(-1)[right]
    if (given == pooled).all():
        return Verdict(False, "these are the largest values themselves; a switch is the place where one was found.")
    if (given == right + 1).all():
        return Verdict(False, "every position is one too large: the first square of the map is number 0.")
    if (given == right % 4 * 4 + right // 4).all():
        return Verdict(False, "these positions count down the columns; a switch counts row by row.")
    if (given == right % 4 % 2 + right // 4 % 2 * 2).all():
        return Verdict(False, "these positions count inside each window; a switch counts over the whole map.")
    name, row, column = next(w for w in _WINDOWS if given[w[1:]] != right[w[1:]])
    at, largest = int(given[row, column]), pooled[row, column]
    if not 0 <= at < MAP.size:
        return Verdict(False, f"the {name} window: there is no position {at} in a map of {MAP.size} values.")
    y, x = divmod(at, 4)
    where = f"the {name} window: position {at} is row {y}, column {x} (the first is 0)"
    if (y // 2, x // 2) != (row, column):
        return Verdict(False, f"{where}, which lies outside that window.")
    if MAP[y, x] != largest:
        return Verdict(False, f"{where} and holds {MAP[y, x]}; the largest value there is {largest}.")
    return Verdict(False, f"{where}. An earlier position holds the same largest value, and the first one counts.")


def check_claimants(function: Any) -> Verdict:
    """Exercise 2.2: `function(kernel, stride)` gives the largest number of windows that can see one position."""
    expected = "a function of kernel and stride that returns a whole number"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    cases = [(3, 2), (2, 2), *((k, s) for k in range(1, 8) for s in range(1, 8))]
    for kernel, stride in cases:
        came, trouble = attempt(function, kernel, stride)
        where = f"kernel {kernel}, stride {stride}"
        if trouble:
            return Verdict(False, f"for {where} the function {trouble}.")
        number = numbers(came)
        if number is None or number.ndim:
            return Verdict(False, f"for {where} a whole number was expected; what came is {came!r}.")
        right = int(_sightings(kernel, stride).max())
        if number != right:
            side = round(right**0.5)
            hint = " Rows and columns overlap independently." if number == side and side > 1 else ""
            return Verdict(False, f"for {where}, {right} was expected; what came is {came!r}.{hint}")
    return Verdict(True, f"{len(cases) - 2} settings agree with counting the windows over every position.")


def check_counterexample(answer: Any) -> Verdict:
    """Exercise 2.3: a 4x4 map that 2x2 pooling, unpooling and pooling again does not bring back to its pooled map."""
    expected = "a 4x4 map of finite numbers, four rows of four"
    given = numbers(answer)
    if (refused := refusal(expected, answer, fits=given is not None and given.shape == (4, 4))) is not None:
        return refused
    x = torch.from_numpy(given)[None, None]
    pooled, switches = pool(x, 2, 2)
    again, _ = pool(unpool(pooled, switches, (4, 4), overlap="last"), 2, 2)
    if torch.equal(again, pooled):
        hint = "No value of it is negative." if (given >= 0).all() else "Every window holds a value of at least 0."
        return Verdict(False, f"this map comes back: pooled again it gives {_short(pooled)} as before. {hint}")
    return Verdict(True, f"pooled once it gives {_short(pooled)}, after the round trip {_short(again)}.")


def check_mean(function: Any) -> Verdict:
    """Exercise 2.4: `function(values, switches, size)` unpools and averages where several windows claim a position."""
    expected = "a function of values, switches and size that returns an (N, C, H, W) tensor"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    generator = torch.Generator().manual_seed(2)
    for shape, kernel, stride in (
        ((1, 1, 5, 5), 3, 2),
        ((1, 1, 4, 4), 2, 2),
        ((2, 3, 9, 8), 3, 1),
        ((2, 2, 7, 9), 3, 2),
    ):
        pooled, switches = pool(torch.rand(shape, generator=generator), kernel, stride)
        # Some claims are zero and some negative: they count as claims all the same.
        signal = torch.randn(pooled.shape, generator=generator)
        signal[torch.rand(pooled.shape, generator=generator) < 0.3] = 0
        size = shape[2:]
        where = f"on a map of shape {shape} with pooling {kernel}x{kernel}/{stride}"
        came, trouble = attempt(function, signal.clone(), switches.clone(), size)
        if trouble:
            return Verdict(False, f"{where} the function {trouble}.")
        if not isinstance(came, Tensor) or came.shape != torch.Size(shape):
            what = f"a tensor of shape {tuple(came.shape)}" if isinstance(came, Tensor) else repr(came)
            return Verdict(False, f"{where} a tensor of shape {shape} was expected; what came is {what}.")
        right = _mean_by_hand(signal, switches, size)
        came = came.detach().to("cpu", torch.float32)
        if torch.allclose(came, right, atol=1e-5):
            continue
        if not torch.isfinite(came).all():
            return Verdict(False, f"{where} some values are not finite. How many windows claim an empty position?")
        for policy in ("sum", "last", "max"):
            if torch.allclose(came, unpool(signal, switches, size, overlap=policy), atol=1e-5):
                return Verdict(False, f'{where} what came is overlap="{policy}", not the mean.')
        wrong = int((came - right).abs().flatten().argmax())
        return Verdict(
            False,
            f"{where} {float(right.flatten()[wrong]):.3f} was expected at flat position {wrong}; "
            f"what came is {float(came.flatten()[wrong]):.3f}.",
        )
    return Verdict(True, "every claimed position holds the mean of its claimants, and every other one holds 0.")


def _switches(values: np.ndarray) -> np.ndarray:
    """(2, 2) flat positions of the first maximum in each quarter of a 4x4 map."""
    found = np.empty((2, 2), dtype=int)
    for _, row, column in _WINDOWS:
        at = int(values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].argmax())
        found[row, column] = (2 * row + at // 2) * 4 + 2 * column + at % 2
    return found


def _sightings(kernel: int, stride: int) -> np.ndarray:
    """How many windows see each position of a map that is large enough to hold every kind of position."""
    side = kernel + 2 * kernel * stride
    seen = np.zeros((side, side), dtype=int)
    for top in range(0, side - kernel + 1, stride):
        for left in range(0, side - kernel + 1, stride):
            seen[top : top + kernel, left : left + kernel] += 1
    return seen


def _mean_by_hand(values: Tensor, switches: Tensor, size: tuple[int, int]) -> Tensor:
    claims: dict[tuple[int, ...], list[float]] = {}
    for n, c, i, j in np.ndindex(*values.shape):
        claims.setdefault((n, c, int(switches[n, c, i, j])), []).append(float(values[n, c, i, j]))
    flat = torch.zeros(*values.shape[:2], size[0] * size[1])
    for at, several in claims.items():
        flat[at] = sum(several) / len(several)
    return flat.view(*values.shape[:2], *size)


def _short(pooled: Tensor) -> str:
    return str([[float(f"{v:g}") for v in row] for row in pooled[0, 0].tolist()])
