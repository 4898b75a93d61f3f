"""A tiny table in a process of its own, to be killed or joined by others: ablate_tiny.py RESULTS RUNS [ROW ...]."""

import sys
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


if __name__ == "__main__":
    torch.set_num_threads(1)
    whole = tiny_plan(*sys.argv[1:3], rows=sys.argv[3:] or ROWS)
    fabric = new_fabric(whole.recipe, accelerator="cpu")
    elsewhere = run.execute(whole, fabric, run.timing(whole, fabric))
    if fabric.is_global_zero:
        print(f"left to others: {[job.name for job in elsewhere]}")
