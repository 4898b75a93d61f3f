"""What the networks respond to, measured: strongest activations, controls, fields, classes."""

from zflib.analysis.controls import (
    cascade,
    control_projections,
    correlation,
    other_channels,
    randomised,
    shuffled,
)

__all__ = [
    "cascade",
    "control_projections",
    "correlation",
    "other_channels",
    "randomised",
    "shuffled",
]
