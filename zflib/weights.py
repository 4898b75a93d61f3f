"""Named weights: safetensors with a training record beside them, verified before use and never unpickled.

`NAME.safetensors` holds the tensors in float16 (the input mean in float32), `NAME.json` the training record:
architecture, data, recipe, curves, the stored file's accuracy and its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zflib import atomic
from zflib.architecture import Architecture, Conv, Dense, Pool
from zflib.network import ConvNet, device

SHIPPED = Path(__file__).parent / "shipped"
RESULTS = Path(__file__).parents[1] / "results" / "training"


class DamagedWeights(ValueError):
    """Weights that can't be trusted: altered, incomplete, or not those of their record. Nothing was loaded."""


def available(folder: Path = SHIPPED) -> tuple[str, ...]:
    """Names that `load` knows: those that have both weights and a record in `folder`, sorted."""
    return tuple(sorted(p.stem for p in folder.glob("*.safetensors") if p.with_suffix(".json").exists()))


def record(name: str, folder: Path = SHIPPED) -> dict[str, Any]:
    """The training record of named weights. Raises as `load` does for a name or a record that is no good."""
    path = _paths(name, folder)[1]
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DamagedWeights(f"The training record {path} is not JSON ({error}); install zflib anew.") from error
    if not isinstance(content, dict) or not {"architecture", "class_names", "sha256"} <= content.keys():
        raise DamagedWeights(f"The training record {path} names no architecture, classes or SHA-256.")
    return content


def load(name: str, folder: Path = SHIPPED) -> ConvNet:
    """A trained network by name, in eval mode, on `zflib.device()`, computing in float32.

    name    one of `available()`: "zfnet-mini", "alexnet-mini", "zfnet-mini-wide" (512-1024-512 maps, halved)
    folder  where to look; the weights that come with zflib when left out

    Raises ValueError for an unknown name, FileNotFoundError when one
    of the two files is missing, DamagedWeights (a ValueError) when the file is not the one the record describes:
    altered, cut short, or with tensors of another architecture.
    """
    facts = record(name, folder)
    path = _paths(name, folder)[0]
    tensors = _verified(path, facts)
    try:
        net = ConvNet(architecture(facts["architecture"]), class_names=tuple(facts["class_names"]))
    except (TypeError, KeyError, ValueError) as error:
        raise DamagedWeights(f"The training record of {name!r} describes no network: {error}") from error
    expected = {key: value.shape for key, value in net.state_dict().items()}
    found = {key: value.shape for key, value in tensors.items()}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            raise DamagedWeights(
                f"{path.name} doesn't hold the network of its record: {key} should be {_shape(expected.get(key))}, "
                f"but is {_shape(found.get(key))}."
            )
    net.load_state_dict({key: value.float() for key, value in tensors.items()})
    return net.eval().to(device())


def store(net: ConvNet, facts: dict[str, Any], name: str, folder: Path = SHIPPED) -> Path:
    """Write a network and its record under `name`; what `load` then gives computes like `in_half(net)`.

    facts  the record but for architecture, parameters, class names and SHA-256, which are added here

    Returns the path of the weights. Both files are written whole under temporary names before either gets its own: a
    full disk leaves the old pair, and after an interruption the pair either agrees or is refused.
    """
    stored_as = "float16, computed with as float32; the mean in float32"
    return _store(net, _halved(net), {**facts, "stored_as": stored_as}, name, folder)


@dataclass(frozen=True)
class Seed:
    """What is kept of one training run: enough for the spread over seeds and for ensembles, without its weights.

    conv1              (maps, 3, k, k) float32, the first layer's filters
    validation_logits  (N, classes) float32, on the centre crop of every validation picture, in the order of the data
                       set whose fingerprint is record["data"]["validation_fingerprint"]
    validation_labels  (N,) int64
    record             the training record, as of named weights; record["seed"] is the seed
    """

    conv1: np.ndarray
    validation_logits: np.ndarray
    validation_labels: np.ndarray
    record: dict[str, Any]


def seeds(network: str, folder: Path = RESULTS) -> tuple[Seed, ...]:
    """Every training run that the course keeps of a network, in the order of the seeds.

    network  "zfnet-mini" or "alexnet-mini"
    folder   where to look; the checkout's results/training when left out

    Raises ValueError when there is none, DamagedWeights when a file is not the one of its record.
    """
    found = []
    for name in available(folder):
        facts = record(name, folder)
        if facts["architecture"]["name"] == network:
            tensors = {key: value.float().numpy() for key, value in _verified(_paths(name, folder)[0], facts).items()}
            if tensors.keys() != {"conv1", "validation_logits", "validation_labels"}:
                raise DamagedWeights(f"{folder / name}.safetensors holds {', '.join(tensors)}: not what a seed does.")
            labels = tensors["validation_labels"].astype(np.int64)
            found.append(Seed(tensors["conv1"], tensors["validation_logits"], labels, facts))
    if not found:
        raise ValueError(f"{folder} holds no training runs of {network!r}; they are part of the course's repository.")
    return tuple(sorted(found, key=lambda seed: seed.record["seed"]))


