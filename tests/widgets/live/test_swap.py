"""The swap of switches: both faces carry the same maps along the same switches and say the same; the bet covers."""

import re
import time

import numpy as np
import pytest
import torch

import zflib
from zflib.analysis import correlation, recovered
from zflib.data import copies
from zflib.deconvnet import unpool
from zflib.widgets import live
from zflib.widgets.live import photographs, swap
from zflib.widgets.live.swap import MAPS, OPEN, SWITCHES, VALUES, SwitchSwap, alike, bet_words, verdict

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.browser
ROLES = "first", "second"


def test_shuffled_switches_stay_in_their_windows_and_take_each_position():
    """By hand, in whole windows: at the border they are smaller."""
    trace, moved = swap._trace("ZFNet-mini", "cat"), swap.shuffled("ZFNet-mini", "cat")
    for name, switches in moved.switches.items():
        height, width = trace.before(name).shape[2:]
        rows, columns = switches // width, switches % width
        at = torch.arange(switches.shape[2])
        down, across = rows - 2 * at[:, None], columns - 2 * at
        assert rows.max() < height and columns.max() < width
        for place in (down, across):
            counts = np.bincount(place[..., :-1, :-1].flatten(), minlength=3)
            assert place.min() == 0 and place.max() == 2
            assert np.abs(counts - counts.sum() / 3).max() < 5 * (counts.sum() / 3) ** 0.5


@pytest.mark.parametrize("maps", [MAPS[0], MAPS[2]])
def test_what_is_carried_and_put_back_is_the_librarys(maps):
    """As chapter 2 swaps them: values of one picture, switches of the other."""
    net = zflib.load("alexnet-mini").cpu()
    deconv = zflib.DeconvNet(net)
    names = "rocket", "coffee cup"
    images = [net.preprocess(copies.picture(swap.PICTURES[name])) for name in names]
    trace = deconv.forward(torch.stack(images), upto="pool5")
    map = int(trace["pool2"][0].amax((1, 2)).argsort(descending=True)[1])
    values = trace["pool2"].clone()
    if maps != MAPS[0]:
        values[:, [c for c in range(values.shape[1]) if c != map]] = 0
    own = deconv.carry_down(trace, "pool2", values).numpy()
    swapped = deconv.carry_down(trace, "pool2", values.flip(0)).numpy()[::-1]
    found = swap.carried("AlexNet-mini", "pool2", *names, maps)
    for ours, theirs in ((found[:, 0], own), (found[:, 1], swapped)):
        assert np.abs(ours - theirs).max() < 1e-5 * np.abs(theirs).max()
    near = alike(found)
    assert near["values"][0][0] == pytest.approx(float(correlation(swapped[0], own[0])), abs=1e-5)
    assert near["switches"][0][0] == pytest.approx(float(correlation(swapped[0], own[1])), abs=1e-5)
    if maps != MAPS[0]:
        before, pooled, *backs = swap.put_back("AlexNet-mini", "pool2", *names, maps)
        size = trace.before("pool2").shape[2:]
        assert np.allclose(before, trace.before("pool2")[0, map], atol=1e-4)
        for back, at in zip(backs, (0, 1), strict=False):
            wanted = unpool(trace["pool2"][:1], trace.switches["pool2"][at : at + 1], size, "last")[0, map]
            assert np.allclose(back, wanted, atol=1e-4)
        shares = [recovered(before, back, level=True) for back in backs]
        words = swap.map_captions("coffee cup", map, 128, [before, pooled, *backs])[2:]
        assert [float(each) for each in figures(" ".join(words))] == [round(100 * share) for share in shares]


def likeness(switches, values):
    return {"switches": [switches] * 2, "values": [values] * 2, "floor": [0.0, 0.3], "shuffled": [[0.1, 0.1]] * 2}


@pytest.mark.parametrize(
    ("switches", "values", "who", "said"),
    [
        ([0.7, 0.6], [0.1, 0.4], SWITCHES, "goes with the switches"),
        ([0.1, 0.4], [0.7, 0.6], VALUES, "goes with the values"),
        (
            [0.7, 0.4],
            [0.1, 0.6],
            OPEN,
            "signed it goes with the switches, by the magnitude with the values",
        ),
        ([0.7, 0.6], [0.1, 0.57], OPEN, "by the magnitude with neither"),
        (
            [np.nan, np.nan],
            [np.nan, np.nan],
            OPEN,
            "with neither (less than 0.05 apart), by the magnitude with neither (less than 0.05",
        ),
    ],
)
def test_a_verdict_needs_both_measures(switches, values, who, said):
    found, words = verdict(likeness(switches, values))
    assert found == who and said in words


