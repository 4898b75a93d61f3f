"""The kernel's face of the explorers: core ipywidgets, so that Jupyter, VS Code and Colab need nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from traceback import extract_tb
from typing import Any

import ipywidgets

from zflib.widgets import page
from zflib.widgets.axes import Axis, say

STYLE = {"description_width": "8em"}
LAYOUT = {"width": "100%", "max_width": "32em"}


def control(axis: Axis, value: Any) -> ipywidgets.Widget:
    """The widget for one axis; its `value` is a value of the axis."""
    common = {"description": axis.label, "value": value, "style": STYLE, "layout": LAYOUT}
    if axis.kind == "checkbox":
        return ipywidgets.Checkbox(**common, indent=True)
    if axis.kind == "choice":
        return ipywidgets.Dropdown(options=[(say(v), v) for v in axis.values], **common)
    steps = {b - a for a, b in zip(axis.values, axis.values[1:], strict=False)}
    if len(steps) == 1 and all(type(v) is int for v in axis.values) and min(steps) > 0:
        return ipywidgets.IntSlider(min=axis.values[0], max=axis.values[-1], step=min(steps), **common)
    return ipywidgets.SelectionSlider(options=[(say(v), v) for v in axis.values], **common)


def explorer(axes: tuple[Axis, ...], picture: Callable[..., page.Shown], start: Mapping[str, Any]) -> ipywidgets.Widget:
    """Controls above the picture; moving one draws the new setting."""
    controls = {axis.name: control(axis, start[axis.name]) for axis in axes}
    return box(list(controls.values()), lambda: page.shown(picture(**{n: c.value for n, c in controls.items()})))


def box(controls: list[ipywidgets.Widget], html: Callable[[], str]) -> ipywidgets.Widget:
    """Controls above the HTML that `html()` gives for their values, kept up to date."""
    view = ipywidgets.HTML(layout={"width": "100%"})

    def update(_change: Any = None) -> None:
        # A callback that raises is silent in Jupyter: the picture would stay as it was, next to a moved slider.
        try:
            view.value = html()
        except Exception as error:
            where = extract_tb(error.__traceback__)[-1]
            view.value = page.problem(
                f"{type(error).__name__}: {error} ({where.name}, line {where.lineno}: {where.line})"
            )

    for one in controls:
        one.observe(update, "value")
    update()
    return ipywidgets.VBox([*controls, view])
