"""Projections against Captum's, where no contrast normalisation lies between."""

import warnings

import pytest
import torch
import torchvision
from by_hand import close
from torch import nn

import zflib
from zflib.deconvnet import DeconvNet
from zflib.network import ContrastNorm


def captum(kind, *arguments, **keywords):
    attr = pytest.importorskip("captum.attr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(attr, kind)(*arguments, **keywords)


def neuron(kind, model, module, x, unit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return captum(kind, model, module).attribute(x, unit).detach()


def without_norm(architecture):
    """The course's network as plain modules, contrast normalisation left out."""
    torch.manual_seed(1)
    net = zflib.ConvNet(architecture).initialise(std=0.05, seed=1)
    parts = {}
    for name, module in net.named_children():
        if name == "fc6":
            parts["flatten"] = nn.Flatten()
        if not isinstance(module, ContrastNorm):
            parts[name] = module
    sequence = nn.Sequential()
    for name, module in parts.items():
        sequence.add_module(name, module)
    return sequence.eval()


CAPTUM_CASES = {
    "torchvision's AlexNet": (lambda: torchvision.models.alexnet(), 224, "features.", (11, 4)),
    "torchvision's VGG features": (lambda: torchvision.models.vgg11().features, 64, "", (19, 4)),
    "ZFNet, mini": (lambda: without_norm(zflib.ZFNET.mini()), 128, "relu", (5, 2)),
    "AlexNet, mini": (lambda: without_norm(zflib.ALEXNET.mini()), 128, "relu", (5, 1)),
    "ZFNet": (lambda: without_norm(zflib.ZFNET), 224, "relu", (5,)),
    "AlexNet": (lambda: without_norm(zflib.ALEXNET), 224, "relu", (5,)),
}


@pytest.mark.parametrize("case", CAPTUM_CASES)
def test_equals_captum_bit_for_bit_where_no_normalisation_lies_between(case):
    make, size, prefix, layers = CAPTUM_CASES[case]
    torch.manual_seed(2)
    model, x = make().eval(), torch.randn(2, 3, size, size)
    deconv = DeconvNet(model)
    trace = deconv.forward(x)
    modules = dict(model.named_modules())
    for layer in layers:
        step = f"{prefix}{layer}"
        side = trace[step].shape[2]
        for unit in ((3, side // 2, side // 3), (1, 0, side - 1)):
            expected = neuron("NeuronDeconvolution", model, modules[step], x, unit)
            assert expected.abs().max() > 0
            assert torch.equal(deconv.project(trace, step, unit=unit, seed=1, local=False), expected)
            assert close(deconv.project(trace, step, unit=unit, seed=1), expected)
            guided = neuron("NeuronGuidedBackprop", model, modules[step], x, unit)
            assert close(deconv.project(trace, step, unit=unit, seed=1, method="guided"), guided)


def test_equals_captum_from_a_class_of_the_whole_model():
    torch.manual_seed(3)
    model, x = torchvision.models.alexnet().eval(), torch.randn(1, 3, 224, 224)
    deconv = DeconvNet(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = captum("Deconvolution", model).attribute(x, target=7).detach()
    trace = deconv.forward(x)
    assert torch.equal(trace["classifier.6"], model(x))
    assert torch.equal(deconv.project(trace, "classifier.6", channel=7, seed=1, local=False), expected)
    assert close(deconv.project(trace, "classifier.6", channel=7, seed=1), expected)


def test_vgg16_as_a_whole():
    torch.manual_seed(4)
    model, x = torchvision.models.vgg16().eval(), torch.randn(1, 3, 224, 224)
    deconv = DeconvNet(model)
    trace = deconv.forward(x)
    assert deconv.steps[:3] == ("features.0", "features.1", "features.2")
    assert close(trace["classifier.6"], model(x))
    local, whole = (deconv.project(trace, "features.28", unit=(5, 0, 13), local=local) for local in (True, False))
    assert close(local, whole)
