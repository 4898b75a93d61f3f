"""The pages beside the chapters: links lead somewhere, lists are complete, numbers are those of the code."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import torch
import yaml
from markdown_it.renderer import RendererHTML
from mdit_py_plugins.anchors import anchors_plugin
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import default_slugify
from myst_parser.parsers.mdit import create_md_parser
from torch.nn import functional as F

import zflib
from zflib import paper
from zflib.deconvnet import unpool

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
PAGES = sorted([*BOOK.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
ROOMS = [f"zflib.{name}" for name in zflib.__all__ if isinstance(getattr(zflib, name), ModuleType)]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
WORDS_AND_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def without_code(text):
    return re.sub(r"^```(?:bash|python)?\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@cache
def prose(path):
    """The Markdown of a page or a chapter, code left out."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return without_code(path.read_text(encoding="utf-8"))


@cache
def headings(path):
    """Heading by anchor, the anchors as MyST makes them."""
    parser = create_md_parser(MdParserConfig(), RendererHTML)
    level = CONFIG["sphinx"]["config"]["myst_heading_anchors"]
    tokens = parser.use(anchors_plugin, max_level=level, slug_func=default_slugify).parse(prose(path))
    return {str(token.attrs["id"]): tokens[at + 1].content for at, token in enumerate(tokens) if token.attrs.get("id")}


def heading(page, target):
    """The heading that a link of a page leads to, or nothing."""
    file, _, anchor = target.partition("#")
    path = (page.parent / file).resolve() if file else page
    return headings(path).get(anchor) if path.is_file() else None


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


@pytest.mark.parametrize("page", [*PAGES, *CHAPTERS], ids=lambda page: page.name)
def test_relative_links_lead_to_files_and_headings(page):
    targets = [target for target in LINK.findall(prose(page)) if not re.match(r"\w+:", target)]
    missing = [target for target in targets if not (page.parent / target.split("#")[0]).exists()]
    assert not missing
    assert not [target for target in targets if "#" in target and not heading(page, target)]


@pytest.mark.parametrize("page", [*PAGES, *CHAPTERS], ids=lambda page: page.name)
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


def glossary():
    """(term, its letter, definition, the paragraph of links) of every entry."""
    for letter, entries in re.findall(r"^## (.)\n\n(.+?)(?=^## |\Z)", TEXT["glossary.md"], re.MULTILINE | re.DOTALL):
        for term, text in re.findall(r"^### ([^\n]+)\n\n(.+?)(?=^### |\Z)", entries, re.MULTILINE | re.DOTALL):
            definition, _, links = text.strip().rpartition("\n\n")
            yield term, letter, definition, " ".join(links.split())


def test_glossary_is_in_order_without_repetition():
    names = [term.lower() for term, *_ in glossary()]
    assert len(names) == TEXT["glossary.md"].count("\n### ") > 100
    assert names == sorted(set(names))
    assert not [term for term, letter, *_ in glossary() if term[0].upper() != letter]


def test_every_term_is_defined_and_names_the_sections_that_use_it():
    terms = {default_slugify(term) for term, *_ in glossary()}
    for term, _, definition, links in glossary():
        assert len(definition) > 30, term
        found = WORDS_AND_LINK.findall(links)
        others = [target[1:] for _, target in found if target.startswith("#")]
        assert set(others) <= terms - {default_slugify(term)}, term
        sections = [(words, heading(BOOK / "glossary.md", target)) for words, target in found if target[0] != "#"]
        assert sections, term
        for words, title in sections:  # an index that calls a section by another name misleads
            assert title and words == re.sub(r"^\d+\. ", "", title), (term, words)


@pytest.mark.parametrize("page", ["glossary.md", "paper_map.md"])
def test_links_to_a_section_name_the_chapter_that_holds_it(page):
    number = None
    parts = re.findall(r"[Cc]hapter (\d)[:,]|\.\./notebooks/(\d\d)_", " ".join(TEXT[page].split()))
    for said, linked in parts:
        number = int(said or number)
        assert not linked or int(linked) == number, parts
    assert len(parts) > 20


def cells(page, first):
    """Rows of the table of a page whose header begins with these words, header left out."""
    lines = re.search(rf"^\| {re.escape(first)}.*\n((?:^\|.*\n)+)", TEXT[page], flags=re.MULTILINE)[1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def numbers(text):
    return [float(word) for word in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text.replace("\u2212", "-"))]


def test_cheat_sheet_carries_a_unit_down_as_torch_does():
    words, up, _, down = zip(*cells("cheat_sheet.md", "Up"), strict=True)
    x, conv1, relu1, pooled, conv2, relu2 = (torch.tensor(numbers(row))[None, None] for row in up)
    *taps, stride, bias = numbers(words[1].removeprefix("conv1"))
    first = torch.tensor(taps)[None, None]
    assert torch.equal(F.conv1d(x, first, stride=int(stride)) + bias, conv1)
    assert torch.equal(conv1.relu(), relu1)
    kernel, step, *switches = map(int, numbers(words[3]))
    found, where = F.max_pool1d(relu1, kernel, step, return_indices=True)
    assert torch.equal(found, pooled)
    assert where.flatten().tolist() == switches
    *taps, bias = numbers(words[4].removeprefix("conv2"))
    second = torch.tensor(taps)[None, None]
    assert torch.equal(F.conv1d(pooled, second) + bias, conv2)
    assert torch.equal(conv2.relu(), relu2)

    came = [relu2, relu2.relu()]
    came.append(F.conv_transpose1d(came[-1], second))
    came.append(unpool(came[-1][:, :, None], where[:, :, None], (1, relu1.shape[2]))[:, :, 0])
    came.append(came[-1].relu())
    came.append(F.conv_transpose1d(came[-1], first, stride=int(stride)))
    assert [numbers(row) for row in down] == [each.flatten().tolist() for each in reversed(came)]


