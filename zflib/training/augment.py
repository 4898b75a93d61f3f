"""Random crops, mirrors and contrast, drawn per picture from the seed, the epoch and the picture's number alone.

Nothing depends on the batch a picture falls in, on the process that holds it or on what ran before, so a run
that is cut off and resumed, or spread over several processes, sees the same pictures.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from zflib.training.recipe import Recipe


def order(seed: int, epoch: int, pictures: int) -> np.ndarray:
    """The order in which an epoch shows its pictures."""
    return np.random.default_rng([seed, epoch, 0]).permutation(pictures)


def draw(recipe: Recipe, seed: int, epoch: int, pictures: int) -> np.ndarray:
    """(pictures, 6): for each picture of an epoch the crop's height, width, top and left as shares of the
    picture's side, its mirror (1 or -1) and its contrast."""
    uniform = np.random.default_rng([seed, epoch, 1]).random((pictures, 6))
    area = recipe.crop_area[0] + uniform[:, 0] * (recipe.crop_area[1] - recipe.crop_area[0])
    aspect = recipe.crop_aspect ** (2 * uniform[:, 1] - 1)
    height, width = np.minimum(np.sqrt(area / aspect), 1), np.minimum(np.sqrt(area * aspect), 1)
    top, left = uniform[:, 2] * (1 - height), uniform[:, 3] * (1 - width)
    mirror = np.where(uniform[:, 4] < 0.5, 1, -1)
    contrast = 1 + recipe.contrast * (2 * uniform[:, 5] - 1)
    return np.stack([height, width, top, left, mirror, contrast], axis=1)


def crops(pixels: np.ndarray, drawn: np.ndarray, mean: Tensor, size: int) -> Tensor:
    """The drawn crops of a batch at size x size pixels, as the network wants them.

    pixels  (B, S, S, 3) uint8
    drawn   (B, 6), rows of `draw`
    mean    (3, 1, 1) in 0..255

    Returns float32 (B, 3, size, size), mean subtracted, contrast about the mean.
    """
    height, width, top, left, mirror, contrast = torch.from_numpy(drawn).float().unbind(1)
    zero = torch.zeros_like(height)
    # affine_grid counts from -1 to 1 across the picture: scale is the share, shift the crop's centre.
    theta = torch.stack([width * mirror, zero, 2 * left + width - 1, zero, height, 2 * top + height - 1], dim=1).view(
        -1, 2, 3
    )
    grid = F.affine_grid(theta, [len(pixels), 3, size, size], align_corners=False)
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    # Border padding, because a sample's bilinear neighbour may lie half a pixel outside the picture.
    sampled = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return (sampled - mean) * contrast[:, None, None, None]
