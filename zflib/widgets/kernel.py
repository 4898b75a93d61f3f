"""The kernel's face of the explorers: core ipywidgets, so that Jupyter, VS Code and Colab need nothing more."""

from __future__ import annotations

from collections.abc import Callable
from traceback import extract_tb
from typing import Any

import ipywidgets

from zflib.widgets import page
from zflib.widgets.axes import Axis

STYLE = {"description_width": "8em"}
LAYOUT = {"width": "100%", "max_width": "32em"}


def control(axis: Axis, value: Any) -> ipywidgets.Widget:
    """The widget for one axis; its `value` is a value of the axis."""
    common = {"description": axis.label, "value": value, "style": STYLE, "layout": LAYOUT}
    if axis.kind == "checkbox":
        return ipywidgets.Checkbox(**common)
    options = [*zip(axis.words, axis.values, strict=True)]
    if axis.name == "bet":  # a press of a button, as on the page
        common["style"] = STYLE | {"button_width": "auto"}
        return ipywidgets.ToggleButtons(options=options, **common)
    if axis.kind == "choice":
        return ipywidgets.Dropdown(options=options, **common)
    steps = {b - a for a, b in zip(axis.values, axis.values[1:], strict=False)}
    if all(type(v) is int for v in axis.values) and len(steps) == 1 and min(steps) > 0:
        return ipywidgets.IntSlider(min=axis.values[0], max=axis.values[-1], step=min(steps), **common)
    return ipywidgets.SelectionSlider(options=options, **common)


def box(controls: dict[str, ipywidgets.Widget], first: str, html: Callable[..., str]) -> ipywidgets.Widget:
    """Controls above HTML.

    controls  {name: widget}
    first     the HTML to begin with; it is saved with the notebook
    html      called with every control's value by name when one of them changes
    """
    view = ipywidgets.HTML(first, layout={"width": "100%"})

    def update(_change: Any) -> None:
        # A callback that raises is silent in Jupyter: the old picture would stay beside a moved slider.
        try:
            view.value = html(**{name: widget.value for name, widget in controls.items()})
        except Exception as error:
            where = extract_tb(error.__traceback__)[-1]
            view.value = page.problem(f"{type(error).__name__}: {error} (line {where.lineno} of {where.name})")

    for widget in controls.values():
        widget.observe(update, "value")
    return ipywidgets.VBox([*controls.values(), view])
