"""The page reads a picture as zflib does: picture.js in headless Chromium, opened from a file, against Pillow."""

import base64
import io
import struct
import zlib
from importlib.resources import files

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

import zflib
from zflib.data import photographs
from zflib.data.pictures import centre_square, read

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from opening import errors, requests
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.browser

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Picture</title><input type="file"><script>{}</script>'
)
READ = """
    const [side, at, done] = arguments, file = document.querySelector("input").files[0];
    (async () => {
      try {
        const picture = await zflibPicture.read(file), square = await zflibPicture.centreSquare(picture, side, at);
        const { width, height, reduced } = picture;
        picture.bitmap.close();
        done({ width, height, reduced, square: btoa([...square].map((one) => String.fromCharCode(one)).join("")) });
      } catch (error) { done({ problem: error.message, known: error instanceof zflibPicture.UnreadablePicture }); }
    })();
"""
RNG = np.random.default_rng(0)
ROWS, COLUMNS = np.mgrid[0:300, 0:400]
SCENE = np.stack([COLUMNS * 255 / 399, ROWS * 255 / 299, (COLUMNS + ROWS) % 256], -1).astype(np.uint8)
FADING = np.dstack([SCENE, (COLUMNS * 255 / 399).astype(np.uint8)])


@pytest.fixture
def page(browser, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(
        PAGE.format(files("zflib.widgets.live").joinpath("picture.js").read_text("utf-8")), encoding="utf-8"
    )
    browser.get_log("browser")
    browser.get(file.as_uri())
    browser.set_script_timeout(120)
    requests(browser)  # forget the page's own
    yield browser
    assert not [url for url in requests(browser) if not url.startswith(("blob:", "data:"))]
    assert not errors(browser)


def in_page(browser, path, side=146, at=0.5):
    """What the page makes of a file: (size, square, reduced), or its sentence why there is no picture."""
    browser.find_element(By.CSS_SELECTOR, "input").send_keys(str(path))
    found = browser.execute_async_script(READ, side, at)
    if "problem" in found:
        assert found["known"], found["problem"]
        return found["problem"]
    square = np.frombuffer(base64.b64decode(found["square"]), np.uint8).reshape(side, side, 3)
    return (found["width"], found["height"]), square, found["reduced"]


def difference(square, picture, side=146):
    return np.abs(square.astype(int) - np.asarray(centre_square(picture, side)).astype(int)).max()


def sixteen_bits(pixels):
    """A PNG of 16 bits a channel, which Pillow reads but doesn't write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def saved(picture, format, **options):
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, format, **options)
    return file.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(SCENE, "JPEG", exif=exif)


def with_gamma(png):
    """A colour chunk that a page's <img> obeys and Pillow, like this page, doesn't."""
    body = b"gAMA" + struct.pack(">I", 100_000)
    at = png.index(b"IDAT") - 4
    return png[:at] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + png[at:]


def frames(format):
    red = Image.new("RGB", (400, 300), "red")
    return saved(SCENE, format, save_all=True, append_images=[red], duration=100, loop=0)


ODD = {
    "plain.png": lambda: saved(SCENE, "PNG"),
    "plain.bmp": lambda: saved(SCENE, "BMP"),
    "plain.webp": lambda: saved(SCENE, "WEBP"),
    "grey.png": lambda: saved(Image.fromarray(SCENE).convert("L"), "PNG"),
    "grey.jpg": lambda: saved(Image.fromarray(SCENE).convert("L"), "JPEG"),
    "two colours.png": lambda: saved(Image.fromarray(SCENE).convert("1"), "PNG"),
    "palette.png": lambda: saved(Image.fromarray(SCENE).convert("P"), "PNG"),
    "palette.gif": lambda: saved(Image.fromarray(SCENE).convert("P"), "GIF"),
    "cmyk.jpg": lambda: saved(Image.fromarray(SCENE).convert("CMYK"), "JPEG"),
    "16 bits grey.png": lambda: saved((COLUMNS * 65535 / 399).astype(np.uint16), "PNG"),
    "16 bits.png": lambda: sixteen_bits(
        SCENE.astype(int) * 257 + RNG.integers(-128, 129, SCENE.shape).clip(-SCENE, 255 - SCENE)
    ),
    "transparent.png": lambda: saved(FADING, "PNG"),
    "transparent.webp": lambda: saved(FADING, "WEBP", lossless=True),
    "animated.gif": lambda: frames("GIF"),
    "animated.png": lambda: frames("PNG"),
    "animated.webp": lambda: frames("WEBP"),
    "gamma.png": lambda: with_gamma(saved(SCENE, "PNG")),
    "profile.jpg": lambda: saved(
        SCENE, "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    ),
    **{f"turned {at}.jpg": lambda at=at: turned(at) for at in range(1, 9)},
    "1 x 1.png": lambda: saved(SCENE[:1, 7:8], "PNG"),
    "1 x 5000.png": lambda: saved(RNG.integers(0, 256, (5000, 1, 3), np.uint8), "PNG"),
    "5000 x 1.png": lambda: saved(RNG.integers(0, 256, (1, 5000, 3), np.uint8), "PNG"),
    "3 x 5000.png": lambda: saved(RNG.integers(0, 256, (5000, 3, 3), np.uint8), "PNG"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_picture_is_read_as_pillow_reads_it(page, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(ODD[name]())
    expected = read(path)
    size, square, reduced = in_page(page, path)
    assert size == expected.size and not reduced
    assert difference(square, expected) <= 1


# What can't be read, and the words that its sentence must hold.
REFUSED = {
    "empty.png": (lambda: b"", "is empty"),
    "letter.png": (lambda: b"Dear reader, this is no picture.", "is not a picture that this browser can read"),
    "IMG_0001.heic": (lambda: b"\0\0\0\x18ftypheic" + bytes(100), "of the kind HEIC"),
    "scan.tiff": (lambda: saved(SCENE, "TIFF"), "of the kind TIFF"),
    "drawing.svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "of the kind SVG"),
    "paper.pdf": (lambda: b"%PDF-1.4", "of the kind PDF"),
    **{
        f"cut off.{format}": (
            lambda format=format: saved(SCENE, format)[:-900],
            f"begins as a {format} file, but is damaged",
        )
        for format in ("JPEG", "PNG", "GIF")
    },
    "cut off at the end.jpg": (lambda: saved(SCENE, "JPEG")[:-2], "begins as a JPEG file, but is damaged"),
    "bomb.png": (lambda: saved(Image.new("1", (20_000, 20_000)), "PNG"), "has 400 million pixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_gets_one_sentence_with_a_remedy(page, tmp_path, name):
    path = tmp_path / name
    content, words = REFUSED[name]
    path.write_bytes(content())
    sentence = in_page(page, path)
    assert isinstance(sentence, str) and sentence.startswith(f"“{name}”") and words in sentence
    assert sentence.count(". ") == 0 and sentence.endswith(".")


@pytest.mark.parametrize("size", [(1, 2), (7, 5), (145, 147), (146, 146), (146, 500), (293, 1000), (1201, 803)])
def test_scaling_is_pillows_within_a_grey_level(page, tmp_path, size):
    noise = Image.fromarray(RNG.integers(0, 256, (size[1], size[0], 3), np.uint8))
    path = tmp_path / "noise.png"
    noise.save(path)
    for side in (146, 256):
        _, square, _ = in_page(page, path, side)
        assert difference(square, noise, side) <= 1  # which pass Pillow makes first depends on its version


@pytest.mark.parametrize("at", [0, 0.25, 0.61, 1])
@pytest.mark.parametrize("size", [(517, 230), (231, 600)])
def test_the_frame_moves_along_the_longer_side(page, tmp_path, size, at):
    noise = Image.fromarray(RNG.integers(0, 256, (size[1], size[0], 3), np.uint8))
    path = tmp_path / "noise.png"
    noise.save(path)
    _, square, _ = in_page(page, path, at=at)
    shorter = min(size)
    left, top = ((side - shorter) * at for side in size)
    box = (left, top, left + shorter, top + shorter)
    expected = noise.resize((146, 146), Image.Resampling.BILINEAR, box=box)
    assert np.abs(square.astype(int) - np.asarray(expected).astype(int)).max() <= 1


def test_photographs_reach_the_network_as_preprocess_makes_them(page, tmp_path):
    """From a JPEG to the numbers that conv1 gets: within one grey level, whatever decoder each side has."""
    net = zflib.load("zfnet-mini")
    for photograph in photographs()[:6]:
        path = tmp_path / f"{photograph.name}.jpg"
        photograph.picture.save(path, quality=90)
        _, square, _ = in_page(page, path)
        found = page.execute_script(
            "const [text, mean] = arguments, square = Uint8Array.from(atob(text), (one) => one.charCodeAt());"
            "return [...zflibPicture.preprocess(square, 146, 128, mean)]",
            base64.b64encode(square.tobytes()).decode(),
            net.mean.flatten().tolist(),
        )
        found = torch.tensor(found).view(3, 128, 128)
        assert (found - net.preprocess(read(path))).abs().max() <= 1


def test_a_mean_picture_is_subtracted_where_it_lies(page):
    square, mean = RNG.integers(0, 256, (8, 8, 3)), RNG.random((3, 8, 8))
    found = page.execute_script(
        "return [...zflibPicture.preprocess(arguments[0], 8, 7, arguments[1])]",
        square.ravel().tolist(),
        mean.ravel().tolist(),
    )
    expected = (square.transpose(2, 0, 1) - mean)[:, :7, :7]
    assert np.allclose(np.array(found).reshape(3, 7, 7), expected, atol=1e-4)


def test_raw_pixels_are_read_too(page):
    """A camera's frame or pixels at hand: what is given as ImageData, transparent or not."""
    found = page.execute_async_script(
        """const [pixels, done] = arguments;
        zflibPicture.read(new ImageData(Uint8ClampedArray.from(pixels), 40, 30))
            .then((picture) => zflibPicture.centreSquare(picture, 30, 0)).then((square) => done([...square]))""",
        FADING[:300:10, :400:10].ravel().tolist(),
    )
    expected = centre_square(Image.fromarray(np.ascontiguousarray(FADING[::10, :300:10])), 30)
    assert np.abs(np.array(found).reshape(30, 30, 3) - np.asarray(expected).astype(int)).max() <= 1
