"""The pages beside the chapters: links lead somewhere, lists are complete, numbers are those of the code."""

import importlib
import re
from pathlib import Path

import nbformat
import pytest
import yaml

import zflib
from zflib import paper

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
PAGES = sorted([*BOOK.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
ROOMS = ("aliasing", "analysis", "data", "plots", "spectrum", "widgets")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text):
    return re.sub(r"^```(?:bash|python)?\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def table(page, heading):
    """Rows of the first table below a heading, header and rule left out."""
    below = TEXT[page].split(f"## {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", below, flags=re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def chapters():
    """(path, title) of the notebooks in the table of contents, in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    for path in (f"{file}.ipynb" for file in files if file.startswith("notebooks/")):
        first = nbformat.read(ROOT / path, as_version=4).cells[0].source
        yield path, re.match(r"# (.+)", first)[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_files(page):
    targets = [t for t in LINK.findall(without_code(page.read_text(encoding="utf-8"))) if not re.match(r"\w+:|#", t)]
    missing = [target for target in targets if not (page.parent / target.split("#")[0]).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_titles_have_no_mathematics_and_pages_one_title(page):
    titles = re.findall(r"^#+ .*", without_code(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    assert [title for title in titles if title.startswith("# ")] == titles[:1]
    assert not [title for title in titles if "$" in title]


def test_start_page_and_readme_list_every_chapter_by_its_title():
    listed = {page: re.findall(r"\[([^\]]+)\]\((?:\.\./)?(notebooks/\S+\.ipynb)\)", TEXT[page]) for page in TEXT}
    expected = [(title, path) for path, title in chapters()]
    assert len(expected) >= 6
    assert listed["index.md"] == expected
    assert listed["README.md"] == expected


def test_colab_buttons_open_the_listed_chapters():
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    opened = re.findall(r"\(https://colab\.research\.google\.com/github/([^)]+)\)", TEXT["README.md"])
    home = address["url"].removeprefix("https://github.com/")
    assert opened == [f"{home}/blob/{address['branch']}/{path}" for path, _ in chapters()]


def test_map_has_every_figure_table_and_section():
    figures = {int(re.match(r"Figure (\d)", row[0])[1]) for row in table("paper_map.md", "Figures")}
    tables = {int(re.fullmatch(r"Table (\d)", row[0])[1]) for row in table("paper_map.md", "Tables")}
    sections = [row[0].removeprefix("Section ") for row in table("paper_map.md", "Sections")]
    assert figures == set(paper.FIGURES)
    assert tables == set(paper.TABLES)
    assert sections == ["1", "1.1", "2", "2.1", "3", "4", "4.1", "4.2", "4.3", "5", "5.1", "5.2", "5.3", "6"]


@pytest.mark.parametrize("heading", ["Figures", "Tables", "Sections"])
def test_every_row_of_the_map_is_linked_or_planned(heading):
    for what, _, where in table("paper_map.md", heading):
        assert LINK.search(where) or "planned, chapter" in where, what


def test_every_citation_has_an_entry_and_every_entry_an_address():
    entries = dict(
        re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", (BOOK / "references.bib").read_text(), re.DOTALL | re.MULTILINE)
    )
    cited = {
        key.strip()
        for text in TEXT.values()
        for keys in re.findall(r"\{cite:[pt]\}`([^`]+)`", text)
        for key in keys.split(",")
    }
    assert cited <= set(entries)
    for key, fields in entries.items():
        assert re.search(r"^  (doi|url) +=", fields, re.MULTILINE), key
        assert re.search(rf"^  year +=\s+\{{{key[-4:]}\}}", fields, re.MULTILINE), key


def test_glossary_is_in_order_without_repetition():
    terms = re.findall(r"^(?![`# ])(\S.*)\n  \S", TEXT["glossary.md"], re.MULTILINE)
    names = [term.lower() for term in terms]
    assert len(names) > 40
    assert names == sorted(set(names))


def test_api_page_shows_names_that_exist():
    shown = shown_on_the_api_page()
    assert len(shown) == len(set(shown))
    for name in shown:
        found = zflib
        for part in name.split(".")[1:]:
            if not hasattr(found, part):  # a module that nobody has imported yet
                importlib.import_module(f"{found.__name__}.{part}")
            found = getattr(found, part)


@pytest.mark.parametrize("room", ["zflib", *(f"zflib.{name}" for name in ROOMS)])
def test_api_page_shows_what_is_public(room):
    module = zflib if room == "zflib" else getattr(zflib, room.removeprefix("zflib."))
    public = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == room
    ]
    last = {name.rpartition(".")[2] for name in shown_on_the_api_page()}
    assert set(public) <= last | set(re.findall(r"`zflib\.(\w+)`", TEXT["api.md"]))


def shown_on_the_api_page():
    return re.findall(r"^\.\. auto(?:function|class|data|exception):: (\S+)", TEXT["api.md"], re.MULTILINE)


def test_audit_lists_its_claims_and_their_verdicts_once():
    headings = re.findall(r'^### (\d+)\. (".+") (True|Imprecise|Wrong)\.$', TEXT["retold.md"], re.MULTILINE)
    summary = re.findall(r'^\| (\d+) \| (".+") \| (True|Imprecise|Wrong) \|$', TEXT["retold.md"], re.MULTILINE)
    assert len(headings) == TEXT["retold.md"].count("\n### ")
    assert headings == summary
    assert [int(number) for number, _, _ in headings] == list(range(1, len(headings) + 1))


def test_audit_prints_the_parameters_that_the_library_counts():
    zf, alex = (sum(step.parameters for step in arch.geometry()) for arch in (zflib.ZFNET, zflib.ALEXNET))
    halves = sum(alex_conv.maps * inputs // 2 * alex_conv.kernel**2 for alex_conv, inputs in split_layers())
    for number in (zf, alex, alex - zf, halves, alex - halves):
        assert f"{number:,}" in TEXT["retold.md"]


def split_layers():
    """Krizhevsky's layers 2, 4 and 5, each map of which reads half of the maps below."""
    convs = {conv.layer: conv for conv in zflib.ALEXNET.convs}
    return [(convs[layer], convs[layer - 1].maps) for layer in (2, 4, 5)]


def test_history_prints_the_ranking_that_the_library_has():
    printed = {(team, outside): float(error) for team, _, error, outside in table("history.md", "Entries of 2013")}
    for team, name in (("Clarifai", "clarifai_2013"), ("NUS", "nus_2013"), ("ZF", "zf_2013")):
        assert printed[team, "no"] == pytest.approx(paper.ILSVRC[name], abs=0.051)


def test_history_prints_the_errors_of_table_2():
    printed = {row[0]: float(row[3]) for row in table("history.md", "Who won")}
    published = paper.TABLES[2]
    assert printed["the network of Figure 3 (Table 2)"] == published["zfnet_1_convnet"][1]
    assert printed["five of Figure 3 and one wider (Table 2)"] == published["zfnet_6_convnets_a_and_b"][2]


def test_citation_file_names_the_paper_and_the_repository():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["repository-code"] == config["repository"]["url"]
    assert citation["references"][0]["doi"] in (BOOK / "references.bib").read_text()
