"""The comparisons with the CPU, run on it: each passes as it is, and fails where the device's result is wrong."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import zflib
from benchmarks.gpu import equality, learning, plan, setting
from zflib.network import ContrastNorm

NARROW = {
    "zfnet-mini": zflib.ZFNET.with_maps(dict.fromkeys(range(1, 6), 16)).with_units(32).mini(),
    "alexnet-mini": zflib.ALEXNET.with_maps(dict.fromkeys(range(1, 6), 16)).with_units(32).mini(),
}
COMPARISONS = [c for c in plan.checks() if c.function.startswith(("equality.", "learning."))]
CACHED = (setting.reference, setting.pictures, equality._trace, equality._torchvisions, learning._batch)
HERE = setting.Setting(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """Narrow networks with random weights, three pictures, short runs."""

    def load(name):
        return zflib.ConvNet(NARROW[name]).initialise(0.12, seed=3).eval()

    monkeypatch.setattr(zflib, "load", load)
    monkeypatch.setattr(setting, "synthetic", lambda pictures, side: zflib.data.synthetic(min(pictures, 5), side))
    monkeypatch.setattr(learning, "BATCH", 4)
    monkeypatch.setattr(learning, "STEPS", 4)
    for function in CACHED:
        function.cache_clear()
    yield
    for function in CACHED:
        function.cache_clear()


def found(check):
    for package in check.packages:
        pytest.importorskip(package)
    module, function = check.function.split(".")
    return getattr({"equality": equality, "learning": learning}[module], function)(HERE, *check.arguments)


def by_name(name):
    return next(check for check in COMPARISONS if check.name == name)


@pytest.mark.parametrize("check", COMPARISONS, ids=lambda check: check.name)
def test_it_passes_as_it_is_and_fails_with_the_devices_values_in_each_others_place(check, monkeypatch):
    right = found(check)
    assert right.status == ("measured" if check.function == "learning.equal_runs" else "pass"), right
    honest = setting.fetch
    for module in (setting, equality, learning):
        monkeypatch.setattr(module, "fetch", lambda result: honest(result).flatten().roll(1).view(result.shape))
    wrong = found(check)
    assert wrong.status == "FAIL" or (wrong.status == "measured" and wrong.number > right.number == 0), wrong


@pytest.mark.parametrize("name", ["zfnet-mini: forward", "zfnet-mini: projections, guided"])
def test_a_value_that_is_no_number_fails(name, monkeypatch):
    honest = setting.fetch
    monkeypatch.setattr(setting, "fetch", lambda result: honest(result).masked_fill(honest(result) > 0, torch.nan))
    assert found(by_name(name)).status == "FAIL"


@pytest.mark.parametrize(
    "errors, status",
    [
        ([1e-6, 1e-6, 1e-3], "pass"),
        ([1e-6, 1e-4, 1e-4], "FAIL"),
        ([1e-6, 1e-6, 2e-2], "FAIL"),
        ([1e-6, 1e-6, float("nan")], "FAIL"),
    ],
)
def test_one_error_of_several_may_be_that_of_a_tie(errors, status):
    assert setting.of_most(errors, 1e-5, 1e-2, "parameter").status == status


@pytest.mark.parametrize("measure", [setting.furthest, setting.distance])
def test_from_nothing_anything_is_infinitely_far(measure):
    nothing = torch.zeros(2, 3, dtype=torch.float64)
    assert measure(torch.zeros(2, 3), nothing) == 0
    assert measure(torch.full((2, 3), 1e-9), nothing) == float("inf")


def as_tf32(x):
    """float32 with TF32's ten bits after the point; gradients pass."""
    if x.dtype != torch.float32:
        return x
    rounded = ((x.detach().contiguous().view(torch.int32) + (1 << 12)) & -(1 << 13)).view(torch.float32)
    return x + (rounded - x).detach()


