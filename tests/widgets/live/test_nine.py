"""Chapter 4's first figure: both faces show the same maps, tiles turn over, and a bet is placed once."""

import json
from itertools import product

import numpy as np
import pytest
from PIL import Image

from zflib import plots
from zflib.plots.pictures import tile
from zflib.widgets import Impossible
from zflib.widgets.live.nine import LAYERS, NINE, ONE, OPEN, SHOW, Nine, Strongest

NETWORKS, MAPS, SIDE = ("one net", "another net"), (0, 2, 4), 8
DEAD = "one net", 2, 4


def look(network, layer, map):
    if (network, layer, map) == DEAD:
        raise Impossible("Map 4 is <dead>.")
    drawn = np.random.default_rng([NETWORKS.index(network), layer, map])
    pictures = drawn.integers(0, 256, (3, 9 if map else 5, SIDE, SIDE, 3), dtype=np.uint8)
    return Strongest(*pictures, f"{network}, layer {layer}, map {map}: from a & b.")


def panel(one=False, maps=range(6)):
    return Nine(look, NETWORKS, maps, MAPS, 2, one, "They have <little> in common.")


@pytest.fixture
def in_the_book(monkeypatch, tmp_path):
    monkeypatch.setenv("ZFLIB_BOOK", "1")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("one", "bet"), list(product((True, False), (ONE, NINE))))
def test_a_bet_is_won_by_what_the_patches_show(one, bet):
    won = one == (bet == ONE)
    assert panel(one).words(bet) == f"You bet on {bet}: {'won' if won else 'lost'}. They have <little> in common."
    assert panel(one).words(OPEN).endswith("?")


def test_the_view_holds_what_is_asked_for_and_opens_the_photographs_with_the_bet():
    for bet, (at, show) in product((OPEN, ONE, NINE), enumerate(SHOW)):
        html = panel().view(bet=bet, network=NETWORKS[1], layer=3, map=5, show=show)
        before, _, after = html.partition("<details")
        pictures = look(NETWORKS[1], 3, 5)
        assert plots.sheet(pictures[at], "").data.split('"')[3] in before
        assert plots.sheet(pictures.photographs, "").data.split('"')[3] in after
        assert "from a &amp; b." in after and after.startswith(" open") == (bet != OPEN)


def test_a_map_without_patches_says_why():
    html = panel().view(bet=OPEN, show=SHOW[0], **dict(zip(("network", "layer", "map"), DEAD, strict=True)))
    assert "Map 4 is &lt;dead&gt;." in html and "<img" not in html


def test_a_kernel_offers_every_map_and_the_page_its_own(in_the_book, monkeypatch):
    assert [axis.values for axis in panel().axes if axis.name == "map"] == [MAPS]
    monkeypatch.delenv("ZFLIB_BOOK")
    *controls, view = panel().widget.children
    controls[3].value = 5
    assert "layer 5, map 5" in view.value


def test_the_files_beside_the_page_hold_every_map(in_the_book):
    data = json.loads(json.dumps(panel().data()))
    for network, layer in product(NETWORKS, LAYERS):
        of_layer = data["networks"][network][str(layer)]
        assert Image.open(of_layer["thumbs"]["src"]).size == (64 * len(MAPS), 64)
        for map, known in zip(MAPS, of_layer["maps"], strict=True):
            if (network, layer, map) == DEAD:
                assert known == {"impossible": "Map 4 is <dead>."}
                continue
            found = look(network, layer, map)
            assert (known["words"], known["side"], known["count"]) == (found.words, SIDE, len(found.projections))
            for file, pictures in zip(known["files"], found[:3], strict=True):
                assert np.array_equal(np.asarray(Image.open(file["src"])), tile(pictures, 3, gap=0))


webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

FACES = """return [...document.querySelectorAll(".zf-tile")].filter((tile) => tile.checkVisibility()).map((tile) => {
  const [front, back] = tile.querySelectorAll("canvas"), over = tile.getAttribute("aria-pressed") === "true";
  return (over ? back : front).toDataURL();
})"""


