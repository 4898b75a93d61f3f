"""Pictures of every kind, good and bad."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from zflib.data.pictures import UnreadablePicture, centre_square, read, to_array, to_rgb

sides = st.integers(1, 6)
shapes = st.tuples(sides, sides)


def uint8(*channels):
    return shapes.flatmap(lambda shape: arrays.arrays(np.uint8, (*shape, *channels)))


# --- round trips --------------------------------------------------------------------------------------------------


@given(uint8(3))
def test_rgb_comes_back_as_it_was(pixels):
    assert np.array_equal(to_array(pixels), pixels)
    assert np.array_equal(to_array(Image.fromarray(pixels)), pixels)


@given(uint8())
def test_grey_becomes_three_equal_colours(pixels):
    for grey in (pixels, pixels[:, :, None], Image.fromarray(pixels)):
        assert np.array_equal(to_array(grey), np.stack([pixels] * 3, axis=-1))


@given(
    uint8(), st.sampled_from([np.int8, np.int16, np.uint16, np.int32, np.int64, bool, np.float16, np.float32, float])
)
def test_every_type_of_number_that_holds_the_same_grey(pixels, dtype):
    """The same brightness, written in each type's own range."""
    if dtype is bool:
        same, expected = pixels > 127, np.where(pixels > 127, 255, 0)
    elif dtype is np.uint16:
        same, expected = pixels.astype(np.uint16) * 257, pixels
    elif dtype is np.int8:
        same = expected = np.minimum(pixels, 127).astype(np.int8)
    elif np.issubdtype(dtype, np.floating):
        same, expected = (pixels / 255).astype(dtype), pixels
    else:
        same = expected = pixels.astype(dtype)
    assert np.array_equal(to_array(same)[:, :, 1], expected)


@given(uint8(4))
def test_transparency_is_laid_over_white(pixels):
    alpha = pixels[:, :, 3:].astype(float) / 255
    expected = pixels[:, :, :3] * alpha + 255 * (1 - alpha)
    for picture in (pixels, Image.fromarray(pixels)):
        assert np.abs(to_array(picture) - expected).max() <= 1


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBA", "RGBa"])
def test_full_transparency_is_white(mode):
    assert (to_array(Image.new(mode, (3, 2))) == 255).all()


@pytest.mark.parametrize("kind, colour", [("P", 0), ("L", 0), ("1", 0), ("RGB", (0, 0, 0))])
def test_a_transparent_colour_is_white(kind, colour, tmp_path):
    picture = Image.new(kind, (3, 2))
    picture.putpixel((0, 0), 1 if kind in "1P" else (9 if kind == "L" else (9, 9, 9)))
    picture.save(tmp_path / "hole.png", transparency=colour)
    pixels = to_array(read(tmp_path / "hole.png"))
    assert (pixels[1] == 255).all()
    assert kind == "1" or not (pixels[0, 0] == 255).all()


MODES = [
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "F",
    "I;16",
]


@pytest.mark.parametrize("mode", [*MODES, "I;16B"])
def test_every_mode_becomes_rgb_of_the_same_size(mode):
    assert to_array(Image.new(mode, (5, 3))).shape == (3, 5, 3)


@given(uint8(3), st.sampled_from(["CMYK", "YCbCr", "HSV"]))
def test_other_colour_spaces_come_back_nearly_as_they_were(pixels, mode):
    back = to_array(Image.fromarray(pixels).convert(mode)).astype(int)
    assert np.abs(back - pixels).max() <= (6 if mode == "HSV" else 3)


def test_tensors_and_strange_strides_are_arrays():
    import torch

    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    assert np.array_equal(to_array(torch.from_numpy(pixels).requires_grad_(False)), pixels)
    assert np.array_equal(to_array(pixels[::-1, ::2]), pixels[::-1, ::2])
    assert np.array_equal(to_array(pixels.transpose(1, 0, 2)), pixels.transpose(1, 0, 2))
    assert np.array_equal(to_array(pixels[:, :, 0].astype(">u2") * np.uint16(257))[:, :, 0], pixels[:, :, 0])


@pytest.mark.parametrize(
    "rubbish, error, words",
    [
        (None, TypeError, "not NoneType"),
        ([[1, 2]], TypeError, "not list"),
        (b"\xff\xd8", TypeError, "not bytes"),
        (np.zeros((3, 8, 8), np.uint8), ValueError, r"not \(3, 8, 8\). Move the channels to the end"),
        (np.zeros((1, 8, 8, 3), np.uint8), ValueError, r"not \(1, 8, 8, 3\)"),
        (np.zeros(5, np.uint8), ValueError, r"not \(5,\)"),
        (np.zeros((0, 5), np.uint8), ValueError, r"not \(0, 5\)"),
        (np.full((2, 2), 300), ValueError, "between 0 and 255"),
        (np.full((2, 2), -1), ValueError, "between 0 and 255"),
        (np.full((2, 2), 128.0), ValueError, "between 0 and 1; divide by 255"),
        (np.full((2, 2), np.nan), ValueError, "finite values"),
        (np.zeros((2, 2), complex), TypeError, "complex128"),
        (np.array([["a", "b"]]), TypeError, "<U1"),
        (Image.new("RGB", (0, 4)), ValueError, "empty: 0 x 4 pixels"),
    ],
)
def test_rubbish_is_refused_by_name(rubbish, error, words):
    with pytest.raises(error, match=words):
        to_rgb(rubbish)


