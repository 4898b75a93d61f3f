"""The row of fifteen pixels: Python, the page's script and torch say the same, and a reader can play with it."""

import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from zflib.deconvnet import METHODS, pool, unpool
from zflib.widgets.live.steps import (
    BET,
    PIXELS,
    STEPS,
    StepsExplorer,
    board,
    read_bet,
    read_pixels,
    row,
    score,
    sentence,
)

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.keys import Keys

OVERLAPPING = (1, 3, 0, 3, 3, 4, 1, 1, 4, 3, 1, 3, 2, 5, 1)  # two windows have one switch
ADDRESS = "".join(map(str, PIXELS))
ROWS = [
    PIXELS,
    OVERLAPPING,
    (0,) * 15,
    (5,) * 15,
    *map(tuple, np.random.default_rng(0).integers(0, 6, (40, 15)).tolist()),
]


def by_torch(pixels, method):
    """The values of the twelve steps, and the switches, with torch and the library's two rules."""
    first, second = torch.tensor([[[1.0, 2, -1]]]), torch.tensor([[[2.0, 1, -1]]])
    x = torch.tensor(pixels, dtype=torch.float32)[None, None]
    conv1 = F.conv1d(x, first, torch.tensor([-2.0]), stride=2)
    relu1 = conv1.relu()
    pooled, where = F.max_pool1d(relu1, 3, 2, return_indices=True)
    conv2 = F.conv1d(pooled, second, torch.tensor([1.0]))
    relu2 = conv2.relu()

    def rectify(signal, activation):
        signal = signal if method == "gradient" else signal.relu()
        return signal if method == "deconvnet" else signal * (activation > 0)

    passed = rectify(relu2, relu2)
    below = F.conv_transpose1d(passed, second)
    unpooled = unpool(below[:, :, None], where[:, :, None], (1, 7))[:, :, 0]
    kept = rectify(unpooled, relu1)
    down = relu2, passed, below, unpooled, kept, F.conv_transpose1d(kept, first, stride=2)
    values = [v.flatten().int().tolist() for v in (x, conv1, relu1, pooled, conv2, relu2, *down)]
    return values, where.flatten().tolist()


@pytest.mark.parametrize("method", METHODS)
def test_python_computes_what_torch_does(method):
    for pixels in ROWS:
        made = row(pixels, method)
        values, switches = by_torch(pixels, method)
        assert [list(v) for v in made.values] == values and list(made.switches) == switches


def test_ties_go_to_the_first_as_in_the_library():
    made = row((5,) * 15, "deconvnet")
    relu1 = torch.tensor(made.values[2], dtype=torch.float32).expand(3, 7)[None, None]
    assert [at % 7 for at in pool(relu1, 3, 2)[1].flatten().tolist()] == list(made.switches) == [0, 2, 4]


def test_in_the_row_that_is_shown_the_three_methods_part_at_the_lower_relu():
    came = row(PIXELS, "deconvnet")
    assert any(signal > 0 and not unit for signal, unit in zip(came.values[9], came.values[2], strict=True))
    assert any(signal < 0 < unit for signal, unit in zip(came.values[9], came.values[2], strict=True))
    assert len({row(PIXELS, method).values[10] for method in METHODS}) == 3


def test_the_cheat_sheet_shows_the_same_row():
    sheet = (Path(__file__).parents[3] / "book" / "cheat_sheet.md").read_text(encoding="utf-8")
    lines = re.search(r"^\| Up .*\n.*\n((?:\|.*\n){6})", sheet, re.MULTILINE)[1].replace("−", "-").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    shown = [cell[1] for cell in cells] + [cell[3] for cell in reversed(cells)]
    assert [tuple(map(int, values.split())) for values in shown] == [*row(PIXELS, "deconvnet").values]


