"""A network small enough for any disk, and what the tests of this folder do with it."""

from dataclasses import replace

import torch

import zflib
from zflib import cli

TINY = replace(zflib.ZFNET.with_maps(dict.fromkeys(range(1, 6), 8)).with_units(16), name="tiny", classes=3)
TINY = replace(TINY, input_size=64)
NAMES = ("cat", "dog", "owl")


def net(seed=0):
    return zflib.ConvNet(TINY, class_names=NAMES).initialise(0.2, seed=seed).eval()


def command(capsys, *arguments):
    """Exit status of a command, and what it printed to either stream."""
    status = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def same(one, other):
    """Whether two networks have the same weights."""
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def leftovers(where):
    """Names of half-written files."""
    return [path.name for path in where.rglob("*") if ".part" in path.name]
