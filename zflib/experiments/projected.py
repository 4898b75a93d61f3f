"""What do projections from layers 1 and 2 show of a grating? `python -m zflib.experiments.projected`

Every map is shown the grating that it likes best; its response is projected, and a constant map is as well. In layer 1
over the seeds of each network, in layer 2 for the shipped networks and, as a control, the same networks as training
found them. What chapter 6 shows is the file that this command writes; `result` reads it. No data set is needed.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zflib import weights
from zflib.analysis import spectrum
from zflib.analysis.aliasing import grating, project_alias, wave_vector
from zflib.analysis.aliasing.clear import clear_maps, wave_units
from zflib.experiments import read, write
from zflib.network import ConvNet

FILE = Path(__file__).with_suffix(".json")
NETWORKS = ("alexnet-mini", "zfnet-mini")
STEP, SIDE = "conv2", 160
SIDE_1 = 96  # pixels of a grating for layer 1
# Steps of 0.03 keep clear of the lattice of conv2, 1/8 cycles/px apart, on which an alias is a constant map.
SPEEDS, ORIENTATIONS = tuple(np.arange(3, 46, 3) / 100), tuple(np.arange(0, 180, 22.5))
SHARES = ("true", "alias", "repeats", "lattice", "elsewhere", "control", "explained")


def result() -> dict[str, Any]:
    """The committed result, with how it was made.

    result()["layer_1"][network] is a list of seeds, result()["layer_2"][network]["trained" or "untrained"] a list of
    maps, and so is each seed: of every map that responds its number "map", the "frequency" in cycles per pixel of the
    grating that it likes best, and the shares of the projection's energy that `zflib.aliasing.ProjectedAlias` names.
    In layer 1 waves repeat by the stride, in layer 2 by 8 pixels. Of the seeds the filters are kept and not the
    biases, which are taken to be 0 in layer 1. A map of layer 1 that peaks at zero frequency is left out.
    """
    return read(FILE)


@torch.no_grad()
def favourites(net: ConvNet, step: str = STEP, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """The grating, of SPEEDS and ORIENTATIONS, that makes the mean of each map the largest.

    Returns frequencies (maps, 2) in cycles per pixel and the means (maps,), which are 0 for a map that is silent.
    """
    waves = wave_vector(*np.meshgrid(SPEEDS, ORIENTATIONS, indexing="ij")).reshape(-1, 2)
    clear, relu = wave_units(net, [step], side), step.replace("conv", "relu")
    means = []
    for wave in waves:
        picture = torch.from_numpy(grating(side, wave, amplitude=100.0, colour=(1, 1, 1))[None]).to(net.mean)
        means.append(clear_maps(net, picture, {relu: clear[step]})[relu][0].mean((1, 2)).cpu().numpy())
    best = np.argmax(means, axis=0)
    return waves[best], np.max(means, axis=0)


def layer_1(net: ConvNet, filters: np.ndarray, progress: str = "") -> list[dict[str, float]]:
    """What `result` holds of one seed: `net` with these filters (maps, 3, k, k) in layer 1, and no bias there."""
    net = copy.deepcopy(net)
    net.conv1.weight.data.copy_(torch.from_numpy(filters))
    net.conv1.bias.data.zero_()
    peaks = spectrum.peaks(filters)
    waves = wave_vector(peaks, spectrum.orientations(filters))
    return _measured(net, waves, np.flatnonzero(peaks > 0), "relu1", SIDE_1, progress)


def layer_2(net: ConvNet, side: int = SIDE, progress: str = "") -> list[dict[str, float]]:
    """What `result` holds of one network."""
    waves, responses = favourites(net, STEP, side)
    return _measured(net, waves, np.flatnonzero(responses > 0), STEP, side, progress)


def _measured(
    net: ConvNet, waves: np.ndarray, channels: np.ndarray, step: str, side: int, progress: str
) -> list[dict[str, float]]:
    from tqdm.auto import tqdm

    found = []
    for channel in tqdm(channels.tolist(), desc=progress, unit="map", mininterval=10):
        shares = project_alias(net, waves[channel], channel, step, side=side)
        of_map = {"map": channel, "frequency": round(float(np.hypot(*waves[channel])), 4)}
        found.append(of_map | {share: round(float(getattr(shares, share)), 4) for share in SHARES})
    return found


def run(seed: int = 0) -> dict[str, Any]:
    """Everything that the result file holds, but for how it was made."""
    from zflib.experiments import stems
    from zflib.training.recipe import MINI

    first, second = {}, {}
    for name in NETWORKS:
        net = weights.load(name).cpu()
        untrained = ConvNet(net.architecture, net.mean).initialise(MINI.init_std, MINI.conv1_std, seed).eval()
        states = {"trained": net, "untrained": untrained}
        first[name] = [layer_1(net, bank, f"{name}, layer 1") for bank in stems.filters(name)]
        second[name] = {state: layer_2(each, progress=f"{name}, {state}") for state, each in states.items()}
    return {
        "what": "where the energy of the projection of each map's response to a grating lies",
        "sides": (SIDE_1, SIDE),
        "speeds": SPEEDS,
        "orientations": ORIENTATIONS,
        "networks": {name: weights.record(name)["sha256"] for name in NETWORKS},
        "untrained_seed": seed,
        "layer_1": first,
        "layer_2": second,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.projected",
        description="Project the responses of the maps of layers 1 and 2 to gratings, for trained and untrained "
        "networks. Takes some five minutes on one CPU core.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of chapter 6)")
    given = parser.parse_args(arguments)
    write(given.out, run(), "zflib.experiments.projected", torch.device("cpu"))
    print(f"{given.out} written.")


if __name__ == "__main__":
    main()
