"""The pages in headless Chromium, which reaches nothing but them: formulas, controls, errors. They are opened as files,
to which a browser allows less; what a server gives is opened by the other tests, and asks no stranger there either
(test_accessibility.py)."""

from pathlib import Path

import check_site
import pytest
from opening import errors, foreign_requests, open_page
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

TOC = Path(__file__).parents[2] / "_toc.yml"
BETWEEN = [name for name in check_site.toc(TOC) if name not in check_site.chapters(TOC)]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", check_site.chapters(TOC))
def test_a_chapter_works_without_a_network(browser, wide, site, name):
    open_page(browser, f"{site.as_uri()}/{name}.html")
    check_formulas(browser)
    explorers, panels = (browser.find_elements(By.CSS_SELECTOR, each) for each in (".zf-explorer", ".zf-panel"))
    assert explorers or panels, "a chapter has at least one figure with controls"
    for explorer in explorers:
        controls = explorer.find_elements(By.CSS_SELECTOR, "input, select")
        assert controls
        for control in controls:
            assert control.accessible_name.strip()
            move(browser, explorer, control)
    assert not errors(browser)
    assert not foreign_requests(browser, site.as_uri())


def check_formulas(browser):
    written, set_, failed = browser.execute_script(
        "return ['.math', 'mjx-container', 'mjx-merror'].map(s => document.querySelectorAll('article ' + s).length)"
    )
    assert set_ >= written and not failed
    if written:
        fonts = browser.execute_async_script(
            """const done = arguments[0], ours = fonts => [...fonts].filter(font => font.family.includes("MJX"));
            document.fonts.ready.then(fonts => done(ours(fonts).map(font => font.status)))"""
        )
        assert "loaded" in fonts and "error" not in fonts


def move(browser, explorer, control):
    """Work a control by keyboard until the picture is another one; a few settings may look alike."""
    figure = explorer.find_element(By.CSS_SELECTOR, "figure")
    # The caption names the setting, so it always changes: out of the picture with it.
    browser.execute_script("arguments[0].querySelector('figcaption').style.visibility = 'hidden'", figure)

    def after(element=None, key=None):
        if key:
            element.send_keys(key)
        WebDriverWait(browser, 20, 0.02).until(lambda _: at_rest(browser, explorer))
        # A figure may be taller than the window: its head changes, and the key has brought its control into view.
        browser.execute_script("arguments[0].scrollIntoView({ block: 'start', behavior: 'instant' })", figure)
        return figure.screenshot_as_png

    before = after()
    if control.get_attribute("type") != "checkbox":
        if any(after(control, key) != before for key in [Keys.ARROW_RIGHT] * 4 + [Keys.ARROW_LEFT] * 8):
            return
    else:
        if after(control, Keys.SPACE) != before:
            return
        # What it stands for may make no difference here (rounding where nothing is left over): look beside it.
        for slider in 2 * explorer.find_elements(By.CSS_SELECTOR, "input[type=range]"):
            before = after(slider, Keys.ARROW_RIGHT)
            if after(control, Keys.SPACE) != before:
                return
    pytest.fail(f"{control.accessible_name}: the picture stays the same")


def at_rest(browser, explorer):
    """Every picture that shows has been loaded."""
    return browser.execute_script(
        "return [...arguments[0].querySelectorAll('img:not([hidden])')].every(i => i.complete && i.naturalWidth)"
        " && !arguments[0].querySelector('[aria-busy=true]')",
        explorer,
    )


@pytest.mark.parametrize("name", [*BETWEEN, "search", "genindex"])
def test_a_page_between_the_chapters_works_without_a_network(browser, wide, site, name):
    open_page(browser, f"{site.as_uri()}/{name}.html")
    assert browser.find_elements(By.TAG_NAME, "main")
    check_formulas(browser)
    browser.execute_script("window.scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    assert not errors(browser)
    assert not foreign_requests(browser, site.as_uri())
