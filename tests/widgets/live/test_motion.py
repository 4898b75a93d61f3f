"""Whoever asks the system for reduced motion gets calm pages: no panel animates anything, or plays by itself."""

import re
import time
from pathlib import Path

import pytest

from zflib import widgets
from zflib.widgets.live import hero, your_picture
from zflib.widgets.live.panel import Panel

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors

pytestmark = pytest.mark.browser

BOOK = Path(__file__).parents[3] / "book"
PAGES = {"hero": "index", "your_picture": "your_picture"}  # panels that a page of the book has itself
PANELS = {name: each for name, each in vars(widgets).items() if isinstance(each, type) and issubclass(each, Panel)}
PANELS["StepsExplorer"] = widgets.StepsExplorer  # the one that is no Panel

# What moves: animations and transitions that take time, from now until they are asked for; and anything drawn anew.
WATCH = """
    window.moved = [];
    const watch = () => {
      for (const each of document.getAnimations()) {
        const { duration } = each.effect.getComputedTiming();
        if (duration > 0) window.moved.push(`${each.transitionProperty ?? each.animationName} ${duration} ms`);
      }
      requestAnimationFrame(watch);
    };
    watch();
"""
# What is seen, as one number: it is asked for so often that pictures cannot travel.
SEEN = """
    let seen = 0;
    const add = (number) => { seen = Math.imul(seen ^ number, 16777619); };
    for (const one of document.querySelectorAll("canvas")) {
      if (!one.width || !one.height) continue;
      const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
      new Uint32Array(data.buffer).forEach(add);
    }
    const styles = [...document.querySelectorAll(".zf-panel *")].map((one) => one.getAttribute("style"));
    const drawn = [...document.querySelectorAll("svg")].map((one) => one.outerHTML);
    const text = [document.querySelector(".zf-panel").innerText, ...styles, ...drawn].join();
    for (let at = 0; at < text.length; at++) add(text.charCodeAt(at));
    return String(seen);
"""
ACT = """
    for (const control of document.querySelectorAll(".zf-panel [data-axis]")) {
      if (control.type === "range") control.value = Number(control.value) + (control.value === control.max ? -1 : 1);
      else if (control.type === "checkbox") control.checked = !control.checked;
      else control.selectedIndex = (control.selectedIndex + 1) % control.options.length;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
    document.querySelector('[data-bet]')?.click();
"""


@pytest.fixture(scope="module")
def page(folder):
    """page(name): the address of a page with that panel alone."""
    your_picture.write(folder / "live")
    hero.write(folder / "live")
    site = folder / "motion"  # other tests of the session have pages in the folder, too
    (site / "pages").mkdir(parents=True)
    (site / "_static").mkdir()
    (site / "_static" / "live").symlink_to(folder / "live")

    def page(name):
        if name in PAGES:
            text = (BOOK / f"{PAGES[name]}.md").read_text("utf-8")
            body = re.search(r"```\{raw\} html\n(.*?)```", text, re.DOTALL)[1]
        else:
            body = PANELS[name]().page_html()
        path = site / "pages" / f"{name}.html"
        path.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">'
            f"<title>{name}</title><main>{body}</main>",
            encoding="utf-8",
        )
        return path.as_uri()

    return page


@pytest.fixture
def calm(browser):
    media = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    yield browser
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def rests(browser, patience=30):
    """What is seen, once it has been the same for a second; None if it never is, for `patience` seconds."""
    begin = since = time.monotonic()
    seen = None
    while time.monotonic() - begin < patience:
        now = browser.execute_script(SEEN)
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > 1:
            return seen
        time.sleep(0.3)
    return None


@pytest.mark.parametrize("name", [*PAGES, *PANELS])
def test_nothing_moves_by_itself_or_glides(calm, page, name):
    calm.get("about:blank")
    calm.get_log("browser")
    calm.get(page(name))
    assert calm.execute_script("return matchMedia('(prefers-reduced-motion: reduce)').matches")
    calm.execute_script(WATCH)
    assert rests(calm), "it plays by itself"
    calm.execute_script(ACT)
    assert rests(calm), "it goes on playing after a control was moved"
    assert calm.execute_script("return moved") == []
    assert not errors(calm)


def test_the_watch_sees_what_glides_and_what_plays(browser, folder):
    path = folder / "moving.html"
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Moving</title>'
        "<style>.zf-panel b { position: relative; left: 0; transition: left 0.3s; }</style>"
        '<div class="zf-panel"><b>one</b> <i></i> <canvas></canvas></div>',
        encoding="utf-8",
    )
    browser.get(path.as_uri())
    browser.execute_script(WATCH)
    assert rests(browser) and not browser.execute_script("return moved")
    browser.execute_script("document.querySelector('b').style.left = '40px'")
    assert rests(browser) and "left 300 ms" in browser.execute_script("return moved")
    browser.execute_script("let n = 0; setInterval(() => (document.querySelector('i').textContent = n++), 100)")
    assert rests(browser, patience=2) is None
    browser.get(path.as_uri())
    paint = "const pen = document.querySelector('canvas').getContext('2d'); let n = 0;"
    browser.execute_script(f"{paint} setInterval(() => pen.fillRect(n++, 5, 1, 1), 100)")
    assert rests(browser, patience=2) is None