@pytest.mark.parametrize("net", plan.NETS)
@pytest.mark.parametrize(
    "check", ["forward", "projections, deconvnet", "projections, gradient", "training step, gradients"]
)
def test_tf32_is_seen(net, check, monkeypatch):
    for name in ("conv2d", "conv_transpose2d"):
        exact = getattr(F, name)
        monkeypatch.setattr(F, name, lambda x, w, *a, _f=exact, **k: _f(as_tf32(x), as_tf32(w), *a, **k))
    assert found(by_name(f"{net}: {check}")).status == "FAIL"


def test_the_last_of_equal_maxima_is_seen(monkeypatch):
    def last(x, kernel, stride, pad, ceil_mode, dilation):
        values, switches = honest(x, kernel, stride, pad, ceil_mode, dilation)
        turned = x.flip(2, 3) if (kernel, stride, pad) == (2, 2, 0) and x.shape[2] % 2 == 0 else x
        if turned is x:
            return values, switches
        back = honest(turned, kernel, stride, pad, ceil_mode, dilation)[1].flip(2, 3)
        return values, x.shape[2] * x.shape[3] - 1 - back

    honest = equality.pool
    monkeypatch.setattr(equality, "POOLS", ((2, 2, 0, False, 1),))
    monkeypatch.setattr(torch, "randint", lambda low, high, size, **k: torch.zeros(2, 40, 12, 14))
    assert found(by_name("switches at ties")).status == "pass"
    monkeypatch.setattr(equality, "pool", last)
    assert found(by_name("switches at ties")).status == "FAIL"


def test_unpooling_that_overwrites_where_it_should_add_is_seen(monkeypatch):
    honest = equality.unpool
    monkeypatch.setattr(equality, "unpool", lambda v, at, size, overlap: honest(v, at, size, "last"))
    wrong = found(by_name("unpooling where windows overlap"))
    assert wrong.status == "FAIL" and wrong.number > 10


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_another_alpha_is_seen(way, monkeypatch):
    monkeypatch.setattr(ContrastNorm, "alpha", ContrastNorm.alpha / 5)
    assert found(by_name(f"contrast normalisation {way}")).status == "FAIL"


def test_a_step_without_clipping_is_seen(monkeypatch):
    honest = learning.clip_filters
    monkeypatch.setattr(
        learning, "clip_filters", lambda net, radius: net.mean.dtype == torch.float64 and honest(net, radius)
    )
    assert found(by_name("zfnet-mini: training step, new weights")).status == "FAIL"


def test_a_step_without_decay_is_seen(monkeypatch):
    honest, plain = learning.sgd, replace(learning.RECIPE, weight_decay=0)
    monkeypatch.setattr(
        learning, "sgd", lambda net, recipe: honest(net, recipe if net.mean.dtype == torch.float64 else plain)
    )
    assert found(by_name("zfnet-mini: training step, new weights")).status == "FAIL"


def test_a_lost_momentum_is_seen(monkeypatch):
    honest = learning.checkpoint.load

    def forgetful(path):
        saved = honest(path)
        saved["optimizer"]["state"] = {}
        return saved

    monkeypatch.setattr(learning.checkpoint, "load", forgetful)
    assert found(by_name("interrupted = uninterrupted, by hand")).status == "FAIL"


def test_dropout_that_is_drawn_anew_is_seen(monkeypatch):
    monkeypatch.setattr(learning.torch, "manual_seed", lambda seed: None)
    assert found(by_name("interrupted = uninterrupted, by hand")).status == "FAIL"


def test_the_references_are_in_float64_and_stay_so():
    for name in plan.NETS:
        found(by_name(f"{name}: training step, gradients"))
        assert {p.dtype for p in setting.reference(name).parameters()} == {torch.float64}
        assert all(p.grad is None for p in setting.reference(name).parameters())
        assert all(m.p == 0.5 for m in setting.reference(name).modules() if isinstance(m, nn.Dropout))


def test_deterministic_kernels_are_asked_for_and_let_go_again_after_an_error():
    with pytest.raises(ZeroDivisionError), learning.deterministic():
        assert torch.are_deterministic_algorithms_enabled()
        raise ZeroDivisionError
    assert not torch.are_deterministic_algorithms_enabled()
