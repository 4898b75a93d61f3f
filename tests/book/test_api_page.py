"""The API page has what the chapters use, and the chapters use what is public."""

import ast
import importlib
import re
from functools import cache
from types import ModuleType

import nbformat
import pytest
from pages import NOTEBOOKS, TEXT

import zflib

ROOMS = [f"zflib.{name}" for name in zflib.__all__ if isinstance(getattr(zflib, name), ModuleType)]


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
    for page in NOTEBOOKS:
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
