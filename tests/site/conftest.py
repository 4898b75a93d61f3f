"""The built pages, for the tests that read them and for those that open them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site():
    """The folder of the built pages."""
    pages = ROOT / "_build" / "html"
    if not (pages / "index.html").is_file():
        pytest.skip("There are no pages yet: run `make book` first.")
    return pages