@pytest.fixture(params=[900, 360])
def page(request, browser, in_the_book, tmp_path):
    """The page as a server gives it, whose canvases can be read, and its width."""
    import functools
    import threading
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    html = f'{head}<link rel="icon" href="data:,"><title>Nine</title><body>{panel().page_html()}</body>'
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    screen = {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": request.param < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.get_log("browser")
        browser.get("about:blank")
        browser.get(f"http://127.0.0.1:{server.server_port}/page.html")
        rest(browser, 1)
        yield request.param
        server.shutdown()
    assert not browser.get_log("browser")


def rest(browser, least):
    """Wait until the page shows at least its so many-th setting."""
    shown = "return Number(document.querySelector('.zf-panel-view').dataset.shown ?? 0)"
    WebDriverWait(browser, 20, 0.02).until(lambda _: browser.execute_script(shown) >= least)


def button(browser, words):
    return browser.find_element("xpath", f"//button[normalize-space()='{words}']")


def faces(browser):
    """What the tiles show, (u, SIDE, SIDE, 3)."""
    from base64 import b64decode
    from io import BytesIO

    urls = browser.execute_script(FACES)
    return np.stack([np.asarray(Image.open(BytesIO(b64decode(url.split(",")[1]))).convert("RGB")) for url in urls])


@pytest.mark.browser
def test_a_reader_walks_through_layers_maps_and_faces(browser, page):
    assert np.array_equal(faces(browser), look(NETWORKS[0], 5, 2).projections)
    button(browser, "Layer 3").click()
    button(browser, "0").click()
    rest(browser, 3)
    found = look(NETWORKS[0], 3, 0)
    assert np.array_equal(faces(browser), found.projections), "five tiles of nine"
    assert browser.find_element("css selector", ".zf-caption").text == found.words
    for at, (words, expected) in enumerate(
        {"The photographs": found.photographs, "Control: other maps": found.control}.items(), 4
    ):
        button(browser, words).send_keys(Keys.ENTER)
        rest(browser, at)
        assert np.array_equal(faces(browser), expected)
    browser.execute_script(
        """const select = document.querySelector("select[id$='-network']");
        select.value = arguments[0]; select.dispatchEvent(new Event("input", { bubbles: true }))""",
        NETWORKS[1],
    )
    button(browser, "What comes down").click()
    rest(browser, 7)
    assert np.array_equal(faces(browser), look(NETWORKS[1], 3, 0).projections)


@pytest.mark.browser
def test_one_tile_turns_over(browser, page):
    tile = browser.find_elements("css selector", ".zf-tile")[4]
    back = tile.find_elements("css selector", "canvas")[1]
    WebDriverWait(browser, 20, 0.02).until(lambda _: back.get_property("width") == SIDE)
    tile.send_keys(Keys.SPACE)
    found, shown = look(NETWORKS[0], 5, 2), faces(browser)
    expected = found.projections.copy()
    expected[4] = found.photographs[4]
    assert np.array_equal(shown, expected) and tile.accessible_name == "5 of nine, the photograph"


@pytest.mark.browser
def test_a_reader_bets_once_and_the_tiles_turn_over(browser, page):
    outcome = browser.find_element("css selector", ".zf-outcome")
    assert outcome.text == panel().words(OPEN)
    assert "a & b" not in browser.find_element("css selector", ".zf-caption").text, "that would tell"
    top = "return document.querySelector('.zf-grid').getBoundingClientRect().top + scrollY"
    before = browser.execute_script(top)
    button(browser, "Layer 2").click()  # the bet is about the map that it opened with
    button(browser, f"Bet: {NINE}").send_keys(Keys.ENTER)
    rest(browser, 3)
    assert outcome.text == panel().words(NINE) and browser.switch_to.active_element == outcome
    assert np.array_equal(faces(browser), look(NETWORKS[0], 5, 2).photographs)
    assert "a & b" in browser.find_element("css selector", ".zf-caption").text
    assert browser.execute_script(top) == before, "nothing jumps"
    assert not [one for one in browser.find_elements("css selector", "[data-bet]") if one.is_displayed()]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= page
    sides = [one.size["width"] for one in browser.find_elements("css selector", ".zf-tile")]
    assert sides[0] > 200 and min(sides) > (220 if page > 500 else 95)  # on a phone the strongest is large


@pytest.mark.browser
def test_a_map_without_patches_says_why_in_the_page(browser, page):
    button(browser, "Layer 2").click()
    button(browser, "4").click()
    assert browser.find_element("css selector", ".zf-caption").text == "Map 4 is <dead>."
    assert not browser.find_element("css selector", ".zf-grid").is_displayed()
    maps = browser.find_elements("css selector", ".zf-maps button")
    maps[2].send_keys(Keys.ARROW_LEFT)
    rest(browser, 4)
    assert np.array_equal(faces(browser), look(NETWORKS[0], 2, 2).projections)
    assert browser.switch_to.active_element == maps[1]
