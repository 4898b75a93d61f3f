"""The page's face in headless Chromium, opened from a file: keyboard, pixels, a phone, without JavaScript."""

import re
import shutil
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from zflib.widgets import GeometryExplorer
from zflib.widgets.geometry import words as geometry_words

webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.browser

# What the book's theme does to pictures in an output, in dark mode too.
THEME = """
    img { max-width: 100%; height: auto; }
    html .bd-content div.cell_output img { padding: .5rem; border-radius: .25rem; background-color: #ced6dd; }
    figure { padding: 8px; margin: 0 0 1rem; } figure figcaption { font-weight: 300; color: #48566b; }
"""


@pytest.fixture
def page(browser, built, tmp_path):
    """A page of two explorers and the geometry, the second far below the first."""
    folder, html = built
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    second = re.sub(r"zf-explorer-\d+", "zf-explorer-second", html)
    body = f'{html}<div style="height:4000px"></div>{second}{GeometryExplorer().page_html()}'
    file = tmp_path / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Explorers</title><style>{THEME}</style>"
        f'<body class="bd-content" style="background:#121212"><div class="cell_output">{body}</div>',
        encoding="utf-8",
    )
    open_page(browser, file, 1200)
    yield file
    assert not [entry for entry in browser.get_log("browser") if "ERR_FILE_NOT_FOUND" not in entry["message"]]


def open_page(browser, file, width):
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get_log("browser")  # forget the page before
    browser.get(file.as_uri())


def parts(browser, number=0):
    root = browser.find_elements(By.CSS_SELECTOR, ".zf-explorer")[number]
    return root, root.find_elements(By.CSS_SELECTOR, "[data-axis]")


def settle(browser, root, caption):
    WebDriverWait(browser, 20, 0.02).until(
        lambda _: (
            root.find_element(By.TAG_NAME, "figcaption").text == caption
            and root.find_element(By.CSS_SELECTOR, ".zf-view").get_attribute("aria-busy") == "false"
        )
    )


def screenshot(root):
    return Image.open(BytesIO(root.find_element(By.CSS_SELECTOR, ".zf-view").screenshot_as_png)).convert("RGB")


def close_to(picture, frame):
    shown = np.asarray(picture.crop((0, 0, *frame.size)), dtype=float)
    return np.abs(shown - np.asarray(frame, dtype=float)).mean() <= 3


def test_the_keyboard_moves_the_picture_its_words_and_its_readout(browser, page, explorer):
    root, (kind, step, mirrored) = parts(browser)
    assert [control.accessible_name for control in (kind, step, mirrored)] == ["kind", "step", "mirrored"]
    step.send_keys(Keys.END)
    mirrored.send_keys(Keys.SPACE)
    setting = {"kind": "photograph", "step": 4, "mirrored": True}
    settle(browser, root, explorer.alt(**setting))
    assert close_to(screenshot(root), explorer.frame(**setting))
    kind.send_keys(Keys.ARROW_DOWN)
    setting["kind"] = "noise"
    settle(browser, root, explorer.alt(**setting))
    assert close_to(screenshot(root), explorer.frame(**setting))
    (image,) = [img for img in root.find_elements(By.TAG_NAME, "img") if img.is_displayed()]
    assert image.accessible_name == explorer.alt(**setting)
    assert root.find_element(By.TAG_NAME, "output").text == step.get_attribute("aria-valuetext") == "4"


def test_the_impossible_is_red_and_takes_the_pictures_place(browser, page):
    root, (kind, step, _) = parts(browser)
    height = root.size["height"]
    kind.send_keys(Keys.END)
    step.send_keys(Keys.ARROW_RIGHT)
    red = root.find_element(By.CSS_SELECTOR, ".zf-impossible")
    WebDriverWait(browser, 20, 0.02).until(lambda _: red.text == "Two curves & a <line> do not fit.")
    assert not [img for img in root.find_elements(By.TAG_NAME, "img") if img.is_displayed()]
    assert root.size["height"] == height
    step.send_keys(Keys.ARROW_LEFT)
    WebDriverWait(browser, 20, 0.02).until(lambda _: not red.is_displayed())


def test_explorers_do_not_touch_each_other_and_load_when_reached(browser, page, explorer):
    (root, controls), (other, _) = parts(browser), parts(browser, 1)
    start = {"kind": "photograph", "step": 1, "mirrored": False}
    settle(browser, root, explorer.alt(**start))
    assert len(root.find_elements(By.TAG_NAME, "img")) == 2  # the one inside the page, and a sheet
    assert len(other.find_elements(By.TAG_NAME, "img")) == 1
    controls[1].send_keys(Keys.END)
    settle(browser, root, explorer.alt(**start | {"step": 4}))
    assert other.find_element(By.TAG_NAME, "output").get_attribute("textContent") == "1"
    browser.execute_script("arguments[0].scrollIntoView()", other)
    WebDriverWait(browser, 20, 0.02).until(lambda _: len(other.find_elements(By.TAG_NAME, "img")) == 2)


