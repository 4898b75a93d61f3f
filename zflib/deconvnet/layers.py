"""What a model is made of: its layers in the order in which they run, or why it can't be reversed."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from zflib.network import ContrastNorm, ConvNet

NORMS = (ContrastNorm, nn.LocalResponseNorm)

_PASS = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_SUPPORTED = (nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.Flatten, *NORMS, *_PASS)


def reversible_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The model's layers by name, in the order in which they run."""
    kind, origin = type(model), type(model).__module__
    if isinstance(model, ConvNet):
        flat = False
        for name, module in model.named_children():
            if isinstance(module, nn.Linear) and not flat:
                yield "flatten", nn.Flatten()
                flat = True
            yield from _leaves(module, name)
    elif origin in ("torchvision.models.alexnet", "torchvision.models.vgg"):
        for part in ("features", "avgpool", "classifier"):
            if part == "classifier":
                yield "flatten", nn.Flatten()
            yield from _leaves(getattr(model, part), part)
    elif isinstance(model, nn.Sequential):
        yield from _leaves(model, "")
    else:
        raise TypeError(
            f"A {kind.__name__} can't be reversed: its order of layers is hidden in its forward. "
            "Use a ConvNet, torchvision's AlexNet or VGG, or an nn.Sequential of the layers."
        )


def _leaves(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for child, inner in module._modules.items():  # named_children() would skip a layer used twice
            yield from _leaves(inner, f"{name}.{child}" if name else child)
        return
    layer = f"{name or 'The model'} ({type(module).__name__})"
    if not isinstance(module, _SUPPORTED):
        raise TypeError(
            f"{layer} can't be reversed. The deconvnet knows Conv2d, Linear, ReLU, MaxPool2d, contrast normalisation, "
            "Dropout, Flatten, Identity, and adaptive pooling that changes nothing."
        )
    if isinstance(module, nn.Conv2d) and (module.padding_mode != "zeros" or isinstance(module.padding, str)):
        raise TypeError(f"{layer} can't be reversed: give its padding in numbers, with zeros (padding_mode).")
    if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) != (1, -1):
        raise TypeError(
            f"{layer} can't be reversed: it must flatten everything but the pictures, as nn.Flatten() does."
        )
    if isinstance(module, nn.MaxPool2d):
        pool_numbers(layer, module)
    yield name, module


def pool_numbers(name: str, module: nn.MaxPool2d) -> tuple[int, int, int, bool, int]:
    """kernel, stride, padding, ceil mode and dilation, as `pool` takes them."""
    numbers = (module.kernel_size, module.stride, module.padding, module.dilation)
    if any(isinstance(value, tuple) and len(set(value)) > 1 for value in numbers):
        raise TypeError(f"{name} can't be reversed: its pooling windows must be square.")
    kernel, stride, pad, dilation = map(single, numbers)
    return kernel, stride, pad, module.ceil_mode, dilation


def single(value: int | tuple[int, ...]) -> int:
    return max(value) if isinstance(value, tuple) else value
