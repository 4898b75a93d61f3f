"""The built pages, for the tests that read them and for those that open them."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site():
    """The folder of the built pages."""
    pages = ROOT / "_build" / "html"
    if not (pages / "index.html").is_file():
        pytest.skip("There are no pages yet: run `make book` first.")
    return pages


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def server(site):
    """Address at which this machine serves the pages to itself."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["server", "file"])
def origin(request, site):
    """The pages as a server gives them, and as files opened from the disk."""
    return request.getfixturevalue("server") if request.param == "server" else site.as_uri()


@pytest.fixture
def wide(browser):
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1300, 900)


@pytest.fixture
def phone(browser):
    screen = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
