from dataclasses import replace

import numpy as np
import torch

from zflib.training import augment
from zflib.training.recipe import MINI, PAPER

MEAN = torch.tensor([100.0, 120.0, 140.0]).view(3, 1, 1)
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 40, 40, 3), dtype=np.uint8)


def whole(mirror=1, contrast=1.0):
    """Draws of the whole picture."""
    return np.tile([1.0, 1.0, 0.0, 0.0, mirror, contrast], (len(PIXELS), 1))


def as_maps(pixels):
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float()


def test_whole_picture_at_its_own_size_is_the_picture_less_the_mean():
    out = augment.crops(PIXELS, whole(), MEAN, 40)
    assert torch.allclose(out, as_maps(PIXELS) - MEAN, atol=1e-2)


def test_mirror_and_contrast():
    out = augment.crops(PIXELS, whole(mirror=-1, contrast=1.25), MEAN, 40)
    assert torch.allclose(out, 1.25 * (as_maps(PIXELS).flip(3) - MEAN), atol=1e-2)


def test_a_crop_on_whole_pixels_is_a_slice():
    drawn = whole()
    drawn[:, :4] = 20 / 40, 20 / 40, 5 / 40, 8 / 40  # height, width, top, left
    out = augment.crops(PIXELS, drawn, MEAN, 20)
    assert torch.allclose(out, (as_maps(PIXELS) - MEAN)[:, :, 5:25, 8:28], atol=1e-2)


def crop_by_hand(picture, drawn, size):
    """Bilinear samples at the centres of size x size cells of the crop, one at a time."""
    height, width, top, left, mirror, _ = drawn
    side = len(picture)
    out = np.empty((size, size, 3))
    for i, j in np.ndindex(size, size):
        across = (j + 0.5) / size if mirror == 1 else 1 - (j + 0.5) / size
        y = np.clip((top + height * (i + 0.5) / size) * side - 0.5, 0, side - 1)
        x = np.clip((left + width * across) * side - 0.5, 0, side - 1)
        y0, x0 = min(int(y), side - 2), min(int(x), side - 2)
        fy, fx = y - y0, x - x0
        a, b, c, d = picture[y0, x0], picture[y0, x0 + 1], picture[y0 + 1, x0], picture[y0 + 1, x0 + 1]
        out[i, j] = (1 - fy) * ((1 - fx) * a + fx * b) + fy * ((1 - fx) * c + fx * d)
    return out


def test_random_crops_equal_those_by_hand():
    drawn = augment.draw(MINI, seed=3, epoch=5, pictures=len(PIXELS))
    out = augment.crops(PIXELS, drawn, MEAN, 16)
    for picture, one, row in zip(PIXELS.astype(float), out, drawn, strict=True):
        expected = (crop_by_hand(picture, row, 16) - MEAN.view(3).numpy()) * row[5]
        assert np.abs(one.permute(1, 2, 0).numpy() - expected).max() < 0.05


def test_draws_stay_within_the_picture_and_the_recipe():
    drawn = augment.draw(MINI, seed=0, epoch=0, pictures=5000)
    height, width, top, left, mirror, contrast = drawn.T
    assert (
        (top >= 0).all() and (left >= 0).all() and (top + height <= 1 + 1e-9).all() and (left + width <= 1 + 1e-9).all()
    )
    assert (width / height <= MINI.crop_aspect + 1e-9).all() and (height / width <= MINI.crop_aspect + 1e-9).all()
    assert (height * width >= MINI.crop_area[0] - 1e-9).all() and (height * width).min() < 0.4
    assert set(mirror) == {-1, 1} and abs(mirror.mean()) < 0.05
    assert 0.7 <= contrast.min() < 0.71 and 1.29 < contrast.max() <= 1.3


def test_paper_crops_have_one_size_and_no_contrast():
    drawn = augment.draw(PAPER, seed=0, epoch=0, pictures=100)
    assert np.allclose(drawn[:, :2], 224 / 256) and (drawn[:, 5] == 1).all()
    assert len(set(drawn[:, 2])) == 100


def test_draws_depend_on_seed_and_epoch_and_nothing_else():
    first = augment.draw(MINI, 1, 2, 50)
    np.random.seed(0), torch.manual_seed(0)
    assert np.array_equal(first, augment.draw(MINI, 1, 2, 50))
    assert not np.array_equal(first, augment.draw(MINI, 1, 3, 50))
    assert not np.array_equal(first, augment.draw(MINI, 2, 2, 50))
    assert sorted(augment.order(1, 2, 50)) == list(range(50))
    assert not np.array_equal(augment.order(1, 2, 50), augment.order(1, 3, 50))


def test_a_fixed_full_crop_draws_nothing_but_mirrors():
    drawn = augment.draw(replace(MINI, crop_area=(1.0, 1.0), crop_aspect=1.0, contrast=0.0), 0, 0, 20)
    assert np.array_equal(np.abs(drawn), np.abs(whole()[:1]).repeat(20, axis=0))
