"""The landing page's instrument, operated as a reader would, in a page from the disk: it shows what zflib computes."""

import re
from math import comb
from pathlib import Path

import numpy as np
import pytest
import torch

import zflib
from zflib.plots.pictures import signed
from zflib.widgets.live import hero, photographs, your_picture

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors, requests
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

INDEX = Path(__file__).parents[3] / "book" / "index.md"
PIXELS = """
    const canvas = document.querySelector(".zf-large");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, [...data]];
"""


@pytest.fixture(scope="module")
def address(folder):
    """The instrument as book/index.md has it, beside the networks."""
    your_picture.write(folder / "live")
    hero.write(folder / "live")
    body = re.search(r"```\{raw\} html\n(.*?)```", INDEX.read_text("utf-8"), re.DOTALL)[1]
    (folder / "hero.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="data:,"><title>Hero</title><main>{body.replace("../_static/live", "live")}</main>',
        encoding="utf-8",
    )
    return (folder / "hero.html").as_uri()


def part(browser, selector):
    return browser.find_element("css selector", selector)


def wait(browser, condition):
    return WebDriverWait(browser, 60, 0.05).until(lambda _: condition())


def opened(browser, address, hash="", start=True):
    screen = {"width": 1000, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get("about:blank")
    browser.get_log("browser")
    requests(browser)
    browser.get(address + hash)
    if start:
        if not hash:
            part(browser, '[data-do="start"]').click()
        wait(
            browser, lambda: browser.find_elements("css selector", ".zf-verdict") and part(browser, ".zf-verdict").text
        )


@pytest.fixture
def deconv():
    net = zflib.load("zfnet-mini").cpu()
    images = net.preprocess(photographs.picture("chelsea"))[None]
    deconv = zflib.DeconvNet(net)
    return deconv, deconv.forward(images)


def test_nothing_but_the_still_comes_until_it_is_touched(browser, address):
    opened(browser, address, start=False)
    assert part(browser, ".zf-still img").get_attribute("naturalWidth") == "728"
    assert not [url for url in requests(browser) if "worker" in url or "conv" in url]
    assert part(browser, '[data-do="start"]').is_displayed()


def test_it_shows_the_strongest_unit_as_zflib_projects_it(browser, address, deconv):
    opened(browser, address)
    deconvnet, trace = deconv
    values = trace["conv4"][0]
    map, row, column = map_row_column = np.unravel_index(int(values.argmax()), values.shape)
    assert browser.current_url.endswith(f"#hero/chelsea/conv4/{map}")
    height, width, data = browser.execute_script(PIXELS)
    theirs = np.array(data).reshape(height, width, 4)[..., :3]
    patches = deconvnet.project_units(trace, "conv4", torch.tensor([[0, map, row, column]]))
    step = next(each for each in zflib.ZFNET.mini().geometry() if each.name == "conv4")
    top, left, bottom, right = (min(max(0, at), 128) for at in step.box(row, column))
    found = patches.paste(0).numpy()[:, top:bottom, left:right]
    assert theirs.shape[:2] == found.shape[1:], map_row_column
    ours = signed(found, float(np.quantile(np.abs(found), 0.995)))
    assert np.abs(theirs.astype(int) - ours).max() <= 1
    assert not errors(browser)


def test_layers_tiles_and_addresses(browser, address, deconv):
    opened(browser, address)
    part(browser, '[data-step="conv2"]').click()
    wait(browser, lambda: part(browser, ".zf-words").text.startswith("Layer 2 has 128 maps"))
    peaks = deconv[1]["conv2"][0].flatten(1).amax(1)
    order = peaks.argsort(descending=True)[:6].tolist()
    wait(browser, lambda: part(browser, ".zf-tiles").text.split("\n") == [f"map {map}" for map in order])
    browser.find_elements("css selector", ".zf-tiles button")[2].click()
    wait(browser, lambda: browser.current_url.endswith(f"#hero/chelsea/conv2/{order[2]}"))
    assert f"map {order[2]} of layer 2" in part(browser, ".zf-which").text
    opened(browser, address, "#hero/china/conv5/7")
    assert "map 7 of layer 5" in part(browser, ".zf-which").text
    assert not errors(browser)


def test_bets_are_scored_against_a_coin(browser, address):
    opened(browser, address)
    right = 0
    for bets in range(1, 5):
        wait(browser, lambda: part(browser, ".zf-verdict").text == "Place your bet.")
        part(browser, '[data-bet="left"]').click()
        said = part(browser, ".zf-verdict").text
        right += said.startswith("Right")
        assert f"You found {right} of {bets}." in said
        if right:
            chance = 100 * sum(comb(bets, heads) for heads in range(right, bets + 1)) / 2**bets
            assert f"{round(chance)} times in 100" in said or abs(chance % 1 - 0.5) < 1e-9
        part(browser, '[data-bet="right"]').click()
        assert part(browser, ".zf-verdict").text == said  # one bet each
        part(browser, '[data-do="again"]').click()
    assert not errors(browser)


def test_another_photograph_and_no_stranger_is_asked(browser, address):
    opened(browser, address)
    part(browser, ".zf-live summary").click()
    part(browser, '[data-name="motorcycle"]').click()
    wait(browser, lambda: "#hero/motorcycle/conv4/" in browser.current_url)
    assert all(url.startswith(("file:", "data:", "blob:", "about:")) for url in requests(browser))
    assert not errors(browser)
