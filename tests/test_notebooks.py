"""The committed notebooks: run, small, and in the shape that every chapter, and every Deeper page, keeps to."""

import re
from pathlib import Path

import address
import nbformat
import pytest
import run_notebooks
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = run_notebooks.notebooks()
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


def deeper(path):
    return path.parent.name == "deeper"


def number(path):
    """What its figures and equations carry: 5 in chapter 5, 5a on its first Deeper page."""
    return path.stem.split("_")[0].lstrip("0")


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


def test_opens_with_a_question(notebook, path):
    title = notebook.cells[0].source.splitlines()[0]
    assert re.fullmatch(r"# Deeper: [a-z].*\?" if deeper(path) else r"# (?!Deeper).*\?", title)
    assert "$" not in title, "the sidebar shows a formula in a title as TeX"


def test_installs_first(notebook):
    assert code(notebook)[0].source == INSTALL
    assert "remove-cell" in code(notebook)[0].metadata.get("tags", [])  # of the page: its reader installs nothing


def test_was_run_from_top_to_bottom(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_shows_neither_errors_nor_stderr(notebook):
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_no_line_of_code_is_wider_than_the_page(notebook):
    wide = [(cell.id, line) for cell in code(notebook) for line in cell.source.splitlines() if len(line) > 100]
    assert not wide


def folded(cell):
    return {"hide-input", "hide-cell"} & set(cell.metadata.get("tags", []))


def lines(cells):
    return sum(bool(line.strip()) for cell in cells for line in cell.source.splitlines())


def test_what_is_folded_is_folded_wherever_it_is_read(notebook):
    """In the page by its tag, in JupyterLab, on Colab; the button of a solution says that it is one."""
    for cell in code(notebook):
        says = cell.metadata.get("mystnb", {})
        of_solution = says.get("code_prompt_show"), says.get("code_prompt_hide")
        where = cell.metadata.get("jupyter", {}).get("source_hidden"), cell.metadata.get("cellView")
        assert where == ((True, "form") if folded(cell) else (None, None)), cell.id
        prompts = ("Show the solution", "Hide the solution") if "hide-cell" in folded(cell) else (None, None)
        assert of_solution == prompts, cell.id


def test_open_code_is_short_and_teaches(notebook):
    """What draws or tabulates is folded, and all but a fifth of the lines; how high it stands, the browser measures."""
    seen = [cell for cell in code(notebook) if not folded(cell)]
    long = [cell.id for cell in seen if lines([cell]) > 8]
    assert not long
    shown = {cell.id: kind for cell in seen for output in cell.outputs for kind in output.get("data", {})}
    assert set(shown.values()) <= {"text/plain"}, shown
    assert lines(seen) < lines(code(notebook)) / 5


def test_what_nbval_compares_has_a_tag(notebook):
    """A comment would stand in the page."""
    assert not [cell.id for cell in code(notebook) if "NBVAL" in cell.source]
    assert [cell for cell in code(notebook) if "nbval-check-output" in cell.metadata.get("tags", [])]


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
    for at, caption in enumerate(captions, 1):
        assert caption.startswith(f"*Figure {number(path)}.{at}. ")


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def numbered(pattern):
    """What all notebooks together number so, as "3.1"."""
    return {found for path in NOTEBOOKS for found in re.findall(pattern, prose(nbformat.read(path, as_version=4)))}


def test_equations_are_numbered_in_order(notebook, path):
    """By hand, in the formula: a number of the site's own would be missing on Colab and GitHub."""
    formulas = re.findall(r"\$\$(.*?)\$\$", prose(notebook), re.DOTALL)
    tags = [re.findall(r"\\tag\{([^}]*)\}", formula) for formula in formulas]
    assert tags == [[f"{number(path)}.{at}"] for at in range(1, len(tags) + 1)]


@pytest.mark.parametrize(
    ("word", "defined"),
    [
        ("[Ff]igure", r"^\*Figure (\d+[a-z]?\.\d+)\. "),
        ("[Ee]quation", r"\\tag\{(\d+[a-z]?\.\d+)\}"),
        ("[Ee]xercise", r"^(?:\*\*|#+ )Exercise (\d+\.\d+)[.:]"),
    ],
    ids=["figures", "equations", "exercises"],
)
def test_what_is_referred_to_exists(notebook, word, defined):
    """Figures of the paper have a whole number; "Figures 5.9 and 5.10" are two of ours."""
    found = re.findall(rf"\b{word}s? ((?:(?:,| and| to|) ?\(?\d+[a-z]?\.\d+\)?)+)", prose(notebook))
    named = {each for several in found for each in re.findall(r"\d+[a-z]?\.\d+", several)}
    assert named <= numbered(f"(?m){defined}")


def closing(notebook):
    """What stands under "You saw", in computed Markdown too."""
    at = next(at for at, cell in enumerate(notebook.cells) if "## You saw\n" in f"{cell.source}\n")
    said = [cell.source for cell in notebook.cells[at:] if cell.cell_type == "markdown"]
    outputs = [output for cell in code(nbformat.from_dict({"cells": notebook.cells[at:]})) for output in cell.outputs]
    said += [output.data["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {})]
    return "\n".join(each.partition("## References\n")[0] for each in said)


TIME = (
    r"about \d+ minutes to read( and to do the exercises)?(, [^;]+)?; "
    r"the code runs in about (a minute|\d+ seconds) on two CPU cores\."
)


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if not deeper(path)], ids=lambda path: path.stem)
def test_a_chapter_says_what_it_takes_and_gives_in_the_same_form(path):
    notebook = nbformat.read(path, as_version=4)
    text = prose(notebook)
    head = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]  # an instrument may stand within it
    parts = re.split(r"^\*\*(You will be able to\*\*|Time:\*\*|Before this:\*\*)", head, flags=re.MULTILINE)
    assert parts[1::2] == ["You will be able to**", "Time:**", "Before this:**"]
    able, time, before = (part.strip() for part in parts[2::2])
    assert len(re.split(r"; |\n- ", able)) >= 3  # in one line, or one each
    assert re.fullmatch(TIME, time) and "exercises" in time
    assert path.stem.startswith("01") or re.search(r"\[chapters? \d\]\(\d\d_\w+\.ipynb\)", before)
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert headings[-4:] == ["Exercises", "Quiz", "You saw", "References"]
    references = text.partition("## References\n")[2]
    assert len(re.findall(r"^- ", closing(notebook), re.MULTILINE)) >= 3
    assert "arXiv:1311.2901" in references


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if deeper(path)], ids=lambda path: path.stem)
def test_a_deeper_page_belongs_to_a_chapter(path):
    """Which leads to it, and to which it leads back; it has no exercises, quiz or summary of its own."""
    (chapter,) = [other for other in NOTEBOOKS if not deeper(other) and other.stem.startswith(path.stem[:2])]
    notebook = nbformat.read(path, as_version=4)
    head, text = notebook.cells[0].source, prose(notebook)
    assert f"[chapter {int(path.stem[:2])}](../{chapter.name})" in head
    assert re.fullmatch(TIME, re.search(r"^\*\*Time:\*\* (.*)$", head, re.MULTILINE)[1])
    assert f"](deeper/{path.name})" in prose(nbformat.read(chapter, as_version=4))
    assert not {"Exercises", "Quiz", "You saw"} & set(re.findall(r"^## (.*)", text, re.MULTILINE))
    assert re.fullmatch(r"\d\d[a-z]", path.stem.split("_")[0])
    (below,) = [
        [section["file"] for section in entry.get("sections", ())]
        for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
        for entry in part["chapters"]
        if entry["file"] == f"notebooks/{chapter.stem}"
    ]
    assert f"notebooks/deeper/{path.stem}" in below


def test_no_two_notebooks_have_one_name():
    """What a run of one leaves behind lies in a folder of its name."""
    assert len({path.stem for path in NOTEBOOKS}) == len(NOTEBOOKS)
