"""All runs in one place: `result()` for the chapter, and the copy that travels with the package."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from zflib import atomic, weights
from zflib.experiments.ablation import results
from zflib.experiments.ablation.calibration import calibrated
from zflib.experiments.ablation.comparison import Row
from zflib.experiments.ablation.ensembles import of_true_class
from zflib.experiments.ablation.plan import MINI_TABLE, NETWORKS, Job, published

RESULTS = weights.RESULTS.with_name("ablation")
FILE = Path(__file__).with_suffix(".json")
# Of Table 2's members the package keeps all probabilities, of the others only what compares rows.
_MEMBERS = ("as_is", "layers_3_4_5_512_1024_512")


@dataclass(frozen=True)
class Setting:
    """What runs may be set apart from the table's by.

    share          percent of the training pictures, for as many steps as on all of them
    rate           learning rate
    budget         epochs of all the pictures
    dropout        in layers 6 and 7
    pool5_dropout  before layer 6, or 8 where 6 and 7 are gone
    he             He initialisation of the layers between the first and the last
    """

    share: int = 100
    rate: float = MINI_TABLE.learning_rate
    budget: int = MINI_TABLE.epochs
    dropout: float = MINI_TABLE.dropout
    pool5_dropout: float = 0.0
    he: bool = False

    @classmethod
    def of(cls, facts: dict[str, Any], share: int) -> Setting:
        """That of a run, by its result file."""
        recipe = facts["recipe"]
        return cls(
            share,
            recipe["learning_rate"],
            recipe["epochs"] if share == 100 else cls.budget,
            recipe["dropout"],
            recipe.get("pool5_dropout", 0.0),
            recipe.get("he", False),
        )

    def __str__(self) -> str:
        """What sets it apart, "rate 0.003, 36 epochs"; "the table's" where nothing does."""
        words = {
            "share": f"{self.share} % of the pictures",
            "rate": f"rate {self.rate:g}",
            "budget": f"{self.budget} epochs",
            "dropout": f"dropout {self.dropout:g}",
            "pool5_dropout": f"dropout {self.pool5_dropout:g} on pool5",
            "he": "He initialisation",
        }
        apart = [words[f.name] for f in fields(self) if getattr(self, f.name) != f.default]
        return ", ".join(apart) or "the table's"


class MissingRuns(ValueError):
    """A row of the table has no run."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """One run.

    facts              its result file
    share              percent of the training pictures that it saw
    correct            (N,) bool, by validation picture; None, as the next, for a run that diverged
    nll                (N,) nats, its cross-entropy there
    log_probabilities  (N, classes) of ZFNet as it is and the wide one, for ensembles; else None
    calibrated         (N,) nats, its cross-entropy with its temperature set, see `calibrated`; None as above
    """

    facts: dict[str, Any]
    share: int
    correct: np.ndarray | None
    nll: np.ndarray | None
    log_probabilities: np.ndarray | None = None
    calibrated: np.ndarray | None = None

    @property
    def job(self) -> Job:
        return Job(*(self.facts[key] for key in ("network", "row", "seed")))

    @property
    def setting(self) -> Setting:
        """What sets it apart from the table's runs."""
        return Setting.of(self.facts, self.share)


@dataclass(frozen=True, eq=False)
class Ablation:
    """Every run of the table, and (N,) labels of the validation pictures, to which all arrays refer."""

    runs: tuple[Outcome, ...]
    labels: np.ndarray

    def of(self, network: str, row: str, **setting: Any) -> tuple[Outcome, ...]:
        """The runs of a row, by seed; none if there is no such row.

        setting  in what they differ from the table's, as `Setting` names it
        """
        wanted = network, row, Setting(**setting)
        return tuple(o for o in self.runs if (o.job.network, o.job.row, o.setting) == wanted)

    def row(self, network: str, row: str, temperature: bool = False, **setting: Any) -> Row:
        """The runs that `of` finds and that did not diverge, for `compare`. Raises ValueError when there is none.

        temperature  True: the cross-entropy with each net's temperature set
        """
        done = [o for o in self.of(network, row, **setting) if o.correct is not None]
        if not done:
            raise ValueError(f"No run of {network}, {row} ({Setting(**setting)}) is finished.")
        nll = [o.calibrated if temperature else o.nll for o in done]
        return Row(np.stack([o.correct for o in done]), np.stack(nll))

    def members(self, row: str) -> np.ndarray:
        """(seeds, N, classes) log-probabilities of ZFNet "as_is" or "layers_3_4_5_512_1024_512"."""
        return np.stack([o.log_probabilities for o in self.of("zfnet", row) if o.correct is not None])


