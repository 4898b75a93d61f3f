"""The built pages as one document for paper; tools/print_book.py prints it.

Each page's article as it stands before a script runs: every instrument then shows a still, which here gets the setting
that it shows and the address where it moves. Folded code and buttons are left out, quizzes keep their questions, and
their answers go to the end. Ids get their page's name in front, so that links between pages lead through the document.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from address import address
from bs4 import BeautifulSoup, Tag

STYLE = Path(__file__).with_suffix(".css")
INSTRUMENTS = ".zf-panel, .zf-explorer"
FOLDED = (
    "details.hide, script, noscript, .headerlink, .zf-buttons, .zf-start, button, input, select, [hidden], "
    ".toctree-wrapper, .zf-panel details"
)
SHEET = re.compile(r"@page\s*{[^}]*}")  # a page's own wish for paper
ANSWERS = "answers"
ABOUT = (
    "Figures with controls stand still on paper. Below each of them is its setting, and the address of the page where "
    "it moves. Code that draws and solutions of exercises are folded away on the pages and left out here. The "
    'answers to the quizzes are at the end, from page <a href="#answers">{answers}</a>.'
)


@dataclass(frozen=True)
class Entry:
    """A page of the book: its name as in _toc.yml, and how it stands in the contents."""

    name: str
    caption: str  # of the part that begins with this page, or nothing
    depth: int

    @property
    def slug(self) -> str:
        return slug(self.name)


def slug(name: str) -> str:
    return posixpath.basename(name)


def entries(toc: Path) -> list[Entry]:
    """The pages of _toc.yml, in reading order."""
    tree = yaml.safe_load(toc.read_text(encoding="utf-8"))

    def below(chapters: list[dict], caption: str, depth: int) -> list[Entry]:
        found = []
        for chapter in chapters:
            found.append(Entry(chapter["file"], "" if found else caption, depth))
            found += below(chapter.get("sections", []), "", depth + 1)
        return found

    parts = [below(part["chapters"], part.get("caption", ""), 0) for part in tree.get("parts", [])]
    return [Entry(tree["root"], "", 0), *(entry for part in parts for entry in part)]


class Book:
    """The document of all pages.

    pages  folder of the built pages
    toc    _toc.yml
    site   address where the pages are published

    Raises SystemExit with a sentence where the pages are not built.
    """

    def __init__(self, pages: Path, toc: Path, site: str, title: str, author: str) -> None:
        self.pages, self.site, self.title, self.author = pages, site, title, author
        self.entries = entries(toc)
        self._styles: set[str] = set()
        self._answers: list[str] = []
        missing = [entry.name for entry in self.entries if not (pages / f"{entry.name}.html").is_file()]
        if missing:
            raise SystemExit(f"The book is not built: {missing[0]} is missing among its pages. Run `make book` first.")
        self._articles = {entry.name: self._article(entry) for entry in self.entries}

    @property
    def names(self) -> list[str]:
        """The ids of the document's parts, as the contents has them."""
        return [entry.slug for entry in self.entries] + [ANSWERS] * bool(self._answers)

    def html(self, numbers: dict[str, int]) -> str:
        """The document; `numbers` are the pages on which its parts begin, none at the first printing."""
        first = f"{self.entries[0].name}.html"
        head = BeautifulSoup((self.pages / first).read_text(encoding="utf-8"), "html.parser").head
        sheets = head.select('link[rel="stylesheet"]')
        scripts = [script for script in head.find_all("script") if "mathjax" in str(script).lower()]
        for element in (*sheets, *scripts):
            for attribute in {"href", "src"} & element.attrs.keys():
                element[attribute] = self._file(first, element[attribute])
        heads = [self._head_of_pages(entry.slug, self._title(entry)) for entry in self.entries]
        heads.append(self._head_of_pages(ANSWERS, "Answers to the quizzes"))
        parts = [
            self._title_page(numbers),
            self._contents(numbers),
            *(f'<section id="{e.slug}" class="zf-part">{self._articles[e.name]}</section>' for e in self.entries),
        ]
        if self._answers:
            body = "".join(self._answers)
            parts.append(f'<section id="{ANSWERS}" class="zf-part"><h1>Answers to the quizzes</h1>{body}</section>')
        styles = STYLE.read_text(encoding="utf-8") + "".join(heads)
        return (
            f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
            f"<title>{escape(self.title)}</title>{''.join(map(str, sheets))}{''.join(map(str, scripts))}"
            f'<style>{styles}</style></head><body><main class="bd-main"><div class="bd-content">'
            f'<div class="bd-article-container"><article class="bd-article">{"".join(parts)}</article>'
            "</div></div></main></body></html>"
        )

    def _title(self, entry: Entry) -> str:
        return " ".join(self._articles[entry.name].h1.get_text().split())

    @staticmethod
    def _head_of_pages(name: str, title: str) -> str:
        words = title.replace("\\", "\\\\").replace('"', '\\"')
        return f'[id="{name}"] {{ page: p-{name}; }} @page p-{name} {{ @top-left {{ content: "{words}"; }} }}'

    def _title_page(self, numbers: dict[str, int]) -> str:
        pictures = self._articles[self.entries[0].name].select(":is(.zf-panel, .zf-explorer) img")
        cover = f'<div class="zf-cover">{"".join(map(str, pictures))}</div>' if pictures else ""
        about = ABOUT.format(answers=numbers.get(ANSWERS, "000")) if self._answers else ""
        return (
            f'<section class="zf-title"><h1>{escape(self.title)}</h1><p>{escape(self.author)}</p>{cover}'
            f'<p>Printed from the pages at <a href="{self.site}">{self.site}</a>. '
            f"Text: CC BY 4.0; code: MIT License.</p><p>{about}</p></section>"
        )

    def _contents(self, numbers: dict[str, int]) -> str:
        lines = []
        for entry in self.entries:
            if entry.caption:
                lines.append(f'<p class="zf-caption">{escape(entry.caption)}</p>')
            lines.append(self._line(entry.slug, self._title(entry), numbers, entry.depth))
        if self._answers:
            lines.append(self._line(ANSWERS, "Answers to the quizzes", numbers, 0))
        return f'<section class="zf-contents"><h1>Contents</h1>{"".join(lines)}</section>'

    @staticmethod
    def _line(name: str, title: str, numbers: dict[str, int], depth: int) -> str:
        number = numbers.get(name, "000")
        words = f"<span>{escape(title)}</span><i></i><span>{number}</span>"
        return f'<a class="zf-line" href="#{name}" style="--depth:{depth}">{words}</a>'

    # What becomes of one page.

    def _article(self, entry: Entry) -> Tag:
        html = (self.pages / f"{entry.name}.html").read_text(encoding="utf-8")
        article = BeautifulSoup(html, "html.parser").select_one("article")
        article.name, article.attrs = "div", {}
        for instrument in article.select(INSTRUMENTS):
            self._still(instrument, entry)
        self._quizzes(article, entry)
        for button in article.select(".zf-table button"):
            button.unwrap()
        for folded in article.select(FOLDED):
            folded.decompose()
        for cell in article.select(".cell"):
            if not cell.get_text(strip=True) and not cell.select("img, svg"):
                cell.decompose()
        for details in article.select("details"):
            details["open"] = ""
        for style in article.select("style"):
            rules = style.get_text()
            if style.find_parent(class_=["zf-panel", "zf-explorer", "zf-table"]) is None:  # meant for its page alone
                style.string = f'@scope ([id="{entry.slug}"]) {{ {SHEET.sub("", rules)} }}'
            elif rules in self._styles:
                style.decompose()
            self._styles.add(rules)
        self._relink(article, entry)
        return article

    def _still(self, instrument: Tag, entry: Entry) -> None:
        """An instrument without its controls, with its setting and its address instead."""
        shown = []
        for controls in instrument.select(".zf-controls"):
            shown += [value for row in controls.select("div:has(> label)") if (value := setting(row))]
            controls.decompose()
        place = instrument if instrument.get("id") else instrument.find_parent(id=True)
        where = f"{self.site}{entry.name}.html#{place['id']}"
        words = f"<i>{escape('; '.join(shown))}</i> " if shown else ""
        note = f'<p class="zf-moves">{words}It moves at <a href="{where}">{where.removeprefix("https://")}</a></p>'
        instrument.append(BeautifulSoup(note, "html.parser"))

    def _quizzes(self, article: Tag, entry: Entry) -> None:
        """Questions keep their choices, lettered; the right ones go to the end of the book."""
        found = []
        for number, group in enumerate(article.select('[role="group"]:has(> details.zf-right)'), 1):
            right = []
            for letter, choice in zip("ABCDEFGH", group.select("details"), strict=False):
                summary = choice.summary.extract()
                summary.name, summary.attrs = "span", {}
                if "zf-right" in choice["class"]:
                    why = choice.decode_contents().strip().removeprefix("Right:").strip()
                    right.append(f"<b>{letter}</b>. {why[:1].upper()}{why[1:]}")
                choice.name, choice.attrs = "p", {"class": "zf-choice"}
                choice.clear()
                choice.extend([f"{letter}. ", summary])
            found.append(f"<p>{number}. {' '.join(right)}</p>")
        if not found:
            return
        for paragraph in article.find_all("p", string=re.compile("^Open the answer")):
            link = f'<p>The answers are <a href="#{ANSWERS}">at the end of the book</a>.</p>'
            paragraph.replace_with(BeautifulSoup(link, "html.parser"))
        title = escape(" ".join(re.sub(r"#\s*$", "", article.h1.get_text()).split()))
        self._answers.append(f"<h2>{title}</h2>{''.join(found)}")

    def _relink(self, article: Tag, entry: Entry) -> None:
        """Ids with the page's name in front; links to other pages lead to them, all others to the published book."""
        page = f"{entry.name}.html"

        def own(name: str) -> str:
            return f"{entry.slug}--{name}"

        for element in article.select("[id]"):
            element["id"] = own(element["id"])
        for attribute in ("for", "aria-labelledby", "aria-describedby"):
            for element in article.select(f"[{attribute}]"):
                element[attribute] = own(element[attribute])
        for use in article.select('use[href^="#"]'):
            use["href"] = f"#{own(use['href'][1:])}"
        for element in article.select("img[src], link[href]"):
            attribute = "src" if element.name == "img" else "href"
            element[attribute] = self._file(page, element[attribute])
        for anchor in article.select("a[href]"):
            anchor["href"] = self._target(page, anchor["href"])

    @cached_property
    def _ids(self) -> dict[str, str]:
        return {f"{entry.name}.html": entry.slug for entry in self.entries}

    def _target(self, page: str, href: str) -> str:
        parts = urlsplit(href)
        if parts.scheme:
            return href
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), parts.path)) if parts.path else page
        if path in self._ids:
            return f"#{self._ids[path]}" + (f"--{parts.fragment}" if parts.fragment else "")
        return f"{self.site}{path}" + (f"#{parts.fragment}" if parts.fragment else "")

    def _file(self, page: str, source: str) -> str:
        if urlsplit(source).scheme:
            return source
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), urlsplit(source).path))
        return (self.pages.absolute() / path).as_uri()


def setting(row: Tag) -> str:
    """What a control is set to, as "label: value"."""
    label = " ".join(row.label.get_text().split())
    if option := row.select_one("option[selected]"):
        return f"{label}: {option.get_text()}"
    if output := row.select_one("output"):
        return f"{label}: {output.get_text()}"
    if box := row.select_one('input[type="checkbox"]'):
        return f"{label}: {'yes' if box.has_attr('checked') else 'no'}"
    return ""


def book(pages: Path, toc: Path) -> Book:
    """The book as _config.yml names it."""
    root = toc.parent
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    site = "https://{owner}.github.io/{name}/".format(**address(root))
    return Book(pages, toc, site, config["title"], config["author"])
