"""Training against the clock, or against a number of steps where a test wants the same thing twice."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

import zflib
from zflib.training import brief
from zflib.training.brief import BRIEF, train_briefly
from zflib.training.loop import Diverged
from zflib.training.recipe import learning_rate


@pytest.fixture
def small(tiny, tiny_run):
    """What the tiny run trains, on its pictures."""
    run = tiny_run()
    recipe = replace(run.recipe, epochs=1)
    return lambda **changes: train_briefly(
        tiny, **({"recipe": recipe, "pictures": run.train, "validation": run.validation} | changes)
    )


def test_equal_runs_end_equal_and_another_seed_does_not(small):
    one, same, other = small(max_steps=7), small(max_steps=7), small(max_steps=7, seed=1)
    assert one.curve == same.curve and one.curve[0] != other.curve[0]
    for a, b in zip(one.net.parameters(), same.net.parameters(), strict=True):
        assert torch.equal(a, b)
    assert (one.steps, one.pictures_seen, len(one.curve)) == (7, 56, 7)  # of 5 batches an epoch: the second is begun
    assert [m.step for m in one.curve] == [*range(1, 8)] and one.curve[-1].spent == 1
    assert not one.net.training and one.net.class_names == zflib.data.synthetic(1, 8).class_names
    assert 0 <= one.validation.top1 <= 1


def test_the_learning_rate_goes_through_its_cycle_within_the_budget(small, monkeypatch):
    rates = []

    def rate(recipe, epochs_done):
        rates.append(epochs_done)
        return learning_rate(recipe, epochs_done)

    monkeypatch.setattr(brief, "learning_rate", rate)
    small(max_steps=4)
    assert rates == [0, 0.25, 0.5, 0.75]
    rates.clear()
    took = small(seconds=1.5)
    assert rates == sorted(rates) and rates[0] < 0.1 and 0.5 < rates[-1] < 1
    assert took.steps == len(rates) and took.curve[-1].spent == 1


def test_it_ends_with_its_time(small):
    begin = time.monotonic()
    seen = []
    run = small(seconds=0.5, progress=seen.append)
    assert 0.5 <= run.seconds < time.monotonic() - begin < 10  # one step longer at most, and the look at the end
    assert tuple(seen) == run.curve


def test_the_start_can_be_changed(small):
    def shift(net):
        assert not net.conv1.bias.any() and net.conv1.weight.any()
        with torch.no_grad():
            net.conv1.bias.fill_(-7)

    plain, changed = small(max_steps=1), small(max_steps=1, start=shift)
    assert (changed.net.conv1.bias < -6).all() and (plain.net.conv1.bias > -1).all()


def test_it_can_be_stopped(small):
    asked = iter([False, False, False, True])
    run = small(seconds=1000, should_stop=lambda: next(asked))
    assert run.steps == 3 and 0 <= run.validation.top1 <= 1
    assert small(should_stop=lambda: True).curve == ()


def test_it_learns_eight_pictures(small, tiny_run):
    every = tiny_run().train
    few = replace(every, pixels=every.pixels[:8], labels=every.labels[:8])
    recipe = replace(BRIEF, batch_size=8, init_std=0.2, conv1_std=0.03, dropout=0.0)
    run = small(max_steps=80, recipe=recipe, pictures=few, validation=few)
    # Eight classes told apart by their frequency alone would leave log 8 = 2.08 nats.
    assert run.curve[0].loss > 2 and sum(moment.loss for moment in run.curve[-8:]) / 8 < 1.7


def test_the_recipe_is_followed(small, tiny_run):
    clipped = small(max_steps=2, recipe=replace(tiny_run().recipe, rms_radius=0.01))
    assert clipped.net.conv2.weight.square().mean((1, 2, 3)).sqrt().max() <= 0.01 * (1 + 1e-5)
    free = small(max_steps=2, recipe=replace(tiny_run().recipe, rms_radius=None, dropout=0.0))
    assert free.net.conv2.weight.square().mean((1, 2, 3)).sqrt().max() > 0.05
    assert free.net.dropout6.p == 0


def test_left_alone_it_trains_on_the_synthetic_set(tiny, monkeypatch):
    monkeypatch.setattr(brief, "PICTURES", 70)
    monkeypatch.setattr(brief, "VALIDATION", 20)
    brief._synthetic.cache_clear()
    run = train_briefly(tiny, max_steps=1)
    brief._synthetic.cache_clear()
    assert run.pictures_seen == BRIEF.batch_size and len(run.validation.log_probabilities) == 20


def test_divergence_is_an_error(small, tiny_run):
    with pytest.raises(Diverged, match=r"not finite in step \d+; lower the learning rate"):
        small(max_steps=20, recipe=replace(tiny_run().recipe, learning_rate=1e12, rms_radius=None))


def test_what_does_not_suit_is_refused(small, tiny, tiny_run):
    with pytest.raises(ValueError, match="positive, not 0 seconds"):
        small(seconds=0)
    with pytest.raises(ValueError, match="positive, not inf seconds"):
        small(seconds=float("inf"))
    with pytest.raises(ValueError, match="or 0 steps"):
        small(max_steps=0)
    with pytest.raises(ValueError, match="together"):
        train_briefly(tiny, pictures=tiny_run().train)
    with pytest.raises(ValueError, match="Batches of 46 need more than 45 pictures"):
        small(recipe=replace(BRIEF, batch_size=46))
    with pytest.raises(ValueError, match=r"5 classes apart, and synthetic has 10; .* mini\(10\)"):
        run = tiny_run()
        train_briefly(replace(tiny, classes=5), pictures=run.train, validation=run.validation)
    with pytest.raises(ValueError, match="does not fit"):
        train_briefly(replace(tiny, input_size=8))


def test_it_needs_nothing_but_what_a_chapter_installs():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['lightning_fabric', 'tqdm', 'torchvision']))\n"
        "import zflib; from zflib.training.brief import train_briefly\n"
        "few = {n: zflib.data.synthetic(64, 146, seed) for seed, n in enumerate(('pictures', 'validation'))}\n"
        "print(train_briefly(zflib.ALEXNET.mini(), max_steps=1, **few).steps)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["1"], done.stderr
