"""What layers cost: the page draws and says what Python does, from the committed runs, and scores the bet."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from zflib.experiments import ablation
from zflib.widgets.live import cost
from zflib.widgets.live.cost import BET, PAPER, RATES, RECIPES, ROWS, STAGES, TOGETHER, CostOfLayers
from zflib.widgets.live.strip import slug

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys


def test_the_papers_changes_are_those_of_table_3():
    errors = ablation.published("alexnet")
    assert cost.paper() == pytest.approx([errors[row][1] - errors["as_is"][1] for row in ROWS.values()])


def test_ours_are_the_runs_differences():
    runs = ablation.result()
    for stage, (of_whole, of_changed) in RECIPES.items():
        for row, found in zip(ROWS.values(), cost.measured(stage), strict=True):
            if found is None:
                continue
            whole, changed = (
                runs.row("alexnet", name, **of).wrong.mean(axis=1)
                for name, of in (("as_is", of_whole), (row, of_changed))
            )
            if isinstance(found, cost.BySeed):
                assert found.lost == (changed > cost.LOST).sum() > 0 and whole.max() < cost.LOST
                assert found.changes == pytest.approx(changed - whole.mean())
            else:
                assert found.estimate == pytest.approx(changed.mean() - whole.mean()) and changed.max() < cost.LOST
                assert found.interval()[0] < found.estimate < found.interval()[1]


def test_seeds_of_two_kinds_have_no_mean_in_the_network_as_it_is_either(monkeypatch):
    def row(*errors):
        return ablation.Row(np.arange(100) >= np.array(errors)[:, None], np.zeros((len(errors), 100)))

    as_is = ablation.result().of("alexnet", "as_is")

    class Runs:
        def of(self, network, name, **setting):
            return as_is

        def row(self, network, name, **setting):
            return row(30, 90) if name == "as_is" else row(80, 35, 20)

    monkeypatch.setattr(cost, "_runs", lambda: (Runs(), ablation.Spread(1.0, 0.1, 8)))
    found = cost.measured.__wrapped__("rate 0.01")
    assert found == [cost.BySeed([50.0, -55.0], 1)] * 4


def test_a_recipe_that_is_no_other_for_a_network_shows_none_of_it():
    without = dict(zip(ROWS.values(), cost.measured("no dropout"), strict=True))
    assert [row for row, found in without.items() if found is not None] == ["removed_layers_6_7"]


def test_only_a_marker_that_was_moved_is_scored():
    true = cost.paper()
    assert cost.score([0] * 4) == "You moved no marker. "
    assert cost.score([5, 0, 0, 0]) == f"Your bet is {abs(5 - true[0]):.1f} points off (left at 0: {true[0]:.1f}). "
    assert cost.score([5, 0, 4, 31]).startswith("Your three bets are 0.2 points off on average (left at 0: 13.3). ")
    assert cost.score([5, -1, 4, 31]).startswith("Your four bets are 0.3 points off on average")


def test_a_row_that_was_not_run_is_dim():
    for stage in RECIPES:
        rows = CostOfLayers().view(**CostOfLayers.defaults | {"show": stage}).split("zf-cost-row")[1:]
        assert [row.startswith(" idle") for row in rows] == [found is None for found in cost.measured(stage)]


def change(low, high):
    return ablation.Difference((low + high) / 2, 0.0, 0.0, (high - low) / 2 / 1.96, 10_000)


def test_the_sentence_says_which_err_less_or_more_and_by_how_much_at_least(monkeypatch):
    seeds = cost.BySeed([1.0, 60.0], lost=1)
    monkeypatch.setattr(cost, "measured", lambda stage: [change(-3, -1), change(1, 2), None, seeds])
    assert cost.said("rate 0.01", []) == (
        "<b>Without layers 3 and 4 AlexNet-mini errs 2.0 points less (1.0 to 3.0).</b> "
        "<b>Without layer 7 AlexNet-mini errs 1.5 points more (1.0 to 2.0).</b> "
        "Without all four, 1 of 2 seeds hardly learn."
    )
    monkeypatch.setattr(cost, "measured", lambda stage: [change(-3, -1), change(-9, -5), change(-1, 2), change(-4, -2)])
    assert cost.said("rate 0.01", []) == (
        "<b>Without layers 3 and 4, layer 7 or all four AlexNet-mini errs at least 2.0 points less (1.0 to 3.0).</b> "
        "No difference is shown without layers 6 and 7: +0.5 (−1.0 to +2.0)."
    )


def test_three_rates_are_counted_by_their_answers(monkeypatch):
    less, more, both = change(-3, -1), change(1, 3), change(-1, 1.5)
    seeds = cost.BySeed([60.0], lost=1)
    found = {rate: [less, less, less, seeds] for rate in RATES}
    monkeypatch.setattr(cost, "measured", found.get)
    said = cost.said(TOGETHER, [])
    assert "three learning rates, one answer.</b>" in said and "signs" not in said
    found[RATES[2]] = [more, change(-2, 1), more, less]  # the paper's signs
    said = cost.said(TOGETHER, [])
    assert "three learning rates, two answers.</b>" in said and "signs come at 0.02 only" in said
    assert "errs 2.0 points less (1.0 to 3.0) at 0.003, 2.0 points less (1.0 to 3.0) at 0.01, 2.0 points more" in said
    found[RATES[1]] = [both, less, less, less]
    assert "three learning rates, three answers.</b>" in cost.said(TOGETHER, [])


def test_the_chapter_opens_with_what_the_runs_say():
    notebook = Path(__file__).parents[3] / "notebooks" / "07_ablation.ipynb"
    opening = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"]
    assert re.search(r"<b>(.+?)</b>", cost.said(TOGETHER, []))[1] in "".join(opening)


def test_what_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="without_7"):
        CostOfLayers(without_7=99)


@pytest.fixture
def page(panel_page):
    return panel_page(CostOfLayers(), width=900)


def press(browser, stage):
    button = browser.find_element("css selector", f'[data-stage="{stage}"]')
    button.click()
    return button


def tidy(html):
    """With each style as the browser writes it."""
    return re.sub(r'(?<=style=")[^"]*', lambda s: re.sub(r"[\s;]+|\.0(?=%)", "", s[0]), html)


@pytest.mark.browser
def test_the_page_shows_what_python_does(browser, page):
    bets = -3, 12, 0, 36
    for stage in STAGES:
        browser.get(f"{page.as_uri()}?{STAGES.index(stage)}#cost/{'/'.join(map(str, bets))}/{slug(stage)}")
        expected = CostOfLayers().view(**dict(zip(ROWS, bets, strict=True)), show=stage)
        found = browser.execute_script(
            "const view = document.querySelector('.zf-panel-view').cloneNode(true);"
            "for (const slider of view.querySelectorAll('.track > div')) slider.remove();"
            "return view.innerHTML"
        )
        assert tidy(found) == tidy(expected), stage


@pytest.mark.browser
def test_a_bet_is_set_by_pointer_or_keyboard_and_stands_once_placed(browser, page):
    def bets():
        return [int(each.get_attribute("value")) + cost.LOW for each in browser.find_elements("css selector", "input")]

    track = browser.find_elements("css selector", ".track")[3]
    ActionChains(browser).move_to_element(track).click().perform()
    middle = (cost.LOW + cost.HIGH) // 2
    assert bets() == [0, 0, 0, middle]
    browser.find_elements("css selector", "input")[0].send_keys(Keys.ARROW_RIGHT)
    assert bets() == [1, 0, 0, middle] and "bet +1" in browser.find_element("css selector", ".words").text
    assert "paper" not in browser.find_element("css selector", ".zf-cost").text

    press(browser, PAPER)
    assert cost.score([1, 0, 0, middle]).strip() in browser.find_element("css selector", ".zf-verdict").text
    ActionChains(browser).move_to_element(track).move_by_offset(80, 0).click().perform()
    assert bets() == [1, 0, 0, middle]
    assert not any(each.is_enabled() for each in browser.find_elements("css selector", "input")), "nor by keyboard"
    browser.get(f"{page.as_uri()}?again#cost/1/0/0/{middle}/the-paper")
    assert bets() == [1, 0, 0, middle] and "paper +30.8" in browser.find_element("css selector", ".zf-cost").text


@pytest.mark.browser
def test_each_slider_lies_on_the_track_that_it_moves(browser, page):
    for row in browser.find_elements("css selector", ".zf-cost-row"):
        track, slider = (row.find_element("css selector", each) for each in (".track", "input"))
        assert slider.accessible_name == row.get_attribute("data-row").replace("_", " ")
        assert slider.rect["y"] + 1 > track.rect["y"]
        assert slider.rect["y"] + slider.rect["height"] < track.rect["y"] + track.rect["height"] + 1
        browser.execute_script("arguments[0].focus()", slider)
        assert track.value_of_css_property("outline-style") == "solid"
    screen = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


# How many marks of ours there are, and those that lie off their track or row, or have the paper's colour.
OURS = """
    const strays = [], all = [...document.querySelectorAll(".zf-cost-row .ours")];
    for (const ours of all) {
      const row = ours.closest(".zf-cost-row"), words = ours.localName === "span", bar = ours.localName === "i";
      const place = ours.getBoundingClientRect();
      const within = (words ? row : row.querySelector(".track")).getBoundingClientRect();
      const level = within.top - 1 < place.top && place.bottom < within.bottom + 1;
      const beside = within.left - 9 < place.left && place.left < within.right;
      const told = bar || getComputedStyle(ours).color !== getComputedStyle(row).color;
      if (!level || !beside || !told) strays.push(ours.outerHTML);
    }
    return [all.length, strays];
