"""Figures are kept by kind of machine and part, and the README shows what is committed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import compare, render, results, run
from benchmarks.figure import Figure

ROOT = Path(__file__).parents[2]
FILES = sorted(results.FOLDER.glob("*.json"))


@pytest.fixture
def parts(monkeypatch, tmp_path):
    """Two parts with a figure each, made by a fixed kind of machine, in a folder and a README of their own."""

    class Part:
        """A part."""

        PRECISION = next(iter(results.PRECISIONS))

        def __init__(self, value):
            self.value = value

        def figures(self):
            yield Figure("work", self.value, "s", 10 * self.value)

    made = {"first": Part(1.0), "second": Part(2.0)}
    monkeypatch.setattr(run, "PARTS", tuple(made))
    monkeypatch.setattr(run, "import_module", lambda name: made[name.removeprefix("benchmarks.")])
    monkeypatch.setattr(run, "matmul_rate", lambda precision: 99e9)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "benchmarks" / "results")
    monkeypatch.setattr(results, "here", lambda: {"machine": "A (R) Chip @ 2", "cores": 2, "precision": "bf16"})
    monkeypatch.setattr(render, "README", tmp_path / "benchmarks" / "README.md")
    results.FOLDER.mkdir(parents=True)
    render.README.write_text(f"above\n{render.BEGIN}\nold\n{render.END}\nbelow\n")
    return made


def kept():
    (file,) = results.FOLDER.glob("*.json")
    return {name: part["figures"][0]["value"] for name, part in results.read(file)["parts"].items()}


def test_one_part_leaves_the_figures_of_the_others(parts):
    run.main([])
    parts["first"].value, parts["second"].value = 3.0, 4.0
    run.main(["--only", "second"])
    assert kept() == {"first": 1.0, "second": 4.0}


def test_an_interrupted_run_keeps_what_was_done(parts):
    run.main([])
    parts["first"].value, parts["second"].value = 3.0, "no number"
    with pytest.raises(TypeError):
        run.main([])
    assert kept() == {"first": 3.0, "second": 2.0}


def test_the_file_is_named_by_kind_of_machine_and_says_what_was_measured_how(parts):
    run.main(["--only", "first"])
    file = results.FOLDER / "a-r-chip-2-2-cores-bf16.json"
    found = results.read(file)
    assert {key: found[key] for key in ("machine", "cores", "precision")} == results.here()
    part = found["parts"]["first"]
    assert part["precision"] == "fp32" and part["matmul_gmacs"] == 99
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", part["date"]) and re.fullmatch("[0-9a-f]{40}", part["commit"])
    assert part["figures"] == [{"name": "work", "value": 1.0, "unit": "s", "matrix_products": 10.0}]


def test_the_readme_is_written_anew_between_its_marks(parts):
    run.main([])
    text = render.README.read_text()
    assert text.startswith("above\n") and text.endswith("below\n") and "old" not in text
    assert "| work | 1.00 s | 10.0 |" in text and "| work | 2.00 s | 20.0 |" in text
    assert "## A (R) Chip @ 2, 2 cores, bf16" in text
    run.main([])
    assert render.README.read_text() == text


def test_without_a_terminal_there_is_one_line_a_part_on_stderr(parts, capsys):
    run.main([])
    out, err = capsys.readouterr()
    assert [re.sub(r"\d+ s", "0 s", line) for line in err.splitlines()] == [
        "first: 1 figures in 0 s",
        "second: 1 figures in 0 s",
    ]
    assert "10.0 matrix products" in out


def test_it_is_compared_with_the_commit_not_with_the_last_run(parts):
    run.main([])
    (file,) = results.FOLDER.glob("*.json")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(file.parent)]
    assert results.committed(file) is None
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "figures"]):
        subprocess.run([*git, *command], check=True)
    before = file.read_text()
    parts["first"].value = 5.0
    run.main([])
    assert results.committed(file) == json.loads(before) != results.read(file)


def test_what_grew_since_the_commit_is_said(parts, capsys, monkeypatch):
    run.main([])
    (file,) = results.FOLDER.glob("*.json")
    before = results.read(file)
    monkeypatch.setattr(results, "committed", lambda path: before)
    parts["second"].value = 2.6
    run.main([])
    out = capsys.readouterr().out
    assert "second: work takes 1.30 times as long as on" in out and "first: work takes" not in out


def test_an_unknown_part_gets_one_sentence_with_the_names_of_all():
    asked = [sys.executable, "-m", "benchmarks", "--only", "deconvnet", "speed"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == f"There is no part speed; the parts are {', '.join(run.PARTS)}.\n"


def test_figures_are_kept_to_four_digits():
    assert results.entry(Figure("work", 1.23456, "s", 98765.4)) == {
        "name": "work",
        "value": 1.235,
        "unit": "s",
        "matrix_products": 98770.0,
    }


# --- what is committed ----------------------------------------------------------------------------------------------


def test_the_readme_shows_the_figures_of_the_files():
    assert render.README.read_text(encoding="utf-8") == render.page()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_whole(file):
    found = results.read(file)
    assert file == results.file(found)
    assert found["parts"] and found["parts"].keys() <= set(run.PARTS)
    for part in found["parts"].values():
        assert part.keys() == {"date", "commit", "torch", "precision", "matmul_gmacs", "load", "figures"}
        assert part["precision"] in results.PRECISIONS.values()
        names = [figure["name"] for figure in part["figures"]]
        assert len(set(names)) == len(names) > 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_chapter_takes_more_memory_than_the_course_says(file):
    assert not list(compare.over_the_ceiling(results.read(file)))


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_chapter_was_measured_and_runs_about_as_long_as_it_says(path):
    """Half to twice as long, wherever no other work was going on: make bench ONLY=chapters."""
    words = re.search(r"the code runs in about (?:(\d+) seconds|a minute)", path.read_text(encoding="utf-8"))
    said, name = int(words[1] or 60), f"chapter {int(path.stem[:2])}"
    parts = [results.read(file)["parts"].get("chapters", {"figures": []}) for file in FILES]
    measured = [
        (figure["value"], part["load"]) for part in parts for figure in part["figures"] if figure["name"] == name
    ]
    assert measured and all(said / 2 < seconds < 2 * said for seconds, load in measured if load < 0.5)
