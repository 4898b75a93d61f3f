"""The networks as classic scripts: a page that was opened from a file may load scripts, and nothing else."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from zflib import weights
from zflib.network import ContrastNorm, ConvNet

PART_BYTES = 576_000  # of weights in one script: a progress bar moves with each, and base64 adds a third

PAGE = ("page.js", "picture.js", "draw.js")
WORKER = ("engine.js", "controls.js", "worker.js")


def write(folder: Path) -> None:
    """Write what a page needs to run every network that comes with zflib.

    folder  made if it is not there; the book's is _static/live

    live.js                   page.js and picture.js, with each network's steps, classes and list of files; the only one
                              that a page names itself
    worker.js                 the worker's source as a string, since a worker's own file is refused under file://
    NAME-LAYER-PART.js        weights and biases of a layer: base64 of float16, as they are stored

    Each part's SHA-256 is in live.js. Raises as `zflib.load` does for weights that are missing or damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    networks = {name: _network(name, folder) for name in weights.available()}
    page = f"{_joined(PAGE)}\nObject.assign(ZFLIB.networks,{_json(networks)});\n"
    (folder / "live.js").write_text(page, encoding="utf-8")
    (folder / "worker.js").write_text(f'ZFLIB.received("worker.js",{_json(_joined(WORKER))});\n', encoding="utf-8")


def _network(name: str, folder: Path) -> dict[str, Any]:
    """What the page knows of a network before its weights, which are written to scripts of their own."""
    net = weights.load(name).cpu()
    layers = {}
    for layer, module in net.named_children():
        if isinstance(module, nn.Conv2d | nn.Linear):
            content = _half(module.weight) + _half(module.bias)
            parts = [content[at : at + PART_BYTES] for at in range(0, len(content), PART_BYTES)]
            layers[layer] = [_part(name, layer, number, part, folder) for number, part in enumerate(parts)]
    return {
        "name": name,
        "classes": net.class_names,
        "inputSize": net.architecture.input_size,
        "resizedSide": net.resized_side,
        "mean": net.mean.flatten().tolist(),
        "sha256": weights.record(name)["sha256"],
        "steps": steps(net),
        "layers": layers,
    }


def _part(name: str, layer: str, number: int, content: bytes, folder: Path) -> dict[str, Any]:
    """Write one script of weights; what live.js says of it."""
    file = f"{name}-{layer}-{number}.js"
    text = f'ZFLIB.received("{file}", "{b64encode(content).decode()}");\n'
    (folder / file).write_text(text, encoding="ascii")
    return {"file": file, "bytes": len(text), "sha256": hashlib.sha256(content).hexdigest()}


def steps(net: ConvNet) -> list[dict[str, Any]]:
    """A network's steps from the picture up, named as by `DeconvNet`: what the page's engine computes by, but weights.

    Lengths are in input pixels, as in `Step`. Raises TypeError for a layer that the engine doesn't know.
    """
    geometry = {step.name: step for step in net.architecture.geometry()}
    found, flat = [], False
    for name, module in net.named_children():
        if isinstance(module, nn.Linear) and not flat:
            found.append({"name": "flatten", "kind": "flatten"})
            flat = True
        step = geometry[name]
        place = {"maps": step.maps, "size": step.size}
        place |= {"receptiveField": step.receptive_field, "jump": step.jump, "offset": step.offset}
        found.append({"name": name, **_numbers(module), **place})
    return found


def _numbers(module: nn.Module) -> dict[str, Any]:
    match module:
        case nn.Conv2d():
            slide = {"kernel": module.kernel_size[0], "stride": module.stride[0], "pad": module.padding[0]}
            return {"kind": "conv", "into": module.in_channels, **slide}
        case nn.Linear():
            return {"kind": "dense", "into": module.in_features}
        case nn.MaxPool2d():
            return {"kind": "pool", "kernel": module.kernel_size, "stride": module.stride, "ceil": module.ceil_mode}
        case nn.ReLU():
            return {"kind": "relu"}
        case ContrastNorm():
            return {"kind": "norm"}
        case nn.Dropout():
            return {"kind": "dropout"}
    raise TypeError(f"The page's engine has no {type(module).__name__}.")


def _half(values: Tensor) -> bytes:
    """In the byte order of every machine that has a browser."""
    return values.detach().half().numpy().astype("<f2").tobytes()


def _joined(sources: tuple[str, ...]) -> str:
    return "\n".join(files(__package__).joinpath(file).read_text("utf-8") for file in sources)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
