"""The strip of filters: both faces draw and say the same, and it obeys keyboard, pointer and address."""

import numpy as np
import pytest

from zflib.analysis import spectrum
from zflib.analysis.spectrum.densities import LOWEST, widths
from zflib.analysis.spectrum.filters import CORNER
from zflib.analysis.spectrum.gap import MIDDLES
from zflib.experiments import middles
from zflib.widgets.live import strip as face
from zflib.widgets.live.middles_map import WORDS
from zflib.widgets.live.strip import AREA, GAP, NONE, OCTAVE, OPEN, QUESTION, UNSURE, WIDE, FilterStrip, all_middles

DEFAULT = FilterStrip.defaults


def some_settings(count):
    draw = np.random.default_rng(5)
    axes = FilterStrip.axes
    return [{axis.name: axis.values[draw.integers(len(axis.values))] for axis in axes} for _ in range(count)]


def test_widths_on_the_axes_are_octaves_and_areas():
    edges = np.array([LOWEST, 0.1, 0.25, 0.5, 0.6, CORNER])
    for axis, width in zip((OCTAVE, AREA), widths(edges), strict=True):
        start = [face.position(edge, axis, WIDE) for edge in edges]
        assert np.allclose(np.diff(start) / np.diff(start).sum(), width / width.sum())
    assert face.position(0, AREA, WIDE) == 0 and face.position(CORNER, AREA, WIDE) == pytest.approx(WIDE["width"])


def test_columns_levelled_out_have_the_densities_of_zflib():
    shown = face.counted("SqueezeNet, ImageNet", "all filters")
    found = spectrum.densities([row[0] for row in shown], (0, 0.15, 0.3, 0.5, 0.7072))
    for axis, unit in ((OCTAVE, found.octaves), (AREA, found.areas)):
        ours = np.array(face.densities(shown, (0.15, 0.3), axis, 10, WIDE))
        assert np.allclose(ours / ours[0], (found.share / unit / (found.share / unit)[0])[:3])


@pytest.mark.parametrize("layout", [face.WIDE, face.NARROW])
@pytest.mark.parametrize("bank", face.BANKS)
def test_every_filter_has_a_place_of_its_own_at_its_peak(bank, layout):
    shown = face.counted(bank, "all filters")
    side = face.thumb(shown, layout)
    places, hidden = face.stacked(shown, OCTAVE, side, layout)
    assert not hidden and len(set(places)) == len(places) == len(shown)
    assert side >= 6
    for (x, y), (frequency, *_) in zip(places, shown, strict=True):
        assert 0 <= y <= layout["height"] - side
        if frequency >= LOWEST:
            assert x <= face.position(frequency, OCTAVE, layout) < x + side
        else:
            assert x + side <= layout["block"]
    _, beyond = face.stacked(shown, AREA, side, layout)
    assert beyond == sum(y < 0 for _, y in face.stacked(shown, AREA, side, layout)[0])


def test_edges_that_are_one_make_the_next_middle():
    assert face.between(0.3, 0.15) == (0.15, 0.3)
    assert face.between(0.12, 0.12) == (0.12, 0.125)
    assert face.between(0.49, 0.49) == (0.48, 0.49)


def test_it_says_what_the_test_says():
    for setting in some_settings(12):
        middle = face.between(setting["middle_from"], setting["middle_to"])
        test = spectrum.gap_test(middles.choose(setting["bank"], setting["filters"]), [middle])
        view = FilterStrip().view(**setting | {"bet": NONE})
        assert f"{WORDS[test.verdicts[0]].capitalize()}</strong>" in view
        counts = test.counts[0].sum(0)
        assert f"<strong>{counts[0]}</strong> filters peak below, <strong>{counts[1]}</strong> in the middle" in view
        one_sided = not counts[0] or not counts[2]
        assert one_sided == ("No second side" in view) == ("a gap needs filters on both sides" in view)
        assert one_sided or f"in <strong>{test.power[0, 0]:.0%}"[:-1] in view
        assert (test.verdicts[0] == "contradicted") == ("“no gap” doesn't hang on that" in view)


def test_a_bet_is_scored_and_nothing_given_away_before():
    for verdict, came in zip(face.SIGNS, (GAP, NONE, UNSURE, None), strict=True):
        for bet in (GAP, NONE, UNSURE):
            end = "wins" if bet == came else "loses" if came else "is neither won nor lost"
            assert face.scored(bet, verdict) == f"Your bet, {bet}, {end} here. "
    for bank in face.BANKS:
        before, after = (FilterStrip().view(**DEFAULT | {"bank": bank, "bet": bet}) for bet in (OPEN, NONE))
        assert QUESTION in before and not any(f"zf-{face.slug(verdict)}" in before for verdict in face.SIGNS)
        assert "of 100" not in before and "filters peak" not in before, "the counts come with the bet"
        assert "filters peak below" in after and "here." in after


