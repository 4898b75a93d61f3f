"""The two-by-two: both faces draw the same units and say the same numbers, which are those of the controls' library."""

import re

import numpy as np
import pytest
import torch

import zflib
from zflib.analysis.likeness import likeness
from zflib.data import copies
from zflib.deconvnet import Patches
from zflib.widgets import live
from zflib.widgets.live import photographs, two_by_two
from zflib.widgets.live.two_by_two import MOST, NAMES, TwoByTwo, alike, drawn, lot, says, summary

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser


def test_lots_are_even_and_the_same_for_the_same_seed():
    drawn_lots = np.array([[lot(seed)(7), lot(seed + 10_000)(7)] for seed in range(3000)])
    counts = [np.bincount(column, minlength=7) for column in drawn_lots.T]
    assert np.abs(np.array(counts) - 3000 / 7).max() < 4 * np.sqrt(3000 / 7)
    assert [lot(5)(1000) for _ in range(2)] == [lot(5)(1000)] * 2


def test_the_likeness_is_the_librarys():
    """On whole windows, masked to the picture, as chapter 3 computes it."""
    net = zflib.load("zfnet-mini").cpu()
    deconv = zflib.DeconvNet(net)
    number, step = 4, "conv4"
    first, second, _ = drawn("ZFNet-mini", step, number)
    traces = [deconv.forward(net.preprocess(copies.picture(name))[None]) for name in (first, second)]
    draw = lot(number)
    assert draw(len(NAMES)) == NAMES.index(first)
    draw(len(NAMES) - 1)
    peaks = traces[0][step][0].flatten(1).amax(1)
    alive = (peaks > 0).nonzero().flatten()
    map = int(alive[draw(len(alive))])
    other = (map + 1 + draw(len(peaks) - 1)) % len(peaks)
    place = divmod(int(traces[0][step][0, map].argmax()), traces[0][step].shape[3])

    def project(trace, channel) -> Patches:
        return deconv.project_units(trace, step, torch.tensor([[0, channel, *place]]), seed=1)

    true = project(traces[0], map)
    others = project(traces[0], other), project(traces[1], map), project(traces[1], other)
    expected = [[likeness(true, each, blur=3)[m][0] for m in ("signed", "magnitude")] for each in others]
    np.testing.assert_allclose(alike("ZFNet-mini", step, number, 3), expected, atol=1e-5)


def test_photographs_are_called_as_in_the_chapters():
    assert says(3, "coffee", "rocket") == "Draw 3: its photograph is the coffee cup, the other one the rocket."


def test_a_verdict_needs_five_units_and_twice_the_standard_error(monkeypatch):
    def with_differences(*values):
        table = [[[v, 0.0], [0.0, 0.0], [0.0, 0.0]] for v in values]
        monkeypatch.setattr(two_by_two, "alike", lambda network, layer, n, blur: table[n - 1])
        return summary("ZFNet-mini", "conv3", len(values), 2)

    assert "too few units" in with_differences(0.5, 0.5, 0.5, 0.5)
    assert "the <b>switches</b> keep more" in with_differences(0.5, 0.4, 0.5, 0.4, 0.5)
    assert "the <b>unit</b> keeps more" in with_differences(-0.5, -0.4, -0.5, -0.4, -0.5)
    assert "undecided after 6 units" in with_differences(-0.5, 0.4, -0.5, 0.4, -0.5, 0.6)
    assert "0.33 ± 0.67" in with_differences(1.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    live.write(root / "_static" / "live")
    (root / "_static" / "live" / "photographs.js").write_text(photographs.script(), encoding="utf-8")
    file = root / "notebooks" / "page.html"
    file.parent.mkdir()
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    file.write_text(f"{head}<title>Two by two</title><body>{TwoByTwo().page_html()}</body>", encoding="utf-8")
    return file


def shown(browser, *setting):
    """The panel's numbers once it shows a setting."""
    wanted = str(list(setting)).replace("'", '"').replace(", ", ",")
    view = browser.find_element("css selector", ".zf-panel-view")
    WebDriverWait(browser, 60, 0.1).until(lambda _: view.get_attribute("data-shown") == wanted)
    return browser.find_element("css selector", ".zf-summary").get_attribute("innerHTML")


def figures(html):
    return [float(number.replace("−", "-")) for number in re.findall(r"−?\d+\.\d\d", html)]


@pytest.mark.parametrize("setting", [("ZFNet-mini", "conv3", 6, 2), ("AlexNet-mini", "conv5", 5, 0)])
def test_the_page_draws_the_same_units_and_says_the_same_numbers(browser, page, setting):
    browser.get_log("browser")
    network, layer, draws, blur = setting
    browser.get(f"{page.as_uri()}?{network}#two_by_two/{network.lower()}/{layer}/{draws}/{blur}")
    theirs, ours = shown(browser, *setting), summary(*setting)
    np.testing.assert_allclose(figures(theirs), figures(ours), atol=0.011)  # a rounding may fall on the other side
    assert re.sub(r"−?\d+\.\d\d", "", theirs) == re.sub(r"−?\d+\.\d\d", "", ours)
    first, second, _ = drawn(network, layer, draws)
    assert browser.find_element("css selector", ".zf-words").text == says(draws, first, second)
    assert not browser.get_log("browser")


def test_nothing_is_loaded_before_the_reader_asks(browser, page):
    browser.get(f"{page.as_uri()}?still")
    assert browser.execute_script("return !!document.querySelector('.zf-two img')")
    names = "return performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1))"
    assert not any("conv" in name or "worker" in name for name in browser.execute_script(names))
    browser.find_element("css selector", '[data-draw="1"]').click()
    assert figures(shown(browser, "ZFNet-mini", "conv3", 2, 2))
    assert browser.current_url.endswith("#two_by_two/zfnet-mini/conv3/2/2")


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_jumps_while_units_are_drawn(browser, page, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(f"{page.as_uri()}?heights{width}")
    heights = []
    for draws in (1, 2, 3, 13):
        if draws > 1:
            browser.find_element("css selector", f'[data-draw="{10 if draws == 13 else 1}"]').click()
            shown(browser, "ZFNet-mini", "conv3", draws, 2)
        heights.append(browser.find_element("css selector", ".zf-panel").rect["height"])
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert max(heights) - min(heights) < 2, heights


def test_no_more_are_drawn_than_there_are(browser, page):
    browser.get(f"{page.as_uri()}?most#two_by_two/zfnet-mini/conv2/{MOST - 1}/0")
    browser.find_element("css selector", '[data-draw="10"]').click()
    shown(browser, "ZFNet-mini", "conv2", MOST, 0)


def test_the_kernels_face_follows_its_controls():
    network, layer, draws, blur, view = TwoByTwo().widget.children
    assert network.value == "ZFNet-mini" and layer.value == "conv3"
    draws.value, blur.value = 3, 1
    assert summary("ZFNet-mini", "conv3", 3, 1) in view.value
