"""The field tracer: Python and the page say the same, the library's geometry agrees, and a reader can drag it."""

import json
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from zflib.widgets.live.fields import (
    CLOSE,
    LENS,
    NEITHER,
    NETWORKS,
    OPEN,
    SIDE,
    STEPS,
    FieldTracer,
    bet_words,
    cone,
    dots,
    grid,
    nearest,
    overlay,
    seen,
    windows,
    words,
)

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser
POINTS = [*np.random.default_rng(0).integers(0, SIDE, (12, 2)).tolist(), [0, 0], [223, 223], [0, 223]]
SETTINGS = [(network, step, *point) for network, step, point in product(NETWORKS, STEPS, POINTS)]


@pytest.mark.parametrize("network", NETWORKS)
def test_fields_are_those_of_the_librarys_geometry(network):
    geometry = {step.name: step for step in NETWORKS[network].geometry()}
    steps = windows(network)
    for at, step in enumerate(steps):
        for unit in (0, step["size"] // 2, step["size"] - 1):
            top, _, bottom, _ = geometry[step["name"]].box(unit, 0)
            assert seen(steps, at, unit)[-1] == (top, bottom)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_unit_sees_of_each_map_what_a_gradient_reaches(network):
    """Filters of ones and mean pooling: what a unit's gradient touches is what it sees."""
    architecture, maps, x = NETWORKS[network], {}, torch.ones(1, 1, 1, SIDE, requires_grad=True)
    value = x
    for conv in architecture.convs:
        layer = nn.Conv2d(1, 1, (1, conv.kernel), (1, conv.stride), (0, conv.pad), bias=False)
        nn.init.ones_(layer.weight)
        maps[f"conv{conv.layer}"] = value = layer(value)
        if conv.pool:
            pool = nn.AvgPool2d((1, conv.pool.kernel), (1, conv.pool.stride), ceil_mode=conv.pool.ceil)
            maps[f"pool{conv.layer}"] = value = pool(value)
    for step in maps.values():
        step.retain_grad()
    steps, last = windows(network), len(STEPS) - 1
    assert [step["size"] for step in steps] == [map.shape[3] for map in maps.values()]
    unit = 2
    maps["pool5"][0, 0, 0, unit].backward()
    for name, (first, end) in zip([*STEPS[-2::-1], "picture"], seen(steps, last, unit), strict=True):
        touched = (x if name == "picture" else maps[name]).grad.flatten().nonzero().flatten()
        assert (touched[0], touched[-1] + 1) == (
            max(first, 0),
            min(end, len((x if name == "picture" else maps[name]).grad.flatten())),
        )


def test_the_nearest_unit_is_the_nearest():
    for network in NETWORKS:
        for step in windows(network):
            centres = step["offset"] + step["jump"] * np.arange(step["size"])
            for pixel in range(SIDE):
                distances = np.abs(centres - pixel)
                assert distances[nearest(step, pixel)] == distances.min()


def test_a_bet_is_scored_by_the_librarys_spacing(monkeypatch):
    conv5 = {name: next(s.jump for s in net.geometry() if s.name == "conv5") for name, net in NETWORKS.items()}
    assert len(set(conv5.values())) == 1
    assert "won" in bet_words(NEITHER) and all("lost" in bet_words(name) for name in NETWORKS)
    assert f"{conv5['AlexNet']} pixels apart in both" in bet_words(NEITHER)
    assert "?" in bet_words(OPEN) and "ZFNet’s units look closer" in bet_words(OPEN)
    finer = {name: [dict(step, jump=step["jump"] // 2) for step in windows(name)] for name in ("ZFNet",)}
    monkeypatch.setattr("zflib.widgets.live.fields.windows", lambda name, kept=windows: finer.get(name) or kept(name))
    assert "won" in bet_words("ZFNet") and "lost" in bet_words(NEITHER)
    assert f"{conv5['AlexNet']} pixels apart in AlexNet and {conv5['ZFNet'] // 2} pixels" in bet_words("ZFNet")


def test_how_far_on_the_neighbour_looks_shows_once_the_bet_is_placed():
    for network, step, point in product(NETWORKS, STEPS, POINTS):
        before, after = (overlay(network, step, *point, bet) for bet in (OPEN, NEITHER))
        assert "dashed" not in words(network, step, *point, OPEN) and "dasharray" not in before
        jump = next(s["jump"] for s in windows(network) if s["name"] == step)
        assert f"looks {jump} pixels further on" in words(network, step, *point, NEITHER)
        beside, own = (float(part.split('"')[0]) for part in (after.split('x="')[1], before.split('x="')[1]))
        assert after.endswith(before) and abs(beside - own) == jump


@pytest.mark.parametrize("network", NETWORKS)
def test_the_dots_lie_in_the_middle_of_what_units_see(network):
    """The first of them at the first unit's field, one for each unit; beyond conv1 none before the bet."""
    for at, (step, known) in enumerate(zip(STEPS, windows(network), strict=True)):
        drawn = dots(network, step)
        start, jump, whole = (float(drawn.split(f' {name}="')[part].split('"')[0]) for name, part in AT_DOTS)
        (left, right), size = seen(windows(network), at, 0)[-1], known["size"]
        assert start + jump / 2 == (left + right) / 2 and whole == size * jump
        before, after = (grid(network, step, 112, 104, bet) for bet in (OPEN, NEITHER))
        assert (before == "") == (at > 0) and drawn in after
        assert (after == drawn) == (step not in CLOSE)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("step", CLOSE)
def test_the_lens_stands_beside_the_point_on_the_picture(network, step):
    for across, down in POINTS:
        drawn = grid(network, step, across, down, NEITHER)
        x, y, width, height = (int(drawn.split("<svg ")[1].split(f'{name}="')[1].split('"')[0]) for name in PLACE)
        assert (width, height) == (LENS, LENS) and 0 <= x <= SIDE - LENS and 0 <= y <= SIDE - LENS
        assert not (x <= across < x + width and y <= down < y + height)
        assert overlay(network, step, across, down, NEITHER) in drawn


PLACE = "x", "y", "width", "height"
AT_DOTS = ("x", 1), ("width", 1), ("width", 2)  # of the pattern, and of the square that it fills


def test_what_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="pool9"):
        FieldTracer(step="pool9")
    with pytest.raises(ValueError, match="has no control 'layer'"):
        FieldTracer(layer=3)


@pytest.fixture
def page(panel_page):
    return panel_page(FieldTracer(), width=1000)


def test_the_page_draws_and_says_what_python_does(browser, page):
    names = "network", "step", "across", "down", "bet"
    bets = OPEN, NEITHER
    theirs = browser.execute_script(
        "const data = JSON.parse(document.querySelector('script[type=\"application/json\"]').textContent);"
        "const { overlay, grid, cone, words } = zflibPanel.fields;"
        f"return {json.dumps([dict(zip(names, (*s, bet), strict=True)) for s in SETTINGS for bet in bets])}"
        ".map(s => [overlay(data, s), grid(data, s), cone(data, s), words(data, s)]);"
    )
    for (setting, bet), found in zip(product(SETTINGS, bets), theirs, strict=True):
        assert found == [overlay(*setting, bet), grid(*setting, bet), cone(*setting), words(*setting, bet)]


def test_a_bet_is_placed_once_by_the_keyboard_and_stands_in_the_address(browser, page):
    buttons = browser.find_elements("css selector", "button[data-bet]")
    outcome = browser.find_element("css selector", ".zf-outcome")
    assert outcome.text == bet_words(OPEN) and outcome.get_attribute("role") == "status"
    buttons[1].send_keys(Keys.ENTER)
    assert outcome.text == bet_words("ZFNet") and browser.switch_to.active_element == buttons[1]
    assert [each.get_attribute("aria-pressed") for each in buttons] == ["false", "true", "false"]
    buttons[2].click()
    assert outcome.text == bet_words("ZFNet"), "a bet stands"
    said = [each.get_attribute("innerHTML") for each in browser.find_elements("css selector", ".zf-words")]
    setting = FieldTracer.defaults | {"step": "conv5", "bet": "ZFNet"}
    assert said == [words(network, **setting) for network in NETWORKS], "a bet is settled by looking at conv5"
    browser.get(page.as_uri() + "?again#fields/conv5/60/60/neither")
    assert browser.find_element("css selector", ".zf-outcome").text == bet_words(NEITHER)


def test_a_drag_moves_the_point_and_the_address_brings_it_back(browser, page):
    stage = browser.find_element("css selector", ".zf-stage")
    middle = browser.find_element("css selector", ".zf-overlay").get_attribute("innerHTML")
    ActionChains(browser).move_to_element(stage).click_and_hold().move_by_offset(40, -60).release().perform()
    assert browser.find_element("css selector", ".zf-overlay").get_attribute("innerHTML") != middle
    across, down = (int(control.get_attribute("value")) for control in browser.find_elements("css selector", "input"))
    assert across > 112 > down
    browser.get(page.as_uri() + "#fields/conv5/10/200")
    browser.refresh()
    html = browser.find_element("css selector", ".zf-words").get_attribute("innerHTML")
    assert html == words("AlexNet", "conv5", 10, 200, OPEN)


def test_buttons_climb_through_the_steps(browser, page):
    for button in browser.find_elements("css selector", "button[data-step]"):
        button.click()
        step = button.get_attribute("data-step")
        pressed = browser.find_elements("css selector", 'button[data-step][aria-pressed="true"]')
        assert [each.text for each in pressed] == [step]
        html = browser.find_elements("css selector", ".zf-words")[1].get_attribute("innerHTML")
        assert html == words("ZFNet", **FieldTracer.defaults | {"step": step})
    assert step == STEPS[-1]


def test_the_kernels_face_shows_the_same():
    widget = FieldTracer().widget
    step, across, down, bet, view = widget.children
    step.value, across.value, down.value = "conv5", 30, 40
    for network in NETWORKS:
        assert overlay(network, "conv5", 30, 40, OPEN) in view.value and cone(network, "conv5", 30, 40) in view.value
    bet.value = NEITHER
    for network in NETWORKS:
        for part in (words, grid):
            assert part(network, "conv5", 30, 40, NEITHER) in view.value
    assert bet_words(NEITHER) in view.value


@pytest.mark.parametrize("width", [1000, 390, 360])
def test_nothing_moves_when_a_bet_is_placed_or_the_point_moves(browser, page, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.execute_script("document.body.style.font = '16px/1.65 sans-serif'")
    panel, button = (browser.find_element("css selector", each) for each in (".zf-panel", "[data-bet]"))
    before = panel.size["height"], button.rect["y"]
    button.click()
    assert (panel.size["height"], button.rect["y"]) == before
    moved = browser.execute_async_script(
        """const [before, done] = arguments, find = (selector) => document.querySelector(selector);
        const panel = find(".zf-panel"), button = find("[data-bet]");
        const frame = () => new Promise(requestAnimationFrame), moved = [];
        const [across, down] = document.querySelectorAll("input");
        const places = [0, 112, 223].flatMap((x) => [0, 112, 223].map((y) => [x, y]));
        (async () => {
          for (const step of document.querySelectorAll("[data-step]"))
            for (const point of places) {
              step.click();
              [across, down].forEach((control, at) => {
                control.value = point[at];
                control.dispatchEvent(new Event("input", { bubbles: true }));
              });
              await frame();
              await frame();
              const now = [panel.offsetHeight, button.getBoundingClientRect().y + scrollY];
              const jumps = now.some((value, at) => Math.abs(value - before[at]) > 0.5);
              if (jumps) moved.push([step.dataset.step, point, now]);
            }
          done(moved);
        })();""",
        before,
    )
    assert not moved, "the sliders move under the finger"
