"""`python -m zflib top`: find the strongest patches of one map over many pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zflib import weights
from zflib.cli import maps, options


def add(commands: Any) -> None:
    added = options.command(
        commands,
        "top",
        run,
        "find the patches that excite a map most",
        "python -m zflib top --step conv3 --channel 5 --pictures holiday --count 9 --enlarge 2",
        "At most one patch a picture; grey where its receptive field reaches beyond the border.",
    )
    added.add_argument("--channel", type=options.whole, default=0, metavar="MAP", help="default: %(default)s")
    added.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="searched with its subfolders (default: embedded photographs)"
    )
    added.add_argument(
        "--count", type=options.count, help="how many patches (default: 9, or as many as there are pictures)"
    )
    added.add_argument(
        "--size", type=options.count, metavar="PIXELS", help="side of the pictures (default: the network's)"
    )
    maps.add_net_and_step(added)


def run(given: argparse.Namespace) -> None:
    import numpy as np

    from zflib import plots
    from zflib.analysis import responses, top_activations
    from zflib.analysis.top import TooFew

    net = weights.load(given.net, given.weights)
    steps = {step.name: step for step in net.architecture.geometry()}
    maps.check_step(given.step, steps)
    if given.channel >= (there := steps[given.step].maps):
        raise ValueError(f"{given.step} of {given.net} has maps 0 to {there - 1}, no {given.channel}.")
    names, pictures = _pictures(given.pictures)
    count = given.count or min(9, len(names))
    if count > len(names):
        raise ValueError(f"There are {len(names)} pictures and one patch of each: --count {count} is too many.")
    across, field = int(np.ceil(np.sqrt(count))), steps[given.step].receptive_field
    maps.check_out(given.out, across * (field + 1), 2 * across * (field + 1) + 4, given.enlarge)
    try:
        found = top_activations(net, pictures, given.step, k=count, size=given.size, progress=given.step)
    except TooFew as error:
        raise ValueError(f"Too few pictures can be read for --count {count}: {error.unreadable[0]}") from error
    if found.dead[given.channel]:
        raise ValueError(f"Map {given.channel} of {given.step} is above 0 on none of the {found.pictures} pictures.")
    for at in range(int(found.active[given.channel].sum())):
        number, row, column, value = (
            v[given.channel, at] for v in (found.picture, found.row, found.column, found.value)
        )
        print(f"{at + 1}. {names[number]}, unit ({row}, {column}), activation {value:.3g}")
    shown = responses(net, pictures, found, given.channel)
    columns = int(np.ceil(np.sqrt(len(shown.patches))))
    halves = [plots.tile(half, columns) for half in (shown.patches, plots.signed(shown.projections))]
    out = given.out or Path(f"{given.net}-{given.step}-{given.channel}.png")
    maps.write_picture(out, plots.enlarge(plots.tile(np.stack(halves), columns=2, gap=4), given.enlarge))
    print(f"{out}: {len(shown.patches)} patches, strongest first, and their projections")


def _pictures(folder: Path | None) -> tuple[list[str], Sequence[Any]]:
    """Names and pictures of a folder, or of the embedded photographs."""
    from zflib import data
    from zflib.data.files import is_picture, say_left_out
    from zflib.data.gallery import Pictures

    if folder is None:
        found = data.photographs()
        return [p.name for p in found], Pictures(range(len(found)), lambda at: found[at].picture)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder of pictures.")
    files = sorted(path for path in folder.rglob("*") if not path.is_dir())
    counts = [is_picture(path) for path in files]
    paths = [path for path, does in zip(files, counts, strict=True) if does]
    say_left_out(folder, [path for path, does in zip(files, counts, strict=True) if not does])
    if not paths:
        raise FileNotFoundError(f"{folder} holds no pictures.")
    return [str(p.relative_to(folder)) for p in paths], Pictures(range(len(paths)), lambda at: data.read(paths[at]))