# --- the centre square --------------------------------------------------------------------------------------------


@given(width=st.integers(1, 40), height=st.integers(1, 40), side=st.integers(1, 20))
def test_centre_square_of_any_size(width, height, side):
    assert centre_square(Image.new("L", (width, height), 7), side).size == (side, side)
    assert (to_array(centre_square(Image.new("L", (width, height), 7), side)) == 7).all()


def test_centre_square_cuts_the_longer_side_evenly():
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[None], 20, axis=0)
    assert np.array_equal(to_array(centre_square(ramp, 20))[:, :, 0], ramp[:, 40:60])
    assert np.array_equal(to_array(centre_square(ramp.T.copy(), 20))[:, :, 0], ramp.T[40:60])


# --- files --------------------------------------------------------------------------------------------------------


def photo(width=40, height=30):
    x = np.linspace(0, 255, width)[None, :, None] + np.zeros((height, 1, 3))
    return Image.fromarray(x.astype(np.uint8))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif", "a.bmp", "a.tif"])
def test_common_formats(name, tmp_path):
    photo().save(tmp_path / name)
    picture = read(tmp_path / name)
    assert picture.mode == "RGB" and picture.size == (40, 30)
    assert np.abs(np.asarray(picture, dtype=int) - np.asarray(photo())).max() <= 12
    assert read(str(tmp_path / name)).size == (40, 30)


def test_cmyk_jpeg_keeps_its_colours(tmp_path):
    Image.new("RGB", (8, 8), (200, 60, 20)).convert("CMYK").save(tmp_path / "print.jpg")
    assert np.abs(np.asarray(read(tmp_path / "print.jpg"), dtype=int) - (200, 60, 20)).max() <= 6


def test_an_animation_shows_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    for name in ("moving.gif", "moving.png", "moving.webp"):
        options = {"lossless": True} if name.endswith("webp") else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=50, **options)
        assert read(tmp_path / name).getpixel((1, 1)) == (255, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_undone(orientation, tmp_path):
    """Stored so that turning it as the tag says shows the upright picture."""
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 255  # white in the upper left quarter
    turn = Image.Transpose
    undo = {2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM, 5: turn.TRANSPOSE}
    undo |= {6: turn.ROTATE_90, 7: turn.TRANSVERSE, 8: turn.ROTATE_270}
    stored = Image.fromarray(upright)
    stored = stored.transpose(undo[orientation]) if orientation > 1 else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(to_array(read(tmp_path / "turned.png")), upright)


def bomb(path):
    """A PNG that claims 30000 x 30000 pixels in its header."""
    buffer = io.BytesIO()
    photo().save(buffer, "PNG")
    content = bytearray(buffer.getvalue())
    content[16:24] = struct.pack(">II", 30_000, 30_000)
    import zlib

    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    path.write_bytes(content)


def truncated(path, format="JPEG"):
    buffer = io.BytesIO()
    photo(200, 200).save(buffer, format)
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])


BROKEN = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("<html>404</html>"),
    "folder": lambda path: path.mkdir(),
    "truncated-jpeg": truncated,
    "truncated-png": lambda path: truncated(path, "PNG"),
    "bomb": bomb,
    "broken-link": lambda path: path.symlink_to(path.with_name("nowhere")),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_unreadable_file_is_named_with_the_reason(kind, tmp_path):
    path = tmp_path / f"{kind}.jpg"
    BROKEN[kind](path)
    with pytest.raises(UnreadablePicture, match=f"{kind}.jpg can't be read as a picture: .+"):
        read(path)


@given(st.binary(max_size=60), st.integers(0, 400), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF"]))
def test_damaged_bytes_give_a_picture_or_the_one_error(tmp_path_factory, noise, at, format):
    buffer = io.BytesIO()
    photo().save(buffer, format)
    content = bytearray(buffer.getvalue())
    content[at : at + len(noise)] = noise
    path = tmp_path_factory.getbasetemp() / f"damaged.{format.lower()}"
    path.write_bytes(content)
    try:
        assert read(path).mode == "RGB"
    except UnreadablePicture as error:
        assert str(path) in str(error)


def test_reading_leaves_no_file_open(tmp_path):
    photo().save(tmp_path / "a.png")
    picture = read(tmp_path / "a.png")
    (tmp_path / "a.png").unlink()
    assert picture.getpixel((39, 0)) == (255, 255, 255)


def test_a_path_must_be_a_path():
    with pytest.raises(TypeError):
        read(None)
