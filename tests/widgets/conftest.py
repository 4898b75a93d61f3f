"""An explorer and its page; a panel on a page of its own."""

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


class Opened:
    """A panel on a page of its own, opened from a file."""

    def __init__(self, browser, file):
        self.browser, self.file = browser, file

    def reopen(self, address=""):
        self.browser.get("about:blank")
        self.browser.get(self.file.as_uri() + address)

    def root(self):
        return self.browser.find_element("css selector", ".zf-panel")

    def controls(self):
        return self.root().find_elements("css selector", "[data-axis]")

    def text(self, selector):
        return self.root().find_element("css selector", selector).text

    def hash(self):
        return self.browser.execute_script("return location.hash")

    def go(self, address):
        self.browser.execute_script("location.hash = arguments[0]", address)

    def until(self, true):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, 10, 0.02).until(lambda _: true())


@pytest.fixture
def open_panel(browser, tmp_path):
    """open_panel(panel, width, script): its page's face as `Opened`; what the browser complains of fails the test."""
    browser.get_log("browser")  # forget the page before

    def opened(panel, width=1000, script=True):
        html = panel.page_html() if script else panel.still(**panel.start)
        shown = html.replace('class="zf-panel" data-panel', 'class="zf-panel zf-panel-view" data-panel')
        file = tmp_path / "panel.html"
        file.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f'<title>Panel</title><link rel="icon" href="data:,"><body style="margin:16px">{shown}</body></html>',
            encoding="utf-8",
        )
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        found = Opened(browser, file)
        found.reopen()
        return found

    yield opened
    assert not browser.get_log("browser")


@pytest.fixture
def panel_page(browser, tmp_path):
    """panel_page(panel, width): the file of a page that holds a panel alone, opened; complaints fail the test."""

    def opened(panel, width):
        file = tmp_path / "page.html"
        head = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        )
        file.write_text(f"{head}<title>Panel</title><body>{panel.page_html()}</body>", encoding="utf-8")
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.get_log("browser")  # forget the page before
        browser.get(file.as_uri())
        return file

    yield opened
    assert not browser.get_log("browser")