"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 700, 390, 320])
def test_ours_stands_beside_the_papers_and_nothing_moves_for_it(browser, page, width):
    screen = {"width": width, "height": 1200, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    panel, drawn, places = browser.find_element("css selector", ".zf-panel"), 0, []
    for stage in STAGES:
        button = press(browser, stage)
        places.append((button.rect["y"], panel.size["height"]))
        number, strays = browser.execute_script(OURS)
        assert not strays, stage
        drawn += number
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert drawn
    heights = [height for _, height in places]
    assert max(heights) - min(heights) < 2, "what stands below stays where it is"
    again = [press(browser, stage).rect["y"] for stage in STAGES]
    assert again == [y for y, _ in places], "each button stays under the finger"


@pytest.mark.browser
def test_each_button_shows_its_stage(browser, page):
    assert [each.text for each in browser.find_elements("css selector", "[data-stage]")] == list(STAGES)
    for stage in (*STAGES[::-1], *STAGES):
        press(browser, stage)
        pressed = browser.find_elements("css selector", '[data-stage][aria-pressed="true"]')
        assert [each.text for each in pressed] == [stage]
        assert bool(browser.find_elements("css selector", ".zf-cost i.paper")) == (stage != BET)


def test_the_kernels_face_follows_its_controls():
    *bets, show, face = CostOfLayers().widget.children
    bets[0].value, show.value = 7, PAPER
    assert cost.score([7, 0, 0, 0]) in face.value and "bet +7" in face.value
    assert BET not in show.value
