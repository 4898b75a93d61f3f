"""Which models can be reversed, and what is said of the others."""

import copy
import pickle

import pytest
import torch
import torchvision
from by_hand import close, small_net
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, prune

import zflib
from zflib.deconvnet import METHODS, DeconvNet


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


class Standardised(nn.Conv2d):
    """Weight standardisation in a forward of its own, which the stored weight does not show."""

    def forward(self, x):
        mean, std = self.weight.mean((1, 2, 3), keepdim=True), self.weight.std((1, 2, 3), keepdim=True)
        return self._conv_forward(x, (self.weight - mean) / std, self.bias)


class Padded(nn.Conv2d):
    def _conv_forward(self, x, weight, bias):
        return super()._conv_forward(F.pad(x, (1, 1, 1, 1)), weight, bias)


class Leaky(nn.ReLU):
    def forward(self, x):
        return F.leaky_relu(x)


class Different(zflib.ConvNet):
    def forward(self, x):
        return -super().forward(x)


class Named(nn.Conv2d):
    """A subclass that computes as its class does."""

    def extra_repr(self):
        return "named"


def replaced_forward(net, name):
    module = net.get_submodule(name)
    module.forward = lambda x: x
    return net


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
        (lambda: nn.Sequential(nn.MaxPool2d(2, return_indices=True)), r"0 \(MaxPool2d\).*leave out return_indices"),
        (lambda: nn.Sequential(nn.AdaptiveMaxPool2d(6, return_indices=True)), r"leave out return_indices"),
        (
            lambda: nn.Sequential(Standardised(3, 4, 3)),
            r"0 \(Standardised\) can't be .* way of its own. Use Conv2d itself",
        ),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), Leaky()), r"1 \(Leaky\).*way of its own. Use ReLU itself"),
        (lambda: nn.Sequential(Padded(3, 4, 3)), r"0 \(Padded\).*way of its own"),
        (lambda: nn.Sequential(nn.LazyConv2d(4, 3)), r"0 \(LazyConv2d\) can't be reversed yet: .* has run once"),
        (lambda: nn.Sequential(), "The model has no layers"),
        (lambda: nn.Sequential(nn.Sequential()), "The model has no layers"),
        (
            lambda: torch.fx.symbolic_trace(small_net()),
            r"A GraphModule can't be reversed.*Give the model it was made from",
        ),
        (lambda: torch.jit.script(small_net()), r"A ScriptModule can't be .*the model it was made from"),
        (lambda: torch.compile(small_net()), r"A compiled model can't be .*Give the model it was made from"),
        (lambda: nn.Sequential(torch.fx.symbolic_trace(small_net())), r"0 \(GraphModule\) can't be reversed"),
        (lambda: replaced_forward(small_net(), "1"), r"1 \(ReLU\) can't be reversed: its forward was replaced"),
        (lambda: replaced_forward(small_net(), ""), r"The model \(Sequential\) can't .*its forward was replaced"),
        (lambda: Different(zflib.ZFNET.mini()), r"A Different can't be reversed"),
        (lambda: "zfnet-mini", "A model must be an nn.Module, not str"),
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


# --- what only changes a layer's weight -------------------------------------------------------------------------------

