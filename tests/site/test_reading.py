"""Readers who have no mouse, want no motion, read in the dark or on paper, run no scripts, search, or turn pages."""

import posixpath
import re
from base64 import b64decode
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import check_site
import numpy as np
import pytest
from opening import errors, foreign_requests, open_page
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

TOC = Path(__file__).parents[2] / "_toc.yml"
PAGES = check_site.toc(TOC)
CHAPTERS = check_site.chapters(TOC)
A4 = {"width": 718, "height": 1047, "deviceScaleFactor": 1, "mobile": False}  # less margins of 1 cm, in CSS pixels

pytestmark = pytest.mark.browser


@contextmanager
def media(browser, kind="", **wishes):
    """What the reader's system says of itself: media(browser, "print", prefers_color_scheme="dark")."""
    features = [{"name": name.replace("_", "-"), "value": value} for name, value in wishes.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


@pytest.mark.parametrize("name", CHAPTERS)
def test_focus_follows_the_page_and_shows(browser, wide, server, name):
    with media(browser, prefers_reduced_motion="reduce"):  # a ring that fades in could not be told from none
        open_page(browser, f"{server}/{name}.html")
        browser.execute_script(
            """const article = document.querySelector("article");
            article.tabIndex = -1;
            article.focus();
            window.stops = [];
            window.left = false;
            document.addEventListener("focusin", ({ target }) => {
              left ||= !article.contains(target); // from its end the focus goes on, and around to its beginning
              if (left) return;
              const outlined = (element) => {
                const { outlineStyle, outlineWidth } = getComputedStyle(element);
                return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
              };
              // A slider that its track hides, thumb and all, has the track show the ring.
              const ring = target.closest(".track") ?? target;
              const visible = ring.checkVisibility({ opacityProperty: true });
              stops.push([target, visible && (outlined(ring) || getComputedStyle(ring).boxShadow !== "none")]);
            });"""
        )
        while not browser.execute_script("return left"):
            ActionChains(browser).send_keys(Keys.TAB * 40).perform()
    faint, back, missed = browser.execute_script(
        """const words = (element) => element.outerHTML.slice(0, 120), seen = stops.map(([element]) => element);
        const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
        const controls = [...document.querySelectorAll(".zf-explorer [data-axis], .zf-table button, article summary")];
        return [
          stops.filter(([, ring]) => !ring).map(([element]) => words(element)),
          seen.filter((element, at) => at && !follows(seen[at - 1], element)).map(words),
          controls.filter((control) => control.checkVisibility() && !seen.includes(control)).map(words),
        ];"""
    )
    assert not faint, "these have the focus, and nothing shows it"
    assert not back, "these come before what had the focus before them"
    assert not missed, "these can't be reached by keyboard"


MOVING = """
    const moves = (element, pseudo) => {
      const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element, pseudo);
      return animationName !== "none" || scrollBehavior === "smooth" || !/^(0s, )*0s$/.test(transitionDuration);
    };
    return [...document.querySelectorAll("*")]
      .filter((element) => moves(element) || moves(element, "::before") || moves(element, "::after"))
      .map((element) => element.outerHTML.slice(0, 120));
"""


def test_nothing_moves_for_who_asks_for_rest(browser, wide, server):
    name = next(name for name in CHAPTERS if "ablation" in name)  # explorer, table, fold-outs
    with media(browser, prefers_reduced_motion="no-preference"):
        open_page(browser, f"{server}/{name}.html")
        assert browser.execute_script(MOVING), "the theme's buttons fade: this test would see nothing"
    with media(browser, prefers_reduced_motion="reduce"):
        assert not browser.execute_script(MOVING)


@pytest.fixture
def sheet(browser):
    """A window as wide as a printed page."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", A4)


# Pictures that load only now move what stands below them: bring an element into view until it has stood for ten frames.
STILL = """
    const [element, done] = arguments;
    const look = (before, frames) => {
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const { top } = element.getBoundingClientRect();
      if (frames === 10) done();
      else requestAnimationFrame(() => look(top, top === before ? frames + 1 : 0));
    };
    look(null, 0);
"""


def open_in_the_dark(browser, address):
    """Open a page, or keep the one that has been read on this sheet: whoever prints has read it."""
    if browser.execute_script("return [location.href.split('#')[0], innerWidth]") != [address, A4["width"]]:
        open_page(browser, address)
    theme = "return document.documentElement.dataset.theme"  # an open page follows the system in a moment
    WebDriverWait(browser, 20, 0.02).until(lambda _: browser.execute_script(theme) == "dark")


@pytest.mark.parametrize("name", CHAPTERS)
def test_in_the_dark_lines_and_letters_turn_pictures_keep_their_face_and_explorers_are_dark(
    browser, sheet, server, name
):
    with media(browser, prefers_color_scheme="dark"):
        open_in_the_dark(browser, f"{server}/{name}.html")
        dark, pictures, turned, tops, explorers = browser.execute_script(
            """const article = document.querySelector("article"), words = (element) => element.outerHTML.slice(0, 120);
            const all = (selector) => [...article.querySelectorAll(selector)];
            const paper = (element) => getComputedStyle(element).backgroundColor;
            const dims = (element) => /brightness\\(([\\d.]+)\\)/.exec(getComputedStyle(element).filter)?.[1] ?? 1;
            const window = (img) => img.closest(".zf-view") ?? article; // an explorer's, onto a sheet of frames
            const seen = (img) => [words(img), paper(img), dims(img) * dims(window(img))];
            // Of a figure, or of an explorer's sheets that are loaded by now: the pictures on it once more, on top.
            const top = (img) => img.parentElement.querySelector(":scope > span"), kept = (img) => top(img) !== null;
            const sheets = all("img:not(.zf-panel img, [src$='.svg'])");
            const tops = sheets.filter(kept).map((img) => getComputedStyle(top(img)));
            return [paper(document.body), sheets.filter((img) => !kept(img)).map(seen),
              [...all("img[src$='.svg']"), ...sheets.filter(kept)].map((img) => getComputedStyle(img).filter),
              tops.map(({ display, filter, clipPath }) => [display, filter, clipPath.slice(0, 7)]),
              all(".zf-explorer, .zf-panel").map((one) => [words(one), paper(one)])];"""
        )
        line = browser.find_element(By.CSS_SELECTOR, "article img[src$='.svg']")
        browser.execute_async_script(STILL, line)
        shown = np.asarray(Image.open(BytesIO(line.screenshot_as_png)).convert("RGB")).reshape(-1, 3)
    assert dark != "rgb(255, 255, 255)"
    assert explorers and all(top == ["block", "none", "polygon"] for top in tops)
    assert turned and all(one.startswith("invert(1) hue-rotate(180deg)") for one in turned)
    page = [int(part) for part in re.findall(r"\d+", dark)[:3]]
    assert np.abs(shown[0].astype(int) - page).max() <= 2, "nothing pale behind the lines"  # inversion rounds
    assert (shown.min(1) > 200).any(), "letters are light"
    assert not [figure for figure, paper, dimmed in pictures if paper != "rgb(255, 255, 255)" or dimmed != 0.88]
    assert not [explorer for explorer, paper in explorers if sum(map(int, re.findall(r"\d+", paper)[:3])) > 200]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_printed_chapter_is_whole(browser, sheet, server, name):
    with media(browser, prefers_color_scheme="dark"):
        open_in_the_dark(browser, f"{server}/{name}.html")
    with media(browser, "print", prefers_color_scheme="dark"):
        opened = browser.find_element(By.CSS_SELECTOR, "article details.hide")
        browser.execute_script("arguments[0].open = true", opened)
        ink = "return getComputedStyle(document.querySelector('article h1')).color"  # paper comes in a moment, too
        WebDriverWait(browser, 20, 0.02).until(lambda _: browser.execute_script(ink) == "rgb(0, 0, 0)")
        tools, cut, torn, pale, answers = browser.execute_script(
            """const words = (element) => element.outerHTML.slice(0, 120), width = document.documentElement.clientWidth;
            const all = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
            const style = (element) => getComputedStyle(element);
            const inside = all("article *:not(.math, .math *, svg *, .zf-view, .zf-view *)");
            const clips = (one) => style(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
            const hidden = (one) => style(one).clipPath !== "none"; // what only screen readers get
            return [
              all(`.bd-sidebar, .bd-header, .bd-header-article, .prev-next-footer, .copybtn,
                   .headerlink, details.hide:not([open])`).map(words),
              inside.filter((one) => clips(one) || one.getBoundingClientRect().right > width + 1)
                .filter((one) => !hidden(one)).map(words),
              all("article :is(img, table, pre, .zf-explorer)")
                .filter((one) => !one.closest(".zf-explorer table"))
                .filter((one) => style(one).breakInside !== "avoid").map(words),
              inside.filter((one) => !one.closest(".zf-explorer") && one.childNodes.length)
                .filter((one) => style(one).color !== "rgb(0, 0, 0)").map(words),
              all("article details:not(.hide) > :not(summary)").map(words),
            ];"""
        )
        paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert opened.find_element(By.CSS_SELECTOR, "pre").is_displayed(), "what the reader has opened is printed"
        explorers = browser.find_elements(By.CSS_SELECTOR, ".zf-explorer figure, .zf-panel")
        assert explorers and all(explorer.size["height"] > 100 for explorer in explorers)
        assert b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"]).startswith(b"%PDF")
    assert not tools, "these are of no use on paper"
    assert not cut, "these are cut at the edge of the paper"
    assert not torn, "these may be torn between two sheets"
    assert paper == "rgb(255, 255, 255)"
    assert not pale, "these are not black on white"
    assert not answers, "a quiz is printed without its answers"


def test_the_cheat_sheet_is_one_sheet(browser, wide, server):
    open_page(browser, f"{server}/book/cheat_sheet.html")
    paper = {"paperWidth": 8.27, "paperHeight": 11.69}  # A4, in inches
    printed = b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_first_view_needs_no_scripts(browser, wide, server, name):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{server}/{name}.html")
        assert len(browser.find_element(By.TAG_NAME, "article").get_property("innerText").split()) > 1000
        for explorer in browser.find_elements(By.CSS_SELECTOR, ".zf-explorer"):
            assert explorer.get_attribute("data-ready") is None, "scripts have run: this test would see nothing"
            assert explorer.find_element(By.TAG_NAME, "figcaption").text.strip()
            assert "need JavaScript" in explorer.find_element(By.TAG_NAME, "noscript").text
            pictures = explorer.find_elements(By.CSS_SELECTOR, "img, figure svg, figure table")
            assert pictures and all(picture.size["height"] > 40 for picture in pictures)
            loaded = "return [...arguments[0].querySelectorAll('img')].every((img) => img.naturalWidth)"
            assert browser.execute_script(loaded, explorer)
        for table in browser.find_elements(By.CSS_SELECTOR, ".zf-table"):
            assert table.get_property("innerText").strip() and not table.find_elements(By.TAG_NAME, "button")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_search_finds_a_chapter(browser, wide, origin):
    open_page(browser, f"{origin}/search.html?q=unpooling")
    title = "2. Can max pooling be undone?"

    def hits():
        return [link for link in browser.find_elements(By.CSS_SELECTOR, "#search-results li a") if link.text == title]

    WebDriverWait(browser, 20, 0.02).until(lambda _: hits())
    assert not foreign_requests(browser, origin)
    if origin.startswith("http"):  # a page opened as a file may not fetch others, for the excerpts under the titles
        assert not errors(browser)
    hits()[0].click()
    WebDriverWait(browser, 20, 0.02).until(lambda _: "/notebooks/02_unpooling.html" in browser.current_url)
    assert browser.find_element(By.CSS_SELECTOR, "article h1").text.startswith(title)


@pytest.mark.parametrize("at", range(len(PAGES)), ids=PAGES)
def test_previous_and_next_turn_the_page(site, at):
    html = (site / f"{PAGES[at]}.html").read_text(encoding="utf-8")
    for side, other in (("left-prev", at - 1), ("right-next", at + 1)):
        links = re.findall(rf'<a class="{side}"\s+href="([^"]+)"', html)
        targets = [posixpath.normpath(posixpath.join(posixpath.dirname(PAGES[at]), link)) for link in links]
        assert targets == [f"{PAGES[other]}.html" for _ in range(0 <= other < len(PAGES))]