def test_the_height_is_named_by_what_the_axis_has_equally_wide():
    for axis, words in ((OCTAVE, "filters per octave"), (AREA, "filters per area")):
        assert f">height: {words}</text>" in FilterStrip().view(**DEFAULT | {"axis": axis})


def test_a_start_that_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="no control 'colour'"):
        FilterStrip(colour="red")
    with pytest.raises(ValueError, match="The axis 'axis' has no value 'log'"):
        FilterStrip(axis="log")


def test_the_kernel_face_shows_the_view_of_its_controls():
    *controls, bet, _, view, _ = FilterStrip().widget.children
    assert controls[0].value == "AlexNet, ImageNet"
    controls[3].value = 0.2
    shown = DEFAULT | {"middle_from": 0.2}
    assert FilterStrip().view(**shown) in view.value and "Undecided" not in view.value
    assert type(bet).__name__ == "ToggleButtons" and [value for _, value in bet.options] == [OPEN, GAP, NONE, UNSURE]
    bet.value = UNSURE
    assert FilterStrip().view(**shown | {"bet": UNSURE}) in view.value and "undecided, wins here" in view.value


def test_the_kernel_face_has_the_pages_buttons_and_its_map():
    *controls, buttons, view, fold = FilterStrip(bet=NONE).widget.children
    assert [button.description for button in buttons.children] == [f"{low:g} to {high:g}" for low, high in MIDDLES]
    buttons.children[3].click()
    assert [control.value for control in controls[3:5]] == [0.2, 0.3] and "The middle from 0.2 to 0.3:" in view.value
    assert not fold.children[0].value, "drawn only when it is looked at"
    fold.selected_index = 0
    bank = controls[0].value
    assert all_middles(bank, "all filters", 0.2, 0.3) in fold.children[0].value
    controls[1].value = "grey filters"
    assert all_middles(bank, "grey filters", 0.2, 0.3) in fold.children[0].value


# The page's face, in a browser.

SET = """
    const [setting] = arguments, root = document.querySelector(".zf-panel");
    const data = JSON.parse(root.querySelector("script").textContent);
    data.axes.forEach((axis, at) => {
      const control = root.querySelectorAll("[data-axis]")[at];
      control[control.type === "range" ? "value" : "selectedIndex"] = axis.values.indexOf(setting[axis.name]);
    });
    root.querySelector("[data-axis]").dispatchEvent(new Event("input", { bubbles: true }));
"""
SHOWN = """
    const same = document.createElement("div");
    same.innerHTML = arguments[0]; // as this browser would write it
    const panel = document.querySelector(".zf-panel-view");
    return [panel.innerHTML === same.innerHTML, panel.innerHTML, same.innerHTML];
"""


@pytest.fixture
def panel(open_panel):
    """With a bet placed: the panel judges."""
    return open_panel(FilterStrip(bet=NONE))


@pytest.mark.browser
@pytest.mark.parametrize(("width", "layout"), [(1000, face.WIDE), (390, face.NARROW)])
def test_the_page_draws_and_says_what_python_does(browser, open_panel, width, layout):
    open_panel(FilterStrip(), width=width)
    for setting in [DEFAULT, *some_settings(60)]:
        browser.execute_script(SET, setting)
        same, theirs, ours = browser.execute_script(SHOWN, FilterStrip().view(**setting, layout=layout))
        at = next((i for i, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), 0)
        assert same, (setting, theirs[at - 60 : at + 60], ours[at - 60 : at + 60])


@pytest.mark.browser
def test_the_page_draws_the_map_that_a_kernel_draws(browser, panel):
    panel.root().find_element("tag name", "summary").click()
    crossed = {"bank": middles.MADE, "filters": "grey filters", "middle_from": 0.3, "middle_to": 0.2}
    for setting in [DEFAULT, *some_settings(8), DEFAULT | crossed]:
        browser.execute_script(SET, setting)
        theirs, ours = browser.execute_script(
            """const same = document.createElement("div");
            same.innerHTML = arguments[0];
            return [document.querySelector(".zf-map").innerHTML, same.innerHTML];""",
            all_middles(**setting),
        )
        assert theirs.replace(" Press a square to go there.", "") == ours, setting
        if setting["bank"] == middles.MADE:
            assert f"{middles.MADE}, all filters: " in ours, "of peaks alone all count"


