"""What the processes do that test_processes.py starts."""

import os
import time

from tiny import net

from zflib import atomic, weights
from zflib.data import sets


def decode(pets, begin, said):
    """Begin together with others; the queue `said` gets what is found in several sizes."""
    os.environ["ZFLIB_DATA"] = str(pets.parent)
    begin.wait()
    found = [sets.folder(pets, side) for side in (8, 16, 8, 24, 16)]
    said.put([(each.pixels.shape, int(each.pixels.sum()), each.labels.tolist()) for each in found])


def write(path, content, seconds):
    """Write one file again and again."""
    end = time.time() + seconds
    while time.time() < end:
        atomic.write(path, content)


def store(folder, *seeds):
    for seed in seeds:
        weights.store(net(seed), {}, "tiny", folder)


def halfway(reached, work, *arguments):
    """Do some work, but stop and say so when a file is written and has not yet been given its name."""

    def stop(_):
        reached.set()
        time.sleep(60)

    atomic.os.fsync = stop
    work(*arguments)


def decode_alone(pets):
    os.environ["ZFLIB_DATA"] = str(pets.parent)
    sets.folder(pets, 8)
