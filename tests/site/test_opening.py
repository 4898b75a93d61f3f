"""A page that several tests read stays open only while each of them meets it as it was opened."""

import pytest
from opening import keep_page

pytestmark = pytest.mark.browser

CHANGES = {
    "a word more": "document.querySelector('article').append('more')",
    "an attribute": "document.querySelector('article h1').title = 'other'",
    "the theme": "document.documentElement.dataset.theme = 'dark'",
    "the place": "scrollTo({ top: 40, behavior: 'instant' })",
    "the focus": "document.querySelector('article a').focus({ preventScroll: true })",
}


@pytest.fixture
def kept(browser, server):
    """kept(): whether the page that is open stays; if not, it is opened."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 700, "height": 400, "deviceScaleFactor": 1, "mobile": False}
    )

    def kept(name="genindex"):
        browser.execute_script("window.before = true")
        keep_page(browser, f"{server}/{name}.html")
        return browser.execute_script("return window.before ?? false")

    kept()
    yield kept
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_it_stays_for_another_that_reads(browser, kept):
    assert browser.find_element("css selector", "article").text and kept() and kept()
    assert not kept("search")


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_opened_again_after_a_change(browser, kept, change):
    browser.execute_script(CHANGES[change])
    assert not kept() and kept()


def test_it_is_opened_again_for_another_reader(browser, kept):
    narrow = {"width": 390, "height": 400, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    assert not kept()
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    assert not kept()
