"""A tiny table, made in a process of its own, to be killed or joined by others, or in a group of them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from run_tiny import tiny_run

from zflib.experiments.ablation import plan, run
from zflib.training.loop import new_fabric

ROWS = ("as_is", "removed_layers_3_4")


@dataclass(frozen=True)
class Narrow(plan.Preset):
    """Both networks eight maps wide, on pictures of 64 pixels."""

    def architecture(self, network, row, classes):
        narrow = plan.NETWORKS[network].with_maps(dict.fromkeys(range(1, 6), 8)).with_units(16)
        return replace(plan.variant(narrow, row), name="tiny", classes=classes, input_size=64)


def tiny_plan(results, runs, rows=ROWS, seeds=(0, 1), **changes):
    made = tiny_run(**changes)
    preset = Narrow(made.recipe, sides=(80, 73), seeds=tuple(seeds), mini=True)
    jobs = plan.jobs(preset, ["alexnet"], rows, seeds)
    return run.Plan("mini", preset, made.recipe, jobs, made.train, made.validation, Path(results), Path(runs))


def fill(results, runs, rows=ROWS, left=None):
    """Make the table's runs; those that are left to others go into the queue `left`."""
    torch.set_num_threads(1)
    whole = tiny_plan(results, runs, rows)
    fabric = new_fabric(whole.recipe, accelerator="cpu")
    elsewhere = run.execute(whole, fabric, run.timing(whole, fabric))
    if left:
        left.put([job.name for job in elsewhere])


def fill_as(rank, port, *arguments):
    """The same as one of two processes that torchrun starts. They meet at the store that it has at a port."""
    known = {"RANK": rank, "LOCAL_RANK": rank, "GROUP_RANK": 0, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}
    known |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    known |= {"TORCHELASTIC_RUN_ID": "tiny", "TORCHELASTIC_USE_AGENT_STORE": True}
    os.environ.update({name: str(value) for name, value in known.items()})
    fill(*arguments)