def test_sentences_hold_the_numbers_of_the_row():
    made = row(PIXELS, "deconvnet")
    said = [sentence(made, "deconvnet", step) for step in range(STEPS)]
    assert "3 + 2·1 − 2 − 2 = 1" in said[1] and "2·5 + 0 − 4 + 1 = 7" in said[4]
    assert (
        "its switch, 1, 2, 6. The window of zeros has one in name only, 2" in said[9] and "; −7 ended here" in said[10]
    )
    assert "; 7 ended here" in sentence(row(PIXELS, "gradient"), "gradient", 10)
    assert "; 7 and −7 ended here" in sentence(row(PIXELS, "guided"), "guided", 10)
    assert "Windows overlap at 2: 32 + 16 = 48" in sentence(row(OVERLAPPING, "deconvnet"), "deconvnet", 9)
    assert "nothing ended here" in sentence(row(OVERLAPPING, "gradient"), "gradient", 10)
    assert "silent" in sentence(row((*(0,) * 12, 5, 5, 0), "deconvnet"), "deconvnet", 11)


@pytest.mark.parametrize("text", ["", "1234", "6" * 15, "1 3 0", "-" * 15])
def test_another_row_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match="fifteen digits from 0 to 5"):
        read_pixels(text)
    assert "fifteen digits" in StepsExplorer._result(1, "deconvnet", text)


def test_a_row_is_read_with_what_stands_between():
    assert read_pixels("1 3 0 3 3, 4 1 1 4 3 1 3 2 5 1") == OVERLAPPING


def test_a_bet_is_scored_by_the_pixels_that_come_back():
    came = row(PIXELS, "deconvnet").values[-1]
    lit = [at for at in range(15) if came[at] != 0]
    assert score((), came) == f" {len(lit)} pixels come back; you have placed no bet."
    assert f"won: these {len(lit)} pixels" in score(lit, came)
    assert f"has {len(lit) - 1} of the {len(lit)} that come back, and 2 that don't" in score([*lit[1:], 0, 14], came)
    assert f"has {len(lit)} of the {len(lit)} that come back, and 1 that don't" in score([*lit, 9], came)
    assert f"has 0 of the {len(lit)} that come back, and 1 that don't" in score([9], came)


def test_a_bet_is_marked_at_once_and_scored_at_the_last_step_only():
    for shown in range(STEPS):
        html = board(PIXELS, "deconvnet", shown, bet=(2, 9))
        assert html.count("zf-mine") == 2 and (BET in html) == (html.count("data-bet") == 15) == (shown < STEPS - 1)
        assert ("Your bet has" in html) == (shown == STEPS - 1)


def test_a_bet_is_read_as_positions():
    assert read_bet(" 2, 3 14,2 ") == {2, 3, 14} and read_bet("") == set()
    for text in ("15", "-1", "2.5", "two"):
        with pytest.raises(ValueError, match="positions of pixels from 0 to 14"):
            read_bet(text)


def test_the_kernels_face_follows_its_controls():
    widget = StepsExplorer().widget
    step, method, pixels, bet, view = widget.children
    step.value, method.value, pixels.value = 12, "gradient", "5" * 15
    assert board((5,) * 15, "gradient", 11) in view.value
    bet.value = "0 1 2"
    assert board((5,) * 15, "gradient", 11, (0, 1, 2)) in view.value
    bet.value = "99"
    assert "positions of pixels" in view.value
    pixels.value = "55"
    assert "fifteen digits" in view.value


pytestmark = pytest.mark.browser


@pytest.fixture
def page(panel_page):
    return panel_page(StepsExplorer(), width=1100)


def shown(browser):
    """The values of the last step that is shown."""
    return browser.execute_script(
        "return [...document.querySelectorAll('.zf-now [data-step]')].map(c => Number(c.textContent.replace('−', '-')))"
    )


def test_the_page_computes_and_says_what_python_does(browser, page):
    bets = [[], [2, 3, 4, 5, 6], [0, 9, 14]]
    settings = [
        [list(pixels), method, step, bets[(at + step) % 3]]
        for (at, pixels), method, step in product(enumerate(ROWS[:12]), METHODS, range(STEPS))
    ]
    theirs = browser.execute_script(f"return {json.dumps(settings)}.map(s => zflib.steps.board(...s))")
    for (pixels, method, step, bet), html in zip(settings, theirs, strict=True):
        assert html == board(tuple(pixels), method, step, bet)


