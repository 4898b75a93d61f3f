"""Let `import torchvision` work beside a CPU build of torch.

The package index carries torchvision compiled for CUDA. Beside a CPU-only torch its compiled library can't load,
and its import then stops at "operator torchvision::nms does not exist", although this course uses only its data
sets and model definitions. Declaring the operators, without an implementation, lets the import finish.
"""

import importlib.util
import sys
from pathlib import Path

import torch

_library = None  # the declaration lives as long as this object


def declare_missing_operators() -> None:
    """Does nothing where torchvision is absent, already imported, or able to load its own operators."""
    global _library
    if torch.version.cuda or _library or "torchvision" in sys.modules:
        return
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    for compiled in Path(spec.origin).parent.glob("_C.*"):
        try:
            torch.ops.load_library(compiled)
        except OSError:
            _library = torch.library.Library("torchvision", "DEF")
            for name in ("nms", "qnms"):
                _library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            return
