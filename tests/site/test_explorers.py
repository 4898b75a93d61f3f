"""The explorers of the built pages show the pictures of a kernel, load them when the reader is there, and say so where
they can't."""

import json
import re
from base64 import b64decode
from contextlib import chdir
from html import escape
from io import BytesIO
from pathlib import Path

import check_site
import live
import numpy as np
import pytest
from in_the_page import centre, opened, reach, rest
from opening import requests
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from zflib.widgets import Explorer, SortableTable
from zflib.widgets.axes import settings
from zflib.widgets.page import Shown

ROOT = Path(__file__).parents[2]
CHAPTERS = check_site.chapters(ROOT / "_toc.yml")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=CHAPTERS)
def chapter(request):
    return request.param


@pytest.fixture(scope="module")
def kernel(chapter):
    """The chapter's explorers and sortable tables, as a kernel has them."""
    notebook = ROOT / f"{chapter}.ipynb"
    with chdir(notebook.parent):
        return live.explorers(notebook)


def sample(axes, count):
    """The last setting, some others and the first."""
    draw = np.random.default_rng(0)
    others = [{axis.name: axis.values[draw.integers(len(axis.values))] for axis in axes} for _ in range(count)]
    return [{axis.name: axis.values[-1] for axis in axes}, *others, {axis.name: axis.values[0] for axis in axes}]


def set_controls(browser, root, axes, setting):
    positions = [axis.position(setting[axis.name]) for axis in axes]
    browser.execute_script(
        "tests.controls(arguments[0]).forEach((control, at) => tests.set(control, arguments[1][at]))", root, positions
    )
    rest(browser, root)


def in_kernel(explorer, setting):
    """The HTML that the kernel shows for a setting; controls move one by one, and no picture on the way is drawn."""
    *controls, view = explorer.widget.children
    moved = [(c, setting[axis.name]) for axis, c in zip(explorer.axes, controls, strict=True)]
    moved = [(control, value) for control, value in moved if control.value != value]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explorer, "picture", lambda **setting: Shown(None, "on the way"))
        for control, value in moved[:-1]:
            control.value = value
    for control, value in moved[-1:]:
        control.value = value
    assert "on the way" not in view.value
    return view.value


def decoded(data_url):
    return Image.open(BytesIO(b64decode(data_url.partition(",")[2]))).convert("RGB")


def test_sheets_wait_for_the_reader(browser, wide, server, chapter):
    roots = opened(browser, f"{server}/{chapter}.html")
    asked = requests(browser)
    for root in roots:
        sheets = re.findall(r'"src":"(explorers/[^"]+)"', root.get_attribute("innerHTML"))
        distance = browser.execute_script(
            "return arguments[0].getBoundingClientRect().top / document.documentElement.clientHeight", root
        )
        assert distance > 2, "so near to the top that the test says nothing"
        assert not [sheet for sheet in sheets if f"{server}/notebooks/{sheet}" in asked]
    for root in roots:
        reach(browser, root)
        sheets = re.findall(r'"src":"(explorers/[^"]+)"', root.get_attribute("innerHTML"))
        now = requests(browser)
        got = [sheet for sheet in sheets if f"{server}/notebooks/{sheet}" in now]
        assert bool(got) == bool(sheets) and len(got) < max(len(sheets), 1)  # and not those of other first values


def test_the_page_shows_what_the_kernel_shows(browser, wide, server, chapter, kernel):
    opened(browser, f"{server}/{chapter}.html", anew=False)
    roots = browser.find_elements(By.CSS_SELECTOR, ".zf-explorer, .zf-table")
    assert len(roots) == len(kernel)
    for root, explorer in zip(roots, kernel, strict=True):
        if isinstance(explorer, SortableTable):
            assert same_html(browser, root.find_element(By.TAG_NAME, "tbody"), tbody(explorer._repr_html_()))
            continue
        reach(browser, root)
        if isinstance(explorer, Explorer):
            compare_pictures(browser, root, explorer)
        else:
            for setting in sample(explorer.axes, 40):
                set_controls(browser, root, explorer.axes, setting)
                shown = root.find_element(By.TAG_NAME, "figure")
                assert same_html(browser, shown, explorer._result(**setting), but="figcaption"), setting


def tbody(html):
    return html[html.index("<tbody>") + len("<tbody>") : html.index("</tbody>")]


def same_html(browser, element, html, but="nothing"):
    return browser.execute_script(
        """const [element, html, but] = arguments, other = document.createElement(element.tagName);
        other.innerHTML = html;
        const own = element.cloneNode(true);
        own.querySelectorAll(but).forEach((part) => part.remove());
        // What tools/finish_pages.py adds to a page's tables is no part of what an explorer shows.
        own.querySelectorAll("[data-label]").forEach((cell) => cell.removeAttribute("data-label"));
        return own.innerHTML === other.innerHTML;""",
        *(element, html, but),
    )


def compare_pictures(browser, root, explorer):
    every = settings(explorer.page_axes)
    script = root.find_element(By.CSS_SELECTOR, '[type="application/json"]').get_attribute("textContent")
    shown_by_page = json.loads(script)["settings"]
    assert len(shown_by_page) == len(every)
    refused = [setting for setting, shown in zip(every, shown_by_page, strict=True) if "impossible" in shown]
    red, caption = (root.find_element(By.CSS_SELECTOR, part) for part in (".zf-impossible", "figcaption"))
    for setting in [*sample(explorer.page_axes, 6), *refused[:2]]:
        set_controls(browser, root, explorer.page_axes, setting)
        html = in_kernel(explorer, setting)
        if setting in refused:
            assert "<img" not in html and escape(red.text) in html
            assert not [img for img in root.find_elements(By.TAG_NAME, "img") if img.is_displayed()]
            continue
        (drawn,) = map(decoded, re.findall(r'src="([^"]+)"', html))
        cut = decoded(browser.execute_script("return tests.cut(arguments[0])", root)).crop((0, 0, *drawn.size))
        assert np.abs(np.asarray(cut, float) - np.asarray(drawn, float)).mean() <= 3, setting
        assert caption.text == explorer.alt(**setting) and not red.is_displayed()


@pytest.fixture
def without_sheets(browser):
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/explorers/*"]})
    yield
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def test_without_sheets_the_first_picture_stays_and_a_sentence_says_so(browser, wide, server, chapter, without_sheets):
    for root in opened(browser, f"{server}/{chapter}.html"):
        if root.get_attribute("data-script") != "explorer":
            continue
        (first,) = root.find_elements(By.CSS_SELECTOR, ".zf-view img")
        red, caption = (root.find_element(By.CSS_SELECTOR, part) for part in (".zf-impossible", "figcaption"))
        words = caption.text
        centre(browser, root)
        for control in root.find_elements(By.CSS_SELECTOR, "[data-axis]"):
            control.send_keys(Keys.ARROW_RIGHT)
            rest(browser, root)
            WebDriverWait(browser, 10, 0.02).until(lambda _, red=red: "can't be loaded" in red.text)
            assert first.is_displayed() and caption.text == words
            assert not [
                img
                for img in root.find_elements(By.CSS_SELECTOR, ".zf-view img")
                if img != first and img.is_displayed()
            ]
