"""The glossary is in order, every term is defined, and its links name the sections that they lead to."""

import re

import pytest
from myst_parser.mdit_to_docutils.base import default_slugify
from pages import BOOK, TEXT, heading

WORDS_AND_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


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
    parts = re.findall(r"[Cc]hapter (\d+)[:,]|\.\./notebooks/(\d\d)_", " ".join(TEXT[page].split()))
    for said, linked in parts:
        number = int(said or number)
        assert not linked or int(linked) == number, parts
    assert len(parts) > 20
