"""The start page's pictures are what tools/cards.py draws today, one for each chapter."""

import re

import cards
import numpy as np
import pytest
from pages import TEXT
from PIL import Image


def test_every_chapter_of_the_start_page_has_a_card():
    listed = re.findall(r"\(images/cards/(\d+)\.webp\)\n\n  \*\*(\d+)\*\* \[", TEXT["index.md"])
    assert [int(number) for number, _ in listed] == [int(number) for _, number in listed] == list(cards.CHAPTERS)
    assert {int(file.stem) for file in cards.CARDS.iterdir()} == set(cards.CHAPTERS)


@pytest.mark.parametrize("number", cards.CHAPTERS)
def test_a_card_is_what_is_drawn(number):
    kept = np.asarray(Image.open(cards.CARDS / f"{number}.webp").convert("RGB")).astype(int)
    assert kept.shape == (cards.HEIGHT, cards.WIDTH, 3)
    drawn = cards.CHAPTERS[number]()
    assert np.abs(kept - drawn).mean() < 5, f"chapter {number}'s card is old: run python tools/cards.py"
    assert kept.std(axis=(0, 1)).max() > 20, "one colour all over"
