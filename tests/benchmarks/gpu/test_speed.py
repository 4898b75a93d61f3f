"""The arithmetic behind the speeds."""

import io

import pytest
import torch
from PIL import Image

import zflib
from benchmarks.gpu import setting, speed

CPU = setting.Setting(torch.device("cpu"), torch.float32)


def test_products_of_a_projection_by_hand():
    # Sides of the windows: a unit of conv5, 3 of conv4, 5 of conv3, which come from 7 of pool2.
    by_hand = 1 * 256 * 384 * 9 + 3**2 * 384 * 384 * 9 + 5**2 * 384 * 256 * 9
    conv2 = (7 - 1) * 2 + 3  # pool2
    below = (conv2 - 1) * 2 + 5
    conv1 = (below - 1) * 2 + 3  # pool1
    by_hand += conv2**2 * 256 * 96 * 25 + conv1**2 * 96 * 3 * 49
    assert speed.projection_macs(zflib.ZFNET) == by_hand
    field = {step.name: step.receptive_field for step in zflib.ZFNET.geometry()}["conv5"]
    assert (conv1 - 1) * 2 + 7 == field == 139


def test_a_window_is_no_larger_than_its_map():
    small = speed.projection_macs(zflib.ZFNET.mini())
    whole = [step.macs for step in zflib.ZFNET.mini().geometry() if step.name.startswith("conv")]
    assert 0 < small < sum(whole)


def test_the_pictures_to_decode_are_of_imagenets_size():
    files = speed.jpegs()
    assert {Image.open(io.BytesIO(file)).size for file in files} == {(500, 375)}
    assert 70_000 < sum(map(len, files)) / len(files) < 150_000


@pytest.mark.parametrize("rate, words", [(99, "decoding LIMITS training"), (101, "decoding keeps up with training")])
def test_what_limits_is_said(rate, words, monkeypatch):
    monkeypatch.setattr(speed, "_pictures_a_second", lambda setting, name: {"ZFNET": 60, "ALEXNET": 100}[name])
    assert speed._enough(CPU, rate, "decoding").startswith(f"{words}, which takes 100/s")


def test_items_a_second_counts_items():
    seen = []
    assert speed._per_second(seen.append, list(range(50))) > 0
    assert sorted(seen) == sorted([*range(10), *range(50)])
