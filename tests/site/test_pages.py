"""The built pages, read as files."""

from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import address
import check_site
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
TOC = ROOT / "_toc.yml"
NOTEBOOKS = check_site.notebooks(TOC)


def test_every_page_of_the_contents_is_there(site):
    assert not check_site.missing_pages(site, TOC)


def test_no_page_shows_a_failure(site):
    assert not check_site.failures(site)


def test_links_and_anchors_within_the_site_exist(site):
    assert not check_site.broken_links(site)


def test_pages_fetch_nothing_from_elsewhere(site):
    assert not check_site.foreign_resources(site)


def test_every_picture_has_words(site):
    assert not check_site.pictures_without_words(site)


def test_figures_are_numbered_in_order(site):
    assert not check_site.misnumbered_figures(site, TOC)


def test_no_page_needs_a_widget_manager(site):
    """Explorers show their own HTML here; the state of widgets would be dead weight."""
    for name in NOTEBOOKS:
        html = (site / f"{name}.html").read_text()
        assert "application/vnd.jupyter.widget" not in html, name


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_colab_button_and_link_open_this_notebook(site, name):
    start = "https://colab.research.google.com/github/{owner}/{name}/blob/{branch}/".format(**address.address())
    links = check_site.read(site / f"{name}.html", site).links
    targets = [unquote(link.removeprefix(start)) for link in links if link.startswith("https://colab.")]
    assert targets == [f"{name}.ipynb"] * 2
    assert (ROOT / targets[0]).is_file()


def test_the_map_of_the_site_lists_every_page(site):
    listed = ElementTree.parse(site / "sitemap.xml").iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    start = "https://{owner}.github.io/{name}/".format(**address.address())
    assert sorted(place.text for place in listed) == sorted(f"{start}{name}.html" for name in check_site.toc(TOC))


@pytest.mark.parametrize("name", check_site.toc(TOC))
def test_a_page_that_is_shared_has_a_description_and_a_preview(site, name):
    said = check_site.read(site / f"{name}.html", site).said
    assert len(said["description"].split()) > 10
    assert said["og:description"] == said["description"]
    assert said["og:title"]
    preview = urlsplit(said["og:image"])
    start = urlsplit("https://{owner}.github.io/{name}/".format(**address.address()))
    assert (preview.scheme, preview.netloc) == (start.scheme, start.netloc)
    with Image.open(site / preview.path.removeprefix(start.path)) as picture:
        assert picture.width >= 600 and picture.height >= 300  # below that, most services show a thumbnail or nothing
    assert said["og:image:alt"]
