"""Checks of the built pages: each is a function that returns what is wrong, as sentences. No browser is needed."""

import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
CAPTION = re.compile(r"Figure (\d+[a-z]?)\.(\d+)\.")
SHEET = re.compile(r'"src":"(explorers/[^"]+)"')  # an explorer's frames, named in its data


@dataclass
class Page:
    """What the checks read of a page."""

    name: str  # path below the pages' root
    text: str = ""  # words of the article, tags dropped
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)  # href of every <a>
    resources: list[str] = field(default_factory=list)  # what the browser fetches by itself
    images: list[dict[str, str | None]] = field(default_factory=list)  # attributes of every <img> of the article
    captions: list[str] = field(default_factory=list)  # emphasised paragraphs that open with "Figure"
    said: dict[str, str] = field(default_factory=dict)  # <meta> by name or property
    stderr: bool = False


class _Reader(HTMLParser):
    def __init__(self, page: Page):
        super().__init__()
        self.page = page
        self.open: list[str] = []
        self.article_depth = 0
        self.words: list[str] = []
        self.fresh = False  # a paragraph has just been opened
        self.emphasis: list[str] | None = None  # of a paragraph that opens with it: a caption

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        page = self.page
        if tag not in VOID:
            self.open.append(tag)
        if tag == "article":
            self.article_depth = len(self.open)
        page.ids.update(filter(None, [attributes.get("id"), attributes.get("name") if tag == "a" else None]))
        if tag == "a" and attributes.get("href"):
            page.links.append(attributes["href"])
        if tag == "meta" and (name := attributes.get("name") or attributes.get("property")):
            page.said[name] = attributes.get("content") or ""
        if tag == "link" and "canonical" not in (attributes.get("rel") or ""):
            page.resources.append(attributes.get("href") or "")
        if tag in {"script", "img", "iframe", "source", "video", "audio", "embed", "input"} and attributes.get("src"):
            page.resources.append(attributes["src"])
        for size in (attributes.get("srcset") or "").split(","):
            page.resources.extend(size.split()[:1])
        if self.article_depth:
            if tag == "img":
                page.images.append(attributes)
            if tag == "em" and self.open[-2:-1] == ["p"] and self.fresh:
                self.emphasis = []
            self.fresh = tag == "p"
            if tag == "div" and "stderr" in (attributes.get("class") or "").split():
                page.stderr = True

    def handle_endtag(self, tag):
        if tag == "em" and self.emphasis is not None:
            caption = " ".join("".join(self.emphasis).split())
            if caption.startswith("Figure "):
                self.page.captions.append(caption)
            self.emphasis = None
        while tag in self.open:
            if self.open.pop() == tag:
                break
        if len(self.open) < self.article_depth:
            self.article_depth = 0

    def handle_data(self, data):
        if not self.article_depth:
            return
        if self.open[-1] in {"script", "style"}:
            self.page.resources.extend(SHEET.findall(data))
            return
        self.words.append(data)
        self.fresh = False
        if self.emphasis is not None:
            self.emphasis.append(data)


@cache
def read(path: Path, root: Path) -> Page:
    page = Page(path.relative_to(root).as_posix())
    reader = _Reader(page)
    reader.feed(path.read_text(encoding="utf-8"))
    page.text = "".join(reader.words)
    return page


def pages(root: Path) -> list[Page]:
    """Every page that holds an article (the theme adds some that do not: search, index of terms), in order of name."""
    found = (read(path, root) for path in sorted(root.rglob("*.html")) if "_static" not in path.parts)
    return [page for page in found if page.text.strip()]


def toc(file: Path) -> list[str]:
    """Document names in _toc.yml, in reading order."""
    tree = yaml.safe_load(file.read_text(encoding="utf-8"))

    def below(node):
        for key in ("root", "file"):
            if key in node:
                yield node[key].removesuffix(".md").removesuffix(".ipynb")
        for key in ("parts", "chapters", "sections"):
            for child in node.get(key, []):
                yield from below(child)

    return list(below(tree))


def notebooks(file: Path) -> list[str]:
    """Document names of the notebooks in _toc.yml, in reading order: chapters, and the Deeper pages of each."""
    return [name for name in toc(file) if name.startswith("notebooks/")]


def chapters(file: Path) -> list[str]:
    """Document names of the chapters in _toc.yml, in reading order."""
    return [name for name in notebooks(file) if not name.startswith("notebooks/deeper/")]


def missing_pages(root: Path, toc_file: Path) -> list[str]:
    """Pages of the table of contents that were not built."""
    return [f"{name}: there is no such page" for name in toc(toc_file) if not (root / f"{name}.html").is_file()]


def failures(root: Path) -> list[str]:
    """Pages that show a traceback, or what a cell wrote on stderr."""
    found = []
    for page in pages(root):
        if "Traceback (most recent call last)" in page.text:
            found.append(f"{page.name}: shows a traceback")
        if page.stderr:
            found.append(f"{page.name}: shows what a cell wrote on stderr")
    return found


def broken_links(root: Path) -> list[str]:
    """Links within the site whose page, file or anchor does not exist."""
    found = []
    for page in pages(root):
        for link in page.links + page.resources:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = root / page.name
            if address.path:
                target = root / posixpath.normpath(posixpath.join(posixpath.dirname(page.name), unquote(address.path)))
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                found.append(f"{page.name}: {link} does not exist")
                continue
            anchor = unquote(address.fragment)
            if anchor and target.suffix == ".html" and anchor not in read(target, root).ids:
                found.append(f"{page.name}: {link}, there is no such anchor")
    return found


def foreign_resources(root: Path) -> list[str]:
    """What a page would fetch from another host by itself."""
    return [
        f"{page.name}: fetches {address}"
        for page in pages(root)
        for address in page.resources
        if urlsplit(address).netloc or urlsplit(address).scheme not in {"", "data"}
    ]


def pictures_without_words(root: Path) -> list[str]:
    """Pictures whose alternative text is missing, or is a path or a name that some tool put there."""
    found = []
    for page in pages(root):
        for image in page.images:
            alt = (image.get("alt") or "").strip()
            if len(alt.split()) < 3 or re.search(r"\.(png|jpe?g|svg|webp|gif)\b|_images/|data:", alt):
                found.append(f"{page.name}: {(image.get('src') or '')[:60]} has the alternative text {alt!r}")
    return found


def misnumbered_figures(root: Path, toc_file: Path) -> list[str]:
    """Notebooks whose captions do not run 1, 2, 3 ..., or carry another one's number: of chapter 5, or of page 5a."""
    found = []
    for name in notebooks(toc_file):
        number = re.search(r"/0*(\d+[a-z]?)_", name)[1]
        captions = read(root / f"{name}.html", root).captions
        numbers = [".".join(match.groups()) for match in map(CAPTION.match, captions) if match]
        if numbers != [f"{number}.{at}" for at in range(1, len(numbers) + 1)]:
            found.append(f"{name}: figures are numbered {numbers}")
        if len(numbers) < len(captions):
            found.append(f"{name}: not every caption reads 'Figure {number}.n.': {captions}")
    return found
