"""The page Your picture, operated as a reader would, in a page from the disk: it shows what zflib computes."""

import io
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import zflib
from zflib.analysis.likeness import correlation
from zflib.data.pictures import read
from zflib.experiments import controls as experiment
from zflib.plots.pictures import signed
from zflib.widgets.live import collection, likenesses, photographs, your_picture

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors, requests
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[2]
PIXELS = """
    const canvas = arguments[0], { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, [...data]];
"""


@pytest.fixture(scope="module")
def address(folder):
    """The page as book/your_picture.md has it, beside the networks."""
    your_picture.write(folder / "live")
    text = (TESTS.parent / "book" / "your_picture.md").read_text("utf-8")
    body = re.search(r"```\{raw\} html\n(.*?)```", text, re.DOTALL)[1].replace("../_static/live", "live")
    (folder / "your_picture.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="data:,"><title>Your picture</title><main><h1>Your picture</h1>{body}</main>',
        encoding="utf-8",
    )
    return (folder / "your_picture.html").as_uri()


@pytest.fixture
def page(browser, address, folder):
    screen = {"width": 1000, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get_log("browser")
    requests(browser)

    def open_page(hash=""):
        browser.get("about:blank")  # or another hash would only move within the page
        browser.get(address + hash)
        ready(browser)
        return browser

    yield open_page
    ours = (folder.as_uri(), "blob:", "data:", "about:")
    assert not [url for url in requests(browser) if not url.startswith(ours)]
    assert not errors(browser)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def ready(browser):
    """The unit is there, and nine tiles."""
    WebDriverWait(browser, 60, 0.05).until(
        lambda _: browser.execute_script(
            "const words = (selector) => document.querySelector(selector)?.textContent ?? '';"
            "return [...document.querySelectorAll('.zf-tiles span')].every((one) => one.textContent)"
            "&& document.querySelectorAll('.zf-tiles span').length === 9 && words('.zf-verdict')"
            "&& !document.querySelector('.zf-live [aria-busy=true]') && !words('.zf-verdict').startsWith('Loading')"
            "&& !words('.zf-words').startsWith('Look') && !words('.zf-words').startsWith('Loading')"
        )
    )


def text(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector).text


def press(browser, selector):
    browser.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER)


def wait_for(browser, selector, words):
    WebDriverWait(browser, 60, 0.05).until(lambda _: words in text(browser, selector))


def hash_of(browser, wanted):
    WebDriverWait(browser, 30, 0.05).until(lambda _: browser.current_url.partition("#")[2] == wanted)


def shown(browser, selector):
    height, width, data = browser.execute_script(PIXELS, browser.find_element(By.CSS_SELECTOR, selector))
    return np.array(data, np.uint8).reshape(height, width, 4)[:, :, :3].astype(int)


class Reference:
    """What zflib has to say of a picture."""

    def __init__(self, name, picture, at=0.5):
        self.net = zflib.load(name).cpu()
        shorter = min(picture.size)
        left, top = ((side - shorter) * at for side in picture.size)
        box = (left, top, left + shorter, top + shorter)
        square = picture.resize((146, 146), Image.Resampling.BILINEAR, box=box)
        pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)[:, 9:137, 9:137]
        self.pixels = pixels.permute(1, 2, 0).numpy().astype(int)
        self.deconv = zflib.DeconvNet(self.net)
        self.trace = self.deconv.forward((pixels - self.net.mean)[None])
        self.steps = {step.name: step for step in self.net.architecture.geometry()}

    def strongest(self, step, count=9):
        values = self.trace[step][0].amax((1, 2))
        return [(int(at), float(values[at])) for at in values.argsort(descending=True)[:count]]

    def place(self, step, channel):
        """Row and column of a map's strongest unit."""
        maps = self.trace[step][0, channel]
        return divmod(int(maps.argmax()), maps.shape[1])

    def cut(self, step, unit):
        """Rows and columns of the unit's field on the picture."""
        top, left, bottom, right = self.steps[step].box(*unit[1:])
        return slice(max(top, 0), bottom), slice(max(left, 0), right)

    def project(self, step, unit, **options):
        return self.deconv.project(self.trace, step, unit=unit, **options)[0].numpy()

    def drawn(self, step, unit, projection):
        """On a square as large as the unit's field, or as the picture, moved inside it."""
        side = min(self.steps[step].receptive_field, 128)
        largest = float(np.quantile(np.abs(projection[:, *self.cut(step, unit)]), 0.995))
        top, left = (int(np.clip(at, 0, 128 - side)) for at in self.steps[step].box(*unit[1:])[:2])
        return signed(projection[:, top : top + side, left : left + side], largest).astype(int)


