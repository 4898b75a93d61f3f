"""Chapter 4's bet: both faces say the same, a bet is placed once, and the patches open with it."""

from itertools import product

import numpy as np
import pytest

from zflib import plots
from zflib.widgets.live.nine import NINE, ONE, OPEN, NineBet

PROJECTIONS, PATCHES = np.random.default_rng(0).integers(0, 256, (2, 9, 20, 20, 3), dtype=np.uint8)


def panel(one=False):
    return NineBet(PROJECTIONS, PATCHES, one, "They have <little> in common.", "From a & b.")


@pytest.mark.parametrize(("one", "bet"), list(product((True, False), (ONE, NINE))))
def test_a_bet_is_won_by_what_the_patches_show(one, bet):
    won = one == (bet == ONE)
    assert panel(one).words(bet) == f"You bet on {bet}: {'won' if won else 'lost'}. They have <little> in common."
    assert panel(one).words(OPEN).endswith("?")


def test_the_view_holds_both_sheets_and_opens_the_patches_with_the_bet():
    for bet in (OPEN, ONE, NINE):
        html = panel().view(bet)
        before, _, after = html.partition("<details")
        assert plots.sheet(PROJECTIONS, "").data.split('"')[3] in before and "From a &amp; b." in after
        assert plots.sheet(PATCHES, "").data.split('"')[3] in after and after.startswith(" open") == (bet != OPEN)


def test_the_kernels_face_bets_by_buttons():
    bet, view = panel().widget.children
    bet.value = NINE
    assert panel().view(NINE) in view.value


webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.keys import Keys  # noqa: E402


@pytest.fixture
def page(browser, tmp_path):
    file = tmp_path / "page.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    file.write_text(f"{head}<title>Nine</title><body>{panel().page_html()}</body>", encoding="utf-8")
    browser.get_log("browser")
    browser.get("about:blank")
    browser.get(file.as_uri())
    yield file
    assert not browser.get_log("browser")


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 360])
def test_a_reader_bets_once_and_sees_the_patches(browser, page, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    outcome, patches = (browser.find_element("css selector", part) for part in (".zf-outcome", "details img"))
    one, nine = browser.find_elements("css selector", "[data-bet]")
    top = "return document.querySelector('.zf-nine').getBoundingClientRect().top + scrollY"
    assert outcome.text == panel().words(OPEN) and not patches.is_displayed()
    before = browser.execute_script(top)
    nine.send_keys(Keys.ENTER)
    assert outcome.text == panel().words(NINE) and patches.is_displayed()
    assert browser.execute_script(top) == before, "nothing jumps"
    one.click()
    assert outcome.text == panel().words(NINE) and one.get_attribute("aria-disabled") == "true"
    assert browser.switch_to.active_element == one or browser.switch_to.active_element == nine
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert patches.size["height"] == pytest.approx(patches.size["width"], abs=1) and patches.size["width"] > 250


@pytest.mark.browser
def test_without_a_bet_the_patches_can_be_opened(browser, page):
    browser.find_element("css selector", "summary").click()
    assert browser.find_element("css selector", "details img").is_displayed()
    assert browser.find_element("css selector", ".zf-outcome").text == panel().words(OPEN)
