"""The flickering map: zflib's error and overlap, the same in both faces, and it obeys pointer, keyboard and address."""

import dataclasses
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from zflib import ALEXNET, ZFNET, aliasing, weights
from zflib.architecture import output_size
from zflib.network import ConvNet
from zflib.widgets.live import flicker, flicker_maps, lobes
from zflib.widgets.live.flicker import BOTH, MARGIN, NEITHER, OPEN, WINDOW, FlickeringMap, bet_words

DEFAULT = FlickeringMap.defaults


def some_settings(count):
    draw = np.random.default_rng(6)
    axes = FlickeringMap.axes
    return [{axis.name: axis.values[draw.integers(len(axis.values))] for axis in axes} for _ in range(count)]


def one_map(network, filter, stride):
    """A network whose first layer has this filter at this stride, and nothing else."""
    architecture = ALEXNET if network == "AlexNet-mini" else ZFNET
    first = dataclasses.replace(architecture.convs[0], maps=1, stride=stride, pool=None)
    assert output_size(WINDOW, first.kernel, stride, first.pad) > 8
    net = ConvNet(dataclasses.replace(architecture, convs=(first,), dense=architecture.dense[-1:], input_size=WINDOW))
    net.conv1.weight.data[:] = torch.from_numpy(flicker.filters(network)[0][filter : filter + 1])
    net.conv1.bias.data.zero_()
    net.mean[:] = torch.from_numpy(flicker.mean())[:, None, None]
    return net.eval()


@pytest.mark.parametrize("network", flicker.NETWORKS)
@pytest.mark.parametrize(("stride", "shift"), [(1, 3), (2, 1), (2, 2), (3, 7), (4, 2), (4, 5), (5, 8), (8, 3)])
def test_the_error_is_zflibs(network, stride, shift):
    """`equivariance_error` takes the shifts to the right and down together; so does this."""
    answers, pad = flicker.dense(network, 19, "cat"), flicker.filters(network)[1]
    at_rest, pairs = (MARGIN, MARGIN - shift), []
    now = flicker_maps.sampled(answers, stride, pad, *at_rest)
    for down, right in ((0, shift), (shift, 0)):
        moved = flicker_maps.sampled(answers, stride, pad, at_rest[0] + down, at_rest[1] + right)
        back, place = flicker_maps.moved_back(now, down, right, stride)
        pairs.append((moved[place].ravel(), back.ravel()))
    square = flicker.picture("cat")[MARGIN : MARGIN + WINDOW + shift, MARGIN - shift : MARGIN + WINDOW]
    expected = aliasing.equivariance_error(
        one_map(network, 19, stride), [Image.fromarray(square)], "conv1", (shift,), size=WINDOW + shift
    )
    wrong, energy = flicker_maps.difference(*map(np.concatenate, zip(*pairs, strict=True)))
    assert wrong / energy == pytest.approx(expected[0], abs=1e-5)


@pytest.mark.parametrize(("right", "down"), [(-4, 8), (8, -8), (4, 0), (0, 4)])
def test_whole_strides_move_the_map_and_change_nothing(right, down):
    now, back, place, error = flicker.compared("AlexNet-mini", 8, "cat", 4, right, down)
    rest = flicker_maps.sampled(flicker.dense("AlexNet-mini", 8, "cat"), 4, 2, MARGIN, MARGIN)
    assert error < 1e-20 and np.allclose(rest[place], back) and back.size > 300 and now.shape == rest.shape


