"""The landing page's instrument, operated as a reader would, in a page from the disk: it shows what zflib computes."""

import re
from math import comb
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

import zflib
from zflib.analysis.likeness import likeness
from zflib.data import copies
from zflib.experiments import controls
from zflib.plots.pictures import signed
from zflib.widgets.live import hero, your_picture

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors, requests
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[2]
INDEX = TESTS.parent / "book" / "index.md"
PIXELS = """
    const canvas = document.querySelector(arguments[0]);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, [...data]];
"""
TOPS = """
    return ["zf-trio", "zf-answer", "zf-start"].map((name) => document.querySelector(`.${name}`))
      .map((one) => Math.round(one.getBoundingClientRect().top + scrollY));
"""


@pytest.fixture(scope="module")
def address(folder):
    """The instrument as book/index.md has it, beside the networks."""
    your_picture.write(folder / "live")
    hero.write(folder / "live")
    body = re.search(r"```\{raw\} html\n(.*?)```", INDEX.read_text("utf-8"), re.DOTALL)[1]
    (folder / "hero.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<style>html { overflow-y: scroll; } main { max-width: 41em; font: 16px/1.6 sans-serif; }</style>"
        f'<link rel="icon" href="data:,"><title>Hero</title><main><h1>Hero</h1>'
        f"{body.replace('../_static/live', 'live')}</main>",
        encoding="utf-8",
    )
    return (folder / "hero.html").as_uri()


def part(browser, selector):
    return browser.find_element("css selector", selector)


def wait(browser, condition):
    return WebDriverWait(browser, 60, 0.05).until(lambda _: condition())


