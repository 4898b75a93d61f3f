"""A page that loads the networks, as a server gives it and as a file, and what the tests ask of it."""

import functools
import threading
from base64 import b64decode, b64encode
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from zflib.architecture import Architecture, Conv, Dense, Pool
from zflib.deconvnet import DeconvNet
from zflib.network import ConvNet
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
    window.unpacked = (text) => {
      const letters = atob(text), bytes = new Uint8Array(letters.length);
      for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
      return new Float32Array(bytes.buffer);
    };
"""
SOURCES = Path(live.__file__).parent
OVER_THE_BORDER = Pool(ceil=True)
TYPES = {"Float32Array": "<f4", "Int32Array": "<i4"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A page that knows the networks (index.html), and one that has the engine itself (engine.html)."""
    folder = tmp_path_factory.mktemp("live")
    live.write(folder / "live")
    source = "\n".join((SOURCES / file).read_text("utf-8") for file in ("engine.js", "controls.js", "worker.js"))
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
            *map(pack, arguments),
        )
        if "error" in found:
            raise RuntimeError(found["error"])
        return unpack(found.get("value"))

    return run


@pytest.fixture
def engine(browser, http, run):
    """run, on a page that has the engine's own functions, and `tiny`, which makes a network of steps and weights."""
    if browser.current_url != f"{http}/engine.html":
        browser.get(f"{http}/engine.html")
        browser.execute_script(
            """window.tiny = (steps, weights) => ({ steps: steps.map((step) => {
                 const [weight, bias] = (weights[step.name] ?? []).map(unpacked);
                 return { ...step, weight, bias };
               }) });
               window.kept = (maps) => ({ ...maps, values: packed(maps.values) });"""
        )
    return run


def pack(value):
    if isinstance(value, np.ndarray):
        return b64encode(np.ascontiguousarray(value, "<f4").tobytes()).decode()
    if isinstance(value, dict):
        return {key: pack(each) for key, each in value.items()}
    return [pack(each) for each in value] if isinstance(value, list) else value


def unpack(value):
    if isinstance(value, dict) and value.keys() == {"type", "data"}:
        return np.frombuffer(b64decode(value["data"]), TYPES[value["type"]])
    if isinstance(value, dict):
        return {key: unpack(each) for key, each in value.items()}
    return [unpack(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="session")
def small():
    """small(seed, pool, whole): (net, its deconvnet, steps, weights) of a network with all kinds of layers, odd numbers
    of maps, and last pooling windows that hang over the border. Steps and weights as `tiny` takes them."""

    def small(seed=0, pool=OVER_THE_BORDER, whole=False):
        convs = (
            Conv(1, 6, kernel=5, stride=2, pad=1, pool=pool, norm=True),
            Conv(2, 5, kernel=3, pad=1, pool=pool),
        )
        net = ConvNet(Architecture("small", convs, (Dense(6, 7),), classes=3, input_size=18)).eval()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in net.parameters():
                drawn = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(drawn.round() if whole else drawn)
        layers = [name for name, module in net.named_children() if hasattr(module, "weight")]
        weights = {n: [p.detach().numpy() for p in net.get_submodule(n).parameters()] for n in layers}
        return net, DeconvNet(net), live.scripts.steps(net), weights

    return small
