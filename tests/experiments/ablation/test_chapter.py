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
SIGNALS = DEEPER.with_name("07c_shrinking_signals.ipynb")
NUMBERS = DEEPER.with_name("07d_all_the_numbers.ipynb")
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


def more_seeds(folder, like):
    """Seeds 1 and 2 wherever there is but one. like: the table's run whose outputs they have."""
    outputs = results.read_outputs(summary.RESULTS, like)
    for where in summary.RESULTS.parent.glob("ablation_*"):
        if where.name.endswith("_outputs"):
            continue
        beside = folder.with_name(where.name)
        for path in where.glob("*.json"):
            facts = results.read(path)
            job = plan.Job(facts["network"], facts["row"], facts["seed"])
            if facts["status"] != "finished":
                results.write(beside, job, facts)
                continue
            results.write(beside, job, facts, *results.read_outputs(where, path.stem))
            for seed in (1, 2):
                if not (where / f"{path.stem[:-1]}{seed}.json").exists():
                    other = plan.Job(job.network, job.row, seed)
                    results.write(beside, other, facts | {"seed": seed}, *outputs)


def read(runs, monkeypatch, notebook=CHAPTER, until="ablation-95"):
    """Run a notebook's code as far as it speaks of the table's runs; returns what it printed and the names it set."""
    said, names = [], {"zflib": __import__("zflib")}
    monkeypatch.setattr(ablation, "result", lambda: runs)
    monkeypatch.setattr("builtins.print", lambda *words, **end: said.append(" ".join(map(str, words))))
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.id == until:
            break
        aside = any(word in cell.source for word in ("%pip", "zeiler", "VariantExplorer("))
        if cell.cell_type == "code" and not aside:
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
    runs = summary.collect(folder)
    _, names = read(runs, monkeypatch)
    assert names["tried"] == [0.003, 0.01, 0.02]
    _, names = read(runs, monkeypatch, NUMBERS)
    assert (36, "eight without dropout") in names["against"]
    assert names["at_rate"](("alexnet", "as_is"), 0.02) == "diverged"
    assert 0.02 not in names["best"]["alexnet", "as_is"][1]
    settled = {(row, what, budget) for row, what, budget in names["settled"] if "layers_6_7" in row}
    assert {what for _, what, budget in settled if budget == 36} == {
        "as in the table",
        "dropout in both",
        "dropout in neither",
    }
    assert "Dropout taken from AlexNet as it is, 36 epochs" in " ".join(names["moves"])
    said, names = read(runs, monkeypatch, DEEPER)
    assert names["tried"] == [0.003, 0.01, 0.02] and "all at 0.01" in said
    _, names = read(runs, monkeypatch, SIGNALS)
    assert ("removed_layers_6_7", 0.003) in names["tried"] and ("removed_layers_3_4", 0.003) not in names["tried"]


def test_with_none_of_them_it_says_less(folder, monkeypatch):
    come(folder, "rate_0.02", "as_is")  # a rate that not every row has is no rate to choose from
    runs = summary.collect(folder)
    _, names = read(runs, monkeypatch)
    assert names["tried"] == [0.003, 0.01]
    _, names = read(runs, monkeypatch, NUMBERS)
    assert "Dropout taken from AlexNet as it is, 36 epochs" not in " ".join(names["moves"])
    said, names = read(runs, monkeypatch, DEEPER)
    assert names["tried"] == [0.003, 0.01] and "all at 0.01" in said
    _, names = read(runs, monkeypatch, SIGNALS)
    assert {rate for _, rate in names["tried"]} == {0.01}, "He initialisation was not tried at 0.003"


@pytest.mark.parametrize(
    ("like", "learns"), [("alexnet-removed_layers_6_7-seed0", True), ("alexnet-removed_layers_3_4_6_7-seed1", False)]
)
def test_seeds_that_come_break_no_sentence(tmp_path, monkeypatch, like, learns):
    for name in ("ablation", "ablation_outputs"):
        os.symlink(summary.RESULTS.with_name(name), tmp_path / name)
    more_seeds(tmp_path / "ablation", like)
    runs = summary.collect(tmp_path / "ablation")
    _, names = read(runs, monkeypatch, until="ablation-references")
    if not learns:
        assert 0.02 not in names["at_rates"], "no mean of nets that learn and nets that guess"
    _, names = read(runs, monkeypatch, NUMBERS)
    judged = names["judged"]
    assert len(names["runs"].row("alexnet", "as_is", he=True).wrong) == 3
    if learns:
        assert not any(names["two_kinds"](row) for kind, row in names["rows_of"].items() if kind != names["FOUR"])
    else:
        mixed = names["runs"].row("alexnet", "as_is", rate=0.02)
        assert names["two_kinds"](mixed) and len(names["came_of"](mixed)) == 3
    assert judged([1, 5], 0, 2) == "not scored" and judged([1, 2], 0, 2) == "held"
    assert judged([3, 5], 0, 2) == "missed" == judged(3.0, 0, 2)
    read(runs, monkeypatch, DEEPER)
    _, names = read(runs, monkeypatch, SIGNALS)
    assert len(names["dearer"]) >= 3 * len(names["tried"])


def test_a_mean_over_seeds_of_two_kinds_is_not_scored(monkeypatch):
    _, names = read(summary.collect(), monkeypatch, NUMBERS, until="settled-predictions")
    row = next(row for row in names["rows"] if row[0] == "AlexNet, without layers 3, 4, 6, 7: change")
    errors = names["validation"][names["FOUR"]] - names["validation"]["alexnet", "as_is"].mean()
    assert row[3] == ", ".join(f"{each:.2f}" for each in errors) and row[4] == "not scored"
    assert names["scored"] == len(names["outcomes"]) - 1