@pytest.mark.browser
def test_a_phone_shows_the_names_of_banks_whole(browser, open_panel):
    open_panel(FilterStrip(), width=390)
    widths = browser.execute_script(
        """const [select] = document.querySelectorAll("select"), ruler = document.createElement("span");
        ruler.style.cssText = `position: absolute; white-space: nowrap; font: ${getComputedStyle(select).font}`;
        document.body.append(ruler);
        const wide = (words) => { ruler.textContent = words; return ruler.offsetWidth; };
        return [select.clientWidth, Math.max(...[...select.options].map((option) => wide(option.text)))];"""
    )
    assert widths[0] >= widths[1] + 20, "the arrow takes 20 pixels"


@pytest.mark.browser
def test_the_still_is_there_without_the_script(browser, open_panel):
    open_panel(FilterStrip(), script=False)
    assert browser.execute_script(SHOWN, FilterStrip().view(**DEFAULT))[0]


@pytest.mark.browser
def test_the_keyboard_moves_an_edge_and_the_address_keeps_it(browser, panel):
    from selenium.webdriver.common.keys import Keys

    bank, _, axis, low, high, bet = panel.controls()
    assert not bet.is_displayed(), "the page bets with its buttons"
    assert [c.accessible_name for c in (bank, axis, low, high)] == ["bank", "axis", "middle from", "middle to"]
    low.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    high.send_keys(Keys.ARROW_LEFT)
    assert (
        "The middle from 0.17 to 0.29:" in panel.text(".zf-verdict") and low.get_attribute("aria-valuetext") == "0.17"
    )
    bank.send_keys("S")
    panel.until(lambda: panel.hash() == "#strip/squeezenet-imagenet/all-filters/octaves-equally-wide/0.17/0.29/no-gap")
    shown = panel.text(".zf-panel-view")
    panel.reopen(panel.hash())
    assert panel.text(".zf-panel-view") == shown and "0.17 to 0.29" in shown
    panel.go("#strip/alexnet-imagenet/all-filters/areas-equally-wide/0.2/0.3")  # an older one, without the bet
    panel.until(lambda: "The middle from 0.2 to 0.3: ? Undecided 96 filters show neither" in panel.text(".zf-verdict"))
    panel.go("#the-claim")  # someone else's address
    assert "The middle from 0.2 to 0.3:" in panel.text(".zf-verdict")


@pytest.mark.browser
def test_it_keeps_its_verdict_until_the_reader_has_bet(browser, open_panel):
    panel = open_panel(FilterStrip())

    def silent():
        return QUESTION in panel.text(".zf-verdict") and "filters peak" not in panel.text(".zf-panel-view")

    assert silent()
    browser.set_window_size(900, 900)  # drawn anew, it still waits
    panel.root().find_element("css selector", "[data-middle='0.2 0.3']").click()
    panel.root().find_element("tag name", "summary").click()
    assert silent() and "from 0.2 to 0.3" in panel.root().find_element("tag name", "svg").accessible_name
    panel.root().find_element("css selector", "[data-bet]").click()
    assert "Undecided" in panel.text(".zf-verdict")
    panel.until(lambda: panel.hash().endswith("/0.2/0.3/a-gap"))
    panel.reopen(panel.hash())
    assert panel.text(".zf-verdict").startswith("Your bet, a gap, loses here.")


@pytest.mark.browser
def test_a_pointer_drags_the_nearer_edge_and_they_may_cross(browser, panel):
    from selenium.webdriver import ActionChains

    view = panel.root().find_element("css selector", ".zf-strip")
    box = view.rect

    def x(frequency):
        share = (face.position(frequency, OCTAVE, WIDE) + 12) / (WIDE["width"] + 24)
        return round((share - 0.5) * box["width"])

    drag = ActionChains(browser, duration=20)
    drag.move_to_element_with_offset(view, x(0.16), 0).click_and_hold()
    drag.move_to_element_with_offset(view, x(0.2), 30).perform()
    assert "The middle from 0.2 to 0.3:" in panel.text(".zf-verdict")
    ActionChains(browser, duration=20).move_to_element_with_offset(view, x(0.4), 0).release().perform()
    assert "The middle from 0.3 to 0.4:" in panel.text(".zf-verdict")
    ActionChains(browser, duration=20).move_to_element_with_offset(view, x(0.1), 0).perform()  # let go: nothing moves
    assert "The middle from 0.3 to 0.4:" in panel.text(".zf-verdict")


@pytest.mark.browser
def test_a_touch_drags_too(browser, open_panel):
    panel = open_panel(FilterStrip(bet=NONE), width=390)
    view = panel.root().find_element("css selector", ".zf-strip").rect
    width = face.NARROW["width"]

    def at(frequency):
        left = view["x"] + (face.position(frequency, OCTAVE, face.NARROW) + 12) / (width + 24) * view["width"]
        return [{"x": left, "y": view["y"] + 100 - browser.execute_script("return scrollY")}]

    for kind, points in (("touchStart", at(0.3)), ("touchMove", at(0.34)), ("touchMove", at(0.4)), ("touchEnd", [])):
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert "The middle from 0.15 to 0.4:" in panel.text(".zf-verdict")