def note_seeds(network: str, folder: Path = SHIPPED, results: Path = RESULTS) -> None:
    """Write the accuracy of every kept seed into the record of the network's named weights, as `record["seeds"]`.

    The spread over seeds is then known wherever the weights are, also where `results` is not. Errors as for `seeds`.
    """
    facts = record(network, folder)
    kept = [seed.record for seed in seeds(network, results)]
    facts["seeds"] = [
        {"seed": r["seed"]} | {crops: r["accuracy"][crops] for crops in ("one_crop", "ten_crops")} for r in kept
    ]
    atomic.write(_paths(network, folder)[1], (json.dumps(facts, indent=1) + "\n").encode())


def store_seed(net: ConvNet, logits: np.ndarray, labels: np.ndarray, facts: dict[str, Any], folder: Path) -> Path:
    """Write what a `Seed` holds as NETWORK-seedK.safetensors (float16) and .json; returns the former's path.

    logits  (N, classes) of the network on its validation pictures
    labels  (N,)
    facts   the record, as for `store`; its "seed" is in the name
    """
    tensors = {
        "conv1": net.conv1.weight.detach().cpu().contiguous().half(),
        "validation_logits": torch.from_numpy(logits).half(),
        "validation_labels": torch.from_numpy(labels).short(),
    }
    name = f"{net.architecture.name}-seed{facts['seed']}"
    return _store(net, tensors, {**facts, "stored_as": "float16"}, name, folder)


def in_half(net: ConvNet) -> ConvNet:
    """A copy of a network on `zflib.device()` whose weights went through float16: the one that `load` will give."""
    copy = ConvNet(net.architecture, net.mean.cpu(), net.class_names)
    copy.load_state_dict({key: value.float() for key, value in _halved(net).items()})
    return copy.eval().to(device())


def _store(net: ConvNet, tensors: dict[str, Tensor], facts: dict[str, Any], name: str, folder: Path) -> Path:
    from safetensors.torch import save

    if not name or name != Path(name).name or name.startswith("."):
        raise ValueError(f"{name!r} can't be the name of weights; use letters, digits and dashes.")
    content = save(tensors)
    complete = {
        "name": name,
        "architecture": asdict(net.architecture),
        "parameters": sum(p.numel() for p in net.parameters()),
        "class_names": list(net.class_names),
        **facts,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    with atomic.replacing(path) as weights, atomic.replacing(path.with_suffix(".json")) as facts:
        weights.write(content)
        weights.flush()
        os.fsync(weights.fileno())  # a disk may say only now that it is full
        facts.write((json.dumps(complete, indent=1) + "\n").encode())
    return path


def _paths(name: str, folder: Path) -> tuple[Path, Path]:
    weights, facts = folder / f"{name}.safetensors", folder / f"{name}.json"
    known = name == Path(name).name
    if not known or not (weights.exists() or facts.exists()):
        raise ValueError(
            f"There are no weights named {name!r}; available are {', '.join(available(folder)) or 'none'}."
        )
    for path in (weights, facts):
        if not path.exists():
            raise FileNotFoundError(f"{name!r} is incomplete: {path} is missing. Install zflib anew.")
    return weights, facts


def _verified(path: Path, facts: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors of a file, after its SHA-256 was compared with the record's."""
    from safetensors import SafetensorError
    from safetensors.torch import load as read

    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != facts["sha256"]:
        raise DamagedWeights(
            f"{path} is not the file that its record describes: its SHA-256 begins with {found[:12]} instead of "
            f"{str(facts['sha256'])[:12]}. Install zflib anew."
        )
    try:
        return read(content)
    except SafetensorError as error:
        raise DamagedWeights(f"{path} is no safetensors file: {error}") from error


def _halved(net: ConvNet) -> dict[str, Tensor]:
    halved = {}
    for key, value in net.state_dict().items():
        value = value.detach().cpu().contiguous()
        halved[key] = value.clone() if key == "mean" else value.half()
        if not torch.isfinite(halved[key]).all():
            raise ValueError(f"{key} holds values that float16 can't; the network is not worth storing.")
    return halved


def architecture(facts: dict[str, Any]) -> Architecture:
    """The Architecture that a record or a checkpoint spells out in nested dictionaries; else KeyError or TypeError."""
    convs = tuple(Conv(**{**c, "pool": c["pool"] and Pool(**c["pool"])}) for c in facts["convs"])
    return Architecture(**{**facts, "convs": convs, "dense": tuple(Dense(**d) for d in facts["dense"])})


def _shape(shape: torch.Size | None) -> str:
    return "absent" if shape is None else "x".join(map(str, shape)) or "a number"