def test_lobes_keep_their_energy_and_cells_are_the_groups_of_the_overlap():
    bank, _, towards = flicker.filters("ZFNet-mini")
    for stride in range(1, 9):
        whole, folded = lobes.planes(bank[33], towards[33], stride)
        assert np.allclose(whole.sum((0, 1)), folded.sum((0, 1)))
        power = whole.sum(-1)
        assert power.max() == 1 and len(folded) == len(whole) // stride
        f = (np.arange(len(power)) - len(power) // 2) / len(power)
        cell = np.rint(aliasing.fold(f, stride) * len(power)).astype(int) + len(folded) // 2
        by_law = np.zeros_like(folded)
        for i, j in np.ndindex(power.shape):
            by_law[cell[i], cell[j]] += whole[i, j]
        assert np.allclose(by_law, folded)


def test_a_lobe_lies_on_the_side_of_the_peak():
    bank, _, towards = flicker.filters("AlexNet-mini")
    whole, _ = lobes.planes(bank[47], towards[47], 1)
    row, column = np.unravel_index(whole[..., 0].argmax(), whole.shape[:2])
    at = np.array([column, row]) - len(whole) // 2
    assert at @ towards[47] == pytest.approx(np.linalg.norm(at), rel=0.02)
    assert np.allclose(whole[::-1, ::-1, 1], whole[..., 0])


def test_a_map_lies_where_its_filter_looks():
    values = np.arange(1.0, 10).reshape(3, 3)
    shown, opacity = np.moveaxis(flicker.spread(values, 4, 11, 2, 9.0), -1, 0)
    assert (shown[5:9, 5:9] == shown[5, 5]).all() and shown[5, 9] != shown[5, 8] and shown[13, 13] == 255
    assert (opacity[5:17, 5:17] == 255).all() and opacity.sum() == 255 * 12**2, "around the map it is clear"
    assert flicker.spread(np.zeros((1, 1)), 8, 7, 1, 1.0)[10, 10, 0] == 128


def test_a_network_brings_the_filter_of_which_its_stride_loses_most():
    for name, own in flicker.OWN.items():
        net = weights.load(flicker.NETWORKS[name]).cpu()
        assert own == {"stride": net.conv1.stride[0], "filter": np.nanargmin(aliasing.survival(net, own["stride"]))}


def test_it_says_which_way_and_how_far():
    said = flicker.said("AlexNet-mini", 47, "brick wall", 4, -2, 3, BOTH)[1]
    assert "2 px to the left and 3 px down; counted in samples of the map: 0.5 and 0.75" in said
    lost = aliasing.overlap(flicker.filters("AlexNet-mini")[0][47:48], 4)[0]
    assert f"<strong>{100 * lost:.0f}&nbsp;%</strong>" in said
    finest = "ZFNet-mini", 20, "brick wall", 2
    assert "flickers" in flicker.said(*finest, 1, 0, BOTH)[0]
    assert "By whole samples" in flicker.said(*finest, 2, 0, BOTH)[0]  # zero whatever the filter
    # As far to the left as it goes, and a little down: upright stripes have moved by whole samples.
    assert "By whole samples" in flicker.said("AlexNet-mini", 47, "brick wall", 4, -8, 5, BOTH)[0]
    assert "flickers" in flicker.said("AlexNet-mini", 47, "brick wall", 4, -6, 4, BOTH)[0]
    assert "Drag the picture" in flicker.said(*[DEFAULT[axis.name] for axis in FlickeringMap.axes[:4]], 0, 0, BOTH)[0]


def test_a_bet_is_scored_by_the_worst_shift_at_the_remedys_stride(monkeypatch):
    panel = FlickeringMap(stride=2)
    worst = {
        name: max(panel.error(network=name, filter=own["filter"], right=shift) for shift in range(1, 9))
        for name, own in flicker.OWN.items()
    }
    assert worst["AlexNet-mini"] < flicker.STILL < worst["ZFNet-mini"]
    for bet in (*flicker.NETWORKS, BOTH, NEITHER):
        assert f"You bet on {bet}: {'won' if bet == 'AlexNet-mini' else 'lost'}." in bet_words(bet)
        for (name, error), does in zip(worst.items(), ("stands still", "does not"), strict=True):
            assert f"{name}’s map {does} (error {error:.2f})" in bet_words(bet)
    for still, came in ((2, BOTH), (0, NEITHER)):
        monkeypatch.setattr(flicker, "STILL", still)
        assert "won" in bet_words(came) and "lost" in bet_words("AlexNet-mini")
    assert bet_words(OPEN).startswith("Two extreme filters") and "?" in bet_words(OPEN)


def test_it_gives_no_verdict_before_the_bet():
    for setting in some_settings(6):
        before, after = (FlickeringMap().view(**setting | {"bet": bet}) for bet in (OPEN, BOTH))
        assert "Your bet first" in before and "equivariance error" not in before and "overlap" not in before
        assert "equivariance error" in after and "Your bet first" not in after


def test_it_tells_the_error_that_it_shows():
    panel = FlickeringMap(filter=4, bet=BOTH)
    assert f"Error {panel.error(stride=3, right=-1):.2f}." in panel.view(**panel.start | {"stride": 3, "right": -1})
    assert panel.error(right=0) == 0 < panel.error() == flicker.compared("AlexNet-mini", 4, "brick wall", 4, 2, 0)[-1]


def test_the_kernel_face_shows_the_view_of_its_controls():
    box = FlickeringMap().widget
    *controls, view, moves = box.children
    controls[3].value, controls[4].value = 2, -3
    assert FlickeringMap().view(**DEFAULT | {"stride": 2, "right": -3}) in view.value
    assert type(controls[-1]).__name__ == "ToggleButtons"
    play, page = moves.children
    play.value = 5
    assert controls[4].value == 5 and "take one of your own" in page.value
    controls[4].value = -3
    controls[3].value = 7
    controls[-1].value = NEITHER
    assert [control.value for control in controls[3:6]] == [2, 1, 0], "the bet leads to what it is on"
    assert bet_words(NEITHER) in view.value and "stands still. Error" in view.value


# The page's face, in a browser.

SET = """
    const [setting] = arguments, root = document.querySelector(".zf-panel");
    const data = JSON.parse(root.querySelector("script").textContent);
    data.axes.forEach((axis, at) => {
      const control = root.querySelectorAll("[data-axis]")[at];
      control[control.type === "range" ? "value" : "selectedIndex"] = axis.values.indexOf(setting[axis.name]);
    });
    // The last control: the first, the network, brings a stride and a filter of its own.
    [...root.querySelectorAll("[data-axis]")].at(-1).dispatchEvent(new Event("input", { bubbles: true }));
    const same = document.createElement("div");
    same.innerHTML = arguments[1];
    return {
      words: [".zf-outcome", ".zf-verdict", ".zf-words", "[data-tile=error] div", "[data-tile=folded] figcaption"].map(
        (part) => [root.querySelector(part).innerHTML, same.querySelector(part).innerHTML]),
      square: [root, same].map((panel) => panel.querySelector(".zf-square").style.inset),
      pictures: [...root.querySelectorAll("[data-tile] canvas")].map(
        (canvas) => canvas.toDataURL("image/png").split(",")[1]),
    };
"""


@pytest.fixture
def panel(open_panel):
    """With a bet placed: the panel judges."""
    return open_panel(FlickeringMap(bet=BOTH))


@pytest.mark.browser
def test_the_page_computes_draws_and_says_what_python_does(browser, panel):
    view = FlickeringMap().view
    for setting in [DEFAULT, *some_settings(40)]:
        found = browser.execute_script(SET, setting, view(**setting))
        for theirs, ours in found["words"]:
            assert theirs == ours, setting
        assert len(set(found["square"])) == 1 and found["square"][0]
        expected = flicker.pictures(**{name: value for name, value in setting.items() if name != "bet"})
        names = ("picture", "map", "back", "lobes", "filter", "folded")
        for name, data in zip(names, found["pictures"], strict=True):
            mode = {2: "LA", 3: "RGB"}[expected[name].shape[-1]]
            theirs = np.asarray(Image.open(BytesIO(b64decode(data))).convert(mode)).astype(int)
            assert np.abs(theirs - expected[name]).max() <= 1, (name, setting)  # rounding of a half


@pytest.mark.browser
def test_the_still_is_there_without_the_script(browser, open_panel):
    open_panel(FlickeringMap(), script=False)
    sizes = browser.execute_script("return [...document.querySelectorAll('img')].map((i) => [i.naturalWidth, i.alt])")
    assert [width for width, _ in sizes] == [128, 128, 128, 68, 11, 17] and all(alt for _, alt in sizes)


@pytest.mark.browser
def test_a_pointer_drags_the_picture_and_the_button_puts_it_back(browser, panel):
    from selenium.webdriver import ActionChains

    frame = panel.root().find_element("css selector", "[data-tile=picture] > div")
    pixel = frame.size["width"] / WINDOW
    drag = ActionChains(browser, duration=20).move_to_element(frame).click_and_hold()
    drag.move_by_offset(round(-5 * pixel), round(3 * pixel)).perform()
    assert "3 px to the left and 3 px down" in panel.text(".zf-words")  # it began 2 px to the right
    ActionChains(browser, duration=20).move_by_offset(round(-40 * pixel), 0).release().perform()
    assert "8 px to the left and 3 px down" in panel.text(".zf-words")  # no farther than the picture reaches
    panel.until(lambda: panel.hash() == "#flicker/alexnet-mini/47/brick-wall/4/-8/3/both")
    panel.root().find_element("css selector", "[data-rest]").click()
    assert "0 px anywhere" in panel.text(".zf-words") and "Drag the picture" in panel.text(".zf-verdict")


@pytest.mark.browser
def test_a_finger_drags_the_picture(browser, open_panel):
    panel = open_panel(FlickeringMap(bet=BOTH), width=390)
    frame = panel.root().find_element("css selector", "[data-tile=picture] > div")
    browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", frame)
    box = browser.execute_script("return arguments[0].getBoundingClientRect().toJSON()", frame)
    left, top, pixel = box["x"] + box["width"] / 2, box["y"] + box["width"] / 2, box["width"] / WINDOW
    for kind, dx in (("touchStart", 0), ("touchMove", 2), ("touchMove", 4.1), ("touchEnd", None)):
        points = [] if dx is None else [{"x": left + dx * pixel, "y": top}]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert "6 px to the right" in panel.text(".zf-words")


@pytest.mark.browser
def test_the_keyboard_moves_it_and_the_address_brings_it_back(browser, panel):
    from selenium.webdriver.common.keys import Keys

    network, number, picture, stride, right, down, bet = panel.controls()
    assert not bet.is_displayed(), "the page bets with its buttons"
    named = [control.accessible_name for control in (network, number, picture, stride, right, down)]
    assert named == ["network", "filter", "picture", "stride", "right", "down"]
    stride.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    right.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert "Stride 2" in panel.text(".zf-verdict") and "7 px to the left" in panel.text(".zf-words")
    panel.until(lambda: panel.hash() == "#flicker/alexnet-mini/47/brick-wall/2/-7/0/both")
    words = panel.text(".zf-words")
    panel.reopen(panel.hash())
    assert panel.text(".zf-words") == words
    assert panel.controls()[4].get_attribute("aria-valuetext") == "-7"


@pytest.mark.browser
def test_a_network_brings_its_own_stride_and_filter_in_either_face(browser, panel):
    network, number, _, stride, *_ = panel.controls()
    network.send_keys("Z")
    assert (number.get_attribute("value"), stride.get_attribute("value")) == ("20", "1")  # places: 20 and 2
    assert "Stride 2" in panel.text(".zf-verdict")
    network, number, _, stride, *_, view, _ = FlickeringMap(bet=BOTH).widget.children
    network.value = "ZFNet-mini"
    assert (number.value, stride.value) == (20, 2)
    assert (
        FlickeringMap().view(**DEFAULT | {"network": "ZFNet-mini", "stride": 2, "filter": 20, "bet": BOTH})
        in view.value
    )


@pytest.mark.browser
@pytest.mark.parametrize("width", [1000, 390])
def test_a_bet_is_placed_once_by_the_keyboard_and_moves_nothing(browser, open_panel, width):
    from selenium.webdriver.common.keys import Keys

    panel = open_panel(FlickeringMap(), width=width)
    browser.execute_script("document.body.style.font = '16px/1.65 sans-serif'")
    assert panel.text(".zf-outcome") == bet_words(OPEN) and "Your bet first" in panel.text(".zf-verdict")
    panel.root().find_element("css selector", "[data-rest]").click()
    assert "flickers" not in panel.text(".zf-panel-view") and "still. Error" not in panel.text(".zf-panel-view")
    mine, theirs, *_ = panel.root().find_elements("css selector", "button[data-bet]")
    tile = panel.root().find_element("css selector", "[data-tile=error]")
    before = mine.rect["y"], tile.rect["y"]
    theirs.send_keys(Keys.ENTER)
    assert panel.text(".zf-outcome") == bet_words("ZFNet-mini") and browser.switch_to.active_element == theirs
    assert panel.text(".zf-verdict").startswith("Stride 2 The map stands still"), "the bet leads to what it is on"
    assert "1 px to the right" in panel.text(".zf-words") and "equivariance error" in panel.text(".zf-words")
    panel.until(lambda: panel.hash() == "#flicker/alexnet-mini/47/brick-wall/2/1/0/zfnet-mini")
    assert (mine.rect["y"], tile.rect["y"]) == before
    mine.click()
    assert panel.text(".zf-outcome") == bet_words("ZFNet-mini"), "a bet stands"
    panel.reopen("#flicker/alexnet-mini/47/brick-wall/4/2/0/neither")
    assert "The map flickers" in panel.text(".zf-verdict") and panel.text(".zf-outcome") == bet_words(NEITHER)


@pytest.mark.browser
def test_a_picture_of_the_readers_own_takes_the_place_of_the_chosen_one(browser, panel, tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    file, words = tmp_path / "own.png", panel.text(".zf-words")
    Image.fromarray(pixels).resize((300, 200)).save(file)
    panel.root().find_element("tag name", "summary").click()
    panel.root().find_element("css selector", "input[type=file]").send_keys(str(file))
    panel.until(lambda: panel.text(".zf-words") != words)
    own = flicker_maps.to_array(flicker_maps.centre_square(Image.open(file), flicker_maps.SIDE))
    for module in (flicker, flicker_maps):
        monkeypatch.setattr(module, "picture", lambda name: own)
    setting = {name: value for name, value in DEFAULT.items() if name != "bet"} | {"picture": "its own"}
    *_, error = flicker.compared(**setting)
    assert float(re.search(r"Error (\d\.\d\d)", panel.text(".zf-verdict"))[1]) == pytest.approx(error, abs=0.011)
    data = browser.execute_script("return document.querySelector('[data-tile] canvas').toDataURL().split(',')[1]")
    shown = np.asarray(Image.open(BytesIO(b64decode(data))).convert("RGB")).astype(int)
    assert np.abs(shown - flicker.pictures(**setting)["picture"]).max() <= 1
    panel.controls()[2].send_keys("c")  # the cat again
    panel.until(
        lambda: "Error" in panel.text(".zf-verdict") and panel.hash().startswith("#flicker/alexnet-mini/47/cat/")
    )


@pytest.mark.browser
def test_it_sways_only_when_asked_and_slowly(browser, panel):
    words = panel.text(".zf-words")
    browser.execute_async_script("setTimeout(arguments[0], 500)")
    assert panel.text(".zf-words") == words
    sway = panel.root().find_element("css selector", "[data-sway]")
    sway.click()
    moments = browser.execute_async_script("""
        const done = arguments[0], moments = [], words = document.querySelector(".zf-words");
        new MutationObserver(() => moments.push(performance.now())).observe(words, { childList: true });
        setTimeout(() => done(moments), 1600);
    """)
    assert 3 <= len(moments) <= 5 and sway.get_attribute("aria-pressed") == "true" and "Stop" in sway.text
    assert np.diff(moments).mean() > 320  # below three changes a second
    sway.click()
    assert sway.get_attribute("aria-pressed") == "false" and "sway" in sway.text


@pytest.mark.browser
@pytest.mark.parametrize("width", [1000, 390])
def test_what_moves_stands_above_what_moves_it_and_fits(browser, open_panel, width):
    panel = open_panel(FlickeringMap(), width=width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    parts = (
        "button[data-bet]",
        "[data-tile=picture]",
        "[data-tile=back]",
        "[data-sway]",
        "[data-axis]",
        "[data-tile=error]",
    )
    tops = [panel.root().find_element("css selector", part).rect["y"] for part in parts]
    assert tops == sorted(tops) and tops[1] < 450