def test_a_bet_is_won_lost_or_open():
    assert "won" in bet_words(VALUES, VALUES) and "lost" in bet_words(VALUES, SWITCHES)
    assert "undecided" in bet_words(SWITCHES, OPEN) and "covered" in bet_words(OPEN, SWITCHES)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    live.write(root / "_static" / "live")
    (root / "_static" / "live" / "photographs.js").write_text(photographs.script(), encoding="utf-8")
    file = root / "notebooks" / "page.html"
    file.parent.mkdir()
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    file.write_text(f"{head}<title>Swap</title><body>{SwitchSwap().page_html()}</body>", encoding="utf-8")
    return file


def opened(browser, page, address="", query="still"):
    browser.get_log("browser")
    browser.get(f"{page.as_uri()}?{query}{address}")
    return browser.find_element(By.CSS_SELECTOR, ".zf-swap")


def rest(browser):
    WebDriverWait(browser, 90, 0.05).until(lambda _: not browser.find_elements(By.CSS_SELECTOR, ".zf-swap[aria-busy]"))


def figures(html):
    return [float(each.replace("−", "-")) for each in re.findall(r"−?\d+(?:\.\d\d)?(?=\u00a0%|[; ,.<]|$)", html)]


def words_of(browser):
    found = "return [...document.querySelectorAll('.zf-swap figcaption, .zf-verdict')].map((one) => one.innerHTML)"
    return [each.replace("&nbsp;", "\u00a0") for each in browser.execute_script(found)]


def words_in(html):
    return re.findall(r"<figcaption>(.*?)</figcaption>", html) + re.findall(
        r'<p class="zf-verdict"[^>]*>(.*?)</p>', html
    )


@pytest.mark.parametrize(
    ("network", "layer", "first", "second", "maps"),
    [
        ("ZFNet-mini", "pool1", "cat", "rocket", MAPS[0]),
        ("ZFNet-mini", "pool5", "dahlia", "motorcycle", MAPS[1]),
        ("AlexNet-mini", "pool2", "pagoda", "coffee cup", MAPS[3]),
    ],
)
def test_both_faces_say_the_same(browser, page, network, layer, first, second, maps):
    address = "/".join([network.lower(), layer, first, second, maps, "the values"]).replace(" ", "-")
    opened(browser, page, f"#swap/{address}", query=layer)
    rest(browser)
    setting = {"network": network, "layer": layer, "first_picture": first, "second_picture": second}
    ours = words_in(SwitchSwap().view(**setting, carried_down=maps, bet=VALUES))
    theirs = words_of(browser)
    assert len(ours) == len(theirs) == 2 + 6 + 5 + 1
    for mine, other in zip(sorted(ours), sorted(theirs), strict=True):
        blank = r"−?\d+\.\d\d|−?\d+\u00a0%"
        assert re.sub(blank, "", mine) == re.sub(blank, "", other)
        numbers = [re.findall(r"−?[\d.]+", " ".join(re.findall(blank, each))) for each in (mine, other)]
        for a, b in zip(*numbers, strict=True):
            step = 0.011 if "." in a else 1.01  # a rounding may fall on the other side
            assert abs(float(a.replace("−", "-")) - float(b.replace("−", "-"))) < step, (mine, other)
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_the_bet_covers_and_is_placed_by_the_keyboard_without_any_network(browser, page):
    root = opened(browser, page)
    covered = root.find_elements(By.CSS_SELECTOR, '[data-way="other"] img')
    said = root.find_element(By.CSS_SELECTOR, ".zf-verdict")
    assert len(covered) == 2 and not any(each.is_displayed() for each in (*covered, said))
    assert root.find_element(By.CSS_SELECTOR, '[data-way="own"] img').is_displayed()
    bet = root.find_element(By.CSS_SELECTOR, 'button[data-bet="the values"]')
    bet.send_keys(Keys.ENTER)
    assert all(each.is_displayed() for each in (*covered, said))
    assert bet.get_attribute("aria-pressed") == "true" and bet.get_attribute("aria-disabled") == "true"
    assert root.find_element(By.CSS_SELECTOR, ".zf-outcome").text == "You bet on the values: lost."
    WebDriverWait(browser, 5).until(
        lambda _: browser.current_url.endswith("#swap/zfnet-mini/pool2/astronaut/cat/all-maps/the-values")
    )
    loaded = "return performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1))"
    assert not any("conv" in name or "worker" in name for name in browser.execute_script(loaded))


