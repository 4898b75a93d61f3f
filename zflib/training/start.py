"""A network and its optimiser as a run begins."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zflib import weights
from zflib.network import ConvNet
from zflib.training.recipe import Recipe


def prepare(net: ConvNet, recipe: Recipe, seed: int, start: str = "") -> None:
    """Draw the weights and set the dropout of a new network as the recipe says.

    start  named weights (`zflib.weights.available`) whose layers below the classes, and whose mean, it then takes over

    Raises ValueError for unknown weights, or those of a network with other layers.
    """
    net.initialise(recipe.init_std, recipe.conv1_std, seed, recipe.he)
    if start:
        learnt = weights.load(start).cpu().state_dict()
        wanted = {name for name in net.state_dict() if not name.startswith("fc8.")}
        if any(name not in learnt or learnt[name].shape != net.state_dict()[name].shape for name in wanted):
            raise ValueError(f"{start} has other layers than {net.architecture.name}; start from weights of its shape.")
        net.load_state_dict({name: learnt[name] for name in wanted}, strict=False)
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = recipe.dropout
    if recipe.pool5_dropout:  # in training mode only; a network loaded from a checkpoint has no hook
        net.pool5.register_forward_hook(lambda pool, _, out: F.dropout(out, recipe.pool5_dropout, pool.training))


def channel_mean(pixels: np.ndarray) -> np.ndarray:
    """(3,) mean of each colour over all pictures; one number each, since random crops give a pixel no fixed place."""
    return np.mean([picture.reshape(-1, 3).mean(axis=0) for picture in pixels], axis=0)


def sgd(net: ConvNet, recipe: Recipe) -> torch.optim.SGD:
    """Stochastic gradient descent with the recipe's decays: conv1's own, and none for biases."""
    named = dict(net.named_parameters())
    groups: dict[float, list[Tensor]] = {}
    for name, parameter in named.items():
        decay = recipe.conv1_weight_decay if name == "conv1.weight" else recipe.weight_decay
        groups.setdefault(0.0 if name.endswith("bias") else decay, []).append(parameter)
    return torch.optim.SGD(
        [{"params": p, "weight_decay": decay} for decay, p in groups.items()],
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
    )
