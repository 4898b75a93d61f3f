"""Figure 4 as pictures: what some maps respond to most after each kept epoch, and what they pass back of it.

The paper searches all of ImageNet's training pictures. Here these are views of the embedded photographs at several
scales, which may be shown. `python -m zflib.experiments.evolution` writes both files.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from zflib import atomic
from zflib.analysis import top_activations
from zflib.analysis.views import Views
from zflib.data import photographs
from zflib.deconvnet import DeconvNet
from zflib.experiments import read, write
from zflib.network import ConvNet, device
from zflib.plots.unit_view import drawn, square

FILE = Path(__file__).with_suffix(".json")
SHEETS = Path(__file__).with_suffix(".safetensors")
STEPS = ("conv1", "conv2", "conv3", "conv4", "conv5")
MAPS = 4  # of a step, drawn by lot
SIDE = 80  # pixels of a tile: whole squares of 16, so that WebP leaks nothing into its neighbours
SHORTER = 320  # pixels of a photograph's shorter side: two of a view at twice the scale, and more than a network takes


def result() -> dict[str, Any]:
    """The committed result. result()["runs"][run][step] holds "maps", the numbers of the maps shown; and by epoch in
    "found" of each of them [photograph, value, view]: its strongest activation, in which photograph and which of all
    `views`. None, 0 and None where it has none."""
    return read(FILE)


def packed(file: Path = SHEETS) -> dict[str, np.ndarray]:
    """By "RUN/STEP" a sheet as WebP, its bytes (n,) uint8: columns are epochs; a map has two rows of SIDE pixels, of
    what it responds to most and of its projection. By "RUN/filters" conv1's filters, (epochs, 48, 3, k, k) float16."""
    from safetensors.numpy import load_file

    return load_file(file)


def views() -> Views:
    """The embedded photographs at three scales."""
    small = []
    for each in photographs():
        picture = each.picture.convert("RGB")
        factor = SHORTER / min(picture.size)
        small.append(picture.resize([round(side * factor) for side in picture.size], Image.Resampling.LANCZOS))
    return Views(small)


def by_lot(top: Mapping[str, Any]) -> dict[str, list[int]]:
    """Of each step's strongest activations `MAPS` maps that respond at all, drawn by lot, in order."""
    generator = np.random.default_rng(0)
    return {
        step: sorted(generator.permutation(np.flatnonzero(~found.dead))[:MAPS].tolist()) for step, found in top.items()
    }


def tiles(net: ConvNet, over: Views, top: Any, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """What a map responds to most, and its projection: two of (SIDE, SIDE, 3) uint8."""
    unit = channel, int(top.row[channel, 0]), int(top.column[channel, 0])
    picture = net.preprocess(over[int(top.picture[channel, 0])])[None]
    deconv = DeconvNet(net)
    trace = deconv.forward(picture, upto=top.step)
    projection = deconv.project(trace, top.step, unit=unit)[0].cpu().numpy()
    step = next(each for each in net.architecture.geometry() if each.name == top.step)
    pixels = (picture[0].cpu() + net.mean.cpu().reshape(3, 1, 1))[:, *square(step, unit, picture.shape[-1])]
    seen = pixels.round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    return _scaled(seen), _scaled(drawn(projection, step, unit))


def _scaled(pixels: np.ndarray) -> np.ndarray:
    how = Image.Resampling.NEAREST if len(pixels) < SIDE / 2 else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), how))


def follow(nets: Mapping[int, ConvNet]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Of one run what `result` and `sheets` hold, without its name in front. `nets` by epoch, the last one last."""
    over, names = views(), [each.name for each in photographs()]
    tops = {epoch: top_activations(net, over, STEPS, k=1) for epoch, net in nets.items()}
    chosen = by_lot(tops[max(nets)])
    found: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for step in STEPS:
        sheet = np.full((2 * MAPS * SIDE, len(nets) * SIDE, 3), 128, np.uint8)
        found[step] = {"maps": chosen[step], "found": {}}
        for at, (epoch, net) in enumerate(nets.items()):
            top, rows = tops[epoch][step], []
            for row, channel in enumerate(chosen[step]):
                if top.dead[channel]:
                    rows.append([None, 0.0, None])
                    continue
                pair = np.concatenate(tiles(net, over, top, channel))
                sheet[2 * row * SIDE : 2 * (row + 1) * SIDE, at * SIDE : (at + 1) * SIDE] = pair
                view = int(top.picture[channel, 0])
                rows.append([names[over.picture[view]], round(float(top.value[channel, 0]), 3), view])
            found[step]["found"][str(epoch)] = rows
        content = BytesIO()
        Image.fromarray(sheet).save(content, "WEBP", quality=85, method=6)
        arrays[step] = np.frombuffer(content.getvalue(), np.uint8)
    filters = [net.get_submodule("conv1").weight.detach().half().cpu() for net in nets.values()]
    return found, arrays | {"filters": torch.stack(filters).numpy()}


def write_all(runs: Mapping[str, Mapping[int, ConvNet]], file: Path = FILE) -> None:
    """Follow runs, by name, and write both files: `file`, and beside it the sheets."""
    from safetensors.numpy import save

    found, arrays = {}, {}
    for name, nets in runs.items():
        found[name], own = follow(nets)
        arrays |= {f"{name}/{key}": values for key, values in own.items()}
    atomic.write(file.with_suffix(".safetensors"), save(arrays))
    what = "strongest responses over the embedded photographs"
    write(file, {"what": what, "runs": found}, "zflib.experiments.evolution", device())
