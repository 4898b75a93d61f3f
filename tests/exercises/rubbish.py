"""Answers that no exercise asks for: every checker must meet them with words."""

import torch


class Hostile:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("not an array")

    def __float__(self):
        raise RuntimeError("not a number")


RUBBISH = (
    ...,
    None,
    "7",
    b"",
    object(),
    Hostile(),
    float("nan"),
    [],
    {},
    [[1, 2], [3]],
    [float("nan")] * 3,
    torch.zeros(0, 2),
    torch.zeros(2, 2, 2),
    lambda: 1,
    lambda *anything: None,
    lambda *anything: "nine",
    lambda *anything: 1 / 0,
    lambda *anything: float("inf"),
    lambda *anything: torch.zeros(3),
    lambda *anything: Hostile(),
)
