"""Figures with sliders: ipywidgets where a kernel runs, plain HTML with precomputed frames in the built book."""

from zflib.widgets.explorer import Explorer, Impossible
from zflib.widgets.geometry import GeometryExplorer

__all__ = ["Explorer", "GeometryExplorer", "Impossible"]
