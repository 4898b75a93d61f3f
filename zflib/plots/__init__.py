"""Pictures for the chapters: signed projections, filters and tiles as pixels; figures that suit both page colours."""

from zflib.plots.aliasing import lobes, marked_plane, sampled_wave
from zflib.plots.axes import box, figure, name_points, numbers, show
from zflib.plots.networks import architecture
from zflib.plots.pictures import captioned, enlarge, filters, grey, labelled, responses, sheet, signed, tile
from zflib.plots.results import by_blur, changes, class_entropy, table, training_record
from zflib.plots.spectrum import bands, octaves, plane
from zflib.plots.words import true_minus

__all__ = [
    "architecture",
    "bands",
    "box",
    "by_blur",
    "captioned",
    "changes",
    "class_entropy",
    "enlarge",
    "figure",
    "filters",
    "grey",
    "labelled",
    "lobes",
    "marked_plane",
    "name_points",
    "numbers",
    "octaves",
    "plane",
    "responses",
    "sampled_wave",
    "sheet",
    "show",
    "signed",
    "table",
    "tile",
    "training_record",
    "true_minus",
]
