"""The runs of the table: shown as a plan, then made one after the other, by all who share a results folder."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch.nn import functional as F

from zflib.architecture import Architecture
from zflib.data import PictureSet
from zflib.experiments.ablation import results
from zflib.experiments.ablation.plan import Job, Preset
from zflib.network import ConvNet, device
from zflib.training import machine
from zflib.training.evaluate import Evaluation, evaluate
from zflib.training.loop import Diverged, Run, train
from zflib.training.recipe import Recipe
from zflib.training.ship import finished
from zflib.training.start import sgd


@dataclass(frozen=True)
class Plan:
    """Runs that share preset, recipe and pictures.

    results  folder of the result files, one a run
    runs     folder of the checkpoints, a folder a run
    """

    preset_name: str
    preset: Preset
    recipe: Recipe
    jobs: tuple[Job, ...]
    training: PictureSet
    validation: PictureSet
    results: Path
    runs: Path

    def architecture(self, job: Job) -> Architecture:
        return self.preset.architecture(job.network, job.row, len(self.training.class_names))

    def run(self, job: Job) -> Run:
        return Run(self.architecture(job), self.recipe, job.seed, self.training, self.validation)

    def result(self, job: Job) -> Path:
        return self.results / f"{job.name}.json"

    def done(self, job: Job) -> bool:
        """Whether the job's result is there. Raises ValueError when what is there comes of another plan."""
        if not self.result(job).exists():
            return False
        facts, mine = results.read(self.result(job)), self.run(job).identity()
        mine["validation_fingerprint"] = self.validation.fingerprint
        theirs = {key: facts[key] for key in ("architecture", "recipe")}
        theirs |= {key: facts["data"][key] for key in ("fingerprint", "validation_fingerprint")}
        # Machines that share a folder may compute in different precision.
        theirs["recipe"] = theirs["recipe"] | {"precision": self.recipe.precision}
        for key, value in theirs.items():
            if value != mine[key]:
                raise ValueError(
                    f"{self.result(job)} was made with another {_difference(key, value, mine[key])}; "
                    "give these runs a folder of their own with --results."
                )
        return True


def describe(plan: Plan, seconds: dict[tuple[str, str], float]) -> str:
    """The plan in words and a table.

    seconds  about how long a run takes, by network and row, as `timing` says
    """
    to_do = [job for job in plan.jobs if not plan.done(job)]
    rows = [("network", "row", "seeds to do", "parameters", "multiply-adds", "a run takes")]
    for network, row in dict.fromkeys((job.network, job.row) for job in plan.jobs):
        steps = plan.architecture(Job(network, row, 0)).geometry()
        seeds = [str(job.seed) for job in to_do if (job.network, job.row) == (network, row)]
        size = f"{sum(s.parameters for s in steps) / 1e6:.2f} M", f"{sum(s.macs for s in steps) / 1e6:.0f} M"
        about = duration(seconds[network, row]) if (network, row) in seconds else ""
        rows.append((network, row, " ".join(seeds) or "none", *size, about))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    whole = sum(seconds[job.network, job.row] for job in to_do)
    return (
        f"{_count(len(plan.jobs), 'run')} of {_count(plan.recipe.epochs, 'epoch')} on {plan.training.name} "
        f"({len(plan.training):,} pictures), {len(plan.jobs) - len(to_do)} of them done.\n\n{table}\n\n"
        f"About {duration(whole)} in all. Results: {plan.results}; checkpoints: {plan.runs}"
    )


def timing(plan: Plan, fabric: Fabric) -> dict[tuple[str, str], float]:
    """About how many seconds a run takes here, by network and row: a few steps of each that is still to do, timed."""
    to_do = {(job.network, job.row): plan.architecture(job) for job in plan.jobs if not plan.done(job)}
    pictures = plan.recipe.epochs * len(plan.training) / fabric.world_size
    return {key: pictures * seconds_a_picture(arch, plan.recipe, fabric) for key, arch in to_do.items()}


def seconds_a_picture(architecture: Architecture, recipe: Recipe, fabric: Fabric) -> float:
    """Seconds that a training step takes for one picture on this process's device, augmentation left out."""
    net = ConvNet(architecture)
    net.initialise(recipe.init_std, recipe.conv1_std)
    net.to(fabric.device, memory_format=torch.channels_last)
    optimizer = sgd(net, recipe)
    pictures = min(32, recipe.batch_size)
    side = architecture.input_size
    x = torch.randn(pictures, 3, side, side, device=fabric.device).to(memory_format=torch.channels_last)
    y = torch.zeros(pictures, dtype=torch.long, device=fabric.device)
    steps = 2
    for step in range(steps + 1):
        if step == 1:  # the first one warms up
            start = time.perf_counter()
        with fabric.autocast():
            logits = net(x)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(logits.float(), y).backward()
        optimizer.step()
        logits.sum().item()  # waits for a GPU
    return (time.perf_counter() - start) / (steps * pictures)


