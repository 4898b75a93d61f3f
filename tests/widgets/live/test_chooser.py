"""The choice of a picture, operated as a reader would, in a page opened from a file; and the photographs it offers."""

import io
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zflib.data import copies, photograph
from zflib.data.pictures import centre_square, read
from zflib.widgets import page as page_face
from zflib.widgets.live import photographs

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors, requests
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

START = """
    window.seen = [];
    window.chooser = zflibChooser.open(document.querySelector("#here"), { photographs: zflibPhotographs, inputSize: 128,
      resizedSide: 146, onPicture: ({ image, ...rest }) => seen.push({ ...rest, data: [...image.data] }) });
"""
# A file as it comes from the clipboard or by a drop, where a test has neither.
CARRIED = """
    const [kind, bytes, type] = arguments, data = new DataTransfer();
    if (bytes) data.items.add(new File([Uint8Array.from(bytes)], "carried.png", { type }));
    else data.setData("text/uri-list", "https://example.org/cat.jpg");
    const event = kind === "paste" ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true, cancelable: true })
      : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    return document.querySelector("#here").dispatchEvent(event);
"""
CAMERA = """
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    Object.assign(canvas, { width: 320, height: 240 });
    context.fillStyle = "rgb(200, 40, 90)";
    window.painting = setInterval(() => context.fillRect(0, 0, 320, 240), 30);
    window.stream = canvas.captureStream(30);
    navigator.mediaDevices.getUserMedia = async () => stream;
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    scripts = "".join(page_face.asset(f"live/{name}.js") for name in ("picture", "chooser"))
    styles = page_face.asset("live/chooser.css")
    file = tmp_path_factory.mktemp("chooser") / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>Chooser</title><style>{styles}</style><div class="zf-panel"><div id="here"></div></div>'
        f"<script>{photographs.script()}{scripts}{START}</script>",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def page(browser, file):
    screen = {"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get_log("browser")
    browser.get(file.as_uri())
    requests(browser)  # forget the page's own
    yield browser
    assert not [url for url in requests(browser) if not url.startswith(("blob:", "data:"))]
    assert not errors(browser)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def last(browser, count):
    """The picture that came as number `count`: what is said of it, and its pixels."""
    WebDriverWait(browser, 20, 0.02).until(lambda _: browser.execute_script("return seen.length") >= count)
    found = browser.execute_script("return seen.at(-1)")
    return found, np.array(found.pop("data"), np.uint8).reshape(128, 128, 4)[:, :, :3].astype(int)


def said(browser):
    return browser.find_element(By.CSS_SELECTOR, ".zf-said").text


def wait_for(browser, words):
    WebDriverWait(browser, 20, 0.02).until(lambda _: words in said(browser))


def cut(picture, at=0.5):
    """What the network sees of a picture, by Pillow."""
    shorter = min(picture.size)
    left, top = ((side - shorter) * at for side in picture.size)
    square = picture.resize((146, 146), Image.Resampling.BILINEAR, box=(left, top, left + shorter, top + shorter))
    return np.asarray(square).astype(int)[9:137, 9:137]


def offered(name):
    (src,) = (each["src"] for each in photographs.offered() if each["name"] == name)
    return Image.open(io.BytesIO(b64decode(src.partition(",")[2]))).convert("RGB")


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "scene.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 500, 3), np.uint8)).save(path)
    return path


def test_the_photographs_are_small_copies_with_their_credits():
    for each in photographs.offered():
        known = photograph(each["name"])
        assert known.source in each["credit"] and known.licence in each["credit"] and each["title"] == known.title
        small = offered(each["name"])
        assert min(small.size) == copies.SHORTER
        assert np.abs(np.asarray(small, float) - np.asarray(known.picture.resize(small.size), float)).mean() < 12
    assert len(photographs.script()) < 250_000


def test_a_photograph_is_chosen_by_its_thumbnail(page):
    buttons = page.find_elements(By.CSS_SELECTOR, ".zf-thumbnails button")
    assert [button.accessible_name for button in buttons] == [photograph(name).title for name in copies.NAMES]
    for count, name in enumerate(("china", "rocket"), 1):
        button = buttons[copies.NAMES.index(name)]
        button.send_keys(Keys.ENTER)
        found, pixels = last(page, count)
        assert found == {"name": name, "title": photograph(name).title, "own": False, "at": 0.5}
        assert np.abs(pixels - cut(offered(name))).max() <= 1
        assert [b.get_attribute("aria-pressed") for b in buttons].count("true") == 1
        assert button.get_attribute("aria-pressed") == "true" and photograph(name).source in said(page)


def test_a_file_of_ones_own(page, scene):
    field = page.find_element(By.CSS_SELECTOR, "input[type=file]")
    assert field.accessible_name == "Open your picture"
    field.send_keys(str(scene))
    found, pixels = last(page, 1)
    assert found["own"] and found["name"] == "scene.png"
    assert np.abs(pixels - (np.asarray(centre_square(read(scene), 146)).astype(int)[9:137, 9:137])).max() <= 1
    assert "scene.png" in said(page) and "500 × 200" in said(page)
    field.send_keys(str(scene))  # the same again
    last(page, 2)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(page, scene, kind):
    unhandled = page.execute_script(CARRIED, kind, list(scene.read_bytes()), "image/png")
    assert not unhandled, "the browser would leave the page and open the file"
    found, pixels = last(page, 1)
    assert found["own"] and np.abs(pixels - cut(read(scene))).max() <= 1


def test_an_address_without_its_file_is_answered_not_fetched(page):
    page.execute_script(CARRIED, "drop", None, "")
    wait_for(page, "an address without its file")


def test_rubbish_leaves_the_picture_before(page, scene, tmp_path):
    field = page.find_element(By.CSS_SELECTOR, "input[type=file]")
    field.send_keys(str(scene))
    last(page, 1)
    rubbish = tmp_path / "rubbish.png"
    rubbish.write_bytes(b"no picture")
    field.send_keys(str(rubbish))
    wait_for(page, "“rubbish.png” is not a picture")
    page.find_element(By.CSS_SELECTOR, ".zf-frame").send_keys(Keys.HOME)
    found, pixels = last(page, 2)
    assert found["name"] == "scene.png" and np.abs(pixels - cut(read(scene), 0)).max() <= 1


def test_the_frame_moves_by_keyboard_and_mouse(page, scene):
    page.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(scene))
    last(page, 1)
    frame = page.find_element(By.CSS_SELECTOR, ".zf-frame")
    assert frame.aria_role == "slider" and frame.get_attribute("aria-orientation") == "horizontal"
    frame.send_keys(Keys.ARROW_RIGHT)
    found, pixels = last(page, 2)
    assert found["at"] == pytest.approx(0.55) and np.abs(pixels - cut(read(scene), 0.55)).max() <= 1
    assert frame.get_attribute("aria-valuetext") == "55 % of the way"
    frame.send_keys(Keys.END)
    assert last(page, 3)[0]["at"] == 1
    frame.send_keys(Keys.ARROW_RIGHT)  # it is at the end already
    # The whole is 200 pixels wide, so its square 80, and the way 120: half of it to the left.
    ActionChains(page).drag_and_drop_by_offset(frame, -60, 5).perform()
    WebDriverWait(page, 20).until(
        lambda _: page.execute_script("return seen.at(-1).at") == pytest.approx(0.5, abs=0.01)
    )


def test_an_upright_picture_moves_its_frame_down(page, tmp_path):
    path = tmp_path / "upright.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (5000, 3, 3), np.uint8)).save(path)
    page.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(path))
    last(page, 1)
    frame = page.find_element(By.CSS_SELECTOR, ".zf-frame")
    assert frame.get_attribute("aria-orientation") == "vertical"
    frame.send_keys(Keys.ARROW_DOWN)
    found, pixels = last(page, 2)
    assert found["at"] == pytest.approx(0.55) and np.abs(pixels - cut(read(path), 0.55)).max() <= 1


def test_the_camera_gives_a_picture_and_goes_off(page):
    page.execute_script(CAMERA)
    page.find_element(By.CSS_SELECTOR, '[data-do="camera"]').click()
    wait_for(page, "The camera is on")
    WebDriverWait(page, 20).until(lambda _: page.execute_script("return document.querySelector('video').videoWidth"))
    page.find_element(By.CSS_SELECTOR, '[data-do="take"]').click()
    found, pixels = last(page, 1)
    assert found["own"] and np.abs(pixels - [200, 40, 90]).max() <= 12  # a video's colours are coarse
    assert page.execute_script("return stream.getTracks().every((track) => track.readyState === 'ended')")
    assert not page.find_element(By.TAG_NAME, "video").is_displayed()


def test_the_camera_goes_off_when_another_picture_is_chosen(page):
    page.execute_script(CAMERA)
    page.find_element(By.CSS_SELECTOR, '[data-do="camera"]').click()
    wait_for(page, "The camera is on")
    page.find_element(By.CSS_SELECTOR, ".zf-thumbnails button").click()
    last(page, 1)
    assert page.execute_script("return stream.getTracks().every((track) => track.readyState === 'ended')")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }",
            "refused",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }",
            "no camera",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'AbortError'); }",
            "AbortError",
        ),
        ("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })", "no camera"),
    ],
)
def test_without_a_camera_there_is_a_sentence(page, script, words):
    page.execute_script(script)
    page.find_element(By.CSS_SELECTOR, '[data-do="camera"]').click()
    wait_for(page, words)
    assert "choose a file" in said(page) and not page.find_element(By.TAG_NAME, "video").is_displayed()


def test_it_fits_a_phone_and_has_no_faults(page, scene):
    screen = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    page.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(scene))
    last(page, 1)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    page.execute_script((Path(__file__).parents[2] / "site" / "axe" / "axe.min.js").read_text("utf-8"))
    found = page.execute_async_script(
        "const done = arguments[0]; axe.run('#here')"
        ".then(({ violations }) => done(violations.map(({ id, nodes }) => id + nodes[0].html)))"
    )
    assert not found
