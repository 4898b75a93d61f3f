"""How much do the maps themselves still change? `python -m zflib.experiments.evolution --responses`

Chapter 8 counts how often a map's strongest picture changes: the top one of thousands, a strict measure. Here the same
maps are compared over all validation pictures, and the strict measure is put beside noise: the final network looks once
more at the same pictures, moved by one pixel. Made from the convolutions that the run kept, in float16.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from zflib import weights
from zflib.data.sets import PictureSet
from zflib.experiments import read, write
from zflib.experiments.evolution_probes import PROBED
from zflib.network import ConvNet, device

FILE = Path(__file__).with_suffix(".json")
NAME = "zfnet-mini-100"
NINE = 9
MOVED = 1  # pixels to the right and down


def result() -> dict[str, Any]:
    """The committed result. result()["found"][which][conv step] holds, `which` being an epoch, compared with the last,
    or "moved", the last epoch on pictures moved by `MOVED` pixels, compared with itself on the pictures as they are:

    correlation  of a map's responses to all pictures then and in the end, mean over maps; a map responds to a picture
                 with its strongest unit. "lowest tenth": of the maps, the tenth percentile
    floor        the same with the final responses of the next map
    changed      share of maps whose strongest picture is another
    nine         share of a map's final nine strongest pictures that are among its nine, mean over maps
    """
    return read(FILE)


def kept(folder: Path, epoch: int) -> ConvNet:
    """The network of a run with the convolutions that it had after an epoch, in eval mode on `zflib.device()`."""
    net = weights.load(NAME, folder)
    state = load_file(folder / f"{NAME}-seed0-epoch-{epoch:03}.safetensors")
    net.load_state_dict({name: value.float() for name, value in state.items()}, strict=False)
    return net.eval().to(device())


@torch.inference_mode()
def responses(net: ConvNet, pictures: PictureSet, moved: int = 0, batch: int = 64) -> dict[str, np.ndarray]:
    """By step (N, C): how strongly the strongest unit of each map responds to each picture.

    moved  by how many pixels the crop that the network sees lies further right and down
    """
    low = (net.resized_side - net.architecture.input_size) // 2 + moved
    high = low + net.architecture.input_size
    peaks: dict[str, list[torch.Tensor]] = {step: [] for step in PROBED}
    for at in range(0, len(pictures), batch):
        x = torch.from_numpy(pictures.pixels[at : at + batch, low:high, low:high]).permute(0, 3, 1, 2)
        x = (x.to(device()).float() - net.mean).contiguous(memory_format=torch.channels_last)
        for name, module in net.named_children():
            x = module(x)
            if (step := name.replace("relu", "conv")) in peaks and name != step:
                peaks[step].append(x.amax((2, 3)).cpu())
            if len(peaks["conv5"]) > at // batch:
                break
    return {step: torch.cat(each).numpy() for step, each in peaks.items()}


def compared(now: np.ndarray, final: np.ndarray) -> dict[str, float]:
    """What `result` holds of one step, from (N, C) responses; maps that respond to nothing are left out."""
    live = (now.max(0) > 0) & (final.max(0) > 0)
    now, final = now[:, live], final[:, live]

    def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = (each - each.mean(0) for each in (a.astype(float), b.astype(float)))
        return (a * b).sum(0) / np.sqrt((a * a).sum(0) * (b * b).sum(0))

    near = correlations(now, final)
    nine, last = (np.argsort(-each, axis=0, kind="stable")[:NINE] for each in (now, final))
    shares = [np.isin(b, a).mean() for a, b in zip(nine.T, last.T, strict=True)]
    values = {
        "correlation": near.mean(),
        "lowest tenth": np.quantile(near, 0.1),
        "floor": correlations(now, np.roll(final, 1, axis=1)).mean(),
        "changed": (nine[0] != last[0]).mean(),
        "nine": np.mean(shares),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def follow(folder: Path, epochs: tuple[int, ...], pictures: PictureSet, out: Path = FILE) -> None:
    """Compare some epochs of the run whose convolutions `folder` keeps with its last, and write what `result` reads."""
    *before, last = epochs
    net = kept(folder, last)
    final = responses(net, pictures)
    looked = {str(epoch): responses(kept(folder, epoch), pictures) for epoch in before}
    looked["moved"] = responses(net, pictures, MOVED)
    found = {which: {step: compared(each[step], final[step]) for step in PROBED} for which, each in looked.items()}
    about = {
        "what": "responses of maps to all validation pictures, after some epochs and in the end",
        "pictures": {"set": pictures.name, "count": len(pictures), "fingerprint": pictures.fingerprint},
        "network": NAME,
        "moved": MOVED,
        "last": last,
    }
    write(out, about | {"found": found}, "zflib.experiments.evolution --responses", device())
