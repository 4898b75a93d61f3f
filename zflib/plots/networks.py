"""A network drawn to scale, as in Figure 3."""

from __future__ import annotations

from typing import Any

from zflib.architecture import Architecture


def architecture(axes: Any, network: Architecture, first: str = "picture", last: str = "fc8") -> None:
    """A network as in Figure 3, drawn to scale on matplotlib axes; every number from its `geometry()`.

    first, last  steps to begin and to end with. Raises ValueError for a step that it doesn't have, and for a last one
                 before the first.

    A unit of length is a pixel of the picture or a position of a map; six feature maps are one unit deep, twenty
    fully connected units one unit high. Orange marks the window that the next step reads, as kernel/stride.
    """
    windows = {f"conv{conv.layer}": (conv.kernel, conv.stride) for conv in network.convs}
    windows |= {f"pool{conv.layer}": (conv.pool.kernel, conv.pool.stride) for conv in network.convs if conv.pool}
    orange, colours = "#b34700", {"picture": "#e8e0d0", "conv": "#7fa6c9", "pool": "#e8e0d0", "fc": "#b9b9b9"}
    drawn = [("picture", network.input_size, 3)]
    drawn += [(s.name, s.size, s.maps) for s in network.geometry() if s.name in windows or s.name.startswith("fc")]
    names = [name for name, *_ in drawn]
    if first not in names or last not in names[names.index(first) :]:
        among = ", ".join(names)
        raise ValueError(f"first and last must be two of {among}, in this order, not {first!r} and {last!r}.")
    drawn = drawn[names.index(first) : names.index(last) + 1]
    left, before = 0.0, None
    for name, size, maps in drawn:
        dense = name.startswith("fc")
        slab = _Slab(left, maps / 20, 10, 0) if dense else _Slab(left, size, maps / 6, size)
        slab.draw(axes, colours[name.rstrip("12345678")])
        text = {"x": slab.middle, "ha": "center", "fontsize": 7}
        axes.text(y=slab.low - 8, s=f"{maps}" if dense else f"{size}×{size}\n×{maps}", va="top", **text)
        axes.text(y=slab.top + 8, s=name, va="bottom", **text)
        if name in windows and before:
            kernel, stride = windows[name]
            axes.text(y=slab.top + 30, s=f"{kernel}×{kernel}/{stride}", va="bottom", color=orange, **text)
            window = before.window(kernel)
            axes.fill(*zip(*window, strict=True), facecolor="#ff7f0e", alpha=0.5, edgecolor=orange, zorder=3)
            for x, y in window:
                axes.plot((x, left), (y, 0), color=orange, linewidth=0.4, zorder=3)
        before, left = slab, slab.right + 45
    axes.set(xlim=(-10, left - 25), ylim=(-network.input_size * 0.78, network.input_size * 0.7), aspect="equal")
    axes.set_title(network.name, fontsize=9, loc="left", pad=10)
    axes.axis("off")


class _Slab:
    """A stack of maps seen from the side, centred on height 0: `height` x `depth` in front, the map's plane at the
    right end, leaning back over `back`."""

    def __init__(self, left: float, height: float, depth: float, back: float) -> None:
        self.left, self.height, self.depth = left, height, depth
        self.across, self.up = 0.35 * back, 0.2 * back
        self.low = -(height + self.up) / 2
        self.top = -self.low
        self.right = left + depth + self.across
        self.middle = (left + self.right) / 2

    def on_plane(self, across: float, up: float) -> tuple[float, float]:
        """A point of the map's plane by its shares, (0, 0) to (1, 1)."""
        return (
            self.left + self.depth + across * self.across,
            self.low + up * self.height + across * self.up,
        )

    def window(self, kernel: int) -> list[tuple[float, float]]:
        """Corners of a window of `kernel` positions in the middle of the plane."""
        half = kernel / self.height / 2
        return [self.on_plane(0.5 + u * half, 0.5 + v * half) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]

    def draw(self, axes: Any, colour: str) -> None:
        plane = [self.on_plane(*corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
        front = [(self.left, self.low), plane[0], plane[3], (self.left, self.low + self.height)]
        lid = [front[3], plane[3], plane[2], (self.left + self.across, self.top)]
        for corners, opacity in ((front, 0.9), (lid, 0.6), (plane, 0.3)):
            axes.fill(*zip(*corners, strict=True), facecolor=colour, alpha=opacity)
            axes.fill(*zip(*corners, strict=True), fill=False, edgecolor="#333333", linewidth=0.5)
