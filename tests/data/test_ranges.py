"""What counts as white is said by type and format, never guessed; and what no file can be read from."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from zflib.data.pictures import UnreadablePicture, read, to_array


@given(st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(lambda shape: arrays.arrays(np.uint16, shape)))
def test_sixteen_bit_pictures_keep_their_upper_byte(values):
    """In a file's mode, dark pictures stay dark: white is 65535 whatever the brightest pixel."""
    expected = np.round(values / 257)
    assert np.array_equal(to_array(values)[:, :, 0], expected)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    opened = Image.open(buffer)
    assert opened.mode == "I;16" and np.array_equal(to_array(opened)[:, :, 0], expected)


@pytest.mark.parametrize(
    ("array", "white"), [(np.array([[0, 100, 255]], np.int32), 255), (np.array([[0, 0.25, 1]], np.float32), 1)]
)
def test_modes_of_32_bits_have_the_range_of_the_same_array(array, white):
    """Whatever the largest value: nothing is guessed from it."""
    for values in (array, array // 2):
        picture = Image.fromarray(values)
        assert picture.mode in "IF"
        assert np.array_equal(to_array(picture)[:, :, 0], np.round(values * (255 / white)))
        assert np.array_equal(to_array(picture), to_array(values))
    for wrong in (array * 1.001, array + 1, array - 1):
        with pytest.raises(ValueError, match=r"must have .*values between"):
            to_array(Image.fromarray(wrong.astype(array.dtype) if white == 1 else np.ceil(wrong).astype(array.dtype)))


def test_a_file_of_floats_is_refused_as_the_same_array_is(tmp_path):
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    Image.fromarray(values).save(tmp_path / "good.tif")
    assert np.array_equal(to_array(read(tmp_path / "good.tif")), to_array(values))
    for name, wrong in (("high", 1.001), ("nan", np.nan), ("low", -0.1)):
        values[0, 0] = wrong
        Image.fromarray(values).save(tmp_path / f"{name}.tif")
        with pytest.raises(UnreadablePicture, match=rf"{name}\.tif can't be read .*finite values between 0 and 1"):
            read(tmp_path / f"{name}.tif")


def test_sixteen_bits_in_a_format_that_pillow_holds_in_32():
    values = np.arange(0, 65536, 1311, dtype=np.uint16)[None]
    content = b"P5 %d 1 65535\n" % values.size + values.astype(">u2").tobytes()
    opened = Image.open(io.BytesIO(content))
    assert opened.mode == "I" and np.array_equal(to_array(opened), to_array(values))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_files_content_is_refused_in_a_short_sentence(kind):
    with pytest.raises(
        TypeError, match=r"takes a file's path, not bytes; PIL\.Image\.open\(io\.BytesIO\(content\)\)"
    ) as said:
        read(kind(b"\x89PNG" * 50_000))
    assert len(str(said.value)) < 200
    with pytest.raises(UnreadablePicture, match="can't be read as a picture: File name too long") as said:
        read("x" * 200_000)
    assert len(str(said.value)) < 400
