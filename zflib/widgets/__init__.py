"""Figures with sliders: ipywidgets where a kernel runs, plain HTML with precomputed frames in the built book."""

from zflib.widgets.explorer import Explorer, Impossible

__all__ = ["Explorer", "Impossible"]
