"""What the networks respond to, measured: strongest activations, their patches, fields and classes; controls."""

from zflib.analysis.classes import class_entropy, random_entropy
from zflib.analysis.controls import (
    cascade,
    control_projections,
    other_channels,
    other_pictures,
    randomised,
    shuffled,
)
from zflib.analysis.fields import effective_field
from zflib.analysis.likeness import blurred, correlation, likeness, magnitude, on_picture
from zflib.analysis.recovery import recovered
from zflib.analysis.responses import Responses, Traces, on_boxes, responses
from zflib.analysis.top import TopActivations, top_activations
from zflib.analysis.views import Views

__all__ = [
    "Responses",
    "TopActivations",
    "Traces",
    "Views",
    "blurred",
    "cascade",
    "class_entropy",
    "control_projections",
    "correlation",
    "effective_field",
    "likeness",
    "magnitude",
    "on_boxes",
    "on_picture",
    "other_channels",
    "other_pictures",
    "random_entropy",
    "randomised",
    "recovered",
    "responses",
    "shuffled",
    "top_activations",
]
