"""Your picture in a kernel: it says and shows what the page does, with the very draws of the page's controls."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from zflib.widgets import YourPicture
from zflib.widgets.live import draws, your_picture
from zflib.widgets.live.your_picture import CONTROLS

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

SETTINGS = [
    {},
    {"network": "AlexNet-mini", "photograph": "china", "layer": "conv5", "rank": 4, "method": "guided"},
    *({"control": control} for control in CONTROLS if control != "none"),
    {"layer": "conv2", "photograph": "rocket", "control": "shuffled switches", "method": "gradient"},
    {"network": "AlexNet-mini", "layer": "conv1", "rank": 1, "control": "another map, same place"},
]


@pytest.fixture(scope="module")
def page(folder):
    """page(panel): the address of a page with that panel."""
    your_picture.write(folder / "live")
    made = []

    def page(panel):
        path = folder / f"face{len(made)}.html"
        made.append(path)
        body = panel.page_html().replace("../_static/live", "live")
        path.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">'
            f"<title>Your picture</title><main>{body}</main>",
            encoding="utf-8",
        )
        return path.as_uri()

    return page


def told(html):
    """What a view says: of the unit, of its control, and of the strongest patches."""
    captions = [re.sub(r"<[^>]*>", "", each) for each in re.findall(r"<figcaption>(.*?)</figcaption>", html)]
    verdict, nine = (re.search(rf'<p class="{name}">(.*?)</p>', html)[1] for name in ("zf-verdict", "zf-nine-words"))
    return captions[1], verdict, nine


def numbers(words):
    return [float(each.replace("−", "-")) for each in re.findall(r"(?<![\w.])−?\d+(?:\.\d+)?", words)]


def picture(html, at):
    data = re.findall(r'src="data:image/webp;base64,([^"]*)"', html)[at]
    return np.asarray(Image.open(io.BytesIO(b64decode(data))).convert("RGB")).astype(int)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: " ".join(map(str, each.values())) or "as it opens")
def test_both_faces_say_and_show_the_same(browser, page, setting):
    panel = YourPicture(**setting)
    html = panel.view(**panel.start)
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(page(panel))
    text = "return document.querySelector(arguments[0])?.textContent ?? ''"
    read = lambda selector: browser.execute_script(text, selector)  # noqa: E731
    fires, verdict, nine = told(html)
    words = re.search(r'<h2 class="zf-unit">(.*?)</h2>', html)[1]
    WebDriverWait(browser, 60, 0.1).until(lambda _: read(".zf-unit") == words and "fires" in read(".zf-fires"))
    browser.execute_script("document.querySelector('.zf-patches').open = true")
    WebDriverWait(browser, 60, 0.1).until(
        lambda _: read(".zf-nine-words") and (not verdict or "control" in read(".zf-verdict"))
    )
    for ours, theirs in ((fires, read(".zf-fires")), (nine, read(".zf-nine-words")), (verdict, read(".zf-verdict"))):
        if ours:
            assert re.sub(r"\d", "", ours) == re.sub(r"\d", "", theirs)
            assert np.allclose(numbers(ours), numbers(theirs), atol=0.0101 + 1e-3 * max(numbers(ours)))
    if verdict:
        canvas = "return document.querySelector('.zf-view figure:nth-child(3) canvas').toDataURL().split(',')[1]"
        seen = Image.open(io.BytesIO(b64decode(browser.execute_script(canvas)))).convert("RGB")
        ours = picture(html, 2)
        theirs = np.asarray(seen.resize(ours.shape[1::-1], Image.Resampling.BICUBIC)).astype(int)
        if seen.width > 20:  # smaller ones stay squares, and both are packed lossily
            assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9
    assert not errors(browser)


def test_a_kernel_takes_a_picture_of_ones_own():
    scene = np.random.default_rng(3).integers(0, 256, (12, 20, 3), np.uint8)
    own = YourPicture(Image.fromarray(scene).resize((500, 300), Image.Resampling.BICUBIC), layer="conv4")
    assert own.start["photograph"] == "your picture" and own.start["rank"] == 1
    assert "It fires" in own.view(**own.start) or "it fires" in own.view(**own.start)
    with_control = own.view(**{**own.start, "control": "another picture's switches"})
    assert "has a likeness of" in with_control and with_control != own.view(**own.start)
    controls = own.widget.children[:-1]
    controls[2].value = "conv1"
    assert "One unit of layer 1: map" in own.widget.children[-1].value


def test_what_it_does_not_offer_is_refused():
    with pytest.raises(ValueError, match=r"photograph.*no value 'dog'"):
        YourPicture(photograph="dog")
    with pytest.raises(ValueError, match="has no control 'step'"):
        YourPicture(step="conv1")


def test_the_draws_are_even(engine):
    numbers = draws.evenly(12345, 50)
    assert numbers.tolist() == engine("const next = generator(12345); return Array.from({ length: 50 }, next)")
    others = [draws.other_map(2, 5, draw) for draw in range(200)]
    assert others == engine("return Array.from({ length: 200 }, (_, draw) => otherMap(2, 5, draw))")
