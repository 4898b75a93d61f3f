"""Figures on a phone: their letters stay legible, and what is then wider than the screen moves in its own box, within
reach of the keyboard. In the dark their pictures show what they show in the light."""

import json
import re
from io import BytesIO
from pathlib import Path

import check_site
import numpy as np
import pytest
from opening import keep_page, open_page
from PIL import Image

ROOT = Path(__file__).parents[2]
NOTEBOOKS = check_site.notebooks(ROOT / "_toc.yml")
LEGIBLE = 9  # pixels
LARGEST = 15
FIGURES = """
    return [...document.querySelectorAll(".zf-figure")].filter((box) => box.checkVisibility()).map((box) => {
      const img = box.querySelector("img"), hint = getComputedStyle(box, "::before");
      return { src: img.getAttribute("src"), shown: img.getBoundingClientRect().width,
        room: Math.min(box.clientWidth, parseFloat(getComputedStyle(img.parentElement).maxWidth) || Infinity),
        moves: box.scrollWidth > box.clientWidth + 1, reached: box.tabIndex === 0,
        named: box.ariaLabel, hint: hint.display === "none" ? 0 : parseFloat(hint.paddingBottom) };
    });
"""
# Letters that panels and explorers draw themselves, in the page's pixels: a drawing is scaled to the room that it has.
LETTERS = """
    const done = arguments[0], drawn = "article svg text";
    for (const fold of document.querySelectorAll(".zf-panel details")) fold.open = true; // some draw what they hold
    requestAnimationFrame(() => setTimeout(() => done([...document.querySelectorAll(drawn)]
      .filter((text) => text.checkVisibility())
      .map((text) => [parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a, text.textContent]))));
"""

pytestmark = pytest.mark.browser


def smallest(file):
    """The smallest letters of a figure as a share of its width, both in points. In an SVG matplotlib draws them as
    outlines, 100 units large; pixels say it of themselves."""
    if file.suffix == ".png":
        with Image.open(file) as picture:
            return LEGIBLE / json.loads(picture.info["Description"])["narrowest"]
    svg, sizes = file.read_text(encoding="utf-8"), []
    for words in re.findall(r'<g id="text_\d+">.*?(?=<g id="text_|\Z)', svg, re.DOTALL):
        if size := re.search(r"scale\(([\d.]+) -[\d.]+\)", words):
            sizes.append(
                100 * float(size[1]) * min(map(float, re.findall(r"<use [^>]*scale\(([\d.]+)\)", words)), default=1)
            )
    return min(sizes) / float(re.search(r'<svg [^>]*width="([\d.]+)pt"', svg, re.DOTALL)[1])


def open_at(browser, address, width, height=800):
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    keep_page(browser, address)
    return browser.execute_script(FIGURES)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_letters_are_legible_on_a_phone_and_a_desk_sees_figures_whole(browser, server, site, name):
    page = site / f"{name}.html"
    html = page.read_text(encoding="utf-8")
    for width in (360, 390):
        figures = open_at(browser, f"{server}/{name}.html", width)
        small = [smallest((page.parent / each["src"]).resolve()) * each["shown"] for each in figures]
        assert all(size > LEGIBLE - 0.1 for size in small), [*zip(small, figures, strict=True)]
        assert all(each["reached"] and each["named"] and each["hint"] > 10 for each in figures if each["moves"])
        assert all(each["hint"] == 0 for each in figures if not each["moves"])
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        letters = browser.execute_async_script(LETTERS)
        assert all(size > LEGIBLE - 0.1 for size, _ in letters), letters
        assert bool(letters) == ("<text " in html)
    for each in open_at(browser, f"{server}/{name}.html", 1440):
        assert not each["moves"] and not each["hint"] and each["shown"] <= each["room"] + 1
        if each["src"].endswith(".svg"):
            assert each["shown"] > each["room"] - 1
            letters = smallest((page.parent / each["src"]).resolve()) * each["shown"]
            assert letters < LARGEST or each["shown"] <= 26 * 16, "larger letters than the page's own"
    boxed = len(re.findall('<div class="output zf-figure"', html))
    assert boxed == len(re.findall(r'<img [^>]*src="[^"]*_images/\w{64}\.(?:svg|png)"', html)), "a figure has no box"
    cells = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert boxed == sum("image/png" in output.get("data", {}) for output in outputs), "not the committed figures"


def places_of(browser, figure):
    """(left, top, right, bottom) of a figure's pictures, in percent."""
    clip = browser.execute_script("return arguments[0].querySelector('span').style.clipPath", figure)
    points = [tuple(map(float, point)) for point in re.findall(r"([\d.]+)% ([\d.]+)%", clip)]
    return [points[at] + points[at + 2] for at in range(1, len(points), 6)]


# Of chapter 6 the figure whose third panel is a drawing: the frequency plane turns over with the paper.
@pytest.mark.parametrize(("name", "count"), [("notebooks/02_unpooling", 9), ("notebooks/06_aliasing", 1)])
def test_in_the_dark_the_pictures_of_a_figure_are_those_of_the_light(browser, server, wide, name, count):
    browser.set_window_size(1300, 1200)  # the whole figure, none of it under the page's header
    shown = []
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        open_page(browser, f"{server}/{name}.html")
        figures = browser.find_elements("css selector", ".zf-figure > div:has(> span)")
        figure = next(each for each in figures if len(places_of(browser, each)) == count)
        browser.execute_script("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", figure)
        places = places_of(browser, figure)
        shown.append(np.asarray(Image.open(BytesIO(figure.screenshot_as_png)).convert("RGB")).astype(int))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    light, dark = shown
    beside = np.ones(light.shape[:2], bool)
    for place in places:
        left, top, right, bottom = (
            round(part / 100 * side) for part, side in zip(place, 2 * light.shape[1::-1], strict=True)
        )
        inside = np.s_[top + 3 : bottom - 3, left + 3 : right - 3]
        apart = np.abs(dark[inside] - light[inside])
        assert apart.mean() < 1 and apart.max() < 30  # backgrounds are scaled a little differently
        beside[top - 3 : bottom + 3, left - 3 : right + 3] = False
    assert (light[beside] > 250).mean() > 0.8 and (dark[beside] < 50).mean() > 0.8
