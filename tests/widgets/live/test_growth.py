"""Features as they grow: the page shows what Python does, from the committed pictures and numbers."""

import io
import re
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from zflib.architecture import ZFNET
from zflib.experiments import evolution, evolution_pictures
from zflib.widgets.live import growth
from zflib.widgets.live.growth import BETS, LAYERS, OPEN, GrowingFeatures
from zflib.widgets.live.strip import slug

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.keys import Keys

EPOCHS = growth.epochs()
LAST = EPOCHS[-1]


def test_it_offers_what_was_kept():
    assert (0, *evolution.KEPT) == EPOCHS
    assert {f"conv{layer}" for layer in LAYERS} == set(growth.shown()) == set(growth.found()["0"])


def test_the_bet_is_won_by_the_nearest():
    share = growth.found()[str(LAST)]["conv5"]["changed"]
    apart = {bet: abs(value - share) for bet, value in BETS.items()}
    for bet in BETS:
        came = growth.outcome(bet)
        assert ("won" in came) == (apart[bet] == min(apart.values())) != ("lost" in came)
        assert f"{round(128 * share)} of layer 5's 128 maps" in came
    assert growth.outcome(OPEN).endswith("which the strips do not show.") and "won" not in growth.outcome(OPEN)
    assert ZFNET.mini().maps(5) == 128


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_said_are_the_committed_numbers(layer):
    for epoch, of in evolution.result()["runs"]["labels"].items():
        now, text = of[f"conv{layer}"], growth.said(layer, int(epoch))
        printed = [int(each) for each in re.findall(r"(\d+)&nbsp;%", text)]
        expected = [now["nine"], *([now["changed"]] if int(epoch) else [])]
        assert printed == pytest.approx([100 * each for each in expected], abs=0.501)
        assert (f"after epoch {epoch}:" in text) == bool(int(epoch)), text


@pytest.mark.parametrize("layer", LAYERS)
def test_edges_mark_where_the_view_changes(layer):
    html = growth.grid(layer, 2, LAST)
    tiles = re.findall(r'<div class="tile([^"]*)">', html)
    assert len(tiles) == 4 * len(EPOCHS) and html.count("chosen") == 1
    assert tiles[3 * len(EPOCHS) - 1].endswith("chosen")
    found = evolution_pictures.result()["runs"]["labels"][f"conv{layer}"]["found"]
    for row in range(4):
        views = [found[str(epoch)][row][2] for epoch in EPOCHS]
        mine = tiles[row * len(EPOCHS) : (row + 1) * len(EPOCHS)]
        changes = [False, *(one != other for one, other in pairwise(views))]
        assert [" new" in each for each in mine] == changes
        count = {0: "never", 1: "once", 2: "twice"}.get(sum(changes), f"{sum(changes)} times")
        assert f"changes {count} in" in growth.told(layer, row, LAST)


def test_what_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="epoch"):
        GrowingFeatures(epoch=3)


def test_the_kernels_face_follows_its_controls():
    layer, row, epoch, bet, face = GrowingFeatures().widget.children
    layer.value, row.value, epoch.value, bet.value = 2, 3, 1, "half"
    assert growth.said(2, 1) in face.value
    assert "You bet on half" in face.value and "zf-growth-2" in face.value and "zf-growth-5" not in face.value


@pytest.fixture
def page(panel_page):
    return panel_page(GrowingFeatures(), width=900)


BOTH = """
    const [html] = arguments, made = document.createElement("template");
    made.innerHTML = html;
    return [document.querySelector(".zf-panel-view").innerHTML, made.innerHTML];
"""


@pytest.mark.browser
def test_the_page_shows_what_python_does(browser, page):
    for at, (layer, row, epoch, bet) in enumerate(
        ((5, 1, LAST, OPEN), (1, 2, 0, "half"), (3, 4, 5, "one in ten"), (4, 3, EPOCHS[1], "nearly all"))
    ):
        setting = {"layer": layer, "row": row, "epoch": epoch, "bet": bet}
        browser.get(f"{page.as_uri()}?{at}#growth/{'/'.join(slug(str(each)) for each in setting.values())}")
        shown, expected = browser.execute_script(BOTH, GrowingFeatures().view(**setting))
        assert shown == expected, setting


@pytest.mark.browser
def test_the_numbers_come_with_the_bet_and_stand(browser, page):
    def covered():
        style = "return getComputedStyle(document.querySelector('.zf-chart')).visibility"
        return browser.execute_script(style) == "hidden"

    assert covered() and browser.find_element("css selector", ".zf-outcome").text.endswith("do not show.")
    browser.find_element("css selector", "button[data-bet='half']").send_keys(Keys.ENTER)
    assert not covered() and "You bet on half" in browser.find_element("css selector", ".zf-outcome").text
    browser.find_element("css selector", "button[data-bet='nearly all']").click()
    assert "You bet on half" in browser.find_element("css selector", ".zf-outcome").text, "a bet is a bet"


@pytest.mark.browser
def test_sliders_and_tiles_choose(browser, page):
    browser.find_element("css selector", "input[id$=layer]").send_keys(Keys.ARROW_LEFT)
    assert "of layer 4," in browser.find_element("css selector", ".zf-told").text
    epoch = browser.find_element("css selector", "input[id$=epoch]")
    epoch.send_keys(Keys.HOME)
    assert "before training" in browser.find_element("css selector", ".zf-told").text
    assert epoch.get_attribute("aria-valuetext") == "0"
    browser.find_elements("css selector", ".tile")[len(EPOCHS) + 2].click()
    told = browser.find_element("css selector", ".zf-told").text
    assert "the second of four" in told and f"after epoch {EPOCHS[2]}" in told
    (chosen,) = browser.find_elements("css selector", ".tile.chosen")
    assert chosen == browser.find_elements("css selector", ".tile")[len(EPOCHS) + 2]


PIXELS = """
    const done = arguments[0], square = document.querySelector(".zf-large .piece").cloneNode(true);
    const use = document.querySelector(square.querySelector("use").getAttribute("href"));
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      const [x, y, side] = square.getAttribute("viewBox").split(" ").map(Number);
      canvas.width = canvas.height = side;
      canvas.getContext("2d").drawImage(image, -x, -y);
      done([image.width, image.height, [...canvas.getContext("2d").getImageData(0, 0, side, side).data]]);
    };
    image.src = use.getAttribute("href");
"""


@pytest.mark.browser
def test_a_tile_is_its_piece_of_the_sheet(browser, page):
    width, height, pixels = browser.execute_async_script(PIXELS)
    side = evolution_pictures.SIDE
    assert (width, height) == (side * len(EPOCHS), 2 * evolution_pictures.MAPS * side)
    sheet = Image.open(io.BytesIO(evolution_pictures.packed()["labels/conv5"].tobytes())).convert("RGB")
    expected = np.asarray(sheet, dtype=float)[:side, -side:]
    shown = np.array(pixels, dtype=float).reshape(side, side, 4)[..., :3]
    assert np.abs(shown - expected).mean() < 3


@pytest.mark.browser
def test_it_fits_a_phone(browser, page):
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.find_element("css selector", "button[data-bet='half']").send_keys(Keys.ENTER)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    sides = browser.execute_script(
        "return [...document.querySelectorAll('.tile .piece')].map((each) => each.getBoundingClientRect().width)"
    )
    assert min(sides) > 30