def test_cheat_sheet_has_the_three_rules_and_the_three_policies():
    header = re.search(r"activation (.+), signal (.+?) \|", TEXT["cheat_sheet.md"])
    activation, signal = (torch.tensor(numbers(part)) for part in header.groups())
    passes = {"gradient": activation > 0, "deconvnet": signal > 0, "guided": (activation > 0) & (signal > 0)}
    for rule, _, after, _ in cells("cheat_sheet.md", "At a ReLU"):
        assert numbers(after) == (signal * passes.pop(rule)).tolist()
    assert not passes

    claims = torch.tensor(numbers(re.search(r"\| Claims \| (.+?) \|", TEXT["cheat_sheet.md"])[1]))
    at = torch.zeros(1, 1, 2, 2, dtype=torch.int64)
    policies = cells("cheat_sheet.md", "Claims")
    assert len(policies) == 3
    for policy, value, *_ in policies:
        came = unpool(claims.view(1, 1, 2, 2), at, (1, 1), policy.split("`")[1])
        assert came.item() == float(value)


def test_cheat_sheet_prints_sides_and_frequencies_as_the_library_has_them():
    text = " ".join(TEXT["cheat_sheet.md"].split())
    sides = [zflib.ZFNET.input_size, *(s.size for s in zflib.ZFNET.geometry() if s.name.startswith(("conv", "pool")))]
    assert numbers(re.search(r"the sides are ([\d, ]+) from", text)[1]) == sides
    stride, *folded = numbers(re.search(r"stride 4 takes .+? in cycles", text)[0])
    before, after = (folded[0], *folded[2:4]), (folded[1], *folded[4:6])
    assert zflib.aliasing.fold(before, int(stride)) == pytest.approx(after)


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
    hours = ["six", "seven", "eight", "nine", "ten"][round(sum(times) / 60) - 6]
    assert said.groups() == (str(times[0]), str(times[-1]), hours)


def resolved(name):
    """What a dotted name of the library means; imports modules on the way."""
    found = zflib
    for part in name.split(".")[1:]:
        if not hasattr(found, part):  # a module that nobody has imported yet
            importlib.import_module(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return found


def public(room):
    """Names of a module that outside code may rely on."""
    module = resolved(room)
    own = [
        n for n, value in vars(module).items() if n[0] != "_" and getattr(value, "__module__", "") == module.__name__
    ]
    return list(getattr(module, "__all__", own))


def shown_on_the_api_page():
    """Dotted names; a module with its members shows all that it has, without them what its own words list."""
    text = TEXT["api.md"]
    shown = re.findall(r"^\.\. auto(?:function|class|data|exception):: (\S+)", text, re.MULTILINE)
    for room, option in re.findall(r"^\.\. automodule:: (\S+)\n   :(no-)?members:", text, re.MULTILINE):
        words = resolved(room).__doc__
        shown += [f"{room}.{name}" for name in public(room) if not option or re.search(rf"\b{name}\b", words)]
    return shown


@cache
def used_in_chapters():
    """Dotted names of the library that the code of the chapters mentions."""
    used = set()
    for page in CHAPTERS:
        cells = [cell.source for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "code"]
        tree = ast.parse(re.sub(r"^( *)%.*", r"\1pass", "\n".join(cells), flags=re.MULTILINE))
        meaning = {"zflib": "zflib"}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "zflib":
                meaning |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        used |= set(meaning.values())
        for node in ast.walk(tree):
            parts = []
            while isinstance(node, ast.Attribute):
                parts, node = [node.attr, *parts], node.value
            if parts and isinstance(node, ast.Name) and node.id in meaning:
                used |= {".".join([meaning[node.id], *parts[:n]]) for n in range(1, len(parts) + 1)}
    return used


def test_api_page_shows_names_that_are_public():
    shown = shown_on_the_api_page()
    assert len(shown) == len(set(shown))
    for name in shown:
        room, _, last = name.rpartition(".")
        assert last in public(room), name
        resolved(name)


@pytest.mark.parametrize("room", ["zflib", *ROOMS])
def test_what_is_public_is_used_in_a_chapter_or_on_the_api_page(room):
    known = [resolved(name) for name in {*shown_on_the_api_page(), *used_in_chapters()} if not name.endswith("__")]
    mentioned = set(re.findall(r"`(zflib\.[\w.]+)`", TEXT["api.md"]))
    missing = [
        name
        for name in public(room)
        if f"{room}.{name}" not in mentioned and not any(resolved(f"{room}.{name}") is each for each in known)
    ]
    assert not missing


def test_chapters_use_public_names_only():
    assert len(used_in_chapters()) > 100
    for name in used_in_chapters() - set(shown_on_the_api_page()):
        room, _, last = name.rpartition(".")
        if not isinstance(resolved(room), ModuleType) or isinstance(resolved(name), ModuleType):
            continue  # a method, what stands in a value, a module
        packages = [resolved(room), *(resolved(above) for above in ROOMS if room.startswith(f"{above}."))]
        listed = [package.__all__ for package in packages if hasattr(package, "__all__")]
        assert last[0] != "_" and (not listed or any(last in names for names in listed)), name


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
