"""Responses of maps, then and in the end: against plain forward passes, and against what the run itself measured."""

import numpy as np
import pytest
import torch

import zflib
from zflib import weights
from zflib.experiments import evolution, evolution_responses

FOUND = evolution_responses.result()


def test_responses_are_those_of_a_plain_forward_pass(pictures):
    net = zflib.load("zfnet-mini").cpu()
    edge = (net.resized_side - net.architecture.input_size) // 2
    x = torch.from_numpy(pictures.pixels).permute(0, 3, 1, 2).float() - net.mean
    for moved in (0, 1):
        found = evolution_responses.responses(net, pictures, moved, batch=7)
        low, high = edge + moved, edge + moved + net.architecture.input_size
        trace = zflib.DeconvNet(net).forward(x[:, :, low:high, low:high])
        for step, each in found.items():
            assert each == pytest.approx(trace[step].amax((2, 3)).numpy(), rel=1e-3, abs=1e-3), step


def test_what_is_compared():
    now, final = np.random.default_rng(0).random((2, 40, 6)).astype(np.float32)
    now[:, 5] = 0  # a map that responds to nothing
    found = evolution_responses.compared(now, final)
    near = [np.corrcoef(now[:, at], final[:, at])[0, 1] for at in range(5)]
    assert found["correlation"] == pytest.approx(np.mean(near), abs=1e-4)
    nine = [len({*np.argsort(-now[:, at])[:9]} & {*np.argsort(-final[:, at])[:9]}) / 9 for at in range(5)]
    assert found["nine"] == pytest.approx(np.mean(nine), abs=1e-4)
    other = np.mean([now[:, at].argmax() != final[:, at].argmax() for at in range(5)])
    assert found["changed"] == pytest.approx(other, abs=1e-4)
    same = evolution_responses.compared(final, final)
    assert same["correlation"] == pytest.approx(1) and same["nine"] == 1 and same["changed"] == 0


def test_the_kept_convolutions_tell_what_the_run_told():
    """In float16, so that a map or two of a layer may differ."""
    run, maps = evolution.result()["runs"]["labels"], (48, 128, 192, 192, 128)
    before, last = evolution.KEPT[-2:]
    for step, count in zip(evolution.PROBED, maps, strict=True):
        assert FOUND["found"][str(before)][step]["changed"] == pytest.approx(
            run[str(last)][step]["changed"], abs=2 / count
        )
        for epoch in evolution.KEPT[2:-1]:
            assert FOUND["found"][str(epoch)][step]["nine"] == pytest.approx(run[str(epoch)][step]["nine"], abs=0.01)
    assert FOUND["last"] == last and FOUND["pictures"] == evolution.result()["pictures"]


def test_a_kept_epoch_is_loaded():
    folder = weights.RESULTS.with_name("evolution")
    start, end = (evolution_responses.kept(folder, epoch) for epoch in (0, evolution.KEPT[-1]))
    final = weights.load(evolution_responses.NAME, folder)
    assert torch.allclose(end.conv5.weight.cpu(), final.conv5.weight.cpu(), atol=1e-3)
    assert not torch.allclose(start.conv5.weight.cpu(), final.conv5.weight.cpu(), atol=1e-2)
