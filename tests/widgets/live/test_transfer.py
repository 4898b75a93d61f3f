"""What layers are worth elsewhere: the page draws and says what Python does, from the committed scores."""

import re

import numpy as np
import pytest

from zflib.experiments.transfer import summary
from zflib.widgets.live import transfer
from zflib.widgets.live.strip import slug
from zflib.widgets.live.transfer import BETS, NAMES, OPEN, ServesElsewhere

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

TEN, THOUSAND = NAMES["zfnet-mini"], NAMES["squeezenet"]


def test_the_bars_are_the_committed_scores():
    found = summary.result()
    for words, source in transfer.sources().items():
        for train in transfer.counts():
            for layer, value in zip(transfer.LAYERS, transfer.means(source, train), strict=True):
                if value is None:
                    assert layer not in found.layers(source)
                else:
                    assert value == pytest.approx(found.accuracy(source, layer, train).mean()), words
    assert {1, 30} <= set(transfer.counts())


def test_the_bet_is_won_by_every_layer_that_folds_do_not_tell_from_the_tallest_bar():
    values = transfer.means("zfnet-mini", 30)
    top, level = int(np.argmax(values)), transfer.level("zfnet-mini", 30)
    assert top in level and max(values) - min(values[at] for at in level) < 3 and 6 not in level
    for at, bet in enumerate(BETS):
        assert (": won." in transfer.outcome(bet)) == (at in level) != (": lost." in transfer.outcome(bet))
    assert {transfer.outcome(BETS[at]).split(". ")[1] for at in level} == {
        f"Layers {', '.join(transfer.LAYERS[at] for at in level[:-1])} and {transfer.LAYERS[level[-1]]} are best, and "
        "level as far as five folds can tell."
    }
    assert "?" in transfer.outcome(OPEN)
    assert transfer.best([None, 3.0, 5.0, 5.0]) == 2


def test_the_untrained_network_is_dotted_beside_every_bar():
    heights = [f"{value:.1f}" for value in transfer.means("random:zfnet-mini", 15)]
    assert re.findall(r'<u style="bottom:([\d.]+)%">', transfer.bars("squeezenet", 15, "5")) == heights


def test_a_class_is_named_by_what_its_test_pictures_got():
    at = summary.result().classes.index("crayfish")
    row = summary.confused()["zfnet-mini/5/30"][at].tolist()
    html = transfer.of_class("zfnet-mini", 30, "5", at)
    shares = [int(share) for share in re.findall(r"<b>(\d+)&nbsp;%", html)]
    assert shares == [row[0], *(share for share in row[2::2] if share)]
    assert "There is no layer 6" in transfer.of_class("squeezenet", 30, "6", at)


def test_what_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="class_shown"):
        ServesElsewhere(class_shown="unicorn")


@pytest.fixture
def page(panel_page):
    return panel_page(ServesElsewhere(), width=900)


def tidy(html):
    """With each style as the browser writes it."""
    return re.sub(r'(?<=style=")[^"]*', lambda s: re.sub(r"[\s;]+|\.0(?=%)", "", s[0]), html)


@pytest.mark.browser
def test_the_page_shows_what_python_does(browser, page):
    names = [axis.name for axis in ServesElsewhere().axes]
    for at, setting in enumerate(
        (
            (TEN, 30, 5, "crayfish", OPEN),
            (TEN, 1, 2, "car side", "layer 2"),
            (TEN, 30, 2, "pizza", "layer 3"),
            (THOUSAND, 15, 6, "inline skate", "layer 7"),
            (THOUSAND, 30, 7, "yin yang", "layer 5"),
            (NAMES["random:zfnet-mini"], 5, 1, "accordion", "layer 1"),
        )
    ):
        browser.get(f"{page.as_uri()}?{at}#transfer/{'/'.join(map(slug, map(str, setting)))}")
        found = browser.execute_script("return document.querySelector('.zf-panel-view').innerHTML")
        assert tidy(found) == tidy(ServesElsewhere().view(**dict(zip(names, setting, strict=True)))), setting


@pytest.mark.browser
def test_the_bars_come_with_the_bet_and_stand(browser, page):
    def covered():
        parts = ".bar b, .bar i, .bar u, .zf-verdict, .zf-class"
        style = f"return [...document.querySelectorAll('{parts}')].map((part) => getComputedStyle(part).visibility)"
        (found,) = set(browser.execute_script(style))
        return found == "hidden"

    axis = browser.find_element("css selector", ".floor").text.split()
    assert covered() and axis == ["0", "50", "100", "%", "pixels"]
    browser.find_element("css selector", f"button[data-bet='{BETS[4]}']").send_keys(Keys.ENTER)
    assert not covered() and "You bet on layer 5" in browser.find_element("css selector", ".zf-outcome").text
    browser.find_element("css selector", f"button[data-bet='{BETS[1]}']").click()
    assert "You bet on layer 5" in browser.find_element("css selector", ".zf-outcome").text, "a bet is a bet"


@pytest.mark.browser
def test_a_column_takes_the_bet_too(browser, page):
    browser.find_element("css selector", ".bar[data-layer='7']").click()
    assert "You bet on layer 7: lost" in browser.find_element("css selector", ".zf-outcome").text


def choose(browser, axis, words):
    """Type in a list: what the mouse opens stands in the way of the next list."""
    box = browser.find_element("css selector", f"select[id$={axis}]")
    browser.execute_script("arguments[0].focus()", box)
    box.send_keys(words)
    assert Select(box).first_selected_option.text == words


@pytest.mark.browser
def test_a_bar_or_the_slider_chooses_the_layer_and_lists_choose_the_rest(browser, page):
    browser.find_element("css selector", f"button[data-bet='{BETS[0]}']").click()
    browser.find_element("css selector", ".bar[data-layer='3']").click()
    assert "By layer 3, pictures of crayfish" in browser.find_element("css selector", ".zf-class").text
    slider = browser.find_element("css selector", "input[id$=layer]")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert "By layer 4" in browser.find_element("css selector", ".zf-class").text
    assert browser.find_element("css selector", ".bar.chosen").get_attribute("data-layer") == "4"
    choose(browser, "class_shown", "pizza")
    choose(browser, "features", THOUSAND)
    values = [each.text for each in browser.find_elements("css selector", ".bar b")]
    assert values == [f"{value:.0f}" for value in transfer.means("squeezenet", 30) if value is not None]
    assert "pictures of pizza" in browser.find_element("css selector", ".zf-class").text
