"""Chapter 1's slider: where the windows of a convolution or pooling fall, and what rounding does at the border.

The page computes the same in geometry.js; the tests compare the two, setting by setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from zflib.architecture import output_size
from zflib.plots.words import true_minus
from zflib.widgets import page as page_face
from zflib.widgets.axes import Axis
from zflib.widgets.explorer import ELSEWHERE, bundle, in_the_book

FREE = "your own"
PRESETS = {
    "AlexNet conv1, padding 2": (224, 11, 4, 2, False),
    "AlexNet conv1, as published": (224, 11, 4, 0, False),
    "ZFNet conv1": (224, 7, 2, 1, False),
    "ZFNet pool1, rounding up": (110, 3, 2, 0, True),
    "ZFNet pool1, rounding down": (110, 3, 2, 0, False),
}

CELL, SHOWN, END = 16, 30, 14  # side of a pixel in the drawing; pixels that fit its width; of a longer row, at each end
RED, BLUE = "var(--red,#c00000)", "var(--blue,#1f5fa8)"
LOOKS = {
    "pixel": 'fill="#cfe0f1" stroke="#555577"',
    "pixel unseen": 'fill="#e05a5a" stroke="#555577"',
    "padding": 'fill="none" stroke="#888888" stroke-dasharray="3 2"',
    "beyond": 'fill="none" stroke="#d03030" stroke-dasharray="3 2"',
}
CAPTION = (
    "One row of the picture, its pixels counted from 0; of a long row, both ends. Filled squares are pixels (red: no "
    "window sees them), dashed ones padding (red: beyond the padding). Each bar is one window."
)


@dataclass(frozen=True)
class Geometry:
    """Windows along one side of a picture; lengths in pixels.

    positions  what the formula gives, a fraction where the windows don't fit exactly
    out        windows there are, the side of the map; 0 if the setting is impossible
    border     pixels of the picture after the last window, never seen
    between    pixels of the picture between windows, never seen (only with a stride larger than the kernel)
    overhang   how far the last window reaches beyond the padded picture
    problem    why the setting is impossible, or nothing
    """

    positions: float
    out: int
    border: int
    between: int
    overhang: int
    problem: str


def geometry(size: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> Geometry:
    """The windows of a kernel over `size` pixels with `padding` zeros on each side.

    `ceil_mode` rounds up; it exists for pooling only, which allows padding up to half the kernel.
    """
    positions = (size + 2 * padding - kernel) / stride + 1
    out = output_size(size, kernel, stride, padding, ceil_mode)
    if out < 1:
        problem = f"A kernel of {pixels(kernel)} does not fit into {size} + 2·{padding} = {pixels(size + 2 * padding)}."
        return Geometry(positions, 0, 0, 0, 0, problem)
    if ceil_mode and 2 * padding > kernel:
        problem = (
            "Rounding up is for pooling, and pooling pads by half its kernel at most: "
            f"{pixels(kernel // 2)}, not {padding}. A window of nothing but padding has no maximum."
        )
        return Geometry(positions, 0, 0, 0, 0, problem)
    end = (out - 1) * stride + kernel - padding  # of the last window, in pixels of the picture
    between = sum((at + padding) % stride >= kernel for at in range(min(size, end))) if stride > kernel else 0
    return Geometry(positions, out, max(0, size - end), between, max(0, end - size - padding), "")


def pixels(count: int) -> str:
    return f"{count} pixel{'' if count == 1 else 's'}"


def words(size: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> str:
    """The formula with its numbers and what follows from it, as HTML."""
    g = geometry(size, kernel, stride, padding, ceil_mode)
    result = true_minus(f"{round(g.positions, 2):g}")
    formula = f"<p>({size} + 2·{padding} − {kernel}) / {stride} + 1 = <strong>{result}</strong></p>"
    if g.problem:
        return formula + note(g.problem, "red")
    rest = (size + 2 * padding - kernel) % stride
    side = f"a map of <strong>{g.out} × {g.out}</strong>"
    lost = (
        f"no window sees the last {'pixel' if g.border == 1 else pixels(g.border)} of a row or column."
        if g.border
        else f"what is left over at the far border ({pixels(rest)}) is padding."
    )
    if rest == 0:
        verdict = note(f"The windows fit exactly: {side}.", "plain")
    elif not ceil_mode:
        verdict = note(f"Not a whole number. Rounding down gives {side}; {lost}", "red")
    elif g.overhang:
        over = f"the last window hangs over the border by {pixels(g.overhang)}."
        verdict = note(f"Not a whole number. Rounding up gives {side}; {over}", "red")
    else:
        dropped = "the window that rounding up adds would start beyond the picture, and is dropped"
        verdict = note(f"Not a whole number, but {dropped}: {side}; {lost}", "red")
    if g.between:
        verdict += note(
            f"The stride exceeds the kernel and leaves out {pixels(g.between)} of a row, between windows.", "red"
        )
    if padding >= kernel:
        verdict += note("The first window sees nothing but padding.", "red")
    return formula + verdict


def note(text: str, kind: str) -> str:
    """A sentence on red or, of the kind "plain", on blue; colours after a comma are for places without our styles."""
    if kind == "red":
        colours = "var(--red,#a40000);background:var(--red-wash,#fde8e8);color:var(--red-ink,#6b0000)"
    else:
        colours = "var(--blue,#1f5fa8);background:var(--blue-wash,#eaf1f8);color:var(--ink,#222)"
    return f'<p style="margin:0 0 0.4em;padding:0.5em 0.8em;border-left:4px solid {colours}">{text}</p>'


def drawing(size: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> str:
    """One row of the picture with its padding and the windows over it, as SVG; of a long row, the two ends."""
    g = geometry(size, kernel, stride, padding, ceil_mode)
    windows = g.out or 1  # of an impossible setting the first one, to show why
    lanes = min(windows, -(-kernel // stride))
    first, end = -padding, max(size + padding + g.overhang, kernel - padding)
    parts = []
    for low, high in [(first, end)] if end - first <= SHOWN else [(first, first + END), (end - END, end)]:
        shift = -low if low == first else SHOWN - high
        for at in range(low, high):
            window = min((at + padding) // stride, windows - 1)
            unseen = not g.problem and at + padding >= window * stride + kernel
            look = "pixel unseen" if unseen else "pixel"
            if not 0 <= at < size:
                look = "padding" if -padding <= at < size + padding else "beyond"
            parts.append(f'<rect x="{CELL * (at + shift) + 1}" y="20" width="14" height="14" {LOOKS[look]}/>')
        for window in range(windows):
            start = window * stride - padding
            left, right = max(low, start), min(high, start + kernel)
            if left < right:
                colour = RED if g.problem or start + kernel > size + padding else BLUE
                x, y, width = CELL * (left + shift) + 2, 40 + 9 * (window % lanes), CELL * (right - left) - 4
                parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="5" style="fill:{colour}"/>')
        if low <= 0 < high:
            parts.append(f'<text x="{CELL * shift}" y="15">pixel 0</text>')
        if low < size <= high:
            parts.append(f'<text x="{CELL * (size + shift)}" y="15" text-anchor="end">{size - 1}</text>')
    if end - first > SHOWN:
        parts.append(f'<text x="{CELL * SHOWN // 2}" y="31" text-anchor="middle">…</text>')
    label = f"Windows over one row of pixels: {'the first does not fit' if g.problem else g.out}"
    width, height = CELL * SHOWN, 44 + 9 * lanes
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" font-size="15" fill="currentColor" '
        f'style="display:block;width:100%;max-width:{width}px">{"".join(parts)}</svg>'
    )


class GeometryExplorer:
    """Input size, kernel, stride, padding and rounding against the map that comes out (chapter 1).

    Shows the formula with its numbers, the map's side, what happens to a fraction, and the windows over one row of
    pixels. What is impossible or leaves a fraction is painted red. The presets are layers of the two networks. In the
    built book the page computes all of this, so there are no frames.
    """

    name = "Sizes of a convolution or pooling"
    axes = (
        Axis("preset", (FREE, *PRESETS)),
        Axis("input_size", tuple(range(4, 257))),
        Axis("kernel", tuple(range(1, 16))),
        Axis("stride", tuple(range(1, 7))),
        Axis("padding", tuple(range(8))),
        Axis("ceil_mode", (False, True)),
    )

    def __init__(self) -> None:
        preset, numbers = next(iter(PRESETS.items()))
        self.start = dict(zip((axis.name for axis in self.axes), (preset, *numbers), strict=True))
        figure = f'<figure style="margin:0">{self._result(**self.start)}<figcaption>{CAPTION}</figcaption></figure>'
        self._html = self.page_html() if in_the_book() else figure + ELSEWHERE

    @staticmethod
    def _result(preset: str, input_size: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> str:
        setting = (input_size, kernel, stride, padding, ceil_mode)
        return f'<div aria-live="polite">{words(*setting)}</div><div>{drawing(*setting)}</div>'

    def page_html(self) -> str:
        """The page's face: native controls, and a script that computes what they show."""
        uid = page_face.unique_id()
        body = (
            f"{page_face.controls(uid, self.name, self.axes, self.start)}"
            f"<figure>{self._result(**self.start)}<figcaption>{CAPTION}</figcaption></figure>"
            "<noscript><p>The controls need JavaScript.</p></noscript>"
        )
        return page_face.section(uid, "geometry", body, {"presets": list(PRESETS.values())}, uses=("shared",))

    @cached_property
    def widget(self) -> Any:
        """The kernel's face: an ipywidgets box of the controls and the drawing."""
        from zflib.widgets import kernel

        controls = {axis.name: kernel.control(axis, self.start[axis.name]) for axis in self.axes}
        preset, *numbers = controls.values()

        def set_numbers(change: dict[str, Any]) -> None:
            if change["new"] != FREE:
                for control, value in zip(numbers, PRESETS[change["new"]], strict=True):
                    control.value = value

        def name_setting(_change: dict[str, Any]) -> None:
            setting = tuple(control.value for control in numbers)
            preset.value = next((name for name, known in PRESETS.items() if known == setting), FREE)

        preset.observe(set_numbers, "value")
        for control in numbers:
            control.observe(name_setting, "value")
        return kernel.box(controls, self._result(**self.start), self._result)

    def __repr__(self) -> str:
        return "GeometryExplorer()"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self, self._html)
