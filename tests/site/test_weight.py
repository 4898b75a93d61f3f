"""What a reader downloads: each chapter, weighed as a server sends it."""

import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import check_site
import pytest
from opening import open_page, requests

TOC = Path(__file__).parents[2] / "_toc.yml"
CHAPTERS = check_site.notebooks(TOC)
MOST = 1_500_000  # bytes
MOST_FIRST_FRAME, MOST_FIGURE = 30_000, 60_000  # letters of base64
PACKED = {".webp", ".png", ".jpg", ".woff", ".woff2"}  # a server sends these as they are


def weight(path):
    data = path.read_bytes()
    return len(data if path.suffix in PACKED else gzip.compress(data, 6))


@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_with_all_its_figures_stays_light(browser, wide, server, site, name):
    """Everything that opening it asks for, and its figures even where they would load only further down."""
    address = f"{server}/{name}.html"
    open_page(browser, address)
    figures = [image["src"] for image in check_site.read(site / f"{name}.html", site).images]
    asked = {address, *requests(browser), *(urljoin(address, src) for src in figures if not src.startswith("data:"))}
    files = {unquote(urlsplit(url).path).lstrip("/") for url in asked if url.startswith(server)} - {"favicon.ico"}
    heaviest = sorted(((weight(site / file), file) for file in files), reverse=True)
    total = sum(size for size, _ in heaviest)
    print(f"{name}: {total / 1e6:.2f} MB in {len(files)} files; the heaviest:")
    print(*(f"  {size / 1e3:4.0f} kB {file}" for size, file in heaviest[:8]), sep="\n")
    assert total < MOST


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_picture_inside_a_page_is_small(site, name):
    html = (site / f"{name}.html").read_text(encoding="utf-8")
    inline = [image["src"] for image in check_site.read(site / f"{name}.html", site).images]
    first = re.findall(r'<div class="zf-view"[^>]*><img [^>]*src="(data:[^"]*)"', html)  # others: stills, sheets
    assert len(first) == len(re.findall('<div [^>]*data-script="explorer"', html))
    assert all(len(source) <= MOST_FIRST_FRAME for source in first)
    assert all(len(source) <= MOST_FIGURE for source in inline if source.startswith("data:"))