def opened(browser, address, hash="", width=1000):
    screen = {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get("about:blank")
    browser.get_log("browser")
    requests(browser)
    browser.get(address + hash)
    wait(browser, lambda: part(browser, ".zf-verdict").text)


def started(browser):
    """The network runs, and its layer is there."""
    if (start := part(browser, '[data-do="start"]')).is_displayed():
        start.click()
    words = "const all = [...document.querySelectorAll('.zf-tiles span')]; return all.map((one) => one.textContent)"
    wait(browser, lambda: len(found := browser.execute_script(words)) == 6 and all(found))


@pytest.fixture(scope="module")
def deconv():
    net = zflib.load("zfnet-mini").cpu()
    images = net.preprocess(copies.picture("coffee"))[None]
    deconv = zflib.DeconvNet(net)
    return deconv, deconv.forward(images)


def alike(deconv, step, unit, *others):
    """Signed likeness of a map's projection to other maps' from the same place, as chapter 3 computes it."""
    deconvnet, trace = deconv
    own, *projections = (
        deconvnet.project_units(trace, step, torch.tensor([[0, map, *unit[1:]]]), seed=1) for map in (unit[0], *others)
    )
    return [float(likeness(own, other)["signed"][0]) for other in projections]


def test_the_first_bet_needs_no_network_and_is_answered_with_its_numbers(browser, address, deconv):
    opened(browser, address)
    images = [part(browser, f".zf-bets figure:nth-child({at}) img") for at in (1, 2, 3)]
    wait(browser, lambda: all(image.get_attribute("naturalWidth") == "360" for image in images))
    by = controls.curves(controls.result())["zfnet-mini"]["conv3"]["signed"]
    usual, floor = by["random channel"][0].value, by["neither"][0].value
    before = part(browser, ".zf-panel").text
    assert "136" not in before and f"{usual:.2f}" not in before, "it would give the bet away"
    part(browser, '[data-bet="left"]').click()
    values = deconv[1]["conv3"][0]
    unit = (136, *divmod(int(values[136].argmax()), values.shape[2]))
    silent = [map for map in range(192) if values[map, unit[1], unit[2]] == 0]
    here, *likes = alike(deconv, "conv3", unit, hero.OTHER, *silent)
    value, closer = float(values[unit]), sum(like > here for like in likes)
    assert part(browser, ".zf-verdict").text == f"No: the right one fired. And yet the two correlate {here:.2f}."
    assert part(browser, ".zf-bets .zf-fired").text == f"Bet: right\nMap {unit[0]}: fires with {value:.1f}"
    said = part(browser, ".zf-usual-words").text
    assert f"layer 3: {usual:.2f}." in said and f"as well: {floor:.2f}." in said
    assert f"of the {len(silent)} units that are silent there, {closer} come closer" in said
    assert [each.text for each in browser.find_elements("css selector", ".zf-ruler > span")] == [
        f"floor {floor:.2f}", f"usual {usual:.2f}", f"here {here:.2f}", "−0.5", "1"
    ]  # fmt: skip
    assert not [url for url in requests(browser) if "worker" in url or "conv" in url]
    assert not errors(browser)


def test_the_first_bets_pictures_are_zflibs(deconv):
    said, pictures = hero.first_bet()
    deconvnet, trace = deconv
    for side, map in (("right", said["unit"][0]), ("left", said["other"])):
        unit = torch.tensor([[0, map, *said["unit"][1:]]])
        found = deconvnet.project_units(trace, "conv3", unit, seed=1).paste(0).numpy()
        step = next(each for each in zflib.ZFNET.mini().geometry() if each.name == "conv3")
        assert step.box(*said["unit"][1:]) == (-1, 31, 74, 106), "the unit has moved: these are its field below"
        largest = float(np.quantile(np.abs(found[:, :74, 31:106]), 0.995))
        near = (
            Image.fromarray(signed(found, largest)).crop((31, 0, 106, 75)).resize((360, 360), Image.Resampling.BICUBIC)
        )
        assert np.abs(np.asarray(near).astype(int) - pictures[side]).max() <= 1
    net = zflib.load("zfnet-mini").cpu()
    pixels = (net.preprocess(copies.picture("coffee")) + net.mean).permute(1, 2, 0).round().byte().numpy()
    large = Image.fromarray(pixels).resize((360, 360), Image.Resampling.BICUBIC)
    left, right, bottom = (round(at * 360 / 128) for at in (31, 106, 74))
    ImageDraw.Draw(large).rectangle((left, 0, right - 1, bottom - 1), outline="white", width=3)
    assert np.array_equal(np.asarray(large), pictures["picture"])


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_moves_when_a_bet_is_placed_or_the_network_comes(browser, address, width):
    opened(browser, address, width=width)
    before = browser.execute_script(TOPS)
    part(browser, '[data-bet="right"]').click()
    assert browser.execute_script(TOPS) == before
    started(browser)
    assert browser.execute_script(TOPS) == before
    explore = "return document.querySelector('.zf-live').getBoundingClientRect().height"
    height = browser.execute_script(explore)
    part(browser, '[data-step="conv5"]').click()
    wait(browser, lambda: part(browser, ".zf-words").text.startswith("Layer 5"))
    started(browser)
    assert browser.execute_script(explore) == height
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_phone_has_no_blank_bands_and_room_for_the_longest_verdict(browser, address):
    opened(browser, address, width=390)
    gaps = """
        const bottom = (one) => one.getBoundingClientRect().bottom, top = (one) => one.getBoundingClientRect().top;
        const find = (selector) => document.querySelector(selector), answer = find(".zf-answer");
        return [top(answer) - bottom(find('[data-bet="right"]')),
                top(find('[data-do="start"]')) - bottom(answer.lastElementChild)];
    """
    assert max(browser.execute_script(gaps)) < 75  # three lines: what a later bet's score takes
    part(browser, '[data-bet="left"]').click()
    before = browser.execute_script(TOPS)
    longest = "Right: the right one fired. And yet the two correlate −0.65. You found 1 of 10; a coin does at least as "
    script = "document.querySelector('.zf-verdict').textContent = arguments[0]"
    browser.execute_script(script, f"{longest}well less than 1 times in 100.")
    assert browser.execute_script(TOPS) == before


def test_a_layers_maps_are_covered_while_a_bet_on_them_is_open(browser, address):
    opened(browser, address)
    started(browser)  # on another layer
    assert part(browser, ".zf-words").text.startswith("Layer 4 has 192 maps")
    part(browser, '[data-step="conv3"]').click()
    wait(browser, lambda: part(browser, ".zf-words").text.startswith("Bet above"))
    assert not part(browser, ".zf-large").is_displayed()
    part(browser, '[data-bet="right"]').click()
    assert part(browser, ".zf-verdict").text.startswith("Right")
    assert part(browser, ".zf-words").text.startswith("Layer 3") and part(browser, ".zf-large").is_displayed()
    assert not errors(browser)


def test_it_shows_the_strongest_unit_as_zflib_projects_it(browser, address, deconv):
    opened(browser, address)
    part(browser, '[data-bet="right"]').click()
    started(browser)
    deconvnet, trace = deconv
    values = trace["conv3"][0]
    map, row, column = np.unravel_index(int(values.argmax()), values.shape)
    assert browser.current_url.endswith(f"#hero/coffee/conv3/{map}")
    height, width, data = browser.execute_script(PIXELS, ".zf-large")
    theirs = np.array(data).reshape(height, width, 4)[..., :3]
    patches = deconvnet.project_units(trace, "conv3", torch.tensor([[0, map, row, column]]))
    step = next(each for each in zflib.ZFNET.mini().geometry() if each.name == "conv3")
    top, left, bottom, right = (min(max(0, at), 128) for at in step.box(row, column))
    found = patches.paste(0).numpy()
    largest = float(np.quantile(np.abs(found[:, top:bottom, left:right]), 0.995))
    side = step.receptive_field  # the square on which it is shown lies within the picture
    y, x = (min(max(0, at), 128 - side) for at in step.box(row, column)[:2])
    assert np.abs(theirs.astype(int) - signed(found, largest)[y : y + side, x : x + side]).max() <= 1
    assert not errors(browser)


@pytest.mark.parametrize(("step", "least"), [("conv1", 28), ("conv2", 48), ("conv4", 0)])
def test_photograph_and_projection_show_one_square_and_frame_in_it_what_the_unit_sees(
    browser, address, deconv, step, least
):
    opened(browser, address, f"#hero/coffee/{step}/3")
    part(browser, '[data-bet="right"]').click()
    wait(browser, lambda: f"Map 3 of layer {step[-1]}" in part(browser, ".zf-which").text)
    net = zflib.load("zfnet-mini").cpu()
    pixels = (net.preprocess(copies.picture("coffee")) + net.mean).permute(1, 2, 0).round().byte().numpy()
    values = deconv[1][step][0, 3]
    field = next(each for each in net.architecture.geometry() if each.name == step).box(
        *divmod(int(values.argmax()), values.shape[1])
    )
    size = max(field[2] - field[0], least)
    y, x = (min(max(at - (size - field[2] + field[0]) // 2, 0), 128 - size) for at in field[:2])
    height, width, data = browser.execute_script(PIXELS, ".zf-live .zf-square canvas")
    shown = np.array(data).reshape(height, width, 4)[..., :3].astype(int)
    assert (height, width) == (size, size)
    assert np.abs(shown - pixels[y : y + size, x : x + size]).max() <= 1
    height, width, data = browser.execute_script(PIXELS, ".zf-large")
    passed = np.array(data).reshape(height, width, 4)[..., :3]
    top, left, bottom, right = (min(max(0, at), 128) for at in field)
    inside = np.zeros((128, 128), bool)
    inside[top:bottom, left:right] = True
    inside = inside[y : y + size, x : x + size]
    assert (height, width) == (size, size) and (passed[~inside] == 128).all() and passed[inside].std() > 5
    frames = browser.execute_script(
        "return [...document.querySelectorAll('.zf-live .zf-square span')].map(({ style }) => "
        "[style.top, style.left, style.height, style.width].map(parseFloat))"
    )
    expected = [100 * part / size for part in (top - y, left - x, bottom - top, right - left)]
    assert len(frames) == 2 and all(each == pytest.approx(expected, abs=0.01) for each in frames)


def test_layers_tiles_and_addresses(browser, address, deconv):
    opened(browser, address)
    part(browser, '[data-bet="right"]').click()
    started(browser)
    part(browser, '[data-step="conv2"]').click()
    wait(browser, lambda: part(browser, ".zf-words").text.startswith("Layer 2 has 128 maps"))
    peaks = deconv[1]["conv2"][0].flatten(1).amax(1)
    order = peaks.argsort(descending=True)[:6].tolist()
    wait(browser, lambda: part(browser, ".zf-tiles").text.split("\n") == [f"map {map}" for map in order])
    browser.find_elements("css selector", ".zf-tiles button")[2].click()
    wait(browser, lambda: browser.current_url.endswith(f"#hero/coffee/conv2/{order[2]}"))
    assert f"Map {order[2]} of layer 2" in part(browser, ".zf-which").text
    opened(browser, address, "#hero/china/conv5/7")
    wait(browser, lambda: "Map 7 of layer 5" in part(browser, ".zf-which").text)
    assert not errors(browser)


def test_further_bets_are_drawn_by_lot_from_silent_maps_and_scored_against_a_coin(browser, address, deconv):
    opened(browser, address)
    right = 0
    for bets in range(1, 5):
        wait(browser, lambda: part(browser, ".zf-verdict").text.startswith("Your bet first"))
        part(browser, '[data-bet="left"]').click()
        said = part(browser, ".zf-verdict").text
        right += said.startswith("Right")
        if bets > 1:
            step, said_usual = f"conv{(4, 5, 3)[(bets - 2) % 3]}", part(browser, ".zf-usual-words").text
            labels = [each.text for each in browser.find_elements("css selector", ".zf-bets .zf-slot span")]
            firing, value = re.search(r"Map (\d+): fires with ([\d.]+)", " ".join(labels)).groups()
            other = int(re.search(r"Map (\d+): silent", " ".join(labels))[1])
            maps = deconv[1][step][0]
            strongest = maps.flatten(1).amax(1).argsort(descending=True)[:9].tolist()
            place = divmod(int(maps[int(firing)].argmax()), maps.shape[2])
            assert int(firing) in strongest and other not in strongest
            assert float(value) == pytest.approx(float(maps[int(firing)].max()), abs=0.051)
            assert maps[other, place[0], place[1]] == 0
            (here,) = alike(deconv, step, (int(firing), *place), other)
            assert f"correlate {here:.2f}".replace("-", "−") in said and "by lot among the" in said_usual
            assert f"You found {right} of {bets}" in said
            if right:
                chance = 100 * sum(comb(bets, heads) for heads in range(right, bets + 1)) / 2**bets
                assert f"{round(chance)} times in 100" in said or abs(chance % 1 - 0.5) < 1e-9
        part(browser, '[data-bet="right"]').click()
        assert part(browser, ".zf-verdict").text == said  # one bet each
        part(browser, '[data-do="another"]').click()
    assert not errors(browser)


def test_another_photograph_and_no_stranger_is_asked(browser, address):
    opened(browser, address)
    started(browser)
    part(browser, ".zf-live summary").click()
    part(browser, '[data-name="motorcycle"]').click()
    wait(browser, lambda: "#hero/motorcycle/conv4/" in browser.current_url)
    assert all(url.startswith(("file:", "data:", "blob:", "about:")) for url in requests(browser))
    assert not errors(browser)


def test_it_has_no_faults_and_works_by_keyboard(browser, address):
    opened(browser, address, width=390)
    part(browser, '[data-bet="left"]').send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.text == "Bet: left", "whoever has bet by keyboard stays there"
    part(browser, '[data-do="start"]').send_keys(Keys.ENTER)
    started(browser)
    assert browser.switch_to.active_element.text == "layer 3"
    part(browser, ".zf-tiles button").send_keys(Keys.ENTER)
    browser.execute_script((TESTS / "site" / "axe" / "axe.min.js").read_text("utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run({ preload: false })"
        ".then(({ violations }) => done(violations.map(({ id, nodes }) => id + nodes[0].html)))"
    )
    assert not found