def offered(name):
    (src,) = (each["src"] for each in photographs.offered() if each["name"] == name)
    return Image.open(io.BytesIO(b64decode(src.partition(",")[2]))).convert("RGB")


def test_the_maps_that_fire_most_are_zflibs(page):
    browser = page()
    reference = Reference("zfnet-mini", offered("coffee"))
    for step in ("conv3", "conv1"):
        if step == "conv1":
            press(browser, '[data-step="conv1"]')
            wait_for(browser, ".zf-words", "Layer 1")
            ready(browser)
        best = reference.strongest(step)
        labels = [label.text for label in browser.find_elements(By.CSS_SELECTOR, ".zf-tiles span")]
        assert [int(re.search(r"map (\d+)", label)[1]) for label in labels] == [channel for channel, _ in best]
        assert np.allclose([float(label.split()[-1]) for label in labels], [value for _, value in best], atol=0.06)
        for at, (channel, _) in enumerate(best):
            unit = (channel, *reference.place(step, channel))
            tile = shown(browser, f".zf-tiles button:nth-child({at + 1}) canvas")
            expected = reference.drawn(step, unit, reference.project(step, unit))
            assert tile.shape == expected.shape and np.abs(tile - expected).mean() < 0.5
    step = reference.steps["conv1"]
    assert f"{step.maps} maps of {step.size} × {step.size} units" in text(browser, ".zf-words")


def test_a_tile_is_taken_and_its_address_restores_it(page):
    browser = page()
    reference = Reference("zfnet-mini", offered("coffee"))
    channel, value = reference.strongest("conv3")[4]
    row, column = reference.place("conv3", channel)
    press(browser, ".zf-tiles button:nth-child(5)")
    hash_of(browser, f"zfnet-mini/conv3/{channel}/{row},{column}/coffee")
    wait_for(browser, ".zf-fires", f"fires with {value:.2f}")
    assert browser.switch_to.active_element.text == f"One unit of layer 3: map {channel}, row {row}, column {column}"
    seen = shown(browser, ".zf-view figure:nth-child(2) canvas")
    page("#" + browser.current_url.partition("#")[2])
    assert text(browser, ".zf-unit") == f"One unit of layer 3: map {channel}, row {row}, column {column}"
    assert np.array_equal(shown(browser, ".zf-view figure:nth-child(2) canvas"), seen)


def test_an_address_restores_network_photograph_frame_method_and_control(page):
    hash = "alexnet-mini/conv4/17/3,5/china@0.25/guided/shuffled-switches"
    browser = page(f"#{hash}")
    wait_for(browser, ".zf-verdict", ".")
    reference = Reference("alexnet-mini", offered("china"), at=0.25)
    for name, value in (("network", "alexnet-mini"), ("step", "conv4"), ("method", "guided")):
        pressed = browser.find_elements(By.CSS_SELECTOR, f'[data-{name}][aria-pressed="true"]')
        assert [button.get_attribute(f"data-{name}") for button in pressed] == [value]
    unit = (17, 3, 5)
    expected = reference.drawn("conv4", unit, reference.project("conv4", unit, method="guided"))
    seen = shown(browser, ".zf-view figure:nth-child(2) canvas")
    if reference.trace["conv4"][0, 17, 3, 5] > 0:
        said = r"The control \(shuffled switches\) has a likeness of \S+\.$"
        assert re.search(said, text(browser, ".zf-verdict"))
    else:
        assert "silent" in text(browser, ".zf-verdict")
    assert np.abs(seen - expected).mean() < 0.5
    hash_of(browser, hash)


