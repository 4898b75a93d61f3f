"""An architecture as a PyTorch module whose children carry the names of the paper's steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from zflib.architecture import Architecture
from zflib.arguments import array, number, whole


def device() -> torch.device:
    """The best device here: CUDA, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


class ContrastNorm(nn.Module):
    """Krizhevsky's local response normalisation over neighbouring maps; no parameters.

    Each value is divided by (k + alpha * sum of squares over the `size` maps around its own) ** beta.
    `alpha` stands on the sum; torch's LocalResponseNorm puts it on the mean, so alpha = 1e-4 here is its 5e-4.
    Input and output (N, C, H, W).
    """

    size, k, alpha, beta = 5, 2.0, 1e-4, 0.75

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or not x.is_floating_point() or not x.numel():
            raise ValueError(f"Normalisation takes floating-point maps (N, C, H, W), not {x.dtype} {tuple(x.shape)}.")
        return _Normalise.apply(x, self.neighbours(x))

    def neighbours(self, x: Tensor) -> Tensor:
        """(C, C, 1, 1): one where two of x's maps are at most size // 2 apart. As a filter it sums over neighbours."""
        at = torch.arange(x.shape[1], device=x.device)
        return ((at[:, None] - at).abs() <= self.size // 2).to(x.dtype)[:, :, None, None]

    def extra_repr(self) -> str:
        return f"size={self.size}, k={self.k}, alpha={self.alpha}, beta={self.beta}"


def _factors(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    """The reciprocal r of the denominator's base and r ** 0.75, written with roots: pow is several times slower."""
    if x.dtype == torch.float16:  # whose squares overflow beyond 255
        x, neighbours = x.float(), neighbours.float()
    base = F.conv2d(x * x, neighbours)
    base = base.float() if x.dtype == torch.bfloat16 else base
    root = (ContrastNorm.k + ContrastNorm.alpha * base).rsqrt()
    return root * root, root * root.sqrt()


def _no_autocast(x: Tensor) -> AbstractContextManager:
    """Keep autocast from rounding x again; the meta device has none to keep away."""
    available = torch.amp.is_autocast_available(x.device.type)
    return torch.autocast(x.device.type, enabled=False) if available else nullcontext()


class _Normalise(torch.autograd.Function):
    """By hand, because autograd keeps five intermediates and takes twice as long; training on a CPU feels it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, neighbours: Tensor) -> Tensor:
        with _no_autocast(x):
            reciprocal, scale = _factors(x, neighbours)
        ctx.save_for_backward(x, reciprocal, scale, neighbours)
        return (x * scale).to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        x, reciprocal, scale, neighbours = ctx.saved_tensors
        with _no_autocast(x):
            straight = grad * scale
            across = F.conv2d((straight * x * reciprocal).to(x.dtype), neighbours)
            return (straight - 2 * ContrastNorm.alpha * ContrastNorm.beta * x * across).to(x.dtype), None


class ConvNet(nn.Module):
    """A network built from an `Architecture`: children conv1, relu1, pool1, norm1 ... fc8, run in that order.

    architecture  what to build; impossible geometry raises ValueError before any weight is made
    mean          what `preprocess` subtracts: (3, 1, 1), or (3, R, R) for a mean picture, R = `resized_side`; in 0..255
    class_names   names of the classes in the order of fc8's units

    Takes (N, 3, H, W) pictures from `preprocess`, returns (N, classes) logits. Weights are drawn as in the
    paper (Section 3): Gaussian of s.d. 0.01, biases 0. H and W are free as long as fc6 still fits; the
    steps up to pool5 run at any size. Raises ValueError for another shape, a type that is no floating point, or
    a size that does not suit fc6.
    """

    def __init__(
        self, architecture: Architecture, mean: Tensor | None = None, class_names: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.class_names = tuple(class_names)
        if self.class_names and len(self.class_names) != architecture.classes:
            raise ValueError(
                f"{len(self.class_names)} class names for {architecture.classes} classes; give one for each."
            )
        mean = torch.full((3, 1, 1), 128.0) if mean is None else torch.from_numpy(array("mean", mean)).float()
        self.register_buffer("mean", mean)
        side = self.resized_side
        if tuple(mean.shape) not in ((3, 1, 1), (3, side, side)):
            raise ValueError(f"mean must have shape (3, 1, 1) or (3, {side}, {side}), not {tuple(mean.shape)}.")
        geometry = architecture.geometry()
        inputs = {step.name: before for step, before in zip(geometry[1:], geometry[:-1], strict=True)}
        convs = {f"conv{c.layer}": c for c in architecture.convs}
        pools = {f"pool{c.layer}": c.pool for c in architecture.convs}
        for step in geometry:
            into = inputs[step.name].maps if step.name in inputs else 3
            if step.name in convs:
                c = convs[step.name]
                module = nn.Conv2d(into, step.maps, c.kernel, c.stride, c.pad)
            elif step.name in pools:
                p = pools[step.name]
                module = nn.MaxPool2d(p.kernel, p.stride, ceil_mode=p.ceil)
            elif step.name.startswith("fc"):
                side = inputs[step.name].size
                module = nn.Linear(into * side**2, step.maps)
            elif step.name.startswith("relu"):
                module = nn.ReLU()
            elif step.name.startswith("norm"):
                module = ContrastNorm()
            else:
                module = nn.Dropout(0.5)
            self.add_module(step.name, module)
        self.initialise()

    @torch.no_grad()
    def initialise(
        self, std: float = 0.01, conv1_std: float | None = None, seed: int | None = None, he: bool = False
    ) -> ConvNet:
        """Draw all weights anew: Gaussian of s.d. `std` (conv1: `conv1_std` if given), biases 0 (Section 3).

        he  between the first layer and the last, s.d. sqrt(2 / fan-in) instead: signals keep their size through
            rectified layers (He et al. 2015)

        Raises ValueError for a spread that is negative or no number, and a seed that is not whole.
        """
        for name, spread in (("std", std), ("conv1_std", std if conv1_std is None else conv1_std)):
            if number(name, spread) < 0:
                raise ValueError(f"{name} is a standard deviation and can't be negative: {spread}.")
        generator = None if seed is None else torch.Generator().manual_seed(whole("seed", seed))
        for name, module in self.named_children():
            if isinstance(module, nn.Conv2d | nn.Linear):
                spread = conv1_std if name == "conv1" and conv1_std is not None else std
                if he and name not in ("conv1", "fc8"):
                    spread = (2 / module.weight[0].numel()) ** 0.5
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * spread)
                module.bias.zero_()
        return self

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != 3 or not x.is_floating_point():
            raise ValueError(
                f"A network takes floating-point pictures of shape (N, 3, H, W), not {x.dtype} of {tuple(x.shape)}: "
                "stack what net.preprocess returns, or x[None] for one."
            )
        height, width = x.shape[2:]
        if (height, width) != (self.architecture.input_size,) * 2:
            self.architecture.geometry(min(height, width))  # raises ValueError, naming the step, for a size too small
        x = x.to(self.mean)  # its device and its type
        for module in self.children():
            if isinstance(module, nn.Linear):
                x = x.flatten(1)
                if x.shape[1] != module.in_features:
                    raise ValueError(
                        f"Pictures of {height} x {width} pixels give the fully connected layers {x.shape[1]} values "
                        f"instead of {module.in_features}; use {self.architecture.input_size} pixels a side."
                    )
            x = module(x)
        return x

    @property
    def resized_side(self) -> int:
        """Side in pixels to which `preprocess` scales a picture before it crops: 256 for 224, as in the paper."""
        return resized(self.architecture.input_size)

    def preprocess(self, picture: Any, size: int | None = None) -> Tensor:
        """One picture as the network wants it (Section 3): shorter side scaled, centre cropped, mean subtracted.

        picture  a PIL picture of any size and mode, or an array (H, W), (H, W, 3) or (H, W, 4)
        size     side S of the crop in pixels; the architecture's input size when left out. The shorter side is
                 scaled to 8/7 of it, 256 for 224. Other sizes suit the steps up to pool5.

        Returns CPU float32 (3, S, S) with values in about [-128, 128].
        Raises TypeError or ValueError for what is not a picture, and for another size where the mean is a picture.
        """
        from zflib.data.pictures import centre_square, to_array

        crop = self.architecture.input_size if size is None else size
        if not isinstance(crop, Integral) or crop < 1:
            raise ValueError(f"size must be a whole number of pixels, not {crop!r}.")
        side = resized(crop)
        if self.mean.shape[1] not in (1, side):
            raise ValueError(
                f"This network subtracts a mean picture of {self.mean.shape[1]} pixels a side, which belongs to crops "
                f"of {self.architecture.input_size}; leave size out."
            )
        pixels = torch.from_numpy(to_array(centre_square(picture, side))).permute(2, 0, 1)
        edge = (side - crop) // 2
        return (pixels - self.mean.cpu().float())[:, edge : edge + crop, edge : edge + crop].contiguous()


@contextmanager
def in_eval(net: nn.Module) -> Iterator[None]:
    """The network in eval mode, without dropout; afterwards, also after an error, in the mode it was in."""
    training = net.training
    net.eval()
    try:
        yield
    finally:
        net.train(training)


def resized(crop: int) -> int:
    """The side to which `preprocess` scales a picture of which it keeps `crop` pixels: 256 for 224 (Section 3)."""
    return round(crop * 8 / 7)
