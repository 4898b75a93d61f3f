"""Opening a page in the browser, and what came of it."""

import json
from urllib.parse import urlsplit


def open_page(browser, address):
    """Open a page and wait for its formulas."""
    for log in ("browser", "performance"):
        browser.get_log(log)  # forget the page before
    browser.get(address)
    browser.execute_async_script(
        "const done = arguments[0]; window.MathJax?.startup?.promise.then(() => done()) ?? done()"
    )


SAYS = ["print", "(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"]  # the system of itself
VIEW = f"[innerWidth, devicePixelRatio, ...{SAYS}.map((query) => matchMedia(query).matches)].join()"
UNCHANGED = f"return window.asOpened === {VIEW} && scrollY === 0 && document.activeElement === document.body"
# Whatever changes the article, be it a test or a script of the page, ends what the tests after it may rely on.
NOTE_CHANGES = f"""
    window.asOpened = {VIEW};
    const changes = new MutationObserver(() => {{
      window.asOpened = null;
      changes.disconnect();
    }});
    changes.observe(document.documentElement, {{ attributes: true }});
    // Around the article the theme goes on for a while: a banner that may come makes its room.
    changes.observe(document.querySelector("article") ?? document.body,
      {{ subtree: true, childList: true, attributes: true, characterData: true }});
"""


def keep_page(browser, address):
    """Open a page as `open_page` does, or keep the one that is open, where a test would meet the same: the address, the
    width and what the system says of itself are those it was opened with, and nothing in its article has changed since.
    Logs go back to where it was opened."""
    if browser.current_url == address and browser.execute_script(UNCHANGED):
        return
    open_page(browser, address)
    browser.execute_script(NOTE_CHANGES)


def errors(browser):
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def requests(browser):
    """Addresses that the browser has asked for since the page was opened, or since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def foreign_requests(browser, origin):
    asked = requests(browser)
    assert asked, "the log is empty: this test would see nothing"
    here = urlsplit(origin)
    return [url for url in asked if urlsplit(url)[:2] not in {here[:2], ("data", ""), ("blob", "")}]