def test_following_another_address_in_the_open_page(page, address):
    browser = page()
    browser.get(f"{address}#zfnet-mini/conv2/3/4,5/coffee")
    wait_for(browser, ".zf-unit", "One unit of layer 2: map 3, row 4, column 5")
    wait_for(browser, ".zf-said", "coffee")


def test_an_address_of_no_unit_is_answered(page):
    browser = page("#zfnet-mini/conv5/9999/0,0")
    assert "has no unit 9999, 0, 0" in text(browser, ".zf-words")
    assert browser.current_url.partition("#")[2].startswith("zfnet-mini/conv5/")


def test_it_opens_with_a_map_worth_seeing(page):
    browser = page()
    step, (channel, row, column) = your_picture.OPENING
    hash_of(browser, f"zfnet-mini/{step}/{channel}/{row},{column}/coffee")
    reference = Reference("zfnet-mini", offered("coffee"))
    assert (row, column) == reference.place(step, channel) and channel in dict(reference.strongest(step))


@pytest.mark.parametrize("side", ["below", "between", "above"])
def test_a_bet_is_settled_by_another_maps_projection_from_the_same_place(page, side):
    browser = page()
    assert not browser.find_element(By.CSS_SELECTOR, ".zf-view figure:nth-child(3) canvas").is_displayed()
    known = experiment.curves(experiment.result())["zfnet-mini"][your_picture.OPENING[0]]["signed"]
    usual, floor = (known[name][0].value for name in ("random channel", "neither"))
    assert "1 where two pictures are equal" in text(browser, ".zf-verdict")
    assert not any(word in text(browser, ".zf-ruler") for word in ("usual", "floor", "here")), "it would tell"
    assert not text(browser, ".zf-legend")
    low, high = likenesses.ranges()["zfnet-mini"][your_picture.OPENING[0]]
    in_words = {"below": f"below {low:.2f}", "between": f"{low:.2f} to {high:.2f}", "above": f"above {high:.2f}"}
    assert [each.text for each in browser.find_elements(By.CSS_SELECTOR, "[data-bet]")] == [*in_words.values()]
    press(browser, f'[data-bet="{side}"]')
    wait_for(browser, ".zf-verdict", "You ")
    assert text(browser, ".zf-legend").startswith("Grey: four in five such pairs")
    assert f"usual {usual:.2f}" in text(browser, ".zf-ruler")
    verdict = text(browser, ".zf-verdict")
    other = int(re.search(r"map (\d+), same place", verdict)[1])
    step, unit = your_picture.OPENING
    reference = Reference("zfnet-mini", offered("coffee"))
    own = reference.project(step, unit)
    control = reference.project(step, (other, *unit[1:]), seed=1.0)
    rows_columns = reference.cut(step, unit)
    here = float(correlation(own[:, *rows_columns], control[:, *rows_columns]))
    came = "below" if round(here, 2) < low else "above" if round(here, 2) > high else "between"
    numbers = f"{here:.2f}; usual is {usual:.2f}, the floor {floor:.2f}.".replace("-", "−")
    assert verdict.endswith(f"has a likeness of {numbers}")
    assert f"here {here:.2f}".replace("-", "−") in text(browser, ".zf-ruler")
    assert verdict.startswith(f"You {'win' if came == side else 'lose'}: it is {in_words[came]}. ")
    shown_control = shown(browser, ".zf-view figure:nth-child(3) canvas")
    assert np.abs(shown_control - reference.drawn(step, unit, control)).mean() < 0.5
    press(browser, '[data-do="draw"]')
    WebDriverWait(browser, 20, 0.05).until(lambda _: text(browser, ".zf-verdict").startswith("The control"))
    for away in ('[data-do="again"]', '[data-control="other-map"]'):  # a second press puts a control away, too
        press(browser, away)
        WebDriverWait(browser, 20, 0.05).until(lambda _: "control" not in text(browser, ".zf-verdict"))
        assert not browser.find_element(By.CSS_SELECTOR, ".zf-view figure:nth-child(3) canvas").is_displayed()
        assert browser.find_element(By.CSS_SELECTOR, '[data-bet="below"]').is_displayed()
        assert not browser.find_element(By.CSS_SELECTOR, '[data-do="again"]').is_displayed()
        assert "here" not in text(browser, ".zf-ruler")
        press(browser, '[data-control="other-map"]')
        wait_for(browser, ".zf-verdict", "The control")


