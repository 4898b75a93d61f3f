"""The pages beside the chapters: links lead somewhere, lists are complete, numbers are those of the code."""

import re

import nbformat
import pytest
import yaml
from pages import BOOK, CHAPTERS, NOTEBOOKS, PAGES, ROOT, TEXT, heading, prose, table

import zflib
from zflib import paper

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def chapters():
    """(path, title) of the notebooks in the table of contents, in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]  # not the Deeper pages below them
    for path in (f"{file}.ipynb" for file in files if file.startswith("notebooks/")):
        first = nbformat.read(ROOT / path, as_version=4).cells[0].source
        yield path, re.match(r"# (.+)", first)[1]


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda page: page.name)
def test_relative_links_lead_to_files_and_headings(page):
    targets = [target for target in LINK.findall(prose(page)) if not re.match(r"\w+:", target)]
    missing = [target for target in targets if not (page.parent / target.split("#")[0]).exists()]
    assert not missing
    assert not [target for target in targets if "#" in target and not heading(page, target)]


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda page: page.name)
def test_titles_have_no_mathematics_and_pages_one_title(page):
    titles = re.findall(r"^#+ .*", prose(page), flags=re.MULTILINE)
    assert [title for title in titles if title.startswith("# ")] == titles[:1]
    assert not [title for title in titles if "$" in title]


def test_start_page_and_readme_list_every_chapter_by_its_title():
    listed = {page: re.findall(r"\[([^\]]+)\]\((?:\.\./)?(notebooks/\S+\.ipynb)\)", TEXT[page]) for page in TEXT}
    expected = [(title, path) for path, title in chapters()]
    assert [ROOT / path for _, path in expected] == CHAPTERS
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


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in TEXT[page.name]], ids=lambda page: page.name)
def test_code_on_the_pages_runs(page):
    names = {}
    for code in re.findall(r"^```python\n(.*?)^```", TEXT[page.name], re.DOTALL | re.MULTILINE):
        exec(compile(code, str(page), "exec"), names)
        for name, shape in re.findall(r"^(\w+) = .*# \(([\d, ]+)\)", code, re.MULTILINE):
            assert tuple(names[name].shape) == tuple(map(int, shape.split(",")))


def test_teachers_are_sent_to_figures_and_exercises_that_exist():
    text = " ".join(TEXT["teaching.md"].replace("Python 3.11", "").split())
    numbered = re.compile(r"(?<![\d.])([1-9])\.([1-9]\d?)(?!\.?\d)")
    named = re.compile(r"Figures? \d\.\d+(?:(?:,| and) \d\.\d+)*")
    figures = set(numbered.findall(" ".join(named.findall(text))))
    exercises = set(numbered.findall(named.sub("", text)))
    assert len(figures) > 20
    assert figures <= {found for page in CHAPTERS for found in re.findall(r"\*Figure (\d)\.(\d+)\.", prose(page))}
    assert len(exercises) > 20
    assert exercises <= {found for page in CHAPTERS for found in re.findall(r"Exercise (\d)\.(\d+)[.:]", prose(page))}


def test_teachers_are_told_the_times_that_the_chapters_ask_for():
    times = [int(re.search(r"[Aa]bout (\d+) minutes to read", prose(page))[1]) for page in CHAPTERS]
    said = re.search(r"(\d+) minutes for the\s+first, (\d+) for the\s+last,\s+(\w+) hours in all", TEXT["teaching.md"])
    hours = ["eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"][round(sum(times) / 60) - 8]
    assert said.groups() == (str(times[0]), str(times[-1]), hours)


def test_audit_lists_its_claims_and_their_verdicts_once():
    headings = re.findall(r'^### (\d+)\. (".+") (True|Imprecise|Wrong)\.$', TEXT["retold.md"], re.MULTILINE)
    rows = r'^\| (\d+) \| \[(".+?")\]\(#(\S+)\) \| (True|Imprecise|Wrong) \| .+ \|$'
    summary = re.findall(rows, TEXT["retold.md"], re.MULTILINE)
    assert len(headings) == TEXT["retold.md"].count("\n### ")
    assert headings == [(number, claim, verdict) for number, claim, _, verdict in summary]
    assert [int(number) for number, _, _ in headings] == list(range(1, len(headings) + 1))
    assert all(anchor.startswith(f"{number}-") for number, _, anchor, _ in summary)


def test_audit_says_who_made_each_claim_or_that_nobody_was_found():
    said = re.findall(r"^\| \d+ \| \[.*\| (.+) \|$", TEXT["retold.md"], re.MULTILINE)
    source = re.compile(r"\]\(https://|^the paper, (?:Section \d(?:\.\d)?|Figure \d)$|\{cite:t\}`|^not traced$")
    assert len(said) == TEXT["retold.md"].count("\n### ")
    assert not [who for who in said if not source.search(who)]


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
