"""An explorer and its page, and a browser to open it in."""

import os
import shutil
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


@pytest.fixture(scope="session")
def browser():
    """Chromium of the system, or what Selenium finds, without a network."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    except WebDriverException as error:
        pytest.skip(f"There is no Chromium with a driver on this machine: {error.msg.splitlines()[0]}")
    yield driver
    driver.quit()