def test_where_chapter_3_measured_nothing_there_is_no_bet(page):
    browser = page("#zfnet-mini/conv1/3/4,5/coffee")
    press(browser, ".zf-tiles button")
    wait_for(browser, ".zf-verdict", "There is no bet")
    assert not browser.find_element(By.CSS_SELECTOR, '[data-bet="below"]').is_displayed()


@pytest.mark.parametrize(
    "control", ["shuffled-switches", "another-pictures-switches", "random-layer", "random-weights"]
)
def test_every_control_shows_a_picture_and_a_number(page, control):
    browser = page(f"#zfnet-mini/conv2/0/0,0/chelsea/{control}")
    press(browser, ".zf-tiles button")
    wait_for(browser, ".zf-verdict", "likeness of")
    known = experiment.curves(experiment.result())["zfnet-mini"]["conv2"]["signed"]
    usual, floor = (known[name][0].value for name in (likenesses.MEASURED[control], "neither"))
    assert text(browser, ".zf-verdict").endswith(f"; usual is {usual:.2f}, the floor {floor:.2f}.")
    drawn_by_lot = control != "another-pictures-switches"
    assert browser.find_element(By.CSS_SELECTOR, '[data-do="draw"]').is_enabled() == drawn_by_lot
    third = shown(browser, ".zf-view figure:nth-child(3) canvas")
    assert third.std() > 1 and not np.array_equal(third, shown(browser, ".zf-view figure:nth-child(2) canvas"))
    assert browser.current_url.endswith(control)


def test_an_own_picture_with_its_classes(page, tmp_path):
    browser = page()
    path = tmp_path / "own.png"
    scene = np.random.default_rng(3).integers(0, 256, (12, 20, 3), np.uint8)
    Image.fromarray(scene).resize((500, 300), Image.Resampling.BICUBIC).save(path)
    browser.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(path))
    wait_for(browser, ".zf-said", "own.png")
    reference = Reference("zfnet-mini", read(path))
    (channel, value), *_ = reference.strongest("conv3")
    wait_for(browser, ".zf-fires", f"fires with {value:.2f}")
    assert re.fullmatch(rf".*#zfnet-mini/conv3/{channel}/\d+,\d+", browser.current_url), "the picture stays here"

    press(browser, ".zf-naming summary")
    offer = browser.find_element(By.CSS_SELECTOR, '[data-do="classes"]')
    assert re.fullmatch(r"Load its class scores \(\d\.\d MB\)", offer.text)
    offer.send_keys(Keys.ENTER)
    wait_for(browser, ".zf-classes", "%")
    rows = [row.split() for row in text(browser, ".zf-classes tbody").splitlines()]
    probabilities = reference.trace["fc8"][0].softmax(0)
    names = [reference.net.class_names[at] for at in probabilities.argsort(descending=True)[:5]]
    assert [" ".join(row[:-2]) for row in rows] == names
    assert np.allclose([float(row[-2]) for row in rows], 100 * probabilities.sort(descending=True)[0][:5], atol=0.11)


