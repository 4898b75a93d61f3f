"""Chapters run at a time, in folders of their own, and are run again exactly when something that they show may differ;
nbval compares what was run with what is committed."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import run_notebooks
from nbformat import v4

TOOLS = Path(run_notebooks.__file__).parent
MEET = """\
from pathlib import Path
import time
Path("../here-{mine}").touch()
while not Path("../here-{other}").exists():
    time.sleep(0.02)
print("met")
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A checkout with a library of one file, and a function that writes notebooks into it."""
    monkeypatch.setattr(run_notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(run_notebooks, "INPUTS", ("zflib",))
    monkeypatch.setattr(run_notebooks, "LOG", tmp_path / "log" / "notebooks.log")
    monkeypatch.setattr(run_notebooks, "EXECUTED", tmp_path / "executed")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # is set for the kernels: put back afterwards
    (tmp_path / "zflib").mkdir()
    (tmp_path / "zflib" / "a.py").write_text("ONE = 1")
    (tmp_path / "notebooks").mkdir()

    def write(name, *sources, seconds=10):
        head = v4.new_markdown_cell(f"the code runs in about {seconds} seconds on two CPU cores.")
        cells = [v4.new_code_cell(source) for source in sources]
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        nbformat.write(v4.new_notebook(cells=[head, *cells]), path)
        return path

    return write


@pytest.fixture
def run(tmp_path):
    """Runs notebooks; returns what was said."""

    def call(*notebooks, reuse=True):
        said = []
        run_notebooks.run(notebooks, tmp_path / "executed", said.append, reuse)
        return said

    return call


def outputs(path):
    executed = nbformat.read(run_notebooks.EXECUTED / path.stem / path.name, as_version=4)
    return [output.get("text") for cell in executed.cells[1:] for output in cell.outputs]


@pytest.mark.skipif(run_notebooks.workers(2) < 2, reason="one core, or too little memory for two")
def test_two_run_at_a_time_the_longest_first_and_say_how_many_are_left(tree, run, capfd):
    paths = [tree("short", MEET.format(mine=1, other=2), seconds=3), tree("long", MEET.format(mine=2, other=1))]
    said = run(*paths)
    assert said[0] == "Running 2 chapters, 2 at a time: long, short"
    assert "1 to go: " in said[1] and said[2].endswith("that was the last.") and len(said) == 3
    assert [outputs(path) for path in paths] == [["met\n"], ["met\n"]]
    assert capfd.readouterr() == ("", ""), "what kernels say of themselves is in the log"


def test_the_longest_is_first_by_what_the_chapters_say():
    said = {path.stem[:2]: run_notebooks.seconds(path) for path in (TOOLS.parent / "notebooks").glob("*.ipynb")}
    assert said["04"] == max(said.values()) > min(said.values()) > 0


def test_a_deeper_page_is_run_after_the_chapters_wherever_one_is_put(tree, run, tmp_path):
    chapters = [tree("02_b", "1"), tree("01_a", "1")]
    (tmp_path / "notebooks" / "deeper").mkdir()
    page = tree("deeper/01a_c", "print('deeper')")
    assert run_notebooks.notebooks() == [*reversed(chapters), page]
    run(page)
    assert outputs(page) == ["deeper\n"]


def test_a_cell_that_raises_is_shown_with_its_notebook_and_stops_the_rest(tree, run):
    wrong = tree("wrong", "print('before')", "1 / 0")
    slow = tree("slow", "import time\ntime.sleep(600)")
    with pytest.raises(run_notebooks.Failed, match=r"wrong\.ipynb: (.|\n)*1 / 0(.|\n)*ZeroDivisionError"):
        run(wrong, slow)
    assert run_notebooks.made_from(run_notebooks.EXECUTED, wrong) is None


def test_what_a_notebook_writes_lies_in_a_folder_of_its_own_and_not_that_of_an_earlier_run(tree, run, tmp_path):
    path = tree("draws", "from pathlib import Path\nPath('explorers').mkdir()\nPath('explorers/one').touch()")
    run(path)
    (tmp_path / "executed" / "draws" / "explorers" / "old").touch()
    run(path, reuse=False)
    assert [file.name for file in (tmp_path / "executed" / "draws" / "explorers").iterdir()] == ["one"]


def test_a_chapter_is_run_again_when_anything_that_it_shows_may_differ(tree, run, tmp_path, monkeypatch):
    async def copied(path, folder, log):
        folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(run_notebooks, "_execute", copied)  # what is run is not the question here
    path, other = tree("a", "1"), tree("b", "2")
    library, kept = tmp_path / "zflib" / "a.py", "1 of 1 chapters are as they were run before."
    assert len(run(path)) == 2
    assert run(path) == [kept]
    assert run(path, other)[0] == "1 of 2 chapters are as they were run before."

    def change(what):
        what()
        again = run(path)
        assert again[0].startswith("Running 1 chapters"), again
        assert run(path) == [kept]

    change(lambda: library.write_text("ONE = 2"))
    change(lambda: library.rename(library.with_name("b.py")))
    change(lambda: tree("a", "1", "2"))
    change(lambda: monkeypatch.setenv("ZFLIB_PICTURES", "imagenette"))
    newer = [*run_notebooks.distributions(), type("Package", (), {"name": "torch", "version": "99"})]
    change(lambda: monkeypatch.setattr(run_notebooks, "distributions", lambda: newer))
    change(lambda: monkeypatch.setattr(sys, "version", "4.0"))


def test_what_is_edited_while_it_runs_is_run_again(tree, run, tmp_path):
    library = tmp_path / "zflib" / "a.py"
    path = tree("edits", f"open({str(library)!r}, 'a').write('#')")
    run(path)
    assert run(path)[0].startswith("Running 1")


def compare(tmp_path, *arguments):
    """nbval's comparison of the tree's notebooks with their executed copies."""
    code = f"""if True:
        import sys, run_notebooks
        from pathlib import Path
        top = Path({str(tmp_path)!r})
        run_notebooks.ROOT, run_notebooks.INPUTS, run_notebooks.EXECUTED = top, ("zflib",), top / "executed"
        import compare_notebooks
        sys.exit(compare_notebooks.main(top / "notebooks", "-p", "no:cacheprovider", "--rootdir", str(top)))"""
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(TOOLS)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_nbval_compares_what_was_run_with_what_is_committed(tree, run, tmp_path):
    path = tree("chapter", "import math", "print(6 * 7)", "print('not compared')")
    committed = nbformat.read(path, as_version=4)
    for number, cell in enumerate(committed.cells[1:], 1):
        cell.execution_count = number
    committed.cells[2].metadata.tags = ["nbval-check-output"]
    committed.cells[2].outputs = [v4.new_output("stream", text="42\n")]
    committed.cells[3].outputs = [v4.new_output("stream", text="something else\n")]
    nbformat.write(committed, path)
    status, said = compare(tmp_path)
    assert status == 1 and "chapter.ipynb has not been run by this code" in said

    run(path)
    status, said = compare(tmp_path)
    assert status == 0 and "3 passed" in said, said

    committed.cells[2].outputs[0].text = "43\n"
    nbformat.write(committed, path)
    run(path)
    status, said = compare(tmp_path)
    assert status == 1 and "Cell outputs differ" in said and "1 failed, 2 passed" in said, said
