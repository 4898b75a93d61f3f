"""What a model is made of: its layers in the order in which they run, or why it can't be reversed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import nn
from torch.nn.modules import module as torch_module
from torch.nn.utils import prune
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from zflib.network import ContrastNorm, ConvNet

NORMS = (ContrastNorm, nn.LocalResponseNorm)

_PASS = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_SUPPORTED = (nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.Flatten, *NORMS, *_PASS)

_FLATTEN = nn.Flatten()  # what a network does between its maps and its fully connected layers

_WAYS = ("forward", "_conv_forward")  # what a subclass may compute otherwise

# Hooks that only make a layer's weight, which the way down reads too.
_OF_WEIGHTS = (WeightNorm, SpectralNorm, prune.BasePruningMethod)


def reversible_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The model's layers by name, in the order in which they run."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"A model must be an nn.Module, not {type(model).__name__}; zflib.load gives a trained one.")
    origin = type(model).__module__
    if made := _made_from_another(model):
        raise TypeError(
            f"A {made} can't be reversed: its layers are no longer modules. Give the model it was made from."
        )
    _check_as_written(model, f"The model ({type(model).__name__})")
    if type(model).forward is ConvNet.forward:
        flat = False
        for name, module in model.named_children():
            if isinstance(module, nn.Linear) and not flat:
                yield "flatten", _FLATTEN
                flat = True
            yield from _leaves(module, name)
    elif origin in ("torchvision.models.alexnet", "torchvision.models.vgg"):
        for part in ("features", "avgpool", "classifier"):
            if part == "classifier":
                yield "flatten", _FLATTEN
            yield from _leaves(getattr(model, part), part)
    elif isinstance(model, nn.Sequential):
        yield from _leaves(model, "")
    else:
        raise TypeError(
            f"A {type(model).__name__} can't be reversed: its order of layers is hidden in its forward. "
            "Use a ConvNet, torchvision's AlexNet or VGG, or an nn.Sequential of the layers."
        )


def _leaves(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    layer = f"{name or 'The model'} ({_made_from_another(module) or type(module).__name__})"
    _check_as_written(module, layer)
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for child, inner in module._modules.items():  # named_children() would skip a layer used twice
            yield from _leaves(inner, f"{name}.{child}" if name else child)
        return
    kind = next((kind for kind in _SUPPORTED if isinstance(module, kind)), None)
    if kind is None:
        raise TypeError(
            f"{layer} can't be reversed. The deconvnet knows Conv2d, Linear, ReLU, MaxPool2d, contrast normalisation, "
            "Dropout, Flatten, Identity, and adaptive pooling that changes nothing."
        )
    own = type(module)
    if own is not kind and any(getattr(own, way, None) is not getattr(kind, way, None) for way in _WAYS):
        raise TypeError(
            f"{layer} can't be reversed: it computes in a way of its own. Use {kind.__name__} itself; "
            "a parametrization (torch.nn.utils.parametrize) may change its weight."
        )
    if getattr(module, "return_indices", False):
        raise TypeError(
            f"{layer} can't be reversed: leave out return_indices. The deconvnet keeps the switches itself."
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


def _check_as_written(module: nn.Module, name: str) -> None:
    """Raise TypeError for a module that does something else than its class says."""
    if any(isinstance(value, nn.UninitializedParameter) for value in module._parameters.values()):
        raise TypeError(f"{name} can't be reversed yet: it has no weights until the model has run once.")
    everywhere = torch_module._global_forward_pre_hooks, torch_module._global_forward_hooks
    for hooks in (module._forward_pre_hooks, module._forward_hooks, *everywhere):
        if hooks and not all(isinstance(hook, _OF_WEIGHTS) for hook in hooks.values()):
            raise TypeError(
                f"{name} can't be reversed: it has a forward hook, of which the way down knows nothing. Remove it."
            )
    if "forward" in vars(module):
        raise TypeError(f"{name} can't be reversed: its forward was replaced. Delete that attribute.")


def _made_from_another(module: nn.Module) -> str:
    """What a module is that torch made from another one, whose name it may bear; otherwise nothing."""
    if isinstance(module, torch.fx.GraphModule):
        return "GraphModule"
    if isinstance(module, torch.jit.ScriptModule):
        return "ScriptModule"
    return "compiled model" if "_orig_mod" in module._modules else ""


def pool_numbers(name: str, module: nn.MaxPool2d) -> tuple[int, int, int, bool, int]:
    """kernel, stride, padding, ceil mode and dilation, as `pool` takes them."""
    numbers = (module.kernel_size, module.stride, module.padding, module.dilation)
    if any(isinstance(value, tuple) and len(set(value)) > 1 for value in numbers):
        raise TypeError(f"{name} can't be reversed: its pooling windows must be square.")
    kernel, stride, pad, dilation = map(single, numbers)
    return kernel, stride, pad, module.ceil_mode, dilation


def single(value: int | tuple[int, ...]) -> int:
    return max(value) if isinstance(value, tuple) else value


@contextmanager
def undisturbed(model: nn.Module, device: str) -> Iterator[None]:
    """The model in eval mode, so that a spectral norm's buffers stay as they are, and without autocast, so that the way
    down has the types of the way up. Afterwards every module is in the mode it was in."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        with torch.autocast(device, enabled=False) if torch.amp.is_autocast_available(device) else nullcontext():
            yield
    finally:
        for module in training:
            module.training = True
