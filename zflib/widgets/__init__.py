"""Figures with sliders and panels, ipywidgets where a kernel runs, HTML in the built book; and tables that sort."""

from zflib.widgets.explorer import Explorer, Impossible
from zflib.widgets.geometry import GeometryExplorer
from zflib.widgets.live.all_maps import AllMaps
from zflib.widgets.live.cost import CostOfLayers
from zflib.widgets.live.fields import FieldTracer
from zflib.widgets.live.flicker import FlickeringMap
from zflib.widgets.live.growth import GrowingFeatures
from zflib.widgets.live.steps import StepsExplorer
from zflib.widgets.live.strip import FilterStrip
from zflib.widgets.live.swap import SwitchSwap
from zflib.widgets.live.transfer import ServesElsewhere
from zflib.widgets.live.two_by_two import TwoByTwo
from zflib.widgets.live.your_picture import YourPicture
from zflib.widgets.table import SortableTable
from zflib.widgets.variant_explorer import VariantExplorer

__all__ = [
    "AllMaps",
    "CostOfLayers",
    "Explorer",
    "FieldTracer",
    "FilterStrip",
    "FlickeringMap",
    "GeometryExplorer",
    "GrowingFeatures",
    "Impossible",
    "ServesElsewhere",
    "SortableTable",
    "StepsExplorer",
    "SwitchSwap",
    "TwoByTwo",
    "VariantExplorer",
    "YourPicture",
]