def test_pixels_are_bet_on_by_click_or_key_until_the_answer_was_seen(browser, page):
    def bets():
        chosen = browser.find_elements("css selector", '[data-bet][aria-pressed="true"]')
        return [int(each.get_attribute("data-bet")) for each in chosen]

    browser.find_element("css selector", '[data-bet="4"]').click()
    browser.find_element("css selector", '[data-bet="2"]').click()
    for keys in (Keys.ARROW_RIGHT, Keys.ENTER, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.SPACE):
        browser.switch_to.active_element.send_keys(keys)
    assert bets() == [1, 2, 3, 4]
    browser.switch_to.active_element.send_keys(Keys.SPACE)
    assert bets() == [2, 3, 4] and browser.current_url.endswith(f"#steps=11,deconvnet,{ADDRESS},2-3-4")
    stops = browser.find_elements("css selector", '.zf-board [tabindex="0"]')
    assert [each.get_attribute("data-bet") for each in stops] == [None, "1"]

    browser.find_elements("css selector", ".zf-buttons button")[2].click()
    for _ in range(STEPS - 1):
        assert "Your bet" not in browser.find_element("css selector", ".zf-board > p").text
        browser.find_elements("css selector", ".zf-buttons button")[1].click()
    status = browser.find_element("css selector", ".zf-board > p")
    assert "Your bet has 3 of the 5 that come back, and 0 that don't." in status.text
    assert status.get_attribute("role") == "status" and len(browser.find_elements("css selector", ".zf-mine")) == 3

    browser.find_element("css selector", ".zf-buttons button").click()
    browser.find_element("css selector", '[data-bet="9"]').click()
    assert bets() == [2, 3, 4], "the answer was seen"
    browser.get(page.as_uri() + f"?again#steps=12,deconvnet,{ADDRESS},2-3-4-5-6-6-99")
    assert "Your bet is won: these 5 pixels" in browser.find_element("css selector", ".zf-board > p").text


def test_the_first_press_shows_what_comes_back(browser, page):
    assert len(browser.find_elements("css selector", "[data-bet]")) == 15
    _, following, _ = browser.find_elements("css selector", ".zf-buttons button")
    assert following.text == "Last step"
    following.click()
    assert shown(browser) == list(row(PIXELS, "deconvnet").values[11])
    assert "What arrives at the pixels is the projection." in browser.find_element("css selector", ".zf-board > p").text


def test_once_pixels_are_bet_on_the_button_says_that_it_settles_the_bet(browser, page):
    following = browser.find_elements("css selector", ".zf-buttons button")[1]
    browser.find_element("css selector", '[data-bet="2"]').click()
    assert following.text == "Settle the bet"
    browser.find_element("css selector", '[data-bet="2"]').click()
    assert following.text == "Last step"
    browser.find_element("css selector", '[data-bet="3"]').click()
    following.click()
    browser.find_elements("css selector", ".zf-buttons button")[0].click()
    assert following.text == "Last step", "the answer was seen"


def test_next_goes_up_and_down_to_the_projection(browser, page):
    back, following, first = browser.find_elements("css selector", ".zf-buttons button")
    first.click()
    assert shown(browser) == list(PIXELS)
    assert not back.is_enabled() and not first.is_enabled()
    for step in range(1, STEPS):
        assert following.text == ("Last step" if step == STEPS - 1 else "Next")
        following.click()
        assert shown(browser) == list(row(PIXELS, "deconvnet").values[step])
    assert not following.is_enabled()
    browser.find_element("css selector", "select").send_keys("gradient")
    assert shown(browser) == list(row(PIXELS, "gradient").values[11])
    back.click()
    assert shown(browser) == list(row(PIXELS, "gradient").values[10])


def test_a_click_changes_a_pixel_and_all_that_follows(browser, page):
    browser.get(page.as_uri() + f"#steps=12,deconvnet,{ADDRESS}")
    browser.refresh()
    assert shown(browser) == list(row(PIXELS, "deconvnet").values[11])
    browser.find_element("css selector", '[data-step="0"][data-at="2"]').click()
    changed = (*PIXELS[:2], 3, *PIXELS[3:])
    assert shown(browser) == list(row(changed, "deconvnet").values[11])
    assert browser.current_url.endswith(f"#steps=12,deconvnet,{''.join(map(str, changed))}")