@pytest.mark.browser
def test_a_finger_that_scrolls_the_page_moves_no_edge_and_a_tap_does(browser, open_panel):
    panel = open_panel(FilterStrip(bet=NONE), width=390)
    browser.execute_script("document.body.style.paddingBottom = '2000px'")
    box = panel.root().find_element("css selector", ".zf-strip").rect
    left = box["x"] + (face.position(0.4, OCTAVE, face.NARROW) + 12) / (face.NARROW["width"] + 24) * box["width"]

    def touch(*heights):
        for kind, top in zip(("touchStart", *["touchMove"] * (len(heights) - 1)), heights, strict=True):
            browser.execute_cdp_cmd(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": left, "y": box["y"] + top}]}
            )
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    touch(*range(200, 0, -20))
    panel.until(lambda: browser.execute_script("return scrollY") > 50)
    assert "The middle from 0.15 to 0.3:" in panel.text(".zf-verdict")
    browser.execute_script("scrollTo(0, 0)")
    touch(150)
    panel.until(lambda: "The middle from 0.15 to 0.4:" in panel.text(".zf-verdict"))


@pytest.mark.browser
def test_buttons_and_the_map_of_all_middles_lead_to_a_middle(browser, panel):
    browser.execute_script(SET, DEFAULT | {"bank": middles.MADE, "bet": NONE})
    buttons = panel.root().find_elements("css selector", "[data-middle]")
    assert [b.text for b in buttons] == [f"{low:g} to {high:g}" for low, high in MIDDLES]
    buttons[3].click()
    assert "The middle from 0.2 to 0.3:" in panel.text(".zf-verdict")
    assert [b.get_attribute("aria-pressed") for b in buttons] == ["false"] * 3 + ["true", "false"]
    panel.root().find_element("tag name", "summary").click()
    panel.until(lambda: "of 1035 middles" in panel.text("details p"))
    peaks = middles.choose(middles.MADE, "all filters")
    answers = zip(middles.MIDDLES, middles.result()["banks"][middles.MADE]["all filters"]["verdicts"], strict=True)
    kept = [v if (peaks < low).any() and (peaks >= high).any() else "n" for (low, high), v in answers]
    said = [f"{word} at {kept.count(verdict[0])}" for verdict, word in WORDS.items()]
    assert ", ".join(said) in panel.text("details p") and kept.count("s") > 0 and kept.count("n") > 0
    colours = "return [...document.querySelectorAll('.zf-map rect[data-at]')].map((one) => one.classList[0][0])"
    assert browser.execute_script(colours) == kept
    low, high = (middles.EDGES.index(edge) for edge in (0.1, 0.2))
    panel.root().find_element("css selector", f'[data-at="{low} {high}"]').click()
    assert "The middle from 0.1 to 0.2:" in panel.text(".zf-verdict")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize(("bank", "came"), [(DEFAULT["bank"], "loses"), (middles.MADE, "wins")])
def test_a_bet_is_placed_once_and_nothing_moves(browser, open_panel, width, bank, came):
    panel = open_panel(FilterStrip(bank=bank), width=width)
    browser.execute_script("document.body.style.font = '16px/1.65 sans-serif'")
    yes, no, unsure = panel.root().find_elements("css selector", "[data-bet]")
    before = yes.rect["y"], panel.root().size["height"]
    yes.click()
    assert panel.text(".zf-verdict").startswith(f"Your bet, a gap, {came} here.")
    assert (yes.rect["y"], panel.root().size["height"]) == before
    no.click()
    assert [each.get_attribute("aria-pressed") for each in (yes, no, unsure)] == ["true", "false", "false"]
    if bank == middles.MADE:  # the bet goes with the reader: what is cut out ends at 0.3
        panel.root().find_element("css selector", "[data-middle='0.125 0.25']").click()
        assert "loses here. The middle from 0.125 to 0.25: ? Undecided" in panel.text(".zf-verdict")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize("axis", [OCTAVE, AREA])
def test_the_titles_of_both_axes_stand_clear_of_each_other(browser, open_panel, width, axis):
    open_panel(FilterStrip(axis=axis), width=width)
    browser.execute_script("document.body.style.font = '16px/1.65 sans-serif'")
    svg, height, peak = browser.execute_script(
        """const box = (one) => one.getBoundingClientRect().toJSON(), strip = document.querySelector(".zf-strip svg");
        return [strip, ...[...strip.querySelectorAll(":scope > text")].slice(-2)].map(box);"""
    )
    assert height["right"] + 8 < peak["left"] or height["top"] >= peak["bottom"] - 2
    assert all(svg["left"] <= each["left"] and each["bottom"] <= svg["bottom"] for each in (height, peak))
