"""A page that loads the networks, as a server gives it and as a file, and what the tests ask of it."""

import functools
import threading
from base64 import b64decode, b64encode
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from zflib.widgets import live

# Arrays cross between Python and the page as base64: JSON would spell out each number.
HELPERS = """
    window.packed = (array) => {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength), pieces = [];
      for (let at = 0; at < bytes.length; at += 32768) {
        pieces.push(String.fromCharCode(...bytes.subarray(at, at + 32768)));
      }
      return { type: array.constructor.name, data: btoa(pieces.join("")) };
    };
    window.unpacked = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
"""
SOURCES = Path(live.__file__).parent
TYPES = {"Float32Array": "<f4", "Int32Array": "<i4"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A page that knows the networks (index.html), and one that has the engine itself (engine.html)."""
    folder = tmp_path_factory.mktemp("live")
    live.write(folder / "live")
    source = "\n".join((SOURCES / file).read_text("utf-8") for file in ("engine.js", "controls.js"))
    for name, script in (("index", '<script src="live/live.js"></script>'), ("engine", f"<script>{source}</script>")):
        (folder / f"{name}.html").write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Live</title><link rel="icon" href="data:,">'
            f"{script}<script>{HELPERS}</script>",
            encoding="utf-8",
        )
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def http(folder):
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["http", "file"])
def origin(request, folder):
    return request.getfixturevalue("http") if request.param == "http" else folder.as_uri()


@pytest.fixture
def run(browser):
    """run(body, *arguments): what an async function of this body returns in the page; arrays as NumPy's."""
    browser.set_script_timeout(120)

    def run(body, *arguments):
        found = browser.execute_async_script(
            f"const given = [...arguments], done = given.pop(); (async () => {{ {body} }})()"
            ".then((value) => done({ value }), (error) => done({ error: error.message }))",
            *(pack(each) if isinstance(each, np.ndarray) else each for each in arguments),
        )
        if "error" in found:
            raise RuntimeError(found["error"])
        return unpack(found.get("value"))

    return run


def pack(array):
    return b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def unpack(value):
    if isinstance(value, dict) and value.keys() == {"type", "data"}:
        return np.frombuffer(b64decode(value["data"]), TYPES[value["type"]])
    if isinstance(value, dict):
        return {key: unpack(each) for key, each in value.items()}
    return [unpack(each) for each in value] if isinstance(value, list) else value
