"""The networks in the page, in headless Chromium, beside zflib's own pass on one core.

Times are the processor's: of all threads of the processes in which pages and their workers run, so that what else the
machine does counts little; of some tries the fastest. Beside them stands the same work in zflib, on one thread.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import torch

import zflib
from benchmarks.figure import Figure, took
from benchmarks.timing import matmul_rate, seconds
from zflib import weights
from zflib.data.photographs import photographs
from zflib.deconvnet import DeconvNet
from zflib.widgets import live

PRECISION = torch.float32
STEP = "conv5"
TRIES, TOGETHER = 5, 4  # so many passes between two readings of the clock, which may tick a hundred times a second
PICTURES = 200

# Each is the body of an async function; `pixels` and `live` are there, and `together`.
OPEN = "window.live = ZFLIB.open(given[0]); await live.load(given[1]);"
FORWARD = "for (let at = 0; at < together; at++) await live.forward(pixels);"
PROJECT = """
    for (const { unit } of await live.strongest("conv5", together)) await live.project({ step: "conv5", unit });
"""
RESPONSE = """
    await live.forward(pixels);
    const [{ unit }] = await live.strongest("conv5", 1);
    await live.project({ step: "conv5", unit });
"""
ANOTHER = """
    await live.forward(pixels.map((value) => value * (1 - given[0] / 1000)));
    await live.project({ step: "conv5", unit: [given[0] % 128, 3, 3] });
"""


class Page:
    """A page that was opened from a file, with live.js in it and one picture at hand."""

    def __init__(self, browser: Any, folder: Path, pixels: torch.Tensor) -> None:
        self._browser = browser
        packed = b64encode(pixels.numpy().astype("<f4").tobytes()).decode()
        page = folder / "page.html"
        page.write_text(
            '<!doctype html><meta charset="utf-8"><script src="live/live.js"></script><script>'
            f'const together = {TOGETHER}, letters = atob("{packed}");'
            "const pixels = new Float32Array(Uint8Array.from(letters, (c) => c.charCodeAt(0)).buffer);</script>"
        )
        browser.get("about:blank")
        browser.get(page.as_uri())

    def run(self, body: str, *given: Any) -> Any:
        """What an async function of this body returns in the page."""
        found = self._browser.execute_async_script(
            f"const given = [...arguments], done = given.pop(); (async () => {{ {body} }})()"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }))",
            *given,
        )
        if "error" in found:
            raise RuntimeError(found["error"])
        return found.get("value")

    def seconds(self, body: str) -> float:
        """Processor time that this takes."""
        start = self._computing()
        self.run(body)
        return self._computing() - start

    def memory(self) -> float:
        """Gigabytes that the page's process holds."""
        return max(each.memory_info().rss for each in self._renderers()) / 1e9

    def _computing(self) -> float:
        return sum(map(_computing, self._renderers()))

    def _renderers(self) -> list[psutil.Process]:
        """The processes in which pages run; those of no page do nothing, and hold less."""
        children = psutil.Process(self._browser.service.process.pid).children(recursive=True)
        return [each for each in children if "--type=renderer" in each.cmdline()]


def _computing(process: psutil.Process) -> float:
    """Seconds that a process has computed: by the scheduler's own account where there is one, else by its ticks."""
    accounts = list(Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    if accounts:
        return sum(int(each.read_text().split()[0]) for each in accounts) / 1e9
    times = process.cpu_times()
    return times.user + times.system


@contextmanager
def _browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or ""
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(600)
    try:
        yield driver
    finally:
        driver.quit()


def figures() -> Iterator[Figure]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _browser() as browser, tempfile.TemporaryDirectory() as folder:
            live.write(Path(folder) / "live")
            for name in weights.available():
                yield from _network(name, browser, Path(folder))
    finally:
        torch.set_num_threads(threads)


def _network(name: str, browser: Any, folder: Path) -> Iterator[Figure]:
    net = zflib.load(name).cpu()
    deconv = DeconvNet(net)
    pixels = net.preprocess(photographs()[1].picture)
    trace = deconv.forward(pixels[None], upto=STEP)
    channels = trace[STEP][0].amax((1, 2)).argsort(descending=True)[:TOGETHER].tolist()

    def projections() -> None:
        for channel in channels:
            deconv.project(trace, STEP, channel=channel)

    def torchs(work: Callable[[], object]) -> float:
        return seconds(work, TRIES, clock=time.process_time)

    page = Page(browser, folder, pixels)
    page.run(OPEN, name, STEP)
    first = page.seconds(RESPONSE)
    for what, body, theirs in (
        ("forward", FORWARD, torchs(lambda: deconv.forward(pixels[None], upto=STEP))),
        ("one unit of conv5 down", PROJECT, torchs(projections) / TOGETHER),
    ):
        taken = min(page.seconds(body) for _ in range(TRIES)) / TOGETHER
        yield took(f"{name}, {what}", taken, matmul_rate(clock=time.process_time))
        yield Figure(f"{name}, {what}, beside zflib's", taken / theirs, "of its time")
    yield Figure(f"{name}, the first picture after loading, to its first projection", first, "s")
    for number in range(PICTURES):
        page.run(ANOTHER, number)
    yield Figure(f"{name}, memory of the tab after {PICTURES} pictures", page.memory(), "GB")
