"""In the dark an explorer's sheet turns over: white paper, letters and lines; the pictures on it stay as they are."""

from io import BytesIO

import numpy as np
import pytest
from examples import page_data, simple
from PIL import Image

from zflib import plots

webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

PAPER = np.array((0x1B, 0x1F, 0x24))  # the explorer's, in the dark


def pictures(level):
    """Two smooth pictures under their labels, larger at each level, the second with a white half."""
    ramp = np.linspace(0, 255, 48 + 16 * level).astype(np.uint8)
    first = np.stack([*np.meshgrid(ramp, ramp[:40]), np.full((40, len(ramp)), 90, np.uint8)], axis=-1)
    second = np.full((64, 64, 3), 255, np.uint8)
    second[:, :32] = (200, 60, 40)
    return plots.labelled([first, second], ("ramp", "half"), columns=2)


def lines(level):
    figure, axes = plots.figure(width=3, height=2)
    axes.plot([0, 1 + level], color="#1f5fa8", linewidth=6)
    return figure


def explorer(draw):
    return simple({"level": [0, 1, 2]}, draw, lambda level: f"Level {level}.")


def test_a_frame_knows_its_places_where_they_are_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert explorer(pictures).frame(level=0).info["places"] == pictures(0).places
    assert explorer(lines).frame(level=0).info["places"] == ()

    def with_picture(level):
        figure = lines(level)
        figure.axes[0].imshow(np.eye(3))
        return figure

    for draw in (with_picture, lambda level: np.asarray(pictures(level))):
        assert "places" not in explorer(draw).frame(level=0).info
        assert "<span" not in explorer(draw).page_html(), "it stays on white"
    data = page_data(explorer(pictures).page_html())
    assert [data["clips"][each["clip"]] for each in data["settings"]] == data["clips"] and len(data["clips"]) == 3


@pytest.fixture
def shown(browser, tmp_path, monkeypatch):
    """shown(draw, theme): the window of the explorer at its last level, and of the picture that it came with."""
    monkeypatch.chdir(tmp_path)

    def shown(draw, theme):
        (tmp_path / "page.html").write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8"><title>t</title>'
            f'<body class="bd-content"><div class="cell_output">{explorer(draw).page_html()}</div>',
            encoding="utf-8",
        )
        screen = {"width": 1000, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.get((tmp_path / "page.html").as_uri())
        view = browser.find_element(By.CSS_SELECTOR, ".zf-view")
        found = []
        for key in (Keys.HOME, Keys.END):
            browser.find_element(By.CSS_SELECTOR, "[data-axis]").send_keys(key)
            words = f"Level {len(found) * 2}."
            WebDriverWait(browser, 20, 0.02).until(
                lambda _, words=words: (
                    view.get_attribute("aria-busy") == "false"
                    and browser.find_element(By.TAG_NAME, "figcaption").text == words
                )
            )
            found.append(np.asarray(Image.open(BytesIO(view.screenshot_as_png)).convert("RGB")).astype(int))
        return found

    return shown


@pytest.mark.browser
def test_pictures_stay_and_their_paper_and_letters_turn(shown):
    for level, light, dark in zip((0, 2), shown(pictures, "light"), shown(pictures, "dark"), strict=True):
        beside = np.ones(light.shape[:2], bool)
        for left, top, right, bottom in pictures(level).places:
            inside = np.s_[top + 1 : bottom - 1, left + 1 : right - 1]
            assert np.abs(dark[inside] - light[inside]).max() <= 2
            beside[top - 4 : bottom + 4, max(left - 4, 0) : right + 4] = False  # WebP leaks across an edge
        corners = beside.copy()
        corners[4:-4, 4:-4] = True
        beside &= corners  # the window is rounded
        white, black = (beside & test for test in ((light > 250).all(2), (light < 60).all(2)))
        assert white.sum() > 500 and np.abs(dark[white] - PAPER).max() <= 12
        assert black.sum() > 20 and dark[black].min() > 150


@pytest.mark.browser
def test_lines_turn_and_keep_their_colour(shown):
    _, light = shown(lines, "light")
    _, dark = shown(lines, "dark")
    blue = (light[..., 2] - light[..., 0] > 100) & (light[..., 2] > 120)
    assert blue.sum() > 500
    assert (dark[blue][:, 2] > dark[blue][:, 0] + 60).mean() > 0.9 and dark[blue].max() > 150
    assert np.abs(np.median(dark.reshape(-1, 3), axis=0) - PAPER).max() <= 8
