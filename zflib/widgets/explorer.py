"""A figure with controls, one object with two faces: ipywidgets in a kernel, plain HTML in the built book."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from math import prod
from typing import Any

from PIL import Image

from zflib.plots.words import true_minus
from zflib.widgets import page as page_face
from zflib.widgets.axes import make_axes, narrow, settings, shorten
from zflib.widgets.frames import closing_figures, to_frame

MOST_FRAMES = 600
ELSEWHERE = "<p><em>The controls of this figure move in a running notebook and in the built book.</em></p>"


class Impossible(Exception):
    """Raise it in `draw` for a setting that makes no sense; its sentence is shown in red in place of the picture."""


class Explorer:
    """A picture with one control per axis, which a chapter shows by writing it on a cell's last line.

        Explorer(
            {"layer": [1, 2, 3, 4, 5], "map": range(128)},
            draw=lambda layer, map: tile(patches[layer][map], columns=3),
            alt=lambda layer, map: f"The nine strongest patches of map {map} in layer {layer}.",
            page={"map": range(0, 48, 2)},
            name="What a map responds to",
        )

    axes   {name: values} in the order of the controls. The name is an argument of `draw` and `alt`, shown with its
           underscores as spaces. Numbers get a slider, False and True a checkbox, anything else a choice.
    draw   called with one value per axis; returns a PIL picture, pixels (H, W) or (H, W, 3) (uint8, or float in
           [0, 1]), or a matplotlib Figure (rendered at 100 dpi and closed), at most 1600 pixels a side. May raise
           Impossible("sentence"). Small pictures: enlarge them (`zflib.plots.enlarge`) rather than let the page blur.
    alt    called likewise; returns what the picture shows in a sentence or two: alternative text and caption in one.
    page   {name: values} that the built book offers where that is fewer than a kernel offers; 600 pictures at most.
    start  {name: value} to begin with; the first value that the page offers where left out.
    name   what the controls are for, in a few words: their accessible name, and the name in error messages.

    In a kernel the controls are ipywidgets, and each setting is drawn when it is asked for; an exception in `draw` is
    shown where the picture would be. In the built book the same controls are plain HTML: the first picture is part of
    the page, the others are WebP sheets in `explorers/` beside the notebook, one or more per value of the first axis,
    loaded when the reader gets there. So put first the axis that is changed least.

    `ZFLIB_BOOK=1` in the environment says that this is the build of the book: all pictures of the page are drawn when
    the explorer is made, so that an error in any of them fails the cell. Without it only the first one is, and the
    HTML shows that one and says where the controls move: that is what a committed notebook holds.

    Raises ValueError or TypeError, naming the axis, for an unknown or empty axis, a value that it does not offer,
    arguments that `draw` does not take, a result that is no picture, or more than 600 pictures for the page.
    """

    def __init__(
        self,
        axes: Mapping[str, Iterable[Any]],
        draw: Callable[..., Any],
        alt: Callable[..., str],
        page: Mapping[str, Iterable[Any]] | None = None,
        start: Mapping[str, Any] | None = None,
        name: str = "Explorer",
    ) -> None:
        self.name = name
        self.axes = make_axes(axes)
        self.page_axes = narrow(self.axes, page)
        self._draw, self._alt = draw, alt
        self._check_functions()
        self.start = self._first_setting(start or {})
        count = prod(len(axis.values) for axis in self.page_axes)
        if count > MOST_FRAMES:
            sizes = " x ".join(f"{len(axis.values)} ({axis.name})" for axis in self.page_axes)
            raise ValueError(
                f"{name}: the page would hold {sizes} = {count} pictures; at most {MOST_FRAMES} are allowed. "
                "Offer fewer values with page={...}."
            )
        # Drawn here, not while IPython displays the explorer: there an error would be printed and passed over.
        self._first = page_face.shown(self.picture(**self.start), page_face.first_image)
        self._html = self.page_html() if in_the_book() else self._first + ELSEWHERE

    def _check_functions(self) -> None:
        names = [axis.name for axis in self.axes]
        for role, function in (("draw", self._draw), ("alt", self._alt)):
            if not callable(function):
                raise TypeError(f"{role} must be a function of {', '.join(names)}, not {function!r}.")
            try:
                inspect.signature(function).bind(**dict.fromkeys(names))
            except TypeError as error:
                raise TypeError(f"{role} must take the axes {', '.join(names)} as arguments: {error}.") from None

    def _first_setting(self, start: Mapping[str, Any]) -> dict[str, Any]:
        first = {axis.name: axis.values[0] for axis in self.page_axes}
        for name in start:
            if name not in first:
                raise ValueError(f"start names an axis {name!r}; there are {', '.join(first)}.")
        first |= start
        for axis in self.page_axes:
            if first[axis.name] not in axis.values:
                raise ValueError(
                    f"start sets {axis.name!r} to {first[axis.name]!r}, which the page does not offer: "
                    f"{shorten(axis.values)}."
                )
        return first

    def frame(self, **setting: Any) -> Image.Image:
        """The picture of one setting (RGB); raises Impossible, or whatever else `draw` raises."""
        with closing_figures():
            return to_frame(self._draw(**setting))

    def alt(self, **setting: Any) -> str:
        """The words of one setting, minus signs in them; raises TypeError if there are none."""
        words = self._alt(**setting)
        if not isinstance(words, str) or not words.strip():
            raise TypeError(f"alt must return a sentence for {setting}, not {words!r}.")
        return true_minus(words)

    def picture(self, **setting: Any) -> page_face.Shown:
        """What both faces show for one setting: a picture and its words, or the sentence of an Impossible."""
        try:
            return page_face.Shown(self.frame(**setting), self.alt(**setting))
        except Impossible as impossible:
            return page_face.Shown(None, str(impossible))

    def page_html(self) -> str:
        """The page's face: controls and first picture, the others written to `explorers/` in the current folder."""
        shown = [self.picture(**setting) for setting in settings(self.page_axes)]
        return page_face.explorer(self.name, self.page_axes, shown, self.start)

    @cached_property
    def widget(self) -> Any:
        """The kernel's face: an ipywidgets box of the controls and the picture."""
        from zflib.widgets import kernel

        controls = {axis.name: kernel.control(axis, self.start[axis.name]) for axis in self.axes}
        return kernel.box(controls, self._first, lambda **setting: page_face.shown(self.picture(**setting)))

    def __repr__(self) -> str:
        return f"Explorer({', '.join(f'{axis.name}: {len(axis.values)} values' for axis in self.axes)})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self, self._html)


def in_the_book() -> bool:
    """Whether this is the build of the book, as tools/build_book.py says through the environment."""
    return os.environ.get("ZFLIB_BOOK") == "1"


def bundle(explorer: Any, html: str) -> dict[str, Any]:
    """Both faces of an explorer (anything with a `widget`) in one MIME bundle; in the book's build only the page's."""
    if in_the_book():  # or the page would carry the state of widgets that it does not show
        return {"text/plain": repr(explorer), "text/html": html}
    view = {"version_major": 2, "version_minor": 0, "model_id": explorer.widget.model_id}
    faces = {"text/plain": repr(explorer), "application/vnd.jupyter.widget-view+json": view}
    # Jupyter prefers the widget to HTML; what Colab prefers is not documented, so it has no choice.
    return faces if "google.colab" in sys.modules else faces | {"text/html": html}
