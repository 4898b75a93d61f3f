"""The explorers of a page that is open in the browser: find them, bring one into view, wait for its picture."""

from opening import open_page
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# What the tests do inside the page.
HELPERS = """
    window.tests = {
      controls: (root) => [...root.querySelectorAll("[data-axis]")],
      busy: (root) => root.querySelector("[aria-busy=true]") !== null,
      shown: (root) => [...root.querySelectorAll(".zf-view img")].find((img) => !img.hidden),
      frame: () => new Promise(requestAnimationFrame),
      set(control, position) {
        if (control.type === "checkbox") control.checked = Boolean(position);
        else if (control.type === "range") control.value = position;
        else control.selectedIndex = position;
        control.dispatchEvent(new Event("input", { bubbles: true }));
      },
      // The part of a picture that shows through its window, as a PNG.
      cut(root) {
        const img = tests.shown(root), canvas = document.createElement("canvas");
        const [window, whole] = [img.parentElement, img].map((element) => element.getBoundingClientRect());
        const scale = img.naturalWidth / whole.width;
        [canvas.width, canvas.height] = [window.width, window.height].map((side) => Math.round(side * scale));
        const [x, y] = [window.left - whole.left, window.top - whole.top].map((side) => Math.round(side * scale));
        canvas.getContext("2d").drawImage(img, -x, -y);
        return canvas.toDataURL("image/png");
      },
    };
"""


def opened(browser, address, anew=True):
    """The page's explorers, once it is open; unless `anew`, as another test of the same screen has left them, if one
    has."""
    if anew or browser.current_url != address or not browser.execute_script("return Boolean(window.tests)"):
        open_page(browser, address)
        browser.execute_script(HELPERS)
    return browser.find_elements(By.CSS_SELECTOR, ".zf-explorer")


def rest(browser, root):
    WebDriverWait(browser, 20, 0.02).until(
        lambda _: not browser.execute_script("return tests.busy(arguments[0])", root)
    )


def reach(browser, root):
    """Scroll to an explorer and wait for the sheet of its first picture."""
    centre(browser, root)
    if browser.execute_script("return arguments[0].dataset.script", root) == "explorer":
        WebDriverWait(browser, 20, 0.02).until(
            lambda _: len(root.find_elements(By.CSS_SELECTOR, ".zf-view img:not([src^=data])"))
        )
        rest(browser, root)


def centre(browser, element):
    where = "{ block: 'center', inline: 'center', behavior: 'instant' }"
    browser.execute_script(f"arguments[0].scrollIntoView({where})", element)
