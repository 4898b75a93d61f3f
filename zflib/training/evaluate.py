"""Accuracy on one centre crop and on the paper's ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from zflib.data.pictures import centre_square, to_array
from zflib.data.sets import PictureSet
from zflib.network import ConvNet


@dataclass(frozen=True)
class Evaluation:
    """Shares between 0 and 1, mean cross-entropy in nats, and the (N, classes) log-probabilities behind them."""

    top1: float
    top5: float
    loss: float
    log_probabilities: np.ndarray


@torch.inference_mode()
def evaluate(net: ConvNet, pictures: PictureSet, *, ten_crops: bool = False, batch_size: int = 128) -> Evaluation:
    """How well `net` names the pictures, on the centre crop of `preprocess` or averaged over the paper's ten crops.

    Ten crops (Section 3): four corners and the centre, each with its mirror; probabilities are averaged.
    """
    training = net.training
    net.eval()
    where = net.mean.device
    outputs = []
    for start in range(0, len(pictures), batch_size):
        squares = _squares(net, pictures.pixels[start : start + batch_size])
        views = _ten_crops(net, squares) if ten_crops else [_crop(net, squares, *_centre(net))]
        outputs.append(
            torch.stack(
                [F.log_softmax(net(view.to(where, memory_format=torch.channels_last)).float(), dim=1) for view in views]
            )
            .exp()
            .mean(0)
            .log()
            .cpu()
        )
    net.train(training)
    log_probabilities = torch.cat(outputs)
    labels = torch.from_numpy(pictures.labels)
    best = log_probabilities.topk(min(5, log_probabilities.shape[1]), dim=1).indices
    hits = best == labels[:, None]
    return Evaluation(
        top1=hits[:, 0].float().mean().item(),
        top5=hits.any(1).float().mean().item(),
        loss=F.nll_loss(log_probabilities, labels).item(),
        log_probabilities=log_probabilities.numpy(),
    )


def _squares(net: ConvNet, pixels: np.ndarray) -> Tensor:
    """(B, 3, R, R), R the side to which `preprocess` scales, mean not yet subtracted."""
    if pixels.shape[1] != net.resized_side:
        pixels = np.stack([to_array(centre_square(picture, net.resized_side)) for picture in pixels])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float()


def _centre(net: ConvNet) -> tuple[int, int]:
    edge = (net.resized_side - net.architecture.input_size) // 2
    return edge, edge


def _crop(net: ConvNet, squares: Tensor, top: int, left: int) -> Tensor:
    size = net.architecture.input_size
    return squares[:, :, top : top + size, left : left + size] - net.mean.cpu()


def _ten_crops(net: ConvNet, squares: Tensor) -> list[Tensor]:
    far = net.resized_side - net.architecture.input_size
    five = [_crop(net, squares, *at) for at in ((0, 0), (0, far), (far, 0), (far, far), _centre(net))]
    return [view for crop in five for view in (crop, crop.flip(3))]
