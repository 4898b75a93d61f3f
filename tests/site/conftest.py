"""The built pages, and a browser that can reach nothing else."""

from pathlib import Path

import check_site
import pytest

ROOT = Path(__file__).parents[2]
TOC = ROOT / "_toc.yml"
CHAPTERS = [name for name in check_site.toc(TOC) if name.startswith("notebooks/")]


@pytest.fixture(scope="session")
def site():
    """The folder of the built pages."""
    pages = ROOT / "_build" / "html"
    if not (pages / "index.html").is_file():
        pytest.skip("There are no pages yet: run `make book` first.")
    return pages