def execute(plan: Plan, fabric: Fabric, seconds: dict[tuple[str, str], float]) -> list[Job]:
    """Make the runs that have no result yet; those that another process holds are left to it, and returned.

    seconds  as `timing` gives them; they are corrected by what the runs take

    A run that diverges is recorded as such. Whatever else goes wrong is raised; what is done is kept.
    """
    elsewhere, spent, expected = [], 0.0, 0.0
    to_do = fabric.broadcast([job for job in plan.jobs if not plan.done(job)])
    for at, job in enumerate(to_do):
        with _claimed(plan, job, fabric) as ours:
            if not ours:
                if not plan.done(job):
                    elsewhere.append(job)
                continue
            if spent and fabric.is_global_zero:
                left = sum(seconds[each.network, each.row] for each in to_do[at:]) * spent / expected
                print(f"{job.name}: {_count(len(to_do) - at, 'run')} to go, about {duration(left)}", flush=True)
            start = time.monotonic()
            make(plan, job, fabric)
            spent += time.monotonic() - start
            expected += seconds[job.network, job.row]
    return elsewhere


def make(plan: Plan, job: Job, fabric: Fabric) -> None:
    """One run, from its last checkpoint if there is one, and its result file."""
    run, folder, start = plan.run(job), plan.runs / job.name, time.monotonic()
    looks = max(5, plan.recipe.epochs // 4)  # a look at the validation pictures takes as long as a third of an epoch
    try:
        train(run, folder, fabric, evaluate_every=looks)
        diverged = None
    except Diverged as error:
        diverged = error
    if not fabric.is_global_zero:
        return
    facts = _facts(plan, job, run)
    if diverged:
        print(f"{job.name} is recorded as diverged: {diverged}")
        made = machine.describe(fabric.device, fabric.world_size) | {"seconds": round(time.monotonic() - start)}
        log = json.loads((folder / "log.json").read_text(encoding="utf-8"))
        done = sum("train_loss" in entry for entry in log)
        facts |= {"status": "diverged", "epochs": done, "train": None, "validation": None}
        results.write(plan.results, job, facts | {"images_per_second": None} | made | {"curves": log})
        return
    net, saved = finished(folder, plan.training.class_names)
    net.to(device())
    seen = evaluate(net, plan.validation)
    steps = len(plan.training) // plan.recipe.batch_size
    facts |= {
        "epochs": saved["progress"]["epoch"],
        "train": _scores(evaluate(net, plan.training)),
        "validation": _scores(seen),
        "images_per_second": round(
            plan.recipe.epochs * steps * plan.recipe.batch_size / saved["progress"]["seconds"], 1
        ),
        **saved["made"],
        "curves": saved["log"],
    }
    labels = plan.validation.labels.astype(np.uint16)
    path = results.write(plan.results, job, facts, seen.log_probabilities, labels)
    print(f"{path}: {seen.top1:.1%} of {len(plan.validation):,} validation pictures right", flush=True)


def _facts(plan: Plan, job: Job, run: Run) -> dict[str, Any]:
    """What a result says whatever becomes of the run."""
    steps = run.architecture.geometry()
    data = {
        "train": plan.training.name,
        "train_pictures": len(plan.training),
        "fingerprint": plan.training.fingerprint,
        "validation": plan.validation.name,
        "validation_pictures": len(plan.validation),
        "validation_fingerprint": plan.validation.fingerprint,
    }
    if plan.training.name.startswith("imagenette2-160"):
        data["note"] = "These copies of the pictures were squashed to a square before they were scaled to 160 pixels."
    return {
        **asdict(job),
        "preset": plan.preset_name,
        "status": "finished",
        "parameters": sum(s.parameters for s in steps),
        "macs": sum(s.macs for s in steps),
        "data": data,
        **{key: run.identity()[key] for key in ("architecture", "recipe")},
    }


def _scores(seen: Evaluation) -> dict[str, float]:
    scores = {"top1": round(seen.top1, 5), "cross_entropy": round(seen.loss, 5)}
    return scores | {"top5": round(seen.top5, 5)} if seen.log_probabilities.shape[1] > 10 else scores


@contextmanager
def _claimed(plan: Plan, job: Job, fabric: Fabric) -> Iterator[bool]:
    """Whether this process (or group of processes) has the job for itself.

    The lock lies in the results folder, which is what machines share, and goes with the process that holds it: nothing
    stale is left after a kill. It is removed once the result is there; whoever waits for it looks for the result first.
    """
    from filelock import FileLock, Timeout

    lock = None
    if fabric.is_global_zero:
        plan.results.mkdir(parents=True, exist_ok=True)
        lock = FileLock(plan.results / f".{job.name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            lock = None
        else:
            if plan.done(job):
                _drop(lock)
                lock.release()
                lock = None
    try:
        yield fabric.broadcast(lock is not None)
    finally:
        if lock:
            if plan.result(job).exists():
                _drop(lock)
            lock.release()


def _drop(lock: Any) -> None:
    with suppress(OSError):  # Windows removes no file that is open
        Path(lock.lock_file).unlink()


def _difference(name: str, there: Any, here: Any) -> str:
    if isinstance(there, dict):
        for key in here:
            if there.get(key) != here[key]:
                return _difference(key, there.get(key), here[key])
    return f"{name} ({there} there, {here} here)"


def duration(seconds: float) -> str:
    """A time for reading: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def of_share(recipe: Recipe, whole: int, part: int) -> Recipe:
    """The recipe for `part` of `whole` training pictures: more epochs, for as many steps, to within half an epoch."""
    steps, fewer = (pictures // recipe.batch_size for pictures in (whole, part))
    if not fewer:
        raise ValueError(f"{part} pictures make no batch of {recipe.batch_size}; take a larger share.")
    return replace(recipe, epochs=round(recipe.epochs * steps / fewer))
