"""The published figures of Zeiler & Fergus, to stand beside ours; `paper.yaml` says what each column means.

ARCHITECTURE  Figure 3, one entry a layer
TRAINING      Section 3
TABLES        by number, 1 to 7: `TABLES[3]["zfnet"]["as_is"]` is (33.1, 38.4, 16.5)
FIGURES       by number, 1 to 9: what each shows
ILSVRC        top-5 errors of the challenge's rankings, which the paper doesn't print; percent
BANKS         peaks and energy by band of first layers that others trained on ImageNet; not from the paper either

All of it is read-only: mappings, tuples and numbers; None where the paper reports nothing.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

# Read from paper.yaml on first use.
_NAMES = ("ARCHITECTURE", "BANKS", "FIGURES", "ILSVRC", "TABLES", "TRAINING")

__all__ = [*_NAMES]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'zflib.paper' has no attribute {name!r}")
    return _published()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})


@cache
def _published() -> dict[str, Any]:
    import yaml

    text = files("zflib").joinpath("paper.yaml").read_text(encoding="utf-8")
    found = _frozen(yaml.safe_load(text))
    tables = {int(name.split("_")[1]): rows for name, rows in found.items() if name.startswith("table_")}
    return {
        "ARCHITECTURE": found["architecture"],
        "TRAINING": found["training"],
        "TABLES": MappingProxyType(tables),
        "FIGURES": found["figures"],
        "ILSVRC": found["ilsvrc_top5_error"],
        "BANKS": found["imagenet_banks"],
    }


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(each) for key, each in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
