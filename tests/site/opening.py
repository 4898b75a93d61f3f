"""Opening a page in the browser, and what came of it."""

import json
from urllib.parse import urlsplit

# What the theme itself logs on every page; nothing of it stops anything from working.
KNOWN = ("invalid theme mode",)


def open_page(browser, address):
    """Open a page and wait for its formulas."""
    for log in ("browser", "performance"):
        browser.get_log(log)  # forget the page before
    browser.get(address)
    browser.execute_async_script(
        "const done = arguments[0]; window.MathJax?.startup?.promise.then(() => done()) ?? done()"
    )


def errors(browser):
    messages = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    return [message for message in messages if not any(known in message for known in KNOWN)]


def requests(browser):
    """Addresses that the browser has asked for since the page was opened, or since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def foreign_requests(browser, origin):
    asked = requests(browser)
    assert asked, "the log is empty: this test would see nothing"
    here = urlsplit(origin)
    return [url for url in asked if urlsplit(url)[:2] not in {here[:2], ("data", ""), ("blob", "")}]
