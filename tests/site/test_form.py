"""The form of a page: numbers, its weight as a server sends it, folded code, its measure, tables that fit, quizzes that
show what is right."""

import functools
import gzip
import re
from pathlib import Path
from statistics import mean, stdev
from urllib.parse import unquote, urljoin, urlsplit

import check_site
import pytest
from opening import keep_page, requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

TOC = Path(__file__).parents[2] / "_toc.yml"
CHAPTERS = check_site.chapters(TOC)
NOTEBOOKS = check_site.notebooks(TOC)
MOST = 1_500_000  # bytes
MOST_FIRST_FRAME, MOST_FIGURE = 30_000, 60_000  # letters of base64
PACKED = {".webp", ".png", ".jpg", ".woff", ".woff2"}  # a server sends these as they are


@pytest.mark.parametrize("at", range(len(CHAPTERS)), ids=CHAPTERS)
def test_a_chapter_carries_its_number_in_title_and_contents(site, at):
    """That of its file: chapter 12 came out before 9 to 11."""
    html = (site / f"{CHAPTERS[at]}.html").read_text(encoding="utf-8")
    numbers = [str(int(re.search(r"/(\d+)_", name)[1])) for name in CHAPTERS]
    assert re.search(rf'<h1><span class="section-number">{numbers[at]}\. </span>', html)
    listed = re.findall(r'<li class="toctree-l1[^"]*"><a class="[^"]*" href="[^"]*">(\d+)\. ', html)
    assert listed == numbers


@pytest.mark.parametrize("at", range(len(CHAPTERS)), ids=CHAPTERS)
def test_deeper_pages_stand_below_their_chapter(site, at):
    """Nested in the contents, without a number of their own."""
    html = (site / f"{CHAPTERS[at]}.html").read_text(encoding="utf-8")
    number = re.search(r"/(\d+)_", CHAPTERS[at])[1]
    mine = [name for name in NOTEBOOKS if name.startswith(f"notebooks/deeper/{number}")]
    (own,) = (part for part in html.split('<li class="toctree-l1')[1:] if part.startswith(" current active"))
    listed = re.findall(r'<li class="toctree-l2"><a class="[^"]*" href="(deeper/[^"]*)\.html">Deeper: ', own)
    assert [f"notebooks/{name}" for name in listed] == mine


@pytest.fixture(scope="module", params=NOTEBOOKS)
def name(request):
    """A notebook's page; its tests follow one another, and keep the page open while they only read it."""
    return request.param


@pytest.fixture
def desk(browser):
    screen = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


@functools.cache
def weight(path):
    data = path.read_bytes()
    return len(data if path.suffix in PACKED else gzip.compress(data, 6))


@pytest.mark.browser
def test_a_chapter_with_all_its_figures_stays_light(browser, desk, server, site, name):
    """Everything that opening it asks for, and its figures even where they would load only further down."""
    address = f"{server}/{name}.html"
    keep_page(browser, address)
    figures = [image["src"] for image in check_site.read(site / f"{name}.html", site).images]
    asked = {address, *requests(browser), *(urljoin(address, src) for src in figures if not src.startswith("data:"))}
    files = {unquote(urlsplit(url).path).lstrip("/") for url in asked if url.startswith(server)} - {"favicon.ico"}
    heaviest = sorted(((weight(site / file), file) for file in files), reverse=True)
    total = sum(size for size, _ in heaviest)
    print(f"{name}: {total / 1e6:.2f} MB in {len(files)} files; the heaviest:")
    print(*(f"  {size / 1e3:4.0f} kB {file}" for size, file in heaviest[:8]), sep="\n")
    assert total < MOST


def test_the_picture_inside_a_page_is_small(site, name):
    html = (site / f"{name}.html").read_text(encoding="utf-8")
    inline = [image["src"] for image in check_site.read(site / f"{name}.html", site).images]
    first = re.findall(r'<div class="zf-view"[^>]*><img [^>]*src="(data:[^"]*)"', html)  # others: stills, sheets
    assert len(first) == len(re.findall('<div [^>]*data-script="explorer"', html))
    assert all(len(source) <= MOST_FIRST_FRAME for source in first)
    assert all(len(source) <= MOST_FIGURE for source in inline if source.startswith("data:"))


@pytest.mark.browser
def test_open_code_takes_at_most_a_sixth_of_a_page(browser, desk, server, name):
    keep_page(browser, f"{server}/{name}.html")
    heights = browser.execute_script(
        """const height = (one) => one.getBoundingClientRect().height, article = document.querySelector("article");
        const code = [...article.querySelectorAll(".cell_input")].filter((one) => !one.closest("details"));
        return [article, ...code].map(height);"""
    )
    share = sum(heights[1:]) / heights[0]
    print(f"{name}: open code {share:.1%} of {heights[0]:.0f} px")
    assert share < 1 / 6 and (share or "/deeper/" in name)
    buttons = {one.text for one in browser.find_elements(By.CSS_SELECTOR, "article details.hide > summary")}
    of_solution = set() if "/deeper/" in name else {"Show the solution"}  # exercises stay in the chapter
    assert buttons == {"Show the code"} | of_solution


