"""The built pages, read as files."""

from pathlib import Path
from urllib.parse import unquote

import check_site
import pytest
import yaml

ROOT = Path(__file__).parents[2]
TOC = ROOT / "_toc.yml"
CHAPTERS = check_site.chapters(TOC)


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
    for name in CHAPTERS:
        html = (site / f"{name}.html").read_text()
        assert "application/vnd.jupyter.widget" not in html, name


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_colab_button_opens_this_notebook(site, name):
    repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    start = "https://colab.research.google.com" + repository["url"].removeprefix("https:/").replace(".com", "", 1)
    start += f"/blob/{repository['branch']}/"
    links = check_site.read(site / f"{name}.html", site).links
    targets = [unquote(link.removeprefix(start)) for link in links if link.startswith(start)]
    assert targets == [f"{name}.ipynb"]
    assert (ROOT / targets[0]).is_file()
