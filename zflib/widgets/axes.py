"""The axes of an explorer: what each control offers, and every setting that they make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from numbers import Number
from typing import Any


@dataclass(frozen=True)
class Axis:
    """One control: the argument of `draw` that it sets, and the values that it offers, in order.

    called  {value: what the reader sees in its place}, for values that have a plainer name
    """

    name: str
    values: tuple[Any, ...]
    called: Mapping[Any, str] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def words(self) -> list[str]:
        """The values as a reader sees them beside the control."""
        return [self.called.get(value) or say(value) for value in self.values]

    @property
    def kind(self) -> str:
        """The control that suits the values: "checkbox", "slider" for numbers, or "choice"."""
        if any(isinstance(v, bool) for v in self.values):
            return "checkbox" if [*map(repr, self.values)] == ["False", "True"] else "choice"
        return "slider" if all(isinstance(v, Number) for v in self.values) else "choice"

    def position(self, value: Any) -> int:
        """Where a value stands; ValueError, naming the axis, if it is not among the values."""
        if value not in self.values:
            raise ValueError(f"The axis {self.name!r} has no value {value!r}; it offers {shorten(self.values)}.")
        return self.values.index(value)


def make_axes(axes: Mapping[str, Iterable[Any]]) -> tuple[Axis, ...]:
    """Axes from `{name: values}`; an empty axis, a repeated value or a name that can't be an argument is an error."""
    if not isinstance(axes, Mapping) or not axes:
        raise ValueError('axes must map at least one name to its values, like {"layer": [1, 2, 3]}.')
    made = []
    for name, values in axes.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"The axis name {name!r} can't be an argument of draw; use letters, digits and _.")
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise TypeError(f"The axis {name!r} needs a list of values, not {values!r}.")
        made.append(Axis(name, tuple(values)))
        if not made[-1].values:
            raise ValueError(f"The axis {name!r} is empty; give it at least one value.")
        if any(value in made[-1].values[:at] for at, value in enumerate(made[-1].values)):
            raise ValueError(f"The axis {name!r} offers a value twice: {shorten(made[-1].values)}.")
    return tuple(made)


def narrow(axes: tuple[Axis, ...], page: Mapping[str, Iterable[Any]] | None) -> tuple[Axis, ...]:
    """The axes with only those values that the page offers."""
    known = {axis.name: axis for axis in axes}
    chosen = make_axes({**{axis.name: axis.values for axis in axes}, **(page or {})})
    for axis in chosen:
        if axis.name not in known:
            raise ValueError(f"page names an axis {axis.name!r}; there are {', '.join(known)}.")
        for value in axis.values:
            known[axis.name].position(value)
    return chosen


def settings(axes: tuple[Axis, ...]) -> list[dict[str, Any]]:
    """Every combination of values, the first axis slowest."""
    names = [axis.name for axis in axes]
    return [dict(zip(names, values, strict=True)) for values in product(*(axis.values for axis in axes))]


def say(value: Any) -> str:
    """A value as a reader sees it beside its control."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def shorten(values: tuple[Any, ...]) -> str:
    """Values in a sentence, the middle of more than eight left out."""
    words = [repr(v) for v in values]
    return ", ".join(words if len(words) <= 8 else [*words[:6], "...", words[-1]])
