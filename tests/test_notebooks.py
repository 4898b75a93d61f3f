"""The committed chapters: run, small, and in the shape that every chapter keeps to."""

import re
from pathlib import Path

import address
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
INSTALL = """\
try:
    import zflib
except ImportError:  # on Colab, or wherever the course is not installed yet
    %pip install -q "zflib @ git+https://github.com/{owner}/{name}"
    import zflib""".format(**address.address())
DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{", re.MULTILINE)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_is_valid_with_an_id_of_its_own_for_every_cell(notebook):
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_is_below_one_megabyte(path):
    assert path.stat().st_size < 1_000_000


def test_names_the_kernel_that_every_jupyter_has(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_opens_with_a_question(notebook):
    title = notebook.cells[0].source.splitlines()[0]
    assert re.fullmatch(r"# .*\?", title)
    assert "$" not in title, "the sidebar shows a formula in a title as TeX"


def test_installs_first(notebook):
    assert code(notebook)[0].source == INSTALL


def test_was_run_from_top_to_bottom(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_shows_neither_errors_nor_stderr(notebook):
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_carries_no_widgets(notebook):
    """A committed output is looked at without a kernel, where a widget is an error message."""
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert "widgets" not in notebook.metadata
    assert not [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]


def test_is_portable_markdown(notebook):
    """Colab and GitHub show MyST directives as they are written."""
    assert not [
        cell.source for cell in notebook.cells if cell.cell_type == "markdown" and DIRECTIVE.search(cell.source)
    ]


def test_every_picture_has_words_and_a_caption(notebook):
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        outputs = cell.outputs if cell.cell_type == "code" else []
        if any(kind.startswith("image/") for output in outputs for kind in output.get("data", {})):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) > 3, f"no alternative text: {cell.source}"
            assert following is not None and following.source.startswith("*Figure "), f"no caption: {cell.source}"


def test_figures_are_numbered_in_order(notebook, path):
    captions = [cell.source for cell in notebook.cells if cell.source.startswith("*Figure ")]
    for number, caption in enumerate(captions, 1):
        assert caption.startswith(f"*Figure {int(path.stem[:2])}.{number}. ")


def test_has_exercises_with_solutions_and_a_quiz(notebook):
    solutions = [cell for cell in code(notebook) if cell.source.startswith("# Solution to exercise")]
    assert len(solutions) >= 3
    for cell in solutions:
        assert "hide-cell" in cell.metadata.get("tags", [])
    answers = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown").count("<details>")
    assert answers >= 10, "five questions, each with an explanation for every answer"
