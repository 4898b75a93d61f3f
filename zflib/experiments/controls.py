"""Is it the unit or the picture that a projection shows? And where? `python -m zflib.experiments.controls`

The two by two of chapter 3, unit same or other and picture same or other, with shuffled switches and random weights
beside it, on the embedded photographs; as a function of how much both pictures are blurred before they are compared.
Then two questions to each projection that correlations between projections can't answer: whose outlines does it hold,
and does it point at the places that the unit needs, which a grey square laid over them finds? The chapter shows the
file that this command writes; `result` reads it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from zflib import weights
from zflib.analysis import (
    blurred,
    control_projections,
    correlation,
    likeness,
    magnitude,
    on_picture,
    other_channels,
    other_pictures,
)
from zflib.data.photographs import photographs
from zflib.deconvnet import DeconvNet, Patches, Trace
from zflib.experiments import read, write
from zflib.experiments.grey_squares import lost, pointing
from zflib.network import ConvNet

FILE = Path(__file__).with_suffix(".json")
NETWORKS = ("zfnet-mini", "alexnet-mini")
STEPS = ("conv2", "conv3", "conv4", "conv5")
CONTROLS = ("random channel", "random picture", "neither", "shuffled switches", "own layer random", "all layers random")
RULES = ("by lot", "strongest")  # which maps of a picture: any that respond, or those that respond most
MEASURES = ("signed", "magnitude")
BLURS = (0, 1, 2, 4, 8)  # pixels
EDGES = 1  # pixels of blur before outlines are compared
SQUARES = (16, 32)  # sides in pixels; the next square is half a side away
PER_PICTURE = 4
OTHERS = 6  # photographs whose projections make up an envelope
SEEDS = (0, 1)  # of the other maps and pictures, shuffles and random weights: averaged over


class Mean(NamedTuple):
    """A mean over photographs and its 95 % interval for other photographs, Student's."""

    value: float
    low: float
    high: float


def result() -> dict[str, Any]:
    """The committed result, with how it was made.

    result()["found"][network][rule][step] holds means over the units of each photograph, in order:

    likeness   by control, measure and blur: `zflib.analysis.likeness` to the true projection
    outline    by control, and "projection": the correlation of its magnitude with how steep the photographs are, "own"
               that of the unit and "other" the one in its place under "random picture"
    occlusion  by side of the square, and by control, "projection" or "envelope": the correlation, over squares that
               touch the receptive field, of what the projection's magnitude adds up to under the square with how much
               of the activation the square takes away. "envelope" is the mean over what "neither" shows in several
               photographs: where the field is sensitive, whatever unit and picture.
    """
    return read(FILE)


