"""The tests' tiny run in a process of its own, to be killed or joined by another: run_tiny.py FOLDER CHANGES."""

import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

import torch
from tqdm.auto import tqdm

import zflib
from zflib.training.loop import Run, new_fabric, train
from zflib.training.recipe import MINI


def tiny_run(seed=0, **changes):
    """A narrow ZFNet on 64-pixel textures: 3 epochs of 5 batches of 8. Any setting of the recipe can be changed."""
    narrow = zflib.ZFNET.with_maps(dict.fromkeys(range(1, 6), 8)).with_units(16)
    recipe = replace(MINI, **{"epochs": 3, "batch_size": 8, "init_std": 0.1, "conv1_std": 0.01, **changes})
    return Run(
        replace(narrow, name="tiny", classes=10, input_size=64),
        recipe,
        seed,
        train=zflib.data.synthetic(45, 80, seed=0),
        validation=zflib.data.synthetic(20, 73, seed=1),
    )


def to_the_end(folder, **changes):
    torch.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # the usual one is shared by forked processes, and a kill may leave it locked
    run = tiny_run(**changes)
    train(run, Path(folder), new_fabric(run.recipe, accelerator="cpu"), checkpoint_seconds=-1)


if __name__ == "__main__":
    to_the_end(sys.argv[1], **json.loads(sys.argv[2]))
