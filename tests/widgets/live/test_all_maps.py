"""The contact sheet: both faces show what zflib computes; the page computes only what is in sight, and obeys."""

import base64
import io
import json
import os
import re

import numpy as np
import pytest
from PIL import Image

import zflib
from zflib.data import copies
from zflib.widgets.live import all_maps, photographs
from zflib.widgets.live.all_maps import AllMaps, activations, chosen, ordered, peaks, projections, said

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.browser
NAMES = [axis.name for axis in AllMaps.axes]
START = AllMaps.defaults
TILES = "[...document.querySelectorAll('.zf-sheet button')]"  # asked all at once: there are hundreds

# --- what zflib shows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("network", "layer"), [("ZFNet-mini", "conv4"), ("AlexNet-mini", "conv1")])
def test_it_shows_what_the_deconvnet_says(network, layer):
    net = zflib.load(all_maps.NETWORKS[network]).cpu()
    deconv = zflib.DeconvNet(net)
    trace = deconv.forward(net.preprocess(copies.picture("coffee"))[None])
    places, values = peaks(network, layer, "coffee")
    step = next(each for each in net.architecture.geometry() if each.name == layer)
    for map in range(0, len(values), 17):
        maps = trace[layer][0, map].numpy()
        best = max(np.ndindex(*maps.shape), key=lambda at: maps[at])  # of equal ones the first
        assert tuple(places[map]) == best and values[map] == maps[best]
        signed = projections(network, layer, "coffee")[map].astype(float) - 127.5
        top, left = (min(max(0, at), 128 - len(signed)) for at in step.box(*best)[:2])
        whole = deconv.project(trace, layer, unit=(map, *best))[
            0, :, top : top + len(signed), left : left + len(signed)
        ]
        found = whole.permute(1, 2, 0).numpy()
        shown = np.abs(signed) < 126  # what is not clipped is in proportion
        scale = (found[shown] * signed[shown]).sum() / (found[shown] ** 2).sum() if found.any() else 0
        assert np.abs(signed - found * scale)[shown].max() < 1
        grey = activations(network, layer, "coffee")[map][..., 0]
        np.testing.assert_allclose(grey, np.floor(255 * maps / (maps.max() or 1)), atol=1)  # rounding


def test_maps_are_sorted_by_strength_or_number():
    _, values = peaks("ZFNet-mini", "conv3", "china")
    by_strength = ordered("ZFNet-mini", "conv3", "china", "strength").tolist()
    assert by_strength == sorted(range(192), key=lambda map: (-values[map], map))
    assert ordered("ZFNet-mini", "conv3", "china", "number").tolist() == list(range(192))
    assert chosen("ZFNet-mini", "conv1", "china", 48) == chosen("ZFNet-mini", "conv1", "china", "strongest")
    assert "conv1 has maps 0 to 47; this is its strongest." in said("ZFNet-mini", "conv1", "china", 48)
    silent = int(values.argmin())
    assert "is silent on this picture" in said("ZFNet-mini", "conv3", "china", silent) and values[silent] == 0


def test_a_start_that_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="conv9"):
        AllMaps(layer="conv9")
    with pytest.raises(ValueError, match="no control 'channel'"):
        AllMaps(channel=3)


def test_the_kernels_face_follows_its_controls():
    *controls, view = AllMaps().widget.children
    network, layer, show, _order, picture, map = controls
    layer.value, show.value, map.value, network.value, picture.value = (
        "conv2",
        "activations",
        100,
        "AlexNet-mini",
        "rocket",
    )
    assert said("AlexNet-mini", "conv2", "rocket", 100) in view.value
    assert all_maps.words("AlexNet-mini", "conv2", "rocket") in view.value
    assert view.value.count("<img") == 4


# --- what the page shows ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(folder):
    """The address, within the folder, of a page with the panel."""
    (folder / "_static").mkdir(exist_ok=True)
    if not (folder / "_static" / "live").exists():
        os.symlink(folder / "live", folder / "_static" / "live")
        (folder / "live" / "photographs.js").write_text(photographs.script(), encoding="utf-8")
    file = folder / "notebooks" / "all_maps.html"
    file.parent.mkdir(exist_ok=True)
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    icon = '<link rel="icon" href="data:,">'
    file.write_text(f"{head}{icon}<title>All maps</title><body>{AllMaps().page_html()}</body>", encoding="utf-8")
    return "notebooks/all_maps.html"


@pytest.fixture
def origin(request, folder):
    """The pages as files, to which a browser allows less than to those of a server; a test may ask for these, too."""
    return request.getfixturevalue("http") if getattr(request, "param", "file") == "http" else folder.as_uri()


