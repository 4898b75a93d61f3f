"""An instrument that opens a chapter: one object, ipywidgets in a kernel, HTML with its own script in the built page.

Both faces show what `Panel.view` shows. In the page a script of the panel's name draws it anew; the panel's controls,
and the address, are the business of panel.js. The tests compare the two, setting by setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from zflib.widgets import page
from zflib.widgets.axes import Axis
from zflib.widgets.explorer import ELSEWHERE, bundle, in_the_book


class Panel:
    """What a panel has beside its drawing; a subclass gives the rest.

    title   its name for those who hear the page
    script  of its script and its style sheet, without ending; it stands at the head of its address, too
    uses    other scripts, in order, that this one needs in front of it; styles: other style sheets
    axes    its controls in order
    view_first  whether the view stands above the controls: where the view itself is taken hold of

    start   values that differ from those of `defaults`. Raises ValueError for an axis or a value that it doesn't have.
    """

    title: str
    script: str
    uses: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    view_first: bool = False
    axes: tuple[Axis, ...]
    defaults: Mapping[str, Any]

    def __init__(self, **start: Any) -> None:
        known = {axis.name: axis for axis in self.axes}
        for name, value in start.items():
            if name not in known:
                raise ValueError(f"{self.title} has no control {name!r}; it has {', '.join(known)}.")
            known[name].position(value)
        self.start = {**self.defaults, **start}
        # Drawn here, not while IPython displays the panel: there an error would be printed and passed over.
        self._html = self.page_html() if in_the_book() else self.still(**self.start) + ELSEWHERE

    def view(self, **setting: Any) -> str:
        """What the panel shows for a setting, as HTML."""
        raise NotImplementedError

    def data(self) -> Any:
        """What its script needs to show the same, as JSON has it."""
        raise NotImplementedError

    def before(self) -> str:
        """HTML of the page between the controls and the view: what only a page has."""
        return ""

    def after(self) -> str:
        """HTML of the page behind the view."""
        return ""

    def still(self, **setting: Any) -> str:
        """The view with its style, as a notebook without a kernel and an ipywidgets box have it."""
        return f'{self._style()}<div class="zf-panel" data-panel="{self.script}">{self.view(**setting)}</div>'

    def page_html(self) -> str:
        """The page's face: controls, the view of the first setting, data and script."""
        axes = [{"name": axis.name, "values": axis.values, "words": axis.words} for axis in self.axes]
        uid = page.unique_id()
        parts = [
            page.controls(uid, self.title, self.axes, self.start),
            self.before(),
            f'<div class="zf-panel-view">{self.view(**self.start)}</div>',
        ]
        body = (
            f"{''.join(parts[::-1] if self.view_first else parts)}{self.after()}"
            "<noscript><p>This is one of its settings. The controls need JavaScript.</p></noscript>"
        )
        text = page.json_text({"axes": axes, **self.data()})
        code = "".join(page.asset(f"live/{name}.js") for name in ("panel", *self.uses, self.script))
        return (
            f'<div class="zf-panel" id="{uid}" data-panel="{self.script}" role="group" aria-label="{self.title}">'
            f'{self._style()}{body}<script type="application/json">{text}</script><script>{code}</script></div>'
        )

    def _style(self) -> str:
        sheets = (page.asset(f"live/{name}.css") for name in ("panel", *self.styles, self.script))
        return f"<style>{''.join(sheets)}</style>"

    @cached_property
    def widget(self) -> Any:
        """The kernel's face: an ipywidgets box of the controls and the view."""
        from zflib.widgets import kernel

        controls = {axis.name: kernel.control(axis, self.start[axis.name]) for axis in self.axes}
        return kernel.box(controls, self.still(**self.start), self.still)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{axis.name}: {len(axis.values)} values' for axis in self.axes)})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self, self._html)
