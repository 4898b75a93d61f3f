"""The checkers of chapter 3 against right, nearly right and wrong answers."""

import pytest
import torch
from torch.nn import functional as F

from zflib.deconvnet import DeconvNet, pool, unpool
from zflib.exercises import deconvnet as chapter


@pytest.mark.parametrize(
    "answer",
    [
        [1, 0, 1, 0, -2],
        (1.0, 0.0, 1.0, 0.0, -2.0),
        torch.tensor([1.0, 0, 1, 0, -2]),
        torch.tensor([1.0, 0, 1, 0, -2], requires_grad=True),
    ],
)
def test_filtering_back_right(answer):
    assert chapter.check_filtering_back(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., "five numbers"),
        ([-1, 0, -1, 0, 2], "back to front"),
        ([1, 0, -1, 0, -2], "position 2 .* 2 of the two copies"),
        ([1, 0, 1, 0, 2], "position 4 .* 1 of the two"),
        ([1, 0, 2, 0, -2], "position 2 .* 2 of the two copies"),
        ([-2, 0, 1, 0, 1], "position 0 .* 1 of the two"),
        ([1, 2], "five numbers"),
        (["1", "0", "1", "0", "-2"], "five numbers"),
        ("rubbish", "five numbers"),
        ([1, 0, 1, 0, float("nan")], "five numbers"),
        (None, "five numbers"),
        ([[1], [2, 3]], "five numbers"),
    ],
)
def test_filtering_back_wrong(answer, says):
    verdict = chapter.check_filtering_back(answer)
    assert not verdict
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(verdict.text)


def rules(signal, activation, method):
    if method != "gradient":
        signal = signal.relu()
    return signal if method == "deconvnet" else signal * (activation > 0)


def test_rectify_right():
    assert chapter.check_rectify(rules)
    assert chapter.check_rectify(lambda s, a, m: rules(s, a, m).double())
    assert chapter.check_rectify(lambda s, a, m: rules(s, a, m).requires_grad_())


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (..., "a function of signal"),
        (3, "a function of signal"),
        (lambda s, a, m: rules(s, a, "gradient"), "deconvnet: .*behaves like gradient"),
        (lambda s, a, m: rules(s, a, "deconvnet"), "gradient: .*behaves like deconvnet"),
        (lambda s, a, m: s, "deconvnet: "),
        (lambda s, a, m: rules(s, a, m) * (a if m == "gradient" else 1), "gradient: the right places pass"),
        (lambda s, a, m: rules(s, a, m) != 0, "deconvnet: the right places pass"),
        (lambda s, a, m: rules(s, a, m if m == "deconvnet" else "guided"), "gradient: .*behaves like guided"),
        (lambda s, a, m: -rules(-s, a, m), "deconvnet: "),
        (lambda s, a, m: rules(s, a, m).numpy(), "ndarray"),
        (lambda s, a, m: None, "NoneType"),
        (lambda s, a, m: s[:1], "expected a tensor of shape"),
        (lambda s, a: s, "raised TypeError"),
    ],
)
def test_rectify_wrong(function, says):
    verdict = chapter.check_rectify(function)
    assert not verdict
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(verdict.text)


def down(net, x, channel, overlap="sum", bias=False, seed=None, method="deconvnet"):
    with torch.no_grad():
        relu1 = net[0](x).relu()
        pooled, switches = pool(relu1, 3, 2)
        top = net[3](pooled).relu()
        signal = torch.zeros_like(top)
        best = int(top[0, channel].argmax())
        signal[0, channel].view(-1)[best] = float(top[0, channel].max()) if seed is None else seed
        signal = F.conv_transpose2d(signal.relu(), net[3].weight, padding=1)
        signal = unpool(signal, switches, relu1.shape[2:], overlap)
        signal = rules(signal, relu1, method)
        return F.conv_transpose2d(signal, net[0].weight, torch.ones(3) if bias else None)


def test_deconvnet_right():
    assert chapter.check_deconvnet(down)
    assert chapter.check_deconvnet(lambda *a: down(*a).double())


def test_deconvnet_that_spoils_the_network_is_judged_by_what_it_returns():
    def spoiling(net, x, channel):
        found = down(net, x, channel)
        with torch.no_grad():
            net[0].weight.zero_()
        return found

    assert chapter.check_deconvnet(spoiling)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (..., "a function of net"),
        ("rubbish", "a function of net"),
        (lambda *a: down(*a, method="gradient"), "this is the gradient"),
        (lambda *a: down(*a, method="guided"), "this is guided"),
        (lambda *a: down(*a, overlap="last"), "should add up"),
        (lambda *a: down(*a, seed=1), "the scale is not"),
        (lambda *a: down(*a, bias=True), "Did a bias come along"),
        (lambda *a: -down(*a), "correlation with zflib's projection: -1.00"),
        (lambda net, x, channel: down(net, x, 0), "correlation"),
        (lambda *a: down(*a).flip(3), "correlation|nothing"),
        (lambda *a: 0 * down(*a), "zero everywhere"),
        (lambda *a: down(*a) * float("nan"), "not finite"),
        (lambda *a: down(*a)[:, :, :5], "expected a tensor of shape"),
        (lambda *a: 1 / 0, "raised ZeroDivisionError"),
        (lambda *a: None, "NoneType"),
    ],
)
def test_deconvnet_wrong(function, says):
    verdict = chapter.check_deconvnet(function)
    assert not verdict
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(verdict.text)


def test_toy_has_living_maps():
    net, x = chapter.toy()
    trace = DeconvNet(net).forward(x)
    assert (trace["4"].flatten(2).amax(2) > 0).sum() >= 3