WEIGHTS = {
    "weight_norm": parametrizations.weight_norm,
    "spectral_norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "old weight_norm": nn.utils.weight_norm,
    "old spectral_norm": nn.utils.spectral_norm,
    "pruned": lambda module: prune.random_unstructured(module, "weight", 0.5),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated")
@pytest.mark.parametrize("kind", WEIGHTS)
def test_a_layer_with_another_weight_is_reversed_with_that_one(kind):
    torch.manual_seed(0)
    net = nn.Sequential(Named(3, 4, 3), nn.ReLU(), WEIGHTS[kind](nn.Conv2d(4, 5, 3)), nn.ReLU()).eval()
    x = torch.rand(1, 3, 9, 9, requires_grad=True)
    net[2].bias.data += 1  # so that some unit is active
    y = net(x)
    channel = int(y[0].flatten(1).amax(1).argmax())
    value = y[0, channel].max()
    expected = torch.autograd.grad(value, x)[0] * value.detach()
    deconv = DeconvNet(net)
    assert expected.abs().max() > 0
    assert close(deconv.project(deconv.forward(x), "3", channel=channel, method="gradient"), expected)


@pytest.mark.parametrize("norm", [nn.utils.spectral_norm, parametrizations.spectral_norm])
def test_a_spectral_norm_in_training_mode_stays_as_it_is(norm):
    net = nn.Sequential(norm(nn.Conv2d(3, 4, 3)), nn.ReLU(), nn.Dropout()).train()
    net[2].eval()  # a mode of its own
    before = copy.deepcopy(net.state_dict())
    deconv = DeconvNet(net)
    deconv.project(deconv.forward(torch.rand(1, 3, 9, 9)), "1", channel=0)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [module.training for module in net] == [True, True, False] and net.training


# --- hooks, and layers that are replaced ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["1", "0", "2", ""])
@pytest.mark.parametrize("kind", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_forward_hook_is_refused_by_name_until_it_is_removed(name, kind):
    net = small_net()
    deconv = DeconvNet(net)
    trace = deconv.forward(torch.rand(1, 3, 17, 17))
    handle = getattr(net.get_submodule(name), kind)(lambda *_: None)
    for use in (
        lambda: DeconvNet(net),
        lambda: deconv.forward(torch.rand(1, 3, 17, 17)),
        lambda: deconv.project(trace, "0", channel=0),
        lambda: deconv.project_units(trace, "0", torch.zeros(1, 4, dtype=torch.int64)),
    ):
        with pytest.raises(TypeError, match=rf"{name or 'The model'} \(.*a forward hook.*Remove it"):
            use()
    handle.remove()
    assert deconv.project(trace, "0", channel=0).shape == (1, 3, 17, 17)


def test_a_hook_on_all_modules_is_refused():
    handle = nn.modules.module.register_module_forward_hook(lambda *_: None)
    try:
        with pytest.raises(TypeError, match="a forward hook"):
            DeconvNet(small_net())
    finally:
        handle.remove()


def test_a_replaced_layer_answers_from_then_on():
    net, x = small_net(), torch.rand(1, 3, 17, 17)
    deconv = DeconvNet(net)
    old = deconv.forward(x)
    net[3] = nn.Conv2d(net[3].in_channels, 7, 3, padding=1)
    trace = deconv.forward(x)
    assert torch.equal(trace["5"], net(x)) and trace["5"].shape[1] == 7
    assert torch.equal(deconv.project(trace, "5", channel=6), DeconvNet(net).project(trace, "5", channel=6))
    with pytest.raises(ValueError, match="went through other layers"):
        deconv.project(old, "5", channel=0)
    net[1] = nn.Sigmoid()
    with pytest.raises(TypeError, match=r"1 \(Sigmoid\)"):
        deconv.forward(x)


# --- traces and modes -------------------------------------------------------------------------------------------------


def test_a_trace_of_another_network_with_the_same_steps_is_refused():
    one, other = DeconvNet(small_net()), DeconvNet(copy.deepcopy(small_net()))
    trace = one.forward(torch.rand(1, 3, 17, 17))
    with pytest.raises(ValueError, match="went through other layers; make one with this DeconvNet's forward"):
        other.project(trace, "5", channel=0)
    for copied in (copy.deepcopy(trace), pickle.loads(pickle.dumps(trace))):  # which no longer says where it is from
        assert torch.equal(other.project(copied, "5", channel=0), one.project(trace, "5", channel=0))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("local", [True, False])
def test_inference_mode_and_autocast_make_no_difference(method, local):
    net = zflib.ConvNet(zflib.ZFNET.mini()).initialise(std=0.04, seed=5)
    images = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(6)) * 60
    deconv = DeconvNet(net)
    plain = deconv.forward(images, "conv3")
    expected = deconv.project(plain, "conv3", channel=3, method=method, local=local)
    for mode in (torch.inference_mode(), torch.autocast("cpu", torch.bfloat16)):
        with mode:
            trace = deconv.forward(images, "conv3")
            inside = deconv.project(trace, "conv3", channel=3, method=method, local=local)
            assert torch.equal(deconv.project(plain, "conv3", channel=3, method=method, local=local), expected)
        assert torch.equal(trace["conv3"], plain["conv3"]) and trace["conv3"].dtype == torch.float32
        assert torch.equal(inside, expected)
        assert torch.equal(deconv.project(trace, "conv3", channel=3, method=method, local=local), expected)
