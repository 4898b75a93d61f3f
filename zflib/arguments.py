"""Arguments that can't be right, refused in one sentence that names them."""

from __future__ import annotations

from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np


def brief(text: str, longest: int = 300) -> str:
    """An argument as a message quotes it, cut in the middle where it is long."""
    return text if len(text) <= longest else f"{text[:150]}...{text[-100:]}"


def whole(name: str, value: Any, least: int | None = None) -> int:
    """`value` as an int; ValueError unless it is a whole number, from `least` on."""
    if not isinstance(value, Integral) or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise ValueError(f"{name} must be a whole number{bound}, not {brief(repr(value))}.")
    return int(value)


def number(name: str, value: Any) -> float:
    """`value` as a float; ValueError unless it is one finite number."""
    if not isinstance(value, Real) or not isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {brief(repr(value))}.")
    return float(value)


def array(name: str, values: Any, nan: bool = False) -> np.ndarray:
    """An array, a tensor or lists as float64; TypeError for other than real numbers, ValueError for infinity and NaN.

    nan  let NaN pass, where it stands for what is not there
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if values.is_floating_point() and values.itemsize < 4 else values  # bfloat16
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be an array: lists of one length, not of several.") from None
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, not {given.dtype}.")
    given = given.astype(np.float64)
    if not (np.isfinite(given) | (nan & np.isnan(given))).all():
        raise ValueError(f"{name} must be finite numbers; {'' if nan else 'NaN or '}infinity is among them.")
    return given
