"""`python -m zflib project`: project one unit of a picture back to pixel space."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from zflib import weights
from zflib.cli import maps, options

METHODS = ("deconvnet", "gradient", "guided")


def add(commands: Any) -> None:
    added = options.command(
        commands,
        "project",
        run,
        "project a picture's activation back to pixel space",
        "python -m zflib project cat.jpg --step conv4 --channel 12 --enlarge 4 --out cat-conv4-12.png",
        "The picture is scaled and cropped for the network first. Grey is zero.",
    )
    added.add_argument("picture", metavar="PICTURE", help="an image file")
    added.add_argument("--channel", type=options.whole, metavar="MAP", help="default: the map with the strongest unit")
    added.add_argument("--method", choices=METHODS, default="deconvnet", help="default: %(default)s")
    maps.add_net_and_step(added)


def run(given: argparse.Namespace) -> None:
    import torch

    from zflib import plots
    from zflib.data import read
    from zflib.deconvnet import DeconvNet

    net = weights.load(given.net, given.weights)
    deconv = DeconvNet(net)
    maps.check_step(given.step, deconv.steps)
    side = net.architecture.input_size
    maps.check_out(given.out, side, side, given.enlarge)
    picture = net.preprocess(read(given.picture))
    trace = deconv.forward(picture[None], upto=given.step)
    activations = trace[given.step][0].flatten(1) if trace[given.step].ndim == 4 else trace[given.step][0][:, None]
    channel = int(activations.amax(1).argmax()) if given.channel is None else given.channel
    projection = deconv.project(trace, given.step, channel=channel, method=given.method)[0]
    value = activations[channel].max().item()
    if not torch.count_nonzero(projection):
        raise ValueError(f"Map {channel} of {given.step} is silent on this picture: there is nothing to project.")
    out = given.out or Path(f"{Path(given.picture).stem}-{given.step}-{channel}-{given.method}.png")
    maps.write_picture(out, plots.enlarge(plots.signed(projection), given.enlarge))
    print(f"{out}: strongest unit of map {channel} in {given.step} of {given.net}, activation {value:.3g}")
    if value < 0 and given.method != "gradient":
        print(
            "zflib: the activation is negative, and so is the signal at its start. A positive start would give another "
            "picture, not this one with its sign turned.",
            file=sys.stderr,
        )
