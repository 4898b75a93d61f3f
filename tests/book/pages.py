"""The pages beside the chapters, as text: their prose, headings and tables."""

import re
from functools import cache
from pathlib import Path

import nbformat
import yaml
from markdown_it.renderer import RendererHTML
from mdit_py_plugins.anchors import anchors_plugin
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import default_slugify
from myst_parser.parsers.mdit import create_md_parser

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
PAGES = sorted([*BOOK.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = [*CHAPTERS, *sorted((ROOT / "notebooks" / "deeper").glob("*.ipynb"))]
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())


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
