"""Checkers for chapter 1: sizes, receptive fields, and the network that the paper did not train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from zflib.architecture import ALEXNET, ZFNET, Architecture, output_size
from zflib.exercises import Verdict, attempt, number, refusal, whole_numbers

_SIDE = 96


def check_sides(answer: Any) -> Verdict:
    """Exercise 1.1: the sides of ZFNet's conv1 and pool1 for a picture of 96 x 96 pixels, as a pair."""
    expected = "a pair of whole numbers, (side after conv1, side after pool1)"
    sides = whole_numbers(answer)
    if (refused := refusal(expected, answer, fits=sides is not None and len(sides) == 2)) is not None:
        return refused
    conv1, pool1 = (step.size for step in ZFNET.geometry(_SIDE) if step.name in ("conv1", "pool1"))
    if sides == [pool1, conv1]:
        return Verdict(False, "the two have changed places: the side after conv1 comes first.")
    if sides[0] != conv1:
        return Verdict(False, f"{sides[0]} positions after conv1 {_conv1_slip(sides[0])}")
    if sides[1] != pool1:
        floored = output_size(conv1, 3, 2)
        reason = (
            "is what pooling gives when it rounds down; ZFNet's keeps the window that hangs over the border."
            if sides[1] == floored
            else f"don't come from a window of 3 moving by 2 over {conv1} positions. Count them once more."
        )
        return Verdict(False, f"{conv1} after conv1 is right, but {sides[1]} positions after pool1 {reason}")
    return Verdict(True, f"{_SIDE} pixels become {conv1} positions, and {conv1} become {pool1}.")


def _conv1_slip(side: int) -> str:
    if side == output_size(_SIDE, 7, 2):
        return "is what comes without padding; ZFNet's conv1 reads one extra pixel on each side."
    if side == output_size(_SIDE, 7, 2, 1) + 1:
        return "is rounded up; a convolution leaves out a window that doesn't fit."
    return (
        f"don't come from a window of 7 moving by 2 over {_SIDE} pixels with one of padding on each side. Count again."
    )


def check_units_that_see(function: Any) -> Verdict:
    """Exercise 1.2: `function(step, pixel)` lists the rows of units whose receptive field holds that row of pixels."""
    expected = "a function of a step and a row of pixels that returns a list of row numbers"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    cases = [
        (architecture, step, pixel)
        for architecture in (ZFNET, ALEXNET)
        for step in architecture.geometry()
        if step.name in ("conv1", "pool1", "conv2", "conv3", "conv5", "pool5")
        for pixel in (112, 0, 1, 37, 223)
    ]
    for architecture, step, pixel in cases:
        right = [row for row in range(step.size) if step.box(row, 0)[0] <= pixel < step.box(row, 0)[2]]
        where = f"pixel row {pixel} and {step.name} of {architecture.name}"
        rows, trouble = attempt(function, step, pixel)
        if trouble:
            return Verdict(False, f"for {where} the function {trouble}.")
        if sorted(whole_numbers(rows) or []) != right:
            return Verdict(
                False, f"for {where} a list of the rows {right[0]} to {right[-1]} was expected; what came is {rows!r}."
            )
    return Verdict(True, f"{len(cases)} cases on both networks agree with the boxes, at the borders too.")


def check_first_centre(function: Any) -> Verdict:
    """Exercise 1.3: `function(layers)` gives the centre of the first unit's receptive field, in input pixels.

    `layers` is a list of (kernel, stride, padding). The check follows the unit's two ends down from the top.
    """
    expected = "a function of a list of (kernel, stride, padding) that returns a number of pixels"
    if (refused := refusal(expected, function, fits=callable(function))) is not None:
        return refused
    cases = (
        [(7, 2, 0)],
        [(7, 2, 1)],
        [(3, 1, 1), (3, 1, 1)],
        [(7, 2, 1), (3, 2, 0), (5, 2, 0)],
        [(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0)],
        [(2, 2, 0), (4, 3, 1)],
        [],
    )
    for layers in cases:
        right = first_centre_by_counting(layers)
        centre, trouble = attempt(function, list(layers))
        if trouble:
            return Verdict(False, f"for the layers {layers} the function {trouble}.")
        given = number(centre)
        if given is None:
            return Verdict(False, f"for the layers {layers} a number was expected; what came is {centre!r}.")
        if abs(given - right) > 1e-6:
            return Verdict(False, f"for the layers {layers} a centre at {right:g} px was expected, not {given:g}.")
    return Verdict(True, f"{len(cases)} stacks of layers agree with the pixels followed down from the top.")


def first_centre_by_counting(layers: Sequence[tuple[int, int, int]]) -> float:
    """Centre of the first unit's receptive field, found from the top: the rows that it reads, layer by layer down.

    layers  (kernel, stride, padding) from the picture upwards, padding counted on the map that the layer reads

    Returns input pixels; the first pixel's centre is 0, and padding lies at negative positions.
    """
    first = last = 0
    for kernel, stride, pad in reversed(layers):
        first, last = first * stride - pad, last * stride - pad + kernel - 1
    return (first + last) / 2


def check_missing_control(answer: Any) -> Verdict:
    """Exercise 1.4: AlexNet with its 11x11 filters but with ZFNet's spacing, 2/4/8/16, and 13x13 maps at conv5."""
    expected = "an Architecture, for example dataclasses.replace(zflib.ALEXNET, convs=...)"
    if (refused := refusal(expected, answer, fits=isinstance(answer, Architecture))) is not None:
        return refused
    rule = "only strides and paddings may differ from AlexNet's"
    if len(answer.convs) != len(ALEXNET.convs) or replace(answer, name=ALEXNET.name, convs=ALEXNET.convs) != ALEXNET:
        return Verdict(
            False, f"{rule}; its five convolutions, fully connected layers, classes, input size and scale stay."
        )
    for old, new in zip(ALEXNET.convs, answer.convs, strict=True):
        if new != (wanted := replace(old, stride=new.stride, pad=new.pad)):
            return Verdict(False, f"{rule}: {wanted} was expected; what came is {new}.")
    try:
        steps = {step.name: step for step in answer.geometry(224)}
    except ValueError as error:
        return Verdict(False, f"this network can't be built: {error}")
    names = ("conv1", "pool1", "conv2", "pool2")
    spacing = [steps[name].jump for name in names]
    if spacing != [2, 4, 8, 16]:
        return Verdict(
            False, f"the spacing after {', '.join(names)} should be 2, 4, 8, 16 px; yours is {str(spacing)[1:-1]} px."
        )
    if steps["conv5"].size != 13:
        side = steps["conv5"].size
        return Verdict(
            False, f"the spacing is right; conv5 should have 13x13 positions at 224 px, yours has {side}x{side}."
        )
    field = steps["conv1"].receptive_field
    return Verdict(
        True,
        f"{field}x{field} filters {spacing[0]} px apart, and maps of 13x13 at conv5. "
        "Trained beside the other two, it would tell the filter's size from the two strides together.",
    )
