"""Print the built pages as one PDF: `python tools/print_book.py`, as `make pdf` does after `make book`.

tools/paper.py makes one document of all pages. Headless Chromium prints it twice: only the first printing tells on
which sheet a chapter begins, and the second one has these numbers in its contents. Then the download menu of each page
gets a link to the file.
"""

from __future__ import annotations

import base64
import io
import shutil
import sys
import tempfile
from pathlib import Path

import paper
from pypdf import PdfReader
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "_build" / "html"
FILE = "zfnet-course.pdf"
MOST = 40_000_000  # bytes
A4 = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True, "printBackground": True}
ALSO = {"generateTaggedPDF": True, "generateDocumentOutline": True}  # for those who listen; bookmarks
# Formulas are set and every picture is decoded, or what is missing is named.
READY = """
    const done = arguments[0];
    const decoded = (image) => image.decode().then(() => [], () => [image.src.slice(0, 120)]);
    (async () => {
      await (window.MathJax?.startup?.promise);
      await document.fonts.ready;
      return [...(await Promise.all([...document.images].map(decoded))).flat(),
              ...[...document.querySelectorAll("mjx-merror")].map((one) => one.textContent)];
    })().then(done, (error) => done([String(error)]));
"""
MENU = '<button onclick="window.print()"'
LINK = """
      <li><a href="{path}" class="btn btn-sm dropdown-item" title="The whole book, for paper">
<span class="btn__icon-container"><i class="fas fa-book"></i></span>
<span class="btn__text-container">Book, .pdf</span>
</a></li>"""


def main() -> None:
    book = paper.book(PAGES, ROOT / "_toc.yml")
    print("Printing the book, twice: the first time to number its pages ...", flush=True)
    printed, sheets = print_twice(book)
    if len(printed) > MOST:
        raise SystemExit(f"The book has {len(printed) / 1e6:.0f} MB on paper; {MOST / 1e6:.0f} is the most.")
    (PAGES / FILE).write_bytes(printed)
    link(PAGES)
    print(f"{sheets} pages, {len(printed) / 1e6:.1f} MB: {(PAGES / FILE).as_uri()}")


def print_twice(book: paper.Book) -> tuple[bytes, int]:
    """The PDF, its contents numbered, and how many pages it has."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        printed = printing(browser, book.html({}), Path(folder) / "unnumbered.html")
        numbers = starts(printed, book.names)
        printed = printing(browser, book.html(numbers), Path(folder) / "book.html")
    if starts(printed, book.names) != numbers:
        raise SystemExit("With their numbers the contents take more room than without: chapters begin elsewhere now.")
    return printed, len(PdfReader(io.BytesIO(printed)).pages)


def chromium() -> webdriver.Chrome:
    """Headless Chromium; a sentence where there is none."""
    options = webdriver.ChromeOptions()
    arguments = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND")
    for argument in (*arguments, "--allow-file-access-from-files"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or ""
    try:
        browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    except WebDriverException as error:
        reason = error.msg.splitlines()[0]
        raise SystemExit(
            f"To print the book takes Chromium and its driver, packages chromium and chromium-driver: {reason}"
        ) from None
    browser.set_page_load_timeout(300)
    browser.set_script_timeout(300)
    return browser


def printing(browser: webdriver.Chrome, html: str, file: Path) -> bytes:
    """An HTML document as a PDF."""
    file.write_text(html, encoding="utf-8")
    browser.get(file.as_uri())
    if missing := browser.execute_async_script(READY):
        raise SystemExit("\n".join(["This would be missing on paper:", *missing]))
    return base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", A4 | ALSO)["data"])


def starts(printed: bytes, names: list[str]) -> dict[str, int]:
    """On which page, counted from 1, each part of the book begins, by the links that its contents has to them."""
    reader = PdfReader(io.BytesIO(printed))
    targets = reader.named_destinations
    return {name: reader.get_destination_page_number(targets[f"/{name}"]) + 1 for name in names}


def link(pages: Path) -> None:
    """Put a link to the PDF into each page's download menu, once."""
    for page in pages.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        if MENU in html and FILE not in html:
            end = html.index("</li>", html.index(MENU)) + len("</li>")
            path = "../" * len(page.relative_to(pages).parent.parts) + FILE
            page.write_text(html[:end] + LINK.format(path=path) + html[end:], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