@pytest.mark.browser
def test_lines_hold_70_to_75_letters(browser, desk, server, name):
    """On average, over the full lines of long paragraphs; fonts differ, so within three, and of few lines the average
    is known to twice its standard error only."""
    keep_page(browser, f"{server}/{name}.html")
    lines = browser.execute_script(
        """const found = [];
        for (const paragraph of document.querySelectorAll("article section > p")) {
          const words = paragraph.firstChild;
          if (words?.nodeType !== Node.TEXT_NODE || paragraph.childNodes.length > 1) continue;
          const range = document.createRange();
          let top = null, count = 0;
          for (let at = 0; at < words.length; at++) {
            range.setStart(words, at);
            range.setEnd(words, at + 1);
            const [box] = range.getClientRects();
            if (box && top !== null && box.top > top + 5) found.push(count), count = 0;
            if (box) top = box.top;
            count++;
          }
        }
        return found;"""
    )
    if "/deeper/" in name and len(lines) < 4:
        pytest.skip("Too few of its paragraphs are long, and without links, to measure.")
    assert len(lines) > 3
    unsure = 2 * stdev(lines) / len(lines) ** 0.5
    assert 67 - unsure < mean(lines) < 78 + unsure


NO_ROOM = """
    const scrolls = (one) => getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
    const about = (one) => (one.tagName === "ARTICLE" ? [] : [one, ...about(one.parentElement)]);
    return [...document.querySelectorAll("article table")].filter((table) => table.checkVisibility())
      .filter((table) => !table.closest(".zf-explorer") && !table.querySelector("thead .math"))
      .filter((table) => about(table).some(scrolls))
      .map((table) => table.innerText.slice(0, 100));
"""


@pytest.mark.browser
def test_tables_fit_a_desk_and_stack_on_a_phone(browser, desk, server, name):
    keep_page(browser, f"{server}/{name}.html")
    browser.execute_script('for (const fold of document.querySelectorAll(".zf-fold")) fold.open = true;')
    assert not browser.execute_script(NO_ROOM)
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    assert not browser.execute_script(NO_ROOM)
    said = browser.execute_script(
        """return [...document.querySelectorAll("article table.zf-stack td[data-label]")].map((cell) =>
          [cell.dataset.label, getComputedStyle(cell, "::before").content]);"""
    )
    wide, narrow = (
        browser.execute_script("return document.querySelectorAll(arguments[0]).length;", f"article table{kind}")
        for kind in (":has(td:nth-child(4))", ".zf-narrow")
    )
    assert said or narrow or not wide
    assert all(before == f'"{label}"'.replace("\\", "\\\\") for label, before in said)


@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTERS, scope="module", indirect=True)
def test_an_opened_answer_shows_by_sign_and_colour_whether_it_is_right(browser, desk, server, name):
    keep_page(browser, f"{server}/{name}.html")
    looks = {}
    for kind, said in (("zf-right", "Right: "), ("zf-wrong", "Not quite: ")):
        answer = browser.find_element(By.CSS_SELECTOR, f"article details.{kind}")
        look = """const [answer] = arguments, summary = answer.querySelector("summary");
            const style = getComputedStyle(answer), sign = getComputedStyle(summary, "::before").content;
            return [sign, getComputedStyle(summary).color, style.borderTopColor, style.backgroundColor];"""
        closed = browser.execute_script(look, answer)
        answer.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        assert said in answer.text
        looks[kind] = browser.execute_script(look, answer)
        assert all(before != after for before, after in zip(closed, looks[kind], strict=True))
        looks["closed", kind] = closed
    assert all(one != other for one, other in zip(looks["zf-right"], looks["zf-wrong"], strict=True))
    assert looks["closed", "zf-right"] == looks["closed", "zf-wrong"], "an answer gives itself away before it is opened"


@pytest.mark.browser
def test_a_wide_formula_can_be_read_to_both_ends_on_a_phone(browser, desk, server, name):
    keep_page(browser, f"{server}/{name}.html")
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    beyond = browser.execute_script(
        """const outside = ({ left, right }) => left < -1 || right > document.documentElement.clientWidth + 1;
        return [...document.querySelectorAll('article mjx-container[display="true"]')]
          .filter((one) => one.checkVisibility() && outside(one.getBoundingClientRect()))
          .map((one) => one.closest("section").id);"""
    )
    assert not beyond, "these do not scroll in their own box: their left end is out of reach"
