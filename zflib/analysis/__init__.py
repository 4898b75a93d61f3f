"""What the networks respond to, measured: strongest activations, their patches, fields and classes; controls."""

from zflib.analysis.classes import class_entropy, random_entropy
from zflib.analysis.controls import (
    cascade,
    control_projections,
    correlation,
    other_channels,
    randomised,
    shuffled,
)
from zflib.analysis.fields import effective_field
from zflib.analysis.responses import Responses, Traces, on_boxes, responses
from zflib.analysis.top import TopActivations, top_activations

__all__ = [
    "Responses",
    "TopActivations",
    "Traces",
    "cascade",
    "class_entropy",
    "control_projections",
    "correlation",
    "effective_field",
    "on_boxes",
    "other_channels",
    "random_entropy",
    "randomised",
    "responses",
    "shuffled",
    "top_activations",
]