def switches(browser, root, step):
    """Milliseconds of five switches to another frame, each from the event until its picture is there."""
    return browser.execute_async_script(
        """const [root, step, done] = arguments, view = root.querySelector(".zf-view"), times = [];
        const there = () => new Promise((resolve) => {
          const look = () => view.ariaBusy === "true" || resolve();
          new MutationObserver(look).observe(view, { attributeFilter: ["aria-busy"] });
          look();
        });
        (async () => {
          for (const value of [2, 0, 1, 2, 0]) {
            const begin = performance.now();
            step.value = value;
            step.dispatchEvent(new Event("input", { bubbles: true }));
            await there();
            root.getBoundingClientRect(); // with its layout
            times.push(performance.now() - begin);
          }
        })().then(() => done(times));""",
        root,
        step,
    )


def test_another_frame_is_there_at_once(browser, page, explorer):
    root, (_, step, _) = parts(browser)
    settle(browser, root, explorer.alt(kind="photograph", step=1, mirrored=False))
    assert sorted(switches(browser, root, step))[2] < 50


def test_a_switch_takes_as_long_as_its_picture_needs(browser, page, explorer):
    """So that the test above would see a slow one: here each picture is decoded a fifth of a second late."""
    root, (_, step, _) = parts(browser)
    settle(browser, root, explorer.alt(kind="photograph", step=1, mirrored=False))
    browser.execute_script(
        """const decode = HTMLImageElement.prototype.decode;
        HTMLImageElement.prototype.decode = async function () {
          await new Promise((resolve) => setTimeout(resolve, 200));
          return decode.call(this);
        };"""
    )
    assert min(switches(browser, root, step)) >= 200


def test_a_phone_shows_it_all_without_scrolling_sideways(browser, page, explorer):
    open_page(browser, page, 360)
    root, (kind, _, _) = parts(browser)
    kind.send_keys(Keys.END)
    settle(browser, root, explorer.alt(kind="plot", step=1, mirrored=False))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    frame = explorer.frame(kind="plot", step=1, mirrored=False)
    picture = screenshot(root)
    assert picture.width < 330
    whole = Image.new("RGB", (400, 208), "white")
    whole.paste(frame)
    smaller = np.asarray(whole.resize(picture.size, Image.Resampling.BILINEAR), dtype=float)
    assert np.abs(np.asarray(picture, dtype=float) - smaller).mean() < 12  # scaled by other hands, but all of it


def test_without_javascript_the_first_picture_is_there(browser, page, explorer):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        root = browser.find_elements(By.CSS_SELECTOR, ".zf-explorer")[0]
        view = root.find_element(By.CSS_SELECTOR, ".zf-view")
        shown = Image.open(BytesIO(view.screenshot_as_png)).convert("RGB")
        frame = np.asarray(explorer.frame(kind="photograph", step=1, mirrored=False), dtype=float)
        assert np.abs(np.asarray(shown, dtype=float)[: frame.shape[0], : frame.shape[1]] - frame).mean() < 4
        assert "need JavaScript" in root.find_element(By.TAG_NAME, "noscript").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_missing_sheet_leaves_the_first_picture_and_says_so_until_it_is_there(browser, page, explorer):
    sheets, away = page.parent / "explorers", page.parent / "away"
    sheets.rename(away)
    open_page(browser, page, 1200)
    root, (kind, step, _) = parts(browser)
    step.send_keys(Keys.END)
    red = root.find_element(By.CSS_SELECTOR, ".zf-impossible")
    start = {"kind": "photograph", "step": 1, "mirrored": False}
    for control in (step, kind):
        WebDriverWait(browser, 20, 0.02).until(lambda _: "can't be loaded" in red.text)
        settle(browser, root, explorer.alt(**start))
        (image,) = [img for img in root.find_elements(By.TAG_NAME, "img") if img.is_displayed()]
        assert image.accessible_name == explorer.alt(**start)
        assert np.abs(np.asarray(screenshot(root), float)[:120, :160] - explorer.frame(**start)).mean() < 4
        assert red.location["y"] >= image.location["y"] + image.size["height"]  # below it, not over it
        control.send_keys(Keys.ARROW_DOWN)
    away.rename(sheets)
    kind.send_keys(Keys.HOME)
    step.send_keys(Keys.END)
    settle(browser, root, explorer.alt(**start | {"step": 4}))
    assert not red.is_displayed()


def test_the_geometry_follows_the_keyboard(browser, page):
    root, (preset, size, kernel, stride, _padding, ceil_mode) = parts(browser, 2)
    shown = root.find_element(By.CSS_SELECTOR, "figure > div")

    def says(*setting):
        return browser.execute_script(
            "const div = document.createElement('div'); div.innerHTML = arguments[1];"
            "return div.innerHTML === arguments[0].innerHTML",
            shown,
            geometry_words(*setting),
        )

    assert says(224, 11, 4, 2, False)
    preset.send_keys(Keys.END)
    assert says(110, 3, 2, 0, False)
    ceil_mode.send_keys(Keys.SPACE)
    assert says(110, 3, 2, 0, True)
    assert preset.get_attribute("value") == "ZFNet pool1, rounding up"
    size.send_keys(Keys.ARROW_LEFT)
    stride.send_keys(Keys.ARROW_RIGHT)
    kernel.send_keys(Keys.HOME)
    assert says(109, 1, 3, 0, True)
    assert preset.get_attribute("value") == "your own"