@pytest.fixture
def opened(browser, origin, page):
    """opened(width, **setting): the page at that setting's address, once it shows it."""

    def opened(width=1000, **setting):
        screen = {"width": width, "height": 1200, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        parts = [str((START | setting)[name]) for name in NAMES]
        browser.get("about:blank")
        browser.get(f"{origin}/{page}" + (f"#all_maps/{'/'.join(parts).lower()}" if setting else ""))
        settled(browser, **setting)
        return browser

    browser.get_log("browser")
    yield opened
    assert not browser.get_log("browser")


def settled(browser, **setting):
    wanted = json.dumps([(START | setting)[name] for name in NAMES], separators=(",", ":"))
    view = browser.find_element("css selector", ".zf-panel-view")
    WebDriverWait(browser, 30, 0.05).until(lambda _: view.get_attribute("data-shown") == wanted)


def in_sight_is_drawn(browser, show="projections"):
    blank = f".zf-sheet [data-seen]:not([data-drawn={show}])"
    WebDriverWait(browser, 30, 0.05).until(
        lambda _: (
            browser.find_elements("css selector", ".zf-sheet [data-seen]")
            and not browser.find_elements("css selector", blank)
        )
    )


def choose(browser, name, words):
    """A driver's own choosing tells the page nothing."""
    browser.execute_script(
        """const [name, words] = arguments, list = document.querySelector(`select[id$=-${name}]`);
        list.selectedIndex = [...list.options].findIndex((option) => option.text === words);
        list.dispatchEvent(new Event("input", { bubbles: true }));""",
        name,
        words,
    )


def canvas(browser, selector):
    """The pixels of a canvas, (height, width, 3)."""
    data = browser.execute_script("return document.querySelector(arguments[0]).toDataURL()", selector)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB")).astype(int)


def close(ours, theirs):
    """But for another decoder of photographs, and for zeros around a projection, which count for its clipping here."""
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 2
    if ours.std() or theirs.std():  # a silent map has neither
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995


@pytest.mark.parametrize(
    ("origin", "setting"),
    [
        ("file", {"layer": "conv4", "map": 18, "order": "number"}),
        ("http", {"layer": "conv4", "map": 18, "order": "number"}),
        ("file", {"network": "AlexNet-mini", "layer": "conv5", "picture": "coffee"}),
        ("file", {"layer": "conv1", "show": "activations", "picture": "china", "map": 190}),
    ],
    indirect=["origin"],
    ids=["conv4", "conv4 from a server", "AlexNet conv5", "conv1"],
)
def test_the_page_draws_and_says_what_zflib_does(opened, setting):
    browser = opened(**setting)
    full = START | setting
    where = full["network"], full["layer"], full["picture"]
    at = chosen(*where, full["map"])
    close(projections(*where)[at].astype(int), canvas(browser, '[data-part="projection"] canvas'))
    close(activations(*where)[at].astype(int), canvas(browser, '[data-part="map"] canvas'))
    html = browser.find_element("css selector", ".zf-chosen").get_attribute("innerHTML")
    ours = said(*where, full["map"])
    number = r"(?<=<b>)\d+\.\d\d(?=</b>)"
    assert re.sub(number, "", html) == re.sub(number, "", ours)
    assert float(re.search(number, html)[0]) == pytest.approx(float(re.search(number, ours)[0]), rel=0.02)
    assert browser.find_element("css selector", ".zf-words").text == all_maps.words(*where)

    in_sight_is_drawn(browser, full["show"])
    order = browser.execute_script(f"return {TILES}.map((one) => Number(one.dataset.map))")
    _, values = peaks(*where)
    assert sorted(order) == list(range(len(values)))
    if full["order"] == "strength":  # two that are nearly equal may change places
        assert (np.diff(values[order]) < 0.02 * values.max()).all()
    else:
        assert order == list(range(len(values)))
    small = (projections if full["show"] == "projections" else activations)(*where)
    for map in order[:3]:
        close(small[map].astype(int), canvas(browser, f'.zf-sheet [data-map="{map}"] canvas'))


def test_a_unit_has_its_address_on_your_picture(opened):
    browser = opened(layer="conv4", map=18)
    row, column = peaks("ZFNet-mini", "conv4", "chelsea")[0][18]
    link = browser.find_element("css selector", ".zf-link a").get_attribute("href")
    assert link.endswith(f"/book/your_picture.html#zfnet-mini/conv4/18/{row},{column}/chelsea")


def test_only_what_is_in_sight_is_computed(opened):
    browser = opened(width=390, layer="conv3")
    in_sight_is_drawn(browser)
    drawn = len(browser.find_elements("css selector", ".zf-sheet [data-drawn]"))
    assert 0 < drawn < 192
    browser.execute_script("const sheet = document.querySelector('.zf-sheet'); sheet.scrollTop = sheet.scrollHeight")
    last = browser.find_elements("css selector", ".zf-sheet button")[-1]
    WebDriverWait(browser, 30, 0.05).until(lambda _: last.get_attribute("data-drawn"))
    assert drawn < len(browser.find_elements("css selector", ".zf-sheet [data-drawn]")) < 192


def test_keys_move_over_the_sheet_and_choose(opened):
    browser = opened(layer="conv2", order="number")
    tiles = browser.find_elements("css selector", ".zf-sheet button")
    stops = f"return {TILES}.flatMap((one, at) => (one.tabIndex === 0 ? [at] : []))"
    (at,) = browser.execute_script(stops)
    columns = browser.execute_script(f"return new Set({TILES}.map((one) => one.getBoundingClientRect().x)).size")

    def press(*keys):
        ActionChains(browser).send_keys(*keys).perform()
        return browser.execute_script(f"return {TILES}.indexOf(document.activeElement)")

    browser.execute_script("arguments[0].focus()", tiles[at])
    assert press(Keys.HOME) == 0
    assert press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN) == columns + 1
    assert press(Keys.ARROW_UP, Keys.ARROW_LEFT, Keys.ARROW_LEFT) == 0, "it stays within the sheet"
    assert press(Keys.END) == 127 and press(Keys.ARROW_LEFT) == 126
    press(Keys.ENTER)
    settled(browser, layer="conv2", order="number", map=126)
    assert tiles[126].get_attribute("aria-pressed") == "true" and browser.switch_to.active_element == tiles[126]
    assert browser.execute_script(stops) == [126] != [at]
    WebDriverWait(browser, 5).until(lambda _: browser.current_url.endswith("/conv2/projections/number/cat/126"))


