"""A minus sign before negative numbers, and hyphens where they join."""

import pytest

from zflib import plots


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("-3.0", "−3.0"),
        ("(-3.0 to -0.5)", "(−3.0 to −0.5)"),
        ("+1 / -2", "+1 / −2"),
        ("[-1, 2],-3", "[−1, 2],−3"),
        ("costs -210% of it", "costs −210% of it"),
        ("-1,234,567 ± 8", "−1,234,567 ± 8"),
        ("5 - -2", "5 - −2"),
        ("$-0.5$ and =-1", "$−0.5$ and =−1"),
    ],
)
def test_a_negative_number_has_a_minus_sign(written, printed):
    assert plots.true_minus(written) == printed == plots.true_minus(printed)


def test_a_hyphen_that_joins_stays():
    text = "conv-1 x-1 2010-12 2012-11-05 512-1024-512 top-1 1e-06 f(x)-1 a[0]-1 5%-7% --1 - -a zfnet-mini 1.-2"
    for each in (text, *text.split()):
        assert plots.true_minus(each) == each


def test_tables_and_labels_write_it():
    html = plots.table(["layer-1", "at -1"], [["conv-1", -1234], ["change", "-2.0 (-3.3 to -0.8)"]], "from -2").data
    for words in ("layer-1", "at −1", "conv-1", "−1,234", "−2.0 (−3.3 to −0.8)", "from −2"):
        assert f">{words}<" in html, words
