"""Chapter 7 is written from the runs that are there: it goes through with more of them, and with runs that diverged."""

import os
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

from zflib.experiments import ablation
from zflib.experiments.ablation import plan, results, summary

CHAPTER = Path(__file__).parents[3] / "notebooks" / "07_ablation.ipynb"
DEEPER = CHAPTER.parent / "deeper" / "07b_order_and_overfitting.ipynb"
SIX = [row for row in plan.published("alexnet") if "8192" not in row]
SETTINGS = {  # a folder of runs that may come, and what sets them apart in their recipe
    "rate_0.02": {"learning_rate": 0.02},
    "rate_0.003_he": {"learning_rate": 0.003, "he": True},
    "dropout_0_36_epochs": {"dropout": 0.0, "epochs": 36},
    "pool5_dropout_0.5_36_epochs": {"pool5_dropout": 0.5, "epochs": 36},
}


@pytest.fixture
def folder(tmp_path):
    """The committed runs, without those of `SETTINGS`."""
    for where in summary.RESULTS.parent.glob("ablation*"):
        if not any(where.name.removesuffix("_outputs") == f"ablation_{name}" for name in SETTINGS):
            os.symlink(where, tmp_path / where.name)
    return tmp_path / "ablation"


def come(folder, name, row, diverged=False):
    """A run that moves what `name` says: seed 0 of AlexNet's row as it is in the table, under that recipe."""
    job = plan.Job("alexnet", row, 0)
    facts = results.read(folder / f"{job.name}.json")
    facts["recipe"] = facts["recipe"] | SETTINGS[name]
    if diverged:
        facts |= {"status": "diverged", "train": None, "validation": None}
        results.write(folder.with_name(f"ablation_{name}"), job, facts)
    else:
        outputs = results.read_outputs(folder, job.name)
        results.write(folder.with_name(f"ablation_{name}"), job, facts, outputs[0], outputs[1])


def read(folder, monkeypatch, notebook=CHAPTER):
    """Run a notebook's code as far as it speaks of the table's runs; returns what it printed and the names it set."""
    runs, said, names = summary.collect(folder), [], {"zflib": __import__("zflib")}
    monkeypatch.setattr(ablation, "result", lambda: runs)
    monkeypatch.setattr("builtins.print", lambda *words, **end: said.append(" ".join(map(str, words))))
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.id == "ablation-77":
            break
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", ()):
            exec(compile(cell.source, cell.id, "exec"), names)
            plt.close("all")
    return "".join(said), names


def test_runs_that_come_are_told_and_those_that_diverged_stop_nothing(folder, monkeypatch):
    for row in SIX:
        come(folder, "rate_0.02", row, diverged=row in ("as_is", "removed_layers_6_7"))
    for row in ("as_is", "removed_layers_6_7"):
        come(folder, "rate_0.003_he", row)
    come(folder, "dropout_0_36_epochs", "as_is")
    come(folder, "pool5_dropout_0.5_36_epochs", "removed_layers_6_7")
    said, names = read(folder, monkeypatch)
    assert names["tried"] == [0.003, 0.01, 0.02]
    assert names["at_rate"](("alexnet", "as_is"), 0.02) == "diverged"
    assert 0.02 not in names["best"]["alexnet", "as_is"][1]
    settled = {(row, what, budget) for row, what, budget in names["settled"] if "layers_6_7" in row}
    assert {what for _, what, budget in settled if budget == 36} == {
        "as in the table",
        "dropout in both",
        "dropout in neither",
    }
    assert ("removed_layers_6_7", "He initialisation, 0.003", 12) in settled
    assert ("removed_layers_3_4", "He initialisation, 0.003", 12) not in names["settled"]
    assert "Dropout taken from AlexNet as it is, 36 epochs" in said
    assert "eight without dropout at 0.01, 1 seed:" in said
    said, names = read(folder, monkeypatch, DEEPER)
    assert names["tried"] == [0.003, 0.01, 0.02] and "all at 0.01" in said


def test_with_none_of_them_it_says_less(folder, monkeypatch):
    come(folder, "rate_0.02", "as_is")  # a rate that not every row has is no rate to choose from
    said, names = read(folder, monkeypatch)
    assert names["tried"] == [0.003, 0.01]
    assert "Dropout taken from AlexNet as it is, 36 epochs" not in said
    assert not any("0.003" in what and "He" in what for _, what, _ in names["settled"])
    said, names = read(folder, monkeypatch, DEEPER)
    assert names["tried"] == [0.003, 0.01] and "all at 0.01" in said
