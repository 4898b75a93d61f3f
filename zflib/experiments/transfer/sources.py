"""What features there are to compare: networks by name, the same with random weights, and the pixels themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from zflib import weights
from zflib.data.sets import data_root
from zflib.network import ConvNet, device, resized

# After rectification and pooling, before contrast normalisation: what the next layer reads, up to its scale.
STEPS = {"1": "pool1", "2": "pool2", "3": "relu3", "4": "relu4", "5": "pool5", "6": "relu6", "7": "relu7"}

# SqueezeNet 1.0's steps with the receptive fields of ZFNet's (11, 43, 75 and 107 pixels; 155 for pool5's 171), and in
# place of layer 7 the 1,000 class maps averaged over the picture, its only step that sees all of it.
SQUEEZENET_STEPS = {
    "1": "features.2",
    "2": "features.6",
    "3": "features.8",
    "4": "features.10",
    "5": "features.12",
    "7": "classifier.3",
}


@dataclass(frozen=True)
class Source:
    """Features to take from pictures.

    net      maps prepared pictures (B, 3, S, S) to whatever; its modules are named by `layers`
    layers   module by the paper's number of the layer; "" is the picture itself
    side     pixels to which a picture's shorter side is scaled before it is prepared
    prepare  (B, side, side, 3) uint8 -> (B, 3, S, S) float32 on the CPU
    """

    name: str
    net: nn.Module
    layers: dict[str, str]
    side: int
    prepare: Callable[[np.ndarray], Tensor]

    @torch.inference_mode()
    def features(self, pixels: np.ndarray, layer: str) -> Tensor:
        """(B, D) float32 on the CPU: all that a layer holds of B pictures."""
        x = self.prepare(pixels)
        if not self.layers[layer]:
            return x.flatten(1)
        held: list[Tensor] = []

        def hold(module: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
            held.append(out.detach().float().flatten(1).cpu())
            raise _Enough

        handle = self.net.get_submodule(self.layers[layer]).register_forward_hook(hold)
        try:
            self.net(x.to(next(self.net.parameters()).device, memory_format=torch.channels_last))
        except _Enough:
            pass
        finally:
            handle.remove()
        return held[0]


class _Enough(Exception):
    """The layer asked for has spoken; the layers above it need not run."""


def source(name: str, seed: int = 0, folder: Path = weights.SHIPPED) -> Source:
    """Features by name.

    name  a name of `zflib.weights.available()`; "random:NAME", that network before training, its weights drawn from
          `seed` as He et al. (2015) say; "pixels", the squares that zfnet-mini sees; "squeezenet", SqueezeNet 1.0
          trained on ImageNet: the copy under the data root, or else torchvision's
    folder  where the named weights are; those that come with zflib when left out

    Raises ValueError for another name.
    """
    if name == "pixels":
        return of_net("pixels", weights.load("zfnet-mini"), {"0": ""})
    if name == "squeezenet":
        return _squeezenet()
    drawn = name.startswith("random:")
    net = weights.load(name.removeprefix("random:"), folder)
    if drawn:
        net.initialise(seed=seed, he=True)
    return of_net(name, net.eval())


def of_net(name: str, net: ConvNet, layers: dict[str, str] | None = None) -> Source:
    """Features of a network of the course, of all its layers when `layers` is left out; it should be in eval mode."""
    layers = layers or {layer: step for layer, step in STEPS.items() if hasattr(net, step)}
    edge = (net.resized_side - net.architecture.input_size) // 2
    mean = net.mean.cpu()

    def prepare(pixels: np.ndarray) -> Tensor:
        x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - mean
        return x[:, :, edge : net.resized_side - edge, edge : net.resized_side - edge]

    return Source(name, net.to(memory_format=torch.channels_last), layers, net.resized_side, prepare)


def _squeezenet() -> Source:
    from torchvision.models import SqueezeNet1_0_Weights, squeezenet1_0

    kept = Path(data_root()) / "squeezenet1_0_imagenet.safetensors"
    if kept.exists():
        from safetensors.torch import load_file

        net, crop = squeezenet1_0(), 227
        net.load_state_dict({key: value.float() for key, value in load_file(kept).items()})
        mean, scale = torch.tensor([123.0, 117.0, 104.0]).view(3, 1, 1), torch.ones(3, 1, 1)
    else:
        net, crop = squeezenet1_0(weights=SqueezeNet1_0_Weights.IMAGENET1K_V1), 224
        mean = 255 * torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        scale = 255 * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    side = resized(crop)
    edge = (side - crop) // 2

    def prepare(pixels: np.ndarray) -> Tensor:
        x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - mean) / scale
        return x[:, :, edge : edge + crop, edge : edge + crop]

    net = net.eval().to(device(), memory_format=torch.channels_last)
    return Source("squeezenet", net, SQUEEZENET_STEPS, side, prepare)
