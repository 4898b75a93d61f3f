"""The page's memory, each time in a browser of its own: one that other tests have used holds what they left."""

import re
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from zflib.data.photographs import photograph
from zflib.data.pictures import centre_square

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Only Linux tells a process's memory so."),
]


@pytest.fixture
def browser(new_browser, http):
    new_browser.get(f"{http}/index.html")
    return new_browser


def status(browser, line):
    """Megabytes that /proc tells of the page's process: VmRSS now, VmHWM at most since it began."""
    children = psutil.Process(browser.service.process.pid).children(recursive=True)
    renderers = [one.pid for one in children if "--type=renderer" in one.cmdline()]
    told = [re.search(rf"{line}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in renderers]
    return max(int(found[1]) * 1024 / 1e6 for found in told)


def test_memory_does_not_grow_with_the_pictures(browser, run):
    """`make bench ONLY=live` takes 200 pictures all the way up."""
    pixels = np.random.default_rng(0).standard_normal((3, 128, 128)).astype(np.float32)
    some = """
        window.live ??= ZFLIB.open("zfnet-mini");
        const pixels = unpacked(given[0]);
        for (let at = 0; at < given[1]; at++) {
          await live.forward(pixels.map((value) => value * (1 + at / 100)), { upto: "pool1" });
          await live.project({ step: "pool1", unit: [at % 48, 5, 5] });
        }
    """
    run(some, pixels, 20)
    before = status(browser, "VmRSS")
    run(some, pixels, 80)
    assert status(browser, "VmRSS") - before < 50 and status(browser, "VmRSS") < 400  # 80 traces would hold 90


def test_a_hundred_megapixels_do_not_fill_the_memory(browser, run, folder):
    scene = np.asarray(photograph("chelsea").picture)
    large = Image.fromarray(np.tile(scene, (-(-10_000 // scene.shape[0]), -(-10_000 // scene.shape[1]), 1)))
    assert large.width * large.height > 100e6
    large.save(folder / "large.jpg")
    found = run("""
        const file = new File([await (await fetch("large.jpg")).blob()], "large.jpg", { type: "image/jpeg" });
        const picture = await zflibPicture.read(file), square = await zflibPicture.centreSquare(picture, 146, 0.5);
        const { width, height, reduced } = picture;
        picture.bitmap.close();
        return { width, height, reduced, square: packed(Float32Array.from(square)) };
    """)
    width, height = found["width"], found["height"]
    assert found["reduced"] and width * height < 10e6 and abs(width / height - large.width / large.height) < 0.01
    near = np.abs(found["square"].reshape(146, 146, 3) - np.asarray(centre_square(large, 146)).astype(int)).mean()
    assert near < 3  # near to Pillow's only, and the picture says that it is reduced
    assert status(browser, "VmHWM") < 400
