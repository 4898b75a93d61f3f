"""Each checker of chapter 1 with right, wrong and absurd answers, and the facts that the chapter rests on."""

from dataclasses import replace
from textwrap import fill

import numpy as np
import pytest
import torch
import torchvision

from zflib.architecture import ALEXNET, ZFNET
from zflib.exercises import two_networks as exercises

RUBBISH = (
    ...,
    None,
    "",
    "46, 23",
    7,
    float("nan"),
    (),
    {},
    {46: 23},
    (None, None),
    (46,),
    (46.5, 23),
    {46, 23},
    ["46", "23"],
    (True, True),
    object(),
    len,
    10**400,
    (10**400, 1),
    torch.zeros(2, 2),
)
CHECKERS = (
    exercises.check_sides,
    exercises.check_units_that_see,
    exercises.check_first_centre,
    exercises.check_missing_control,
)


@pytest.mark.parametrize("check", CHECKERS)
@pytest.mark.parametrize("answer", RUBBISH)
def test_rubbish_is_wrong_and_never_raises(check, answer):
    verdict = check(answer)
    assert not verdict and verdict.text.endswith(".")


@pytest.mark.parametrize("check", CHECKERS)
def test_an_exercise_left_open_asks_and_is_not_called_wrong(check):
    asked = check(...)
    assert not asked and repr(asked) == fill(f"Your turn: {asked.text}", width=78)
    assert asked.text.removesuffix(".") in check(None).text, "the same is expected of an answer that does not fit"


@pytest.mark.parametrize("right", [(46, 23), [46, 23], (46.0, 23.0), np.array([46, 23]), torch.tensor([46, 23])])
def test_sides_accepts_any_pair_of_whole_numbers(right):
    assert exercises.check_sides(right)


def test_sides_are_torchs():
    picture = torch.zeros(1, 3, 96, 96)
    conv1 = torch.nn.functional.conv2d(picture, torch.zeros(1, 3, 7, 7), stride=2, padding=1)
    pool1 = torch.nn.functional.max_pool2d(conv1, 3, 2, ceil_mode=True)
    assert exercises.check_sides((conv1.shape[-1], pool1.shape[-1]))


@pytest.mark.parametrize(
    "wrong, hint",
    [
        ((45, 22), "without padding"),
        ((47, 23), "rounded up"),
        ((48, 23), "Count again"),
        ((46, 22), "rounds down"),
        ((46, 24), "once more"),
        ((23, 46), "changed places"),
    ],
)
def test_sides_names_the_slip(wrong, hint):
    verdict = exercises.check_sides(wrong)
    assert not verdict and hint in verdict.text and "23 positions" not in verdict.text


def sees(step, pixel):
    """By arithmetic, where the checker tries every box."""
    reach = (step.receptive_field - 1) / 2
    first = int(np.ceil((pixel - reach - step.offset) / step.jump))
    last = int(np.floor((pixel + reach - step.offset) / step.jump))
    return list(range(max(first, 0), min(last, step.size - 1) + 1))