def result(folder: Path = RESULTS) -> Ablation:
    """The committed runs: those of `folder` in a checkout, the package's copy elsewhere.

    Raises MissingRuns, naming them, when rows of Table 3 have no run, DamagedResult for a file that is none, for a run
    without its outputs, and for runs that were looked at on other validation pictures.
    """
    return collect(folder) if folder.is_dir() else packaged()


def collect(folder: Path = RESULTS) -> Ablation:
    """The runs of a results folder, and of those beside it whose names go on: on shares of the pictures
    ("_10_percent"), at another rate, for longer. Errors as for `result`."""
    runs, labels = [], None
    for where in (folder, *sorted(folder.parent.glob(f"{folder.name}_*"))):
        share = int(found[1]) if (found := re.search(r"_(\d+)_percent$", where.name)) else 100
        for path in sorted(where.glob("*.json")):
            facts = results.read(path)
            correct = nll = sure = None
            if facts["status"] == "finished":
                log_probabilities, labels = _outputs(where, path, facts, runs, labels)
                correct, true = of_true_class(log_probabilities, labels)
                nll, sure = -true, calibrated(log_probabilities, labels).astype(np.float32)
            outcome = Outcome(facts, share, correct, nll, calibrated=sure)
            if correct is not None and _is_member(outcome):
                outcome = replace(outcome, log_probabilities=log_probabilities)
            runs.append(outcome)
    order = {(network, row): at for at, (network, row) in enumerate((n, r) for n in NETWORKS for r in published(n))}
    runs.sort(key=lambda o: (o.setting != Setting(), str(o.setting), order[o.job.network, o.job.row], o.job.seed))
    there = {(o.job.network, o.job.row) for o in runs if o.setting == Setting()}
    if missing := [" ".join(key) for key in order if key not in there]:
        raise MissingRuns(f"{folder} has no run of {', '.join(missing)}. Make them: python -m zflib ablate")
    return Ablation(tuple(runs), labels)


def _outputs(
    folder: Path, path: Path, facts: dict[str, Any], runs: list[Outcome], before: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """What a run said, and the labels: rows are compared picture by picture, so all must have the same."""
    try:
        log_probabilities, labels = results.read_outputs(folder, path.stem)
    except FileNotFoundError as error:
        raise results.DamagedResult(
            f"{path} has no outputs beside it ({error}); remove it to make it again."
        ) from error
    seen = [o.facts["data"]["validation_fingerprint"] for o in runs[:1]]
    if before is not None and (
        facts["data"]["validation_fingerprint"] not in seen or not np.array_equal(labels, before)
    ):
        raise results.DamagedResult(f"{path} was looked at on other validation pictures than {runs[0].job.name}.")
    return log_probabilities, labels


def write(folder: Path = RESULTS, file: Path = FILE) -> None:
    """Put the runs of a results folder into the package: `file`, and arrays in safetensors beside it."""
    from safetensors.numpy import save

    found = collect(folder)
    done = [o for o in found.runs if o.correct is not None]
    arrays = {
        "labels": found.labels.astype(np.uint8),
        "correct": np.packbits([o.correct for o in done], axis=1),
        "nll": np.stack([o.nll for o in done]).astype(np.float16),
        "calibrated": np.stack([o.calibrated for o in done]).astype(np.float16),
        "members": np.stack([o.log_probabilities for o in done if o.log_probabilities is not None]).astype(np.float16),
    }
    atomic.write(file.with_suffix(".safetensors"), save(arrays))
    content = [{"share": o.share, **o.facts} for o in found.runs]
    atomic.write(file, ("[\n" + ",\n".join(map(json.dumps, content)) + "\n]\n").encode())


def packaged(file: Path = FILE) -> Ablation:
    """What `write` wrote."""
    from safetensors.numpy import load_file

    arrays = load_file(file.with_suffix(".safetensors"))
    labels = arrays["labels"].astype(np.int64)
    correct = np.unpackbits(arrays["correct"], axis=1, count=len(labels)).astype(bool)
    by_run = (correct, *(arrays[name].astype(np.float32) for name in ("nll", "calibrated")))
    done, members = zip(*by_run, strict=True), iter(arrays["members"])
    runs = []
    for facts in json.loads(file.read_text(encoding="utf-8")):
        share = facts.pop("share")
        right, nll, sure = next(done) if facts["status"] == "finished" else (None,) * 3
        outcome = Outcome(facts, share, right, nll, calibrated=sure)
        if right is not None and _is_member(outcome):
            outcome = replace(outcome, log_probabilities=next(members).astype(np.float32))
        runs.append(outcome)
    return Ablation(tuple(runs), labels)


def _is_member(outcome: Outcome) -> bool:
    job = outcome.job
    return job.network == "zfnet" and outcome.setting == Setting() and job.row in _MEMBERS
