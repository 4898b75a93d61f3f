"""Sphinx extension: a chapter has the number of its file, so that it may come out before those in front of it."""

import re

from docutils import nodes

CHAPTER = re.compile(r"(?:^|/)0*(\d+)_")


def setup(app):
    app.connect("env-get-updated", lambda app, env: renumber(env), priority=900)  # once Sphinx has numbered them
    return {"parallel_read_safe": True}


def renumber(env) -> list[str]:
    """Put the files' numbers in place of those that Sphinx counted; nothing has to be read again for it."""
    for name, numbers in env.toc_secnumbers.items():
        if not (match := CHAPTER.search(name)):
            continue
        own = int(match[1])

        def put(counted, own=own):
            return (own, *counted[1:]) if counted else counted

        numbers.update({anchor: put(counted) for anchor, counted in numbers.items()})
        for numbered in (env.titles[name], *env.tocs[name].findall(nodes.reference)):
            if numbered.get("secnumber"):
                numbered["secnumber"] = list(put(numbered["secnumber"]))
    return []
