"""Copies are found, pictures that are only alike are not."""

import json

import numpy as np
import pytest

from zflib.data import PictureSet
from zflib.experiments.transfer import duplicates
from zflib.experiments.transfer.duplicates import SIDE, copied, measure, nearest, scaled


def drawn(count, seed, side=96):
    """Pictures of a few dim shapes each, no two alike."""
    generator = np.random.default_rng(seed)
    coarse = generator.normal(size=(count, 6, 6, 3)).repeat(side // 6, 1).repeat(side // 6, 2)
    return (128 + 40 * coarse + generator.normal(scale=4, size=coarse.shape)).clip(0, 255).astype(np.uint8)


def named(pixels, kind):
    files = tuple(f"{kind}/{at}.jpg" for at in range(len(pixels)))
    return PictureSet(kind, pixels, np.zeros(len(pixels), int), (kind,), kind, (), files)


def test_a_product_is_a_correlation():
    pixels = drawn(3, 0)
    small = pixels.astype(float).mean(3).reshape(3, SIDE, 96 // SIDE, SIDE, 96 // SIDE).mean((2, 4)).reshape(3, -1)
    assert (scaled(pixels) @ scaled(pixels).T).numpy() == pytest.approx(np.corrcoef(small), abs=1e-5)
    flat = np.full((1, 96, 96, 3), 90, np.uint8)
    assert not scaled(flat).any()


def test_the_nearest_of_a_slow_search():
    mine, others = drawn(7, 1), drawn(11, 2)
    found = nearest(mine, others, block=3)
    for way, turn in (("as it is", lambda p: p), ("mirrored", np.fliplr), ("upside down", np.flipud)):
        for at, picture in enumerate(mine):
            turned = scaled(np.ascontiguousarray(turn(picture))[None])[0].numpy()
            by_hand = [float(np.dot(turned, scaled(other[None])[0].numpy())) for other in others]
            assert found[way][0][at] == pytest.approx(max(by_hand), abs=1e-5)
            assert found[way][1][at] == int(np.argmax(by_hand))


def test_copies_are_found_and_others_are_not():
    mine, others = drawn(20, 3), drawn(30, 4)
    others[4] = mine[2]
    others[9] = np.fliplr(mine[5])
    found = measure(named(mine, "mine"), named(others, "theirs"))
    pairs = {tuple(copy[:3]) for copy in found["copies"]}
    assert pairs == {("mine/2.jpg", "theirs/4.jpg", "as it is"), ("mine/5.jpg", "theirs/9.jpg", "mirrored")}
    assert sum(found["best"]["as it is"]) == 20 and found["pictures"] == 30
    power = [found["power"][str(crop)] for crop in duplicates.CROPS]
    assert power[0] == 1 and power == sorted(power, reverse=True)
    assert not measure(named(mine, "mine"), named(drawn(30, 5), "theirs"))["copies"]


def test_a_copy_shows_the_middle():
    pixels = np.zeros((1, 100, 100, 3), np.uint8)
    pixels[:, 10:90, 10:90] = 200
    assert (copied(pixels, 0.8) == 200).all() and copied(pixels, 0.8).shape == (1, 84, 84, 3)
    assert copied(pixels, 1.0)[0, 2, 40, 0] == 0


def test_the_command_writes_what_it_found(tmp_path, monkeypatch, capsys):
    from zflib import data

    mine, others = drawn(8, 6), drawn(9, 7)
    others[3] = mine[1]
    monkeypatch.setattr(data, "caltech101", lambda side: named(mine, "caltech101"))
    monkeypatch.setattr(data, "imagenette", lambda split, side: named(others, "imagenette"))
    monkeypatch.setattr(data, "folder", lambda path, side: named(drawn(9, 8), "mini_imagenet100"))
    duplicates.main(["--data", str(tmp_path), "--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert [len(found["sets"][name]["copies"]) for name in ("imagenette", "mini_imagenet100")] == [1, 0]
    assert found["made"]["command"] == "python -m zflib.experiments.transfer.duplicates"
    assert found["like"] == duplicates.result()["like"] == duplicates.LIKE
    assert "imagenette: 1 copies found" in capsys.readouterr().out