def test_a_click_in_the_picture_takes_the_unit_that_looks_there(page):
    browser = page("#zfnet-mini/conv3/5/0,0/chelsea")
    seen = browser.find_element(By.CSS_SELECTOR, ".zf-seen")
    ActionChains(browser).move_to_element_with_offset(seen, 40, -60).click().perform()
    step = zflib.load("zfnet-mini").architecture.geometry()
    step = next(each for each in step if each.name == "conv3")
    side = seen.size["width"]
    down, across = ((side / 2 + by) / side * 128 - 0.5 for by in (-60, 40))
    row, column = (round((at - step.offset) / step.jump) for at in (down, across))
    hash_of(browser, f"zfnet-mini/conv3/5/{row},{column}/chelsea")


def test_numbers_name_a_unit_and_stay_within_the_layer(page):
    browser = page()
    press(browser, ".zf-numbers summary")
    field = browser.find_element(By.XPATH, "//label[starts-with(., 'map')]/input")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("7000", Keys.TAB)
    wait_for(browser, ".zf-unit", "map 191")


def test_the_nine_strongest_patches_of_the_map_and_what_comes_back(page):
    browser = page()
    step, (channel, *_) = your_picture.OPENING
    assert not [url for url in requests(browser) if "collection.js" in url], "it comes when it is opened"
    press(browser, ".zf-patches summary")
    found = [collection.patch("zfnet-mini", step, channel, rank) for rank in range(9)]
    labels = "return [...document.querySelectorAll('.zf-nine figcaption')].map((one) => one.textContent).join()"
    WebDriverWait(browser, 60, 0.1).until(lambda _: all(browser.execute_script(labels).split(",")))
    theirs = [float(label) for label in browser.execute_script(labels).split(",")]
    assert np.allclose(theirs, [each["value"] for each in found], atol=0.11)  # the page has them in steps
    assert f"{theirs[0]:.1f} to {theirs[-1]:.1f}" in text(browser, ".zf-nine-words")
    titles = [
        each.get_attribute("title") for each in browser.find_elements(By.CSS_SELECTOR, ".zf-nine figure > :first-child")
    ]
    assert titles == [each["photograph"].title for each in found]
    browser.find_element(By.CSS_SELECTOR, '[data-do="projections"]').send_keys(Keys.SPACE)
    last = ".zf-nine figure:nth-child(9) canvas + canvas"
    WebDriverWait(browser, 60, 0.1).until(
        lambda _: browser.find_element(By.CSS_SELECTOR, last).get_attribute("aria-label")
    )
    for rank in (0, 8):
        each, reference = found[rank], Reference("zfnet-mini", found[rank]["picture"])
        cell = f".zf-nine figure:nth-child({rank + 1}) canvas"
        expected = reference.drawn(step, each["unit"], reference.project(step, each["unit"]))
        assert np.abs(shown(browser, f"{cell} + canvas") - expected).mean() < 1.5
        top, left = (int(np.clip(at, 0, 53)) for at in reference.steps[step].box(*each["unit"][1:])[:2])
        seen = shown(browser, f"{cell}:first-child")
        assert np.abs(seen - reference.pixels[top : top + 75, left : left + 75]).max() <= 1


def test_the_still_stands_there_without_the_script(browser, address):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(address)
        still = browser.find_element(By.CSS_SELECTOR, ".zf-still img")
        assert still.is_displayed() and still.size["width"] > 300 and "coffee" in still.accessible_name
        assert "need JavaScript" in text(browser, "noscript")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_moves_once_the_script_has_run(browser, address, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    tops = "return [...document.querySelectorAll('.zf-live > *')].map((one) => one.offsetTop)"
    browser.get("about:blank")
    browser.get(address)
    before = browser.execute_script(tops)
    ready(browser)
    assert browser.execute_script(tops) == before
    press(browser, '[data-bet="below"]')
    wait_for(browser, ".zf-verdict", "You ")
    assert browser.execute_script(tops) == before


def test_it_fits_a_phone_and_has_no_faults(page):
    browser = page()
    assert not browser.find_elements(By.CSS_SELECTOR, ".zf-still")
    screen = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    browser.execute_script((TESTS / "site" / "axe" / "axe.min.js").read_text("utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run({ preload: false })"
        ".then(({ violations }) => done(violations.map(({ id, nodes }) => id + nodes[0].html)))"
    )
    assert not found