def mean(values: Any, less: Any = None) -> Mean:
    """The mean of one number a photograph, with its interval; None, for a photograph that has none, is left out.

    less  other numbers of the same photographs: then the mean of the differences, photograph by photograph
    """
    from scipy import stats

    values = np.asarray(values, dtype=float)
    if less is not None:
        values = values - np.asarray(less, dtype=float)
    values = values[np.isfinite(values)]
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Mean(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def curves(found: dict[str, Any], rule: str = "by lot") -> dict[str, dict[str, dict[str, dict[str, list[Mean]]]]]:
    """What each control keeps at each blur, by network, step, measure and control, of units chosen by one of `RULES`.

    found  what `result` returns
    """
    return {
        network: {
            step: {
                measure: {control: [mean(some) for some in kept[measure]] for control, kept in each["likeness"].items()}
                for measure in MEASURES
            }
            for step, each in rules[rule].items()
        }
        for network, rules in found["found"].items()
    }


def verdict(likenesses: dict[str, Any], measure: str) -> str:
    """Which keeps more of a projection, by blur: "switches 0 to 1 px, even 2 px, unit 4 to 8 px".

    likenesses  result()["found"][network][rule][step]["likeness"]

    "switches" where another map on this picture keeps more, "unit" where this map on another picture does, "even" where
    the interval of the difference holds zero.
    """
    found = []
    for switches, unit in zip(*(likenesses[c][measure] for c in ("random channel", "random picture")), strict=True):
        difference = mean(switches, less=unit)
        found.append("switches" if difference.low > 0 else "unit" if difference.high < 0 else "even")
    parts = []
    for word, group in groupby(zip(found, BLURS, strict=True), key=lambda pair: pair[0]):
        blurs = [blur for _, blur in group]
        parts.append(f"{word} {blurs[0]} to {blurs[-1]} px" if len(blurs) > 1 else f"{word} {blurs[0]} px")
    return ", ".join(parts)


def chosen(trace: Trace, step: str, rule: str, per_picture: int = PER_PICTURE, seed: int = 0) -> Tensor:
    """(U, 4): on each picture the strongest units of some maps, by one of `RULES` among those above zero there."""
    generator, units = torch.Generator().manual_seed(seed), []
    for picture, maps in enumerate(trace[step]):
        peaks = maps.flatten(1).amax(1)
        live = torch.nonzero(peaks > 0)[:, 0]
        lot = torch.randperm(len(live), generator=generator)
        order = lot if rule == "by lot" else peaks[live].argsort(descending=True)
        for channel in live[order[:per_picture]].tolist():
            units.append((picture, channel, *divmod(int(maps[channel].argmax()), maps.shape[2])))
    return torch.tensor(units)


def steepness(images: Tensor) -> Tensor:
    """(N, 1, H, W): the length of the grey value's gradient at each pixel of (N, 3, H, W) pictures."""
    down, right = torch.gradient(images.mean(1, keepdim=True), dim=(2, 3))
    return torch.hypot(down, right)


def under(maps: Tensor, projected: Patches, pictures: Tensor) -> Tensor:
    """(U, C, h, w): what (N, C, H, W) maps of the pictures hold under each window; zero beyond the border."""
    at = []
    for start, length, side in zip(
        (projected.top, projected.left), projected.pixels.shape[2:], projected.size, strict=True
    ):
        at.append((start[:, None] + torch.arange(length)).clamp(0, side - 1))
    found = maps[pictures[:, None, None], :, at[0][:, :, None], at[1][:, None, :]].permute(0, 3, 1, 2)
    return found * torch.from_numpy(on_picture(projected))


def outlines(projected: Patches, edges: Tensor, pictures: Tensor) -> np.ndarray:
    """(U,): correlation of each projection's magnitude with the steepness (N, 1, H, W) of the picture named for it."""
    theirs = blurred(under(edges, projected, pictures), EDGES)
    return correlation(blurred(magnitude(projected.pixels), EDGES), theirs, on_picture(projected))


def whole_pictures(projected: Patches) -> np.ndarray:
    """(U, H, W): each projection's magnitude, on the whole picture."""
    return np.concatenate([magnitude(projected.paste(at)) for at in range(len(projected))])


def envelope(deconv: DeconvNet, trace: Trace, step: str, units: Tensor) -> np.ndarray:
    """(U, H, W): mean magnitude, each adding up to 1, of another map at the place in `OTHERS` other pictures."""
    total: Any = 0
    count = min(OTHERS, len(trace.images) - 1)
    for further in range(1, 1 + count):
        others = other_channels(units, trace[step].shape[1], further)
        others[:, 0] = (units[:, 0] + further) % len(trace.images)
        strong = whole_pictures(deconv.project_units(trace, step, others, seed=1))
        total = total + strong / strong.sum((1, 2), keepdims=True).clip(1e-12)
    return total / count


def compared(
    net: ConvNet, images: Tensor, step: str, units: Tensor, taken: dict[int, Tensor], fields: np.ndarray, seed: int
) -> dict[str, Any]:
    """One draw of the controls of one step; `fields` is what `envelope` returns, the rest as in `measure`."""
    came = control_projections(net, images, step, units, seed)
    random = [name for name in came if name.startswith("random conv")]
    came["own layer random"], came["all layers random"] = came[random[0]], came[random[-1]]
    shown = ("projection", *CONTROLS)
    alike = {name: [likeness(came["projection"], came[name], blur) for blur in BLURS] for name in CONTROLS}
    edges, others = steepness(images), other_pictures(units, len(images), seed)[:, 0]
    strong = {name: whole_pictures(came[name]) for name in shown} | {"envelope": fields}
    geometry = next(s for s in net.architecture.geometry(images.shape[3]) if s.name == step)
    boxes = np.array([geometry.box(*unit[2:]) for unit in units.tolist()])
    return {
        "likeness": {
            name: {measure: [_by_picture(each[measure], units) for each in by_blur] for measure in MEASURES}
            for name, by_blur in alike.items()
        },
        "outline": {
            name: {
                "own": _by_picture(outlines(came[name], edges, units[:, 0]), units),
                "other": _by_picture(outlines(came[name], edges, others), units),
            }
            for name in shown
        },
        "occlusion": {
            str(square): {
                name: _by_picture(pointing(values, lost_here.numpy(), boxes, square), units)
                for name, values in strong.items()
            }
            for square, lost_here in taken.items()
        },
    }


def measure(
    net: ConvNet,
    images: Tensor,
    rules: Sequence[str] = RULES,
    steps: Sequence[str] = STEPS,
    squares: Sequence[int] = SQUARES,
) -> dict[str, Any]:
    """By rule and step: what `result` holds of one network, from (N, 3, H, W) pictures."""
    deconv = DeconvNet(net)
    trace = deconv.forward(images, upto=steps[-1])
    found: dict[str, Any] = {}
    for rule in rules:
        units = {step: chosen(trace, step, rule) for step in steps}
        taken = {square: lost(net, trace, units, square) for square in squares}
        found[rule] = {}
        for step, some in units.items():
            here = {square: taken[square][step] for square in squares}
            fields = envelope(deconv, trace, step, some)
            draws = [compared(net, images, step, some, here, fields, seed) for seed in SEEDS]
            found[rule][step] = _averaged(draws)
    return found


def run() -> dict[str, Any]:
    """Everything that the result file holds, but for how it was made."""
    some, networks, found = photographs(), {}, {}
    for name in NETWORKS:
        net = weights.load(name).cpu()
        networks[name] = weights.record(name)["sha256"]
        found[name] = measure(net, torch.stack([net.preprocess(each.picture) for each in some]))
    return {
        "what": "what is left of projections under controls, whose outlines they hold, and where units can be hurt",
        "photographs": [each.name for each in some],
        "units": f"on each photograph the strongest units of {PER_PICTURE} maps, drawn by lot or strongest",
        "draws": f"controls averaged over seeds {', '.join(map(str, SEEDS))}",
        "blurs": BLURS,
        "squares": SQUARES,
        "networks": networks,
        "found": found,
    }


def _by_picture(values: np.ndarray, units: Tensor) -> list[float]:
    """The mean over the units of each picture; NaN where none of them has a value."""
    picture, means = units[:, 0].numpy(), []
    for at in range(picture.max() + 1):
        own = values[(picture == at) & np.isfinite(values)]
        means.append(float(own.mean()) if len(own) else np.nan)
    return means


def _averaged(draws: Sequence[Any]) -> Any:
    """Dictionaries and lists of one shape, number by number: their mean; None where it is missing in one."""
    if isinstance(draws[0], dict):
        return {key: _averaged([draw[key] for draw in draws]) for key in draws[0]}
    if isinstance(draws[0], list):
        return [_averaged(each) for each in zip(*draws, strict=True)]
    value = float(np.mean(draws))
    return round(value, 3) if np.isfinite(value) else None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zflib.experiments.controls",
        description="Compare projections with their controls on the embedded photographs, and with what a grey square "
        "takes away. Takes some minutes on two CPU cores, nearly all of it for the smallest square.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the result file (default: that of chapter 3)")
    given = parser.parse_args(arguments)
    write(given.out, run(), "zflib.experiments.controls", torch.device("cpu"))
    print(f"{given.out} written.")


if __name__ == "__main__":
    main()
