"""Accuracy on one centre crop and on the paper's ten."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from zflib.arguments import whole
from zflib.data.pictures import centre_square, to_array
from zflib.data.sets import PictureSet
from zflib.network import ConvNet, in_eval


@dataclass(frozen=True)
class Evaluation:
    """Shares between 0 and 1, mean cross-entropy in nats, and the (N, classes) log-probabilities behind them."""

    top1: float
    top5: float
    loss: float
    log_probabilities: np.ndarray


class NotFinite(ValueError):
    """A network's output holds what is no finite number."""


@torch.inference_mode()
def evaluate(net: ConvNet, pictures: PictureSet, *, ten_crops: bool = False, batch_size: int = 128) -> Evaluation:
    """How well `net` names the pictures, on the centre crop of `preprocess` or averaged over the paper's ten crops.

    Ten crops (Section 3): four corners and the centre, each with its mirror; probabilities are averaged. The network
    is in eval mode meanwhile. Raises NotFinite, with the picture's number, for an output that is no number.
    """
    whole("batch_size", batch_size, 1)
    views = _ten_crops if ten_crops else _centre_crop
    batches = [F.log_softmax(logits, dim=2) for logits in _logits(net, pictures, views, batch_size)]
    # The logarithm of the mean probability over views, without leaving logarithms: exp could underflow to 0.
    log_probabilities = torch.cat([torch.logsumexp(batch, 0) - math.log(len(batch)) for batch in batches])
    labels = torch.from_numpy(pictures.labels)
    best = log_probabilities.topk(min(5, log_probabilities.shape[1]), dim=1).indices
    hits = best == labels[:, None]
    return Evaluation(
        top1=hits[:, 0].float().mean().item(),
        top5=hits.any(1).float().mean().item(),
        loss=F.nll_loss(log_probabilities, labels).item(),
        log_probabilities=log_probabilities.numpy(),
    )


@torch.inference_mode()
def centre_logits(net: ConvNet, pictures: PictureSet, batch_size: int = 128) -> np.ndarray:
    """(N, classes) float32: the network's logits on the centre crop of every picture."""
    return torch.cat([logits[0] for logits in _logits(net, pictures, _centre_crop, batch_size)]).numpy()


def _logits(net: ConvNet, pictures: PictureSet, views: Callable, batch_size: int) -> Iterator[Tensor]:
    """(V, B, classes) for each batch, on the CPU: V views of B pictures."""
    with in_eval(net):
        for start in range(0, len(pictures), batch_size):
            squares = _squares(net, pictures.pixels[start : start + batch_size])
            crops = [crop.to(net.mean.device, memory_format=torch.channels_last) for crop in views(net, squares)]
            logits = torch.stack([net(crop).float().cpu() for crop in crops])
            lost = ~logits.isfinite().all(2).all(0)
            if lost.any():  # NaN would be sorted among the classes
                raise NotFinite(
                    f"The network's output for picture {start + int(lost.int().argmax())} of {pictures.name} is not "
                    "finite; its weights or its arithmetic have overflowed."
                )
            yield logits


def _squares(net: ConvNet, pixels: np.ndarray) -> Tensor:
    """(B, 3, R, R), R the side to which `preprocess` scales, the mean subtracted."""
    if pixels.shape[1] != net.resized_side:
        pixels = np.stack([to_array(centre_square(picture, net.resized_side)) for picture in pixels])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - net.mean.cpu()


def _crop(net: ConvNet, squares: Tensor, top: int, left: int) -> Tensor:
    size = net.architecture.input_size
    return squares[:, :, top : top + size, left : left + size]


def _centre_crop(net: ConvNet, squares: Tensor) -> list[Tensor]:
    edge = (net.resized_side - net.architecture.input_size) // 2
    return [_crop(net, squares, edge, edge)]


def _ten_crops(net: ConvNet, squares: Tensor) -> list[Tensor]:
    far = net.resized_side - net.architecture.input_size
    corners = [_crop(net, squares, *at) for at in ((0, 0), (0, far), (far, 0), (far, far))]
    return [view for crop in corners + _centre_crop(net, squares) for view in (crop, crop.flip(3))]
