import numpy as np
import pytest
import torch

from zflib.arguments import array, number, whole


def test_what_is_right_passes():
    assert whole("k", np.int64(3), 1) == 3 and whole("seed", -2) == -2
    assert number("share", np.float32(0.5)) == number("share", 0.5) == 0.5
    for values in (
        [1, 2],
        (1.0, 2.0),
        np.array([1, 2], np.uint8),
        torch.tensor([1, 2]),
        torch.ones(2, requires_grad=True),
    ):
        assert array("values", values).dtype == np.float64
    assert array("values", torch.tensor([1.5], dtype=torch.bfloat16)).tolist() == [1.5]
    assert np.isnan(array("peaks", [np.nan, 1], nan=True)).tolist() == [True, False]


def test_what_is_handed_over_is_not_changed():
    given = np.array([1.0, 2.0])
    array("values", given)[0] = 7
    assert given[0] == 1


@pytest.mark.parametrize("value", [0, -1, 1.0, np.nan, "1", None])
def test_no_whole_number(value):
    with pytest.raises(ValueError, match=r"k must be a whole number of at least 1, not .*\."):
        whole("k", value, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, "1", None, 1j, np.ones(2)])
def test_no_number(value):
    with pytest.raises(ValueError, match="share must be a finite number, not "):
        number("share", value)


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ([1, np.nan], ValueError, "NaN or infinity is among them"),
        (torch.tensor([torch.inf]), ValueError, "NaN or infinity is among them"),
        ([1j], TypeError, "real numbers, not complex128"),
        (["1"], TypeError, "real numbers, not <U1"),
        (None, TypeError, "real numbers, not object"),
        ([[1, 2], [3]], ValueError, "lists of one length"),
    ],
)
def test_no_array(values, error, words):
    with pytest.raises(error, match=f"maps must be .*{words}"):
        array("maps", values)


def test_infinity_is_no_gap():
    with pytest.raises(ValueError, match="finite numbers; infinity is among them"):
        array("peaks", [np.inf], nan=True)


def test_a_message_quotes_no_more_than_the_ends_of_an_argument():
    with pytest.raises(ValueError, match=r"k must be a whole number, not 'aaa+\.\.\.a+b'\.") as said:
        whole("k", "a" * 290_000 + "b")
    assert len(str(said.value)) < 400
