"""The committed verdicts are those of the test, middle by middle; the banks are the chapter's."""

import json

import numpy as np
import pytest

from zflib import paper
from zflib.analysis import spectrum
from zflib.analysis.spectrum.gap import MIDDLES
from zflib.experiments import middles, stems


def test_the_grid_holds_every_pair_of_edges_and_the_chapters_middles():
    assert list(middles.EDGES) == middles.result()["edges"]
    assert {(low, high) for low in middles.EDGES for high in middles.EDGES if low < high} == set(middles.MIDDLES)
    assert len(middles.MIDDLES) == 1035 and set(MIDDLES) <= set(middles.MIDDLES)


def test_each_answer_is_what_the_test_says_now():
    draw, banks = np.random.default_rng(0), middles.result()["banks"]
    assert {(name, filters) for name, kept in banks.items() for filters in kept} == set(middles.asked())
    for name, filters in middles.asked():
        kept, found = banks[name][filters], middles.choose(name, filters)
        assert len(kept["verdicts"]) == 1035 and len(bytes.fromhex(kept["powers"])) == 2070
        for at in draw.integers(1035, size=4):
            test = spectrum.gap_test(found, [middles.MIDDLES[at]])
            powers = bytes.fromhex(kept["powers"])[2 * at : 2 * at + 2]
            assert kept["verdicts"][at] == test.verdicts[0][0]
            assert [f"{power}%" for power in powers] == [f"{power:.0%}" for power in test.power[0]]


def test_filters_are_chosen_by_their_share_of_grey():
    bank = stems.filters("zfnet-mini")[1]
    mean = bank.mean(1, keepdims=True)
    grey = 3 * (mean**2).sum((1, 2, 3)) >= 0.5 * (bank**2).sum((1, 2, 3))
    (all_filters,), (greys,), (coloured,) = (middles.choose("ZFNet-mini, seed 1", which) for which in middles.FILTERS)
    assert np.array_equal(all_filters, spectrum.peaks(bank))
    assert np.array_equal(np.isfinite(greys), grey) and np.array_equal(np.isfinite(coloured), ~grey)
    assert np.array_equal(all_filters[grey], greys[grey])
    assert 0 < grey.sum() < 48
    with pytest.raises(ValueError, match="all filters, grey filters, coloured filters, not 'blue'"):
        middles.choose("ZFNet-mini, seed 1", "blue")


def test_banks_are_named_before_they_are_read():
    assert tuple(middles.banks()) == middles.NAMES
    with pytest.raises(
        ValueError, match="There are no filters of a bank 'ResNet'; there are those of AlexNet-mini, three seeds; "
    ):
        middles.choose("ResNet", "all filters")


def test_a_bank_from_imagenet_counts_whole_and_its_made_up_twin_has_a_gap():
    theirs = middles.choose("AlexNet, ImageNet", "grey filters")
    assert theirs.tolist() == [list(paper.BANKS["bvlc_alexnet"]["at"])]
    made = middles.choose(middles.MADE, "all filters")
    assert made.shape == (1, 96) and not ((made >= 0.15) & (made < 0.30)).any()
    assert spectrum.gap_test(made, [(0.15, 0.30)]).verdicts == ("supported",)


def test_the_command_writes_what_it_found(monkeypatch, tmp_path):
    monkeypatch.setattr(middles, "judge", lambda peaks, *_: {"verdicts": str(np.isfinite(peaks).sum())})
    middles.main(["--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["banks"]["AlexNet-mini, three seeds"]["all filters"] == {"verdicts": "144"}
    assert found["banks"]["SqueezeNet, ImageNet"] == {"all filters": {"verdicts": "96"}}
    assert found["made"]["command"] == "python -m zflib.experiments.middles"


def test_verdicts_of_a_gap_contradicted_are_small_p_where_the_test_can_see():
    answer = middles.result()["banks"]["AlexNet, ImageNet"]["all filters"]
    powers = np.frombuffer(bytes.fromhex(answer["powers"]), np.uint8).reshape(-1, 2)
    p, strong = middles.contradiction("AlexNet, ImageNet"), powers[:, 0] >= 80
    assert p.shape == (len(middles.MIDDLES),) and (p >= 0).all()
    assert ((p < 0.05) == (np.array(list(answer["verdicts"])) == "c"))[strong].all()
