"""How mixed are the classes among the nine strongest pictures of each map? `python -m zflib.experiments.class_entropy`

The trained networks and, as a control, the same networks as training found them; both over Imagenette's validation
pictures. What chapter 4 shows is the file that this command writes; `result` reads it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zflib import weights
from zflib.analysis.classes import class_entropy, random_entropy
from zflib.analysis.top import top_activations
from zflib.data.sets import PictureSet, imagenette
from zflib.experiments import read, write
from zflib.network import ConvNet, device

FILE = Path(__file__).with_suffix(".json")
NETWORKS = ("zfnet-mini", "alexnet-mini")
STEPS = ("conv1", "conv2", "conv3", "conv4", "conv5")
K = 9


def result() -> dict[str, Any]:
    """The committed result: entropies in bits by network, "trained" or "untrained", and step, with how it was made.

    A map that fewer than nine pictures activate has no entropy: None.
    """
    return read(FILE)


def measure(net: ConvNet, pictures: PictureSet, size: int, progress: str = "") -> dict[str, list[float | None]]:
    """By step: the class entropy of every map's nine strongest pictures, prepared at `size` pixels."""
    found = {}
    for step, top in top_activations(net, pictures, STEPS, K, size=size, progress=progress).items():
        entropy = class_entropy(pictures.labels[top.picture])
        whole = top.active.all(axis=1)
        found[step] = [round(float(e), 4) if w else None for e, w in zip(entropy, whole, strict=True)]
    return found


def run(pictures: PictureSet, size: int, seed: int = 0) -> dict[str, Any]:
    """Everything that the result file holds, but for how it was made."""
    from zflib.training.recipe import MINI

    entropy, networks = {}, {}
    for name in NETWORKS:
        net, facts = weights.load(name), weights.record(name)
        untrained = ConvNet(net.architecture, net.mean.cpu()).initialise(MINI.init_std, MINI.conv1_std, seed)
        entropy[name] = {
            "trained": measure(net, pictures, size, name),
            "untrained": measure(untrained.eval().to(device()), pictures, size, f"{name}, untrained"),
        }
        networks[name] = {key: facts[key] for key in ("sha256", "seed", "epochs")}
    return {
        "what": f"entropy in bits of the classes of each map's {K} strongest pictures, one unit per picture",
        "pictures": {"set": pictures.name, "count": len(pictures), "fingerprint": pictures.fingerprint, "size": size},
        "random_nine": round(random_entropy(pictures.labels, K), 4),
        "networks": networks,
        "untrained_seed": seed,
        "entropy": entropy,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.class_entropy",
        description="Measure the class entropy of the nine strongest Imagenette pictures of every map, for the trained "
        "and the untrained networks. Takes some minutes on two CPU cores.",
    )
    parser.add_argument("--size", type=int, default=160, help="side of the prepared pictures in pixels (default: 160)")
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of chapter 4)")
    parser.add_argument("--download", action="store_true", help="fetch Imagenette if it is not there (99 MB)")
    given = parser.parse_args(arguments)
    found = run(imagenette("val", 160, download=given.download), given.size)
    write(given.out, found, f"zflib.experiments.class_entropy --size {given.size}", device())
    print(f"{given.out} written; nine random pictures have {found['random_nine']:.2f} bits.")


if __name__ == "__main__":
    main()
