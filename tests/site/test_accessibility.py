"""axe-core on every page: on a desk, in dark mode, and on a phone, which every page fits. What readers with other needs
meet beyond what axe can see is in test_reading.py."""

from pathlib import Path
from typing import NamedTuple

import check_site
import pytest
from opening import errors, keep_page
from selenium.webdriver.support.ui import WebDriverWait

TOC = Path(__file__).parents[2] / "_toc.yml"
PAGES = [*check_site.toc(TOC), "search"]
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")

pytestmark = pytest.mark.browser


class Allowed(NamedTuple):
    """A fault that is not ours to mend."""

    rule: str
    selector: str  # of the elements that have it
    page: str  # one of those that show it on a desk
    reason: str


ALLOWED = [
    Allowed(
        "label-content-name-mismatch",
        ".search-button-field",
        "book/index",
        'The theme names the button "Search" and adds the keys that press it.',
    ),
    Allowed(
        "region",
        ".sidebar-primary-items__start > .sidebar-primary-item",
        "book/index",
        "The theme puts the title of the book, a link to its first page, outside the landmarks.",
    ),
    Allowed(
        "empty-table-header",
        "th:has(math)",
        "notebooks/01_two_networks",
        "The header is a formula: MathJax writes MathML for screen readers, and axe doesn't count it as text.",
    ),
    Allowed(
        "aria-allowed-role",
        ".citation[role=doc-biblioentry]",
        "book/bibliography",
        "docutils gives entries of a bibliography this role, which is no longer recommended.",
    ),
    Allowed("aria-deprecated-role", ".citation[role=doc-biblioentry]", "book/bibliography", "The same."),
    Allowed(
        "aria-required-children",
        ".citation-list[role=list]",
        "book/bibliography",
        "docutils calls it a list; its entries then are no list items.",
    ),
]

UNFOLD = """
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
    window.unfoldedAt = innerWidth;
"""
# A page holds thousands of coloured words of code, and of cells of tables: one of each kind and background is enough.
THIN_OUT = """
    const seen = new Set();
    const again = (...parts) => {
      const kind = parts.join(" ");
      return seen.has(kind) || !seen.add(kind);
    };
    const one = ({ textContent }) => textContent.trim().length < 2; // axe does not judge a single letter
    for (const word of document.querySelectorAll("article :is(pre, dt) :is(span, em)")) {
      const frame = word.closest("pre, dt").parentElement.parentElement;
      if (again(word.tagName, word.className, frame.className, one(word))) word.replaceWith(...word.childNodes);
    }
    for (const cell of document.querySelectorAll("article td")) {
      if (cell.childElementCount || !cell.checkVisibility()) continue;
      const row = cell.parentElement, table = cell.closest("table");
      const own = [cell, row].flatMap((part) => [part.className, part.getAttribute("style")]);
      const place = [cell.cellIndex === 0, row.sectionRowIndex % 2, table.className, table.parentElement.className];
      if (!again(...own, ...place, one(cell))) continue;
      cell.dataset.said = cell.textContent; // it keeps its room
      cell.textContent = "";
    }
    document.head.insertAdjacentHTML("beforeend", "<style>td[data-said]::after { content: attr(data-said); }</style>");
"""
RUN = """
    const [options, allowed, done] = arguments;
    axe.run(document, { ...options, elementRef: true, resultTypes: ["violations"] }).then(({ violations }) => done(
      violations.flatMap(({ id, nodes }) => nodes.map(({ element, html, failureSummary }) => {
        const known = allowed.findIndex(([rule, selector]) => rule === id && element.matches(selector));
        return { known, fault: `${id}: ${html.slice(0, 200)}\\n${failureSummary}` };
      }))));
"""


@pytest.fixture(scope="module", params=PAGES)
def name(request):
    return request.param


@pytest.fixture
def wish(browser):
    """wish(scheme): what the system says of itself; who asks for rest sees no colour half faded in."""

    def wish(scheme="light"):
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    yield wish
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture
def axe(browser, server, name, wish):
    """Unfolds what is folded on a page and returns what axe finds, with where it stands in ALLOWED or -1."""

    def run(scheme="light", **options):
        wish(scheme)
        address = f"{server}/{name}.html"
        # Colours follow the system in an open page; what the theme does for a width it does when it opens.
        if browser.current_url != address or browser.execute_script("return window.unfoldedAt !== innerWidth"):
            keep_page(browser, address)
            browser.execute_script(UNFOLD)
            browser.execute_script(THIN_OUT)
            browser.execute_script(AXE)
        theme = "return document.documentElement.dataset.theme"
        WebDriverWait(browser, 20, 0.02).until(lambda _: browser.execute_script(theme) == scheme)
        browser.set_script_timeout(120)  # on a busy machine axe takes its time over the longest pages
        return browser.execute_async_script(RUN, options, [entry[:2] for entry in ALLOWED])

    return run


def unknown(found):
    return [one["fault"] for one in found if one["known"] < 0]


def test_axe_finds_no_fault_but_those_that_are_allowed(wide, axe, name):
    found = axe()
    assert not unknown(found)
    mended = {at for at, one in enumerate(ALLOWED) if one.page == name} - {one["known"] for one in found}
    assert not [ALLOWED[at] for at in mended], "This is mended: take it off the list."


def test_colours_contrast_in_dark_mode(wide, axe):
    assert not unknown(axe("dark", runOnly=["color-contrast"]))  # nothing else is another in the dark


def test_a_page_fits_a_phone(browser, phone, server, name, wish):
    wish()
    keep_page(browser, f"{server}/{name}.html")
    wider = browser.execute_script(
        """const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        return [...document.querySelectorAll('article *')].filter(e => e.getBoundingClientRect().right > width + 1)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert not wider
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert not errors(browser)


def test_axe_finds_no_fault_on_a_phone(phone, axe):
    assert not unknown(axe(rules={"color-contrast": {"enabled": False}}))  # colours are those of a desk
