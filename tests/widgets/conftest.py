"""An explorer and its page."""

import os
from pathlib import Path

import pytest
from examples import kinds


@pytest.fixture
def explorer(monkeypatch):
    monkeypatch.delenv("ZFLIB_BOOK", raising=False)
    return kinds()


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(folder, html): the page's face of `explorer`, made once, with its sheets in folder/explorers."""
    folder, before = tmp_path_factory.mktemp("page"), Path.cwd()
    os.chdir(folder)
    try:
        html = kinds().page_html()
    finally:
        os.chdir(before)
    return folder, html
