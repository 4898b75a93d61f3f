"""Aliasing: where frequencies go when a layer keeps every s-th position, and what that costs (Section 4.1)."""

from zflib.analysis.aliasing.blur import Blur, lowpass, multiply_adds
from zflib.analysis.aliasing.folding import alias_distance, beyond_nyquist, fold, overlap, survival
from zflib.analysis.aliasing.gratings import grating, wave_vector
from zflib.analysis.aliasing.information import Recovery, alias_matrices, picture_prior, recovery, singular_values
from zflib.analysis.aliasing.nonlinear import harmonics, measure_rectified, nonlinear_share, predict_rectified
from zflib.analysis.aliasing.projections import ProjectedAlias, project_alias
from zflib.analysis.aliasing.responses import Waves, find_waves, measure, predict, transfer
from zflib.analysis.aliasing.shifts import Consistency, between, equivariance_error, shift_consistency

__all__ = [
    "grating",
    "wave_vector",
    "fold",
    "alias_distance",
    "Waves",
    "transfer",
    "predict",
    "measure",
    "find_waves",
    "harmonics",
    "predict_rectified",
    "measure_rectified",
    "nonlinear_share",
    "ProjectedAlias",
    "project_alias",
    "overlap",
    "beyond_nyquist",
    "survival",
    "alias_matrices",
    "singular_values",
    "Recovery",
    "recovery",
    "picture_prior",
    "between",
    "equivariance_error",
    "Consistency",
    "shift_consistency",
    "Blur",
    "lowpass",
    "multiply_adds",
]
