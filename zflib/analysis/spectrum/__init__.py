"""Frequencies of first-layer filters and of pictures; is there a gap in the middle (Section 4.1, Figure 6)?"""

from zflib.analysis.spectrum.densities import Densities, densities
from zflib.analysis.spectrum.filters import (
    band_shares,
    bandwidths,
    coverage,
    dead,
    frequencies,
    luminance_shares,
    never_active,
    orientations,
    peaks,
    power,
    radial_profile,
    same_size,
)
from zflib.analysis.spectrum.gap import GapTest, Summary, gap_test, summary
from zflib.analysis.spectrum.pictures import PictureSpectrum, of_pictures
from zflib.analysis.spectrum.silverman import silverman

__all__ = [
    "frequencies",
    "power",
    "radial_profile",
    "band_shares",
    "peaks",
    "orientations",
    "bandwidths",
    "luminance_shares",
    "dead",
    "never_active",
    "coverage",
    "same_size",
    "PictureSpectrum",
    "of_pictures",
    "Densities",
    "densities",
    "GapTest",
    "gap_test",
    "silverman",
    "Summary",
    "summary",
]
