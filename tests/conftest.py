"""What several tests need: real pictures and a browser, where there are any."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "imagenette2-160.tar"  # beside the checkout


@pytest.fixture(autouse=True)
def no_open_figures():
    """Close a test's figures, which matplotlib would keep for the tests after it."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="session")
def imagenette_root(tmp_path_factory):
    """A data root with Imagenette in it: ZFLIB_DATA, or else an archive beside the checkout, unpacked for this run."""
    given = os.environ.get("ZFLIB_DATA")
    if given and (Path(given) / "imagenette2-160").is_dir():
        yield Path(given)
    elif BESIDE.is_file():
        root = tmp_path_factory.mktemp("data")
        shutil.unpack_archive(BESIDE, root)
        yield root
        shutil.rmtree(root)
    else:
        pytest.skip("Imagenette is not here: set ZFLIB_DATA to the folder that holds imagenette2-160.")


@pytest.fixture(scope="session")
def browser():
    """Chromium of the system, or what Selenium finds, with every name but this machine's own resolving to nothing."""
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Chromium refuses to start with one for root, as in a container
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    except WebDriverException as error:
        pytest.skip(f"There is no Chromium with a driver on this machine: {error.msg.splitlines()[0]}")
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()