def test_on_paper_nothing_is_covered(browser, page):
    root = opened(browser, page)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert all(each.is_displayed() for each in root.find_elements(By.CSS_SELECTOR, "img, .zf-verdict"))
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_two_others_open_the_bet_again_and_swapping_keeps_it(browser, page):
    root = opened(browser, page)
    root.find_element(By.CSS_SELECTOR, 'button[data-bet="the switches"]').click()
    assert "won" in root.find_element(By.CSS_SELECTOR, ".zf-outcome").text
    root.find_element(By.CSS_SELECTOR, '[data-do="swap"]').click()
    rest(browser)
    names = [each.text for each in root.find_elements(By.CSS_SELECTOR, ".zf-lenders figcaption")]
    assert names == ["cat", "astronaut"] and root.get_attribute("data-bet") == SWITCHES
    assert words_of(browser)[2].startswith("<b>cat’s values, cat’s switches")
    root.find_element(By.CSS_SELECTOR, '[data-do="another"]').click()
    rest(browser)
    assert root.get_attribute("data-bet") == OPEN
    lists = [Select(each).first_selected_option.text for each in browser.find_elements(By.TAG_NAME, "select")]
    assert lists[2] != lists[3] and {lists[2], lists[3]} < set(swap.PICTURES)


def test_an_own_picture_takes_either_place(browser, page, tmp_path):
    """The cat's own pixels, chosen as a file: the same numbers as by name, but for the name."""
    path = tmp_path / "mine.png"
    copies.picture("chelsea").save(path)
    root = opened(browser, page, "#swap/zfnet-mini/pool1/astronaut/cat/all-maps/the-values", query="own")
    rest(browser)
    wanted = [each.replace("cat’s", "your picture’s") for each in words_of(browser)]
    browser.find_element(By.CSS_SELECTOR, "details > summary").click()
    browser.find_element(By.CSS_SELECTOR, '[data-role="1"]').click()
    browser.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(path))
    WebDriverWait(browser, 60, 0.05).until(lambda _: "your picture" in words_of(browser)[1])
    rest(browser)
    assert words_of(browser)[2:] == wanted[2:]

    def listed():
        lists = [Select(browser.find_element(By.CSS_SELECTOR, f"select[id$={role}_picture]")) for role in ROLES]
        return [each.first_selected_option.text for each in lists]

    assert listed() == ["astronaut", "your picture"]
    second = browser.find_element(By.CSS_SELECTOR, "select[id$=second_picture]")
    second.send_keys("rocket")
    WebDriverWait(browser, 60, 0.05).until(lambda _: "your picture" not in words_of(browser)[1])
    assert words_of(browser)[:2] == listed() == ["astronaut", "rocket"]
    time.sleep(1.2)  # what is typed later is another word
    second.send_keys("your")  # it is kept
    WebDriverWait(browser, 60, 0.05).until(lambda _: "your picture" in words_of(browser)[1])
    browser.find_element(By.CSS_SELECTOR, '[data-do="swap"]').click()
    WebDriverWait(browser, 60, 0.05).until(lambda _: "your picture" in words_of(browser)[0])
    assert words_of(browser)[:2] == listed() == ["your picture", "astronaut"]
    browser.find_element(By.CSS_SELECTOR, '[data-do="another"]').click()
    rest(browser)
    assert "your picture" not in {option.text for option in browser.find_elements(By.TAG_NAME, "option")}
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert root.is_displayed()


def test_it_fits_a_phone_and_its_pictures_are_large_on_a_desk(browser, page):
    root = opened(browser, page)
    try:
        for width, least in ((390, 140), (820, 220)):
            screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
            assert root.find_element(By.CSS_SELECTOR, '[data-way="own"] img').size["width"] >= least
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_kernels_face_follows_its_controls():
    *controls, view = SwitchSwap().widget.children
    assert [each.description for each in controls][2:4] == ["first picture", "second picture"]
    controls[1].value, controls[-1].value = "pool1", SWITCHES
    setting = SwitchSwap.defaults | {"layer": "pool1", "bet": SWITCHES}
    assert SwitchSwap().view(**setting) in view.value
    with pytest.raises(ValueError, match="no control 'step'"):
        SwitchSwap(step="pool1")
    with pytest.raises(ValueError, match="'layer' has no value 'conv1'"):
        SwitchSwap(layer="conv1")


@pytest.mark.parametrize("width", [1000, 390, 360])
def test_nothing_moves_when_a_bet_is_placed(browser, page, width):
    root = opened(browser, page)
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        browser.execute_script("document.body.style.font = '16px/1.65 sans-serif'")
        button = root.find_element(By.CSS_SELECTOR, "button[data-bet]")
        before = root.size["height"], button.rect["y"]
        button.click()
        assert (root.size["height"], button.rect["y"]) == before
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