def test_a_click_chooses_and_the_order_keeps_what_is_drawn(opened):
    browser = opened(layer="conv1")
    in_sight_is_drawn(browser)
    browser.find_element("css selector", '.zf-sheet [data-map="5"]').click()
    settled(browser, layer="conv1", map=5)
    choose(browser, "order", "number")
    settled(browser, layer="conv1", map=5, order="number")
    in_sight_is_drawn(browser)
    assert browser.find_elements("css selector", ".zf-sheet button")[5].get_attribute("aria-pressed") == "true"


def test_a_newer_request_takes_the_place_of_older_ones(opened):
    browser = opened()
    for name, choice in (("layer", "conv3"), ("network", "AlexNet-mini"), ("picture", "rocket"), ("layer", "conv2")):
        choose(browser, name, choice)
    wanted = {"network": "AlexNet-mini", "layer": "conv2", "picture": "rocket"}
    settled(browser, **wanted)
    in_sight_is_drawn(browser)
    html = browser.find_element("css selector", ".zf-chosen").get_attribute("innerHTML")
    assert html.split("fires")[0] == said("AlexNet-mini", "conv2", "rocket", "strongest").split("fires")[0]


def test_the_readers_own_picture(opened, tmp_path):
    browser = opened(layer="conv2")
    before = canvas(browser, '[data-part="field"] canvas')
    browser.find_element("css selector", ".zf-panel summary").click()
    file = tmp_path / "mine.png"
    copies.picture("flower").save(file)
    field = browser.find_element("css selector", "[data-chooser] input[type=file]")
    field.send_keys(str(file))
    settled(browser, layer="conv2", picture="your picture")
    close(
        projections("ZFNet-mini", "conv2", "flower")[chosen("ZFNet-mini", "conv2", "flower", "strongest")].astype(int),
        canvas(browser, '[data-part="projection"] canvas'),
    )
    assert "flower" not in browser.find_element("css selector", ".zf-link a").get_attribute("href")
    assert (
        Select(browser.find_element("css selector", "select[id$=-picture]")).first_selected_option.text
        == "your picture"
    )
    choose(browser, "picture", "cat")
    settled(browser, layer="conv2")
    np.testing.assert_array_equal(canvas(browser, '[data-part="field"] canvas'), before)


def test_a_phone_has_room_and_a_large_projection(opened):
    browser = opened(width=390, layer="conv1", map=3)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    for width in (390, 760):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        side = browser.find_element("css selector", '[data-part="projection"] canvas').rect
        assert min(side["width"], side["height"]) >= 220


@pytest.mark.parametrize("origin", ["http", "file"], indirect=True)
def test_nothing_is_loaded_before_the_panel_is_reached(browser, origin, page, folder):
    html = (folder / page).read_text(encoding="utf-8")
    (folder / page).with_name("below.html").write_text(
        html.replace("<body>", '<body><p style="height:5000px">'), encoding="utf-8"
    )
    browser.get(f"{origin}/{page.replace('all_maps', 'below')}")
    names = "return performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1))"
    assert not any("conv" in name or "worker" in name for name in browser.execute_script(names))
    assert len(browser.find_elements("css selector", ".zf-panel-view img")) == 4  # the still
    browser.execute_script("document.querySelector('.zf-panel').scrollIntoView()")
    settled(browser)
