from dataclasses import asdict, replace
from itertools import pairwise

import pytest
import torch

from zflib import ALEXNET, ConvNet, paper
from zflib.training import start
from zflib.training.recipe import MINI, PAPER, best_precision, learning_rate, plateau_factor


def test_paper_recipe_is_section_3():
    said = paper.TRAINING
    assert (PAPER.batch_size, PAPER.learning_rate, PAPER.momentum, PAPER.epochs) == (
        said["batch_size"],
        said["learning_rate"],
        said["momentum"],
        said["epochs"],
    )
    assert PAPER.dropout == said["dropout"]["rate"] and PAPER.rms_radius == said["filter_rms_clip"]["radius"]
    assert PAPER.init_std == said["init"]["weights"] and PAPER.conv1_std is None
    assert PAPER.crop_area[0] == PAPER.crop_area[1] == pytest.approx((224 / 256) ** 2)


def test_a_record_names_what_most_runs_do_without_only_where_it_is_used():
    assert "he" not in MINI.record() and "pool5_dropout" not in MINI.record()
    changed = replace(MINI, he=True, pool5_dropout=0.5, dropout=0.0).record()
    assert changed["he"] is True and changed["pool5_dropout"] == 0.5 and changed["dropout"] == 0.0
    assert MINI.record() == {k: v for k, v in asdict(MINI).items() if k not in ("he", "pool5_dropout")}


def test_dropout_on_pool5_is_on_while_it_trains_and_scales_what_is_left():
    net = ConvNet(ALEXNET.without(6, 7).mini())
    start.prepare(net, replace(MINI, pool5_dropout=0.25), seed=0)
    seen = []
    net.pool5.register_forward_hook(lambda *_: seen.append(_[-1]))
    x = torch.randn(4, 3, 128, 128)
    with torch.no_grad():
        net.eval()(x)
        net.train()(x)
    whole, dropped = seen
    gone = (dropped == 0) & (whole > 0)
    assert gone.sum() / (whole > 0).sum() == pytest.approx(0.25, abs=0.03)
    torch.testing.assert_close(dropped[~gone], whole[~gone] / 0.75)


def test_one_cycle_rises_for_fifteen_hundredths_and_falls_to_zero():
    rates = [learning_rate(MINI, epoch) for epoch in (0, MINI.epochs * 0.15, MINI.epochs)]
    assert rates == pytest.approx([MINI.learning_rate / 25, MINI.learning_rate, 0])
    every = [learning_rate(MINI, MINI.epochs * at / 200) for at in range(201)]
    assert all(a < b for a, b in pairwise(every[:31]))
    assert all(a > b for a, b in pairwise(every[30:]))


def test_plateau_divides_by_ten_after_five_epochs_without_a_new_best():
    assert learning_rate(PAPER, 3.5) == PAPER.learning_rate
    losses = [3, 2, 2.5, 2.1, 2, 2.2]
    assert plateau_factor(losses) == 1
    assert plateau_factor([*losses, 2.3]) == pytest.approx(0.1)
    assert plateau_factor([*losses, 2.3, 1.9, 2, 2, 2, 2, 2]) == pytest.approx(0.01)


def test_precision_follows_the_hardware(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for has, expected in ((True, "bf16-mixed"), (False, "32-true")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: {"avx512_bf16": has}, raising=False)
        assert best_precision() == expected
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert best_precision() == "32-true"


def test_a_recipe_is_frozen():
    with pytest.raises(AttributeError):
        MINI.epochs = 1
    assert replace(MINI, epochs=1).batch_size == MINI.batch_size
