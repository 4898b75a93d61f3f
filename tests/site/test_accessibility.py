"""axe-core on every page: on a desk, in dark mode, and on a phone, which every page fits. What readers with other needs
meet beyond what axe can see is in test_reading.py."""

from pathlib import Path
from typing import NamedTuple

import check_site
import pytest
from opening import errors, foreign_requests, keep_page
from selenium.webdriver.support.ui import WebDriverWait

TOC = Path(__file__).parents[2] / "_toc.yml"
PAGES = [*check_site.toc(TOC), "search"]
CHAPTERS = check_site.chapters(TOC)
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")

# What a width can change: what has room, what is hidden, and names that come from what is hidden.
NARROW = ["scrollable-region-focusable", "aria-hidden-focus", "label", "select-name", "button-name", "link-name"]
NARROW += ["summary-name", "aria-input-field-name", "aria-toggle-field-name"]
KINDS = ["book/index", "book/your_picture", "book/api", "search", CHAPTERS[0]]

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

UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; });"
# Code holds thousands of coloured words: of each kind one is enough.
THIN_OUT = """
    const seen = new Set();
    for (const word of document.querySelectorAll("article :is(pre, dt) :is(span, em)")) {
      const frame = word.closest("pre, dt").parentElement.parentElement;
      const single = word.textContent.trim().length < 2; // axe does not judge a single letter
      const kind = [word.tagName, word.className, frame.className, single].join(" ");
      if (seen.has(kind)) word.replaceWith(...word.childNodes);
      seen.add(kind);
    }
"""
# How words look: their colour and size, and the grounds that they stand upon. What is lifted out of the flow may stand
# upon anything, so what it is counts, too.
LOOKS = """
    const known = new Map([[document, ""]]);
    const grounds = (element) => {
      if (!known.has(element)) {
        const { backgroundColor, backgroundImage, opacity, filter, position } = getComputedStyle(element);
        const lifted = ["static", "relative"].includes(position) ? "" : `${element.tagName}.${element.className}`;
        const own = [backgroundColor, backgroundImage, opacity, filter, lifted].join(" ");
        const same = own === "rgba(0, 0, 0, 0) none 1 none ";
        known.set(element, grounds(element.parentNode) + (same ? "" : `${own}/`));
      }
      return known.get(element);
    };
    for (const element of document.querySelectorAll("body *")) {
      const words = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
      const letters = words.map(({ data }) => data.trim()).join("");
      if (!letters && !element.matches("input, select, textarea")) continue;
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
      const single = letters.length < 2;
      element.look = [element.look, color, fontSize, fontWeight, textShadow, single, grounds(element)].join(" ");
    }
    """
# Whether words can be told from their ground depends on their look alone: one of each, in the light and in the dark,
# stays with what it stands in.
LEAVE_LOOKS = """
    const looks = new Map([["for the theme's scripts", document.querySelector("#pst-header")]]), stays = new Set();
    for (const element of document.querySelectorAll("body *")) {
      if (element.look && !looks.has(element.look)) looks.set(element.look, element);
    }
    for (let one of looks.values()) for (; one; one = one.parentElement) stays.add(one);
    document.querySelectorAll("body *").forEach((element) => stays.has(element) || element.remove());
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
    """wish(scheme): what the system says of itself, which an open page follows; who asks for rest sees no colour half
    faded in."""

    def wish(scheme="light"):
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        theme = "return (document.documentElement.dataset.theme ?? arguments[0]) === arguments[0]"
        WebDriverWait(browser, 20, 0.02).until(lambda _: browser.execute_script(theme, scheme))

    yield wish
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture
def axe(browser):
    """axe(**options): what it finds on the open page, each with where it stands in ALLOWED or -1."""

    def run(**options):
        if not browser.execute_script("return Boolean(window.axe)"):
            browser.execute_script(AXE)
        browser.set_script_timeout(120)  # on a busy machine axe takes its time over the longest pages
        return browser.execute_async_script(RUN, options, [entry[:2] for entry in ALLOWED])

    return run


def unknown(found):
    return [one["fault"] for one in found if one["known"] < 0]


def test_axe_finds_no_fault_but_those_that_are_allowed(browser, wide, server, name, wish, axe):
    """All that it judges; colours apart, on what is left when each look is there once."""
    wish()
    keep_page(browser, f"{server}/{name}.html")
    browser.execute_script(UNFOLD)
    browser.execute_script(THIN_OUT)
    for scheme in ("dark", "light"):
        wish(scheme)
        browser.execute_script(LOOKS)
    found = axe(rules={"color-contrast": {"enabled": False}})
    assert not unknown(found)
    mended = {at for at, one in enumerate(ALLOWED) if one.page == name} - {one["known"] for one in found}
    assert not [ALLOWED[at] for at in mended], "This is mended: take it off the list."
    browser.execute_script(LEAVE_LOOKS)
    faint = []
    for scheme in ("light", "dark"):
        wish(scheme)
        faint += unknown(axe(runOnly=["color-contrast"]))
    assert not faint


def test_a_page_fits_a_phone_and_asks_no_stranger(browser, phone, server, name, wish):
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
    assert not foreign_requests(browser, server)


def test_axe_finds_no_fault_on_a_phone(browser, phone, server, name, wish, axe):
    """What a narrow page hides or moves; all that axe judges on one page of each kind. Colours are those of a desk."""
    wish()
    keep_page(browser, f"{server}/{name}.html")
    browser.execute_script(UNFOLD)
    browser.execute_script(THIN_OUT)
    options = {"rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}}}
    if name not in KINDS:
        options = {"runOnly": [*NARROW, *(["target-size"] if name in CHAPTERS else [])]}  # elsewhere nothing is pressed
    assert not unknown(axe(**options))
