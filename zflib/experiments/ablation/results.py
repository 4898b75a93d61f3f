"""Result files: one JSON object a run, checked against `schema.json`, and what its network said of each picture."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from zflib import atomic
from zflib.experiments.ablation.plan import Job


class DamagedResult(ValueError):
    """A result file that is not one: no JSON, or not what the schema asks for."""


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a result file."""
    return json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))


def outputs(folder: Path) -> Path:
    """Where the runs of a results folder keep what their networks said of each validation picture: beside it."""
    return folder.with_name(f"{folder.name}_outputs")


def write(
    folder: Path,
    job: Job,
    facts: dict[str, Any],
    log_probabilities: np.ndarray | None = None,
    labels: np.ndarray | None = None,
) -> Path:
    """Keep a run: the outputs first, so that a run whose JSON is there is whole. Returns the path of the JSON.

    log_probabilities  (N, classes) on the centre crop of every validation picture, kept as float16; none for a run that
                       diverged
    labels             (N,) the true classes

    Raises DamagedResult, with nothing written, when the facts don't fit the schema.
    """
    from safetensors.numpy import save

    path = folder / f"{job.name}.json"
    _check(facts, path)
    if log_probabilities is not None:
        kept = outputs(folder) / f"{job.name}.safetensors"
        kept.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(kept, save({"log_probabilities": log_probabilities.astype(np.float16), "labels": labels}))
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(path, (json.dumps(facts, indent=1) + "\n").encode())
    return path


def read(path: Path) -> dict[str, Any]:
    """The facts of one run. Raises FileNotFoundError, or DamagedResult naming file and field."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DamagedResult(f"{path} is no JSON ({error}); remove it to make the run again.") from error
    _check(facts, path)
    return facts


def read_outputs(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(N, classes) float32 log-probabilities of a run of `folder`, and (N,) int64 labels. Raises FileNotFoundError."""
    from safetensors.numpy import load_file

    kept = load_file(outputs(folder) / f"{name}.safetensors")
    return kept["log_probabilities"].astype(np.float32), kept["labels"].astype(np.int64)


def _check(facts: Any, path: Path) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if error := best_match(Draft202012Validator(schema()).iter_errors(facts)):
        where = "/".join(map(str, error.absolute_path)) or "the whole"
        raise DamagedResult(f"{path} is no result of the ablation: {where}: {error.message}.")
    if path.stem != (named := Job(facts["network"], facts["row"], facts["seed"]).name):
        raise DamagedResult(f"{path} holds the run {named}; a result is named after its run.")
