"""Which models can be reversed, and what is said of the others."""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from zflib.deconvnet import DeconvNet


def test_a_layer_used_twice_counts_twice():
    relu = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(3, 4, 3), relu, nn.Conv2d(4, 4, 3), relu)
    deconv = DeconvNet(net)
    assert deconv.steps == ("0", "1", "2", "3")
    assert torch.equal(deconv.forward(images := torch.rand(1, 3, 9, 9))["3"], net(images))


class Hidden(nn.Module):
    def forward(self, x):
        return F.relu(x)


class Rearranged(nn.Sequential):
    def forward(self, x):
        return F.relu(super().forward(x))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), r"1 \(BatchNorm2d\) can't be reversed"),
        (lambda: nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), Hidden())), r"0\.1 \(Hidden\) can't be reversed"),
        (lambda: nn.Sequential(nn.AvgPool2d(2)), r"0 \(AvgPool2d\)"),
        (lambda: Rearranged(nn.Conv2d(3, 4, 3)), r"Rearranged"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")), r"0 \(Conv2d\).*zeros"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding="same")), r"0 \(Conv2d\).*padding in numbers"),
        (lambda: nn.Sequential(nn.MaxPool2d((2, 3))), r"0 \(MaxPool2d\).*square"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(2)), r"1 \(Flatten\).*everything but the pictures"),
        (lambda: torchvision.models.resnet18(), r"ResNet can't be reversed"),
        (lambda: torchvision.models.vgg11_bn(), r"features\.1 \(BatchNorm2d\)"),
    ],
)
def test_what_cannot_be_reversed_is_refused_by_name(model, message):
    with pytest.raises(TypeError, match=message):
        DeconvNet(model())


def test_adaptive_pooling_that_changes_something_is_refused():
    deconv = DeconvNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(6)))
    assert deconv.project(deconv.forward(torch.rand(1, 3, 8, 8)), "1", channel=0).shape == (1, 3, 8, 8)
    with pytest.raises(TypeError, match="1 averages"):
        deconv.forward(torch.rand(1, 3, 12, 12))


def test_linear_layers_on_maps_are_refused():
    deconv = DeconvNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(6, 2)))
    with pytest.raises(ValueError, match=r"put nn\.Flatten before it"):
        deconv.forward(torch.rand(1, 3, 8, 8))
