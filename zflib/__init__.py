"""zflib: run "Visualizing and Understanding Convolutional Networks" (Zeiler & Fergus, arXiv:1311.2901)."""

from importlib import import_module as _import_module

from zflib.architecture import ALEXNET, ZFNET, Architecture
from zflib.network import ConvNet, device

# Found on first use, so that `import zflib` needs torch and numpy only.
_ROOMS = {
    "aliasing": "zflib.analysis.aliasing",
    "analysis": "zflib.analysis",
    "data": "zflib.data",
    "deconvnet": "zflib.deconvnet",
    "exercises": "zflib.exercises",
    "paper": "zflib.paper",
    "plots": "zflib.plots",
    "spectrum": "zflib.analysis.spectrum",
    "training": "zflib.training",
    "weights": "zflib.weights",
    "widgets": "zflib.widgets",
}
_NAMES = {
    "DeconvNet": "zflib.deconvnet",
    "load": "zflib.weights",
    "available": "zflib.weights",
    "top_activations": "zflib.analysis",
}

__all__ = ["ALEXNET", "ZFNET", "Architecture", "ConvNet", "device", *_NAMES, *_ROOMS]


def __getattr__(name: str):
    if name in _NAMES:
        return getattr(_import_module(_NAMES[name]), name)
    if name in _ROOMS:
        return _import_module(_ROOMS[name])
    raise AttributeError(f"module 'zflib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