def test_the_arrows_reach_every_row_and_say_what_made_a_value(browser, page):
    browser.get(page.as_uri() + f"#steps=12,deconvnet,{ADDRESS}")
    browser.refresh()
    browser.execute_script('document.querySelector(\'[data-step="0"][tabindex="0"]\').focus()')
    for keys, words in [
        (Keys.ARROW_RIGHT, "picture, position 1: 1"),
        (Keys.ARROW_UP, "conv1, position 0: 3 + 1·2 − 2 − 2 = 1"),
        (Keys.ARROW_UP, "ReLU, position 0: 1 becomes 1"),
        (Keys.ARROW_UP, "the largest of its window is 5, and the switch 1"),
        (Keys.ARROW_UP, "conv2, position 0: 5·2 + 0 − 4 + 1 = 7"),
        (Keys.ARROW_UP, "7 becomes 7"),
        (Keys.ARROW_UP, "the unit's activation, 7"),
        (Keys.ARROW_DOWN, "7 passes"),
        (Keys.ARROW_DOWN, "filter, position 1: 7 = 7"),
        (Keys.ARROW_DOWN, "no switch points here"),
        (Keys.ARROW_LEFT, "unpool, position 2: 7 = 7"),
        (Keys.ARROW_DOWN, "7 passes"),
        (Keys.ARROW_DOWN, "filter, position 5: 7·2 = 14"),
    ]:
        browser.switch_to.active_element.send_keys(keys)
        said = browser.find_element("css selector", ".zf-made").text
        assert words in said, (words, said)
    browser.execute_script('document.querySelector(\'[data-step="0"][data-at="3"]\').focus()')
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.current_url.endswith(ADDRESS[:3] + "4" + ADDRESS[4:])
    assert browser.switch_to.active_element.get_attribute("data-at") == "3"


@pytest.mark.parametrize("pixels", ["555005550055505", "000355000305503"])  # the second ends in -108
@pytest.mark.parametrize("width", [1100, 360])
def test_no_value_is_cut_off(browser, page, width, pixels):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(page.as_uri() + f"#steps=12,gradient,{pixels}")
    browser.refresh()
    wide, boxes, letters = browser.execute_script(
        """const cells = [...document.querySelectorAll("[data-step]")];
        const sides = (cell) => { const { width, height } = cell.getBoundingClientRect(); return [width, height]; };
        return [[document.documentElement.scrollWidth - innerWidth, ...cells.map((c) => c.scrollWidth - c.clientWidth)],
                cells.filter((cell) => cell.dataset.step === "0").map(sides),
                cells.map((cell) => parseFloat(getComputedStyle(cell).fontSize))];"""
    )
    assert max(wide) <= 0 and min(letters) >= 9
    assert all(abs(across - down) < 0.5 for across, down in boxes), "pixels are square"
    if width < 500:
        assert min(min(box) for box in boxes) >= 24, "and wide enough for a finger"


def test_before_its_script_runs_a_page_shows_all_but_the_last_step(page):
    html = StepsExplorer().page_html()
    assert board(PIXELS, "deconvnet", STEPS - 2) in html and 'value="10"' in html


def test_in_a_pages_scrolling_box_its_sides_are_not_cut_off(browser, page):
    html = StepsExplorer().page_html()
    box = (
        "<style>body { margin: 16px } div.cell div.cell_output .output { overflow-x: auto; overflow-y: hidden }</style>"
    )
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    page.write_text(
        f'{head}<title>Steps</title>{box}<body><div class="cell"><div class="cell_output">'
        f'<div class="output">{html}</div></div></div></body>',
        encoding="utf-8",
    )
    screen = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(page.as_uri())
    for at, inside in ((0, 2), (14, -2)):
        seen = browser.execute_script(
            """const cell = document.querySelector(`[data-step="0"][data-at="${arguments[0]}"]`);
            cell.scrollIntoView({ block: "center" });
            const box = cell.getBoundingClientRect(), edge = arguments[1] > 0 ? box.left : box.right;
            return document.elementFromPoint(edge + arguments[1], box.top + 5) === cell;""",
            at,
            inside,
        )
        assert seen
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