def test_units_that_see():
    assert exercises.check_units_that_see(sees)
    assert exercises.check_units_that_see(lambda step, pixel: tuple(reversed(sees(step, pixel))))
    assert exercises.check_units_that_see(lambda step, pixel: (row for row in sees(step, pixel)))
    assert exercises.check_units_that_see(lambda step, pixel: torch.tensor(sees(step, pixel)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda step, pixel: [],
        lambda step, pixel: list(range(step.size)),
        lambda step, pixel: sees(step, pixel)[:-1],
        lambda step, pixel: sees(step, pixel + 1),
        lambda step, pixel: [r for r in range(step.size) if step.box(r, 0)[0] <= pixel <= step.box(r, 0)[2]],
        lambda step, pixel: [r for r in range(step.size) if step.box(r, 0)[0] < pixel < step.box(r, 0)[2]],
        lambda step, pixel: [r - 1 for r in sees(step, pixel)],
        lambda step, pixel: map(str, sees(step, pixel)),
        lambda step, pixel: (1 / 0 for _ in range(3)),
        lambda step, pixel: [r for r in range(step.size) if abs(r * step.jump - pixel) <= step.receptive_field // 2],
        lambda step, pixel: 3,
        lambda step, pixel: None,
        lambda step: [0],
        lambda step, pixel: 1 / 0,
    ],
)
def test_units_that_see_refuses(wrong):
    assert not exercises.check_units_that_see(wrong)


def centre(layers):
    """Upwards with the spacing, where the checker goes downwards."""
    at, jump = 0.0, 1
    for kernel, stride, pad in layers:
        at += ((kernel - 1) / 2 - pad) * jump
        jump *= stride
    return at


def popping(layers):
    """Like `centre`, and leaves an empty list behind."""
    return centre([layers.pop(0) for _ in range(len(layers))])


def test_first_centre():
    assert exercises.check_first_centre(centre)
    assert exercises.check_first_centre(popping)
    assert exercises.check_first_centre(lambda layers: torch.tensor([centre(layers)]))
    layers = [(c.kernel, c.stride, c.pad) for c in ZFNET.convs[:1]] + [(3, 2, 0)]
    pool1 = next(step for step in ZFNET.geometry() if step.name == "pool1")
    assert exercises.first_centre_by_counting(layers) == centre(layers) == pool1.offset


@pytest.mark.parametrize(
    "wrong",
    [
        lambda layers: 0,
        lambda layers: centre(layers) + 0.5,
        lambda layers: -centre(layers),
        lambda layers: centre([(2 * (k // 2) + 1, s, p) for k, s, p in layers]),
        lambda layers: centre(layers[::-1]),
        lambda layers: sum((k - 1) / 2 - p for k, _, p in layers),
        lambda layers: centre([(k, s, 0) for k, s, _ in layers]),
        lambda layers: float("nan"),
        lambda layers: "3",
        lambda layers: layers[0],
    ],
)
def test_first_centre_refuses(wrong):
    assert not exercises.check_first_centre(wrong)


def restride(*strides, pads=(2, 2), architecture=ALEXNET):
    """AlexNet with other strides and paddings in its first two layers."""
    two = zip(architecture.convs, strides, pads, strict=False)
    return replace(architecture, convs=(*(replace(c, stride=s, pad=p) for c, s, p in two), *architecture.convs[2:]))


def test_missing_control():
    assert exercises.check_missing_control(restride(2, 2))


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (ALEXNET, "4, 8, 8, 16"),
        (ZFNET, "only strides and paddings"),
        (restride(4, 1), "4, 8, 8, 16"),
        (restride(2, 1), "2, 4, 4, 8"),
        (restride(2, 2, pads=(2, 6)), "15x15"),
        (restride(2, 2).with_units(2048), "fully connected"),
        (
            replace(ALEXNET, convs=(replace(ALEXNET.convs[0], stride=400), *ALEXNET.convs[1:])),
            "can't be",
        ),
        (restride(2, 2).mini(), "scale"),
        (replace(restride(2, 2), classes=10), "classes"),
        (replace(restride(2, 2), convs=restride(2, 2).convs[:4]), "five convolutions"),
        (replace(ALEXNET, convs=tuple(replace(c, pool=None) for c in ALEXNET.convs)), "what came is Conv(layer=1,"),
        (
            replace(ALEXNET, convs=tuple(replace(c, norm=False) for c in restride(2, 2).convs)),
            "norm=True) was expected",
        ),
    ],
)
def test_missing_control_refuses(wrong, hint):
    verdict = exercises.check_missing_control(wrong)
    assert not verdict and hint in verdict.text


def test_torchvisions_alexnet_is_ours_with_other_maps():
    """The chapter counts torchvision's parameters from an Architecture, without torchvision."""
    ours = ALEXNET.with_maps({1: 64, 2: 192, 3: 384, 4: 256, 5: 256}).geometry()
    with torch.device("meta"):
        theirs = torchvision.models.alexnet()
    assert sum(step.parameters for step in ours) == sum(p.numel() for p in theirs.parameters()) == 61_100_840
