"""Runs are made once each and lose nothing: interrupted, killed, diverged, shared, spread over processes."""

import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from ablate_tiny import ROWS, fill, fill_as, tiny_plan
from filelock import FileLock
from torch.distributed import TCPStore

from zflib.experiments.ablation import results, run
from zflib.experiments.ablation.plan import MINI_TABLE
from zflib.training.loop import Diverged, new_fabric


@pytest.fixture
def folders(tmp_path):
    return tmp_path / "ablation", tmp_path / "runs"


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The results of one row and seed, made without any interruption."""
    folder = tmp_path_factory.mktemp("once")
    plan = tiny_plan(folder / "ablation", folder / "runs", rows=["as_is"], seeds=[0])
    execute(plan)
    return plan


def execute(plan):
    fabric = new_fabric(plan.recipe, accelerator="cpu")
    return run.execute(plan, fabric, dict.fromkeys(((job.network, job.row) for job in plan.jobs), 1.0))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_result_says_how_the_run_was_made(once):
    (job,) = once.jobs
    facts = results.read(once.result(job))
    assert facts["status"] == "finished" and facts["epochs"] == 3 == len(facts["curves"])
    assert (facts["network"], facts["row"], facts["seed"]) == ("alexnet", "as_is", 0)
    assert facts["parameters"] == sum(step.parameters for step in once.architecture(job).geometry())
    outputs, labels = results.read_outputs(once.results, job.name)
    assert np.allclose(np.exp(outputs).sum(1), 1, atol=0.01) and np.array_equal(labels, once.validation.labels)
    assert (outputs.argmax(1) == labels).mean() == pytest.approx(facts["validation"]["top1"], abs=0.06)
    assert facts["data"]["train_pictures"] == len(once.training)
    assert "top5" not in facts["train"], "ten classes: no top-5"
    assert names(once.results) == [f"{job.name}.json"], "no lock, no summary: run files only"


def test_what_is_done_is_not_done_again(once, monkeypatch):
    monkeypatch.setattr(run, "make", lambda *_: pytest.fail("made again"))
    assert execute(once) == []


def test_another_plan_does_not_pass_for_this_one(once):
    other = tiny_plan(once.results, once.runs, rows=["as_is"], seeds=[0], epochs=4)
    with pytest.raises(ValueError, match=r"made with another epochs \(3 there, 4 here\); .* --results"):
        execute(other)
    in_bfloat16 = tiny_plan(once.results, once.runs, rows=["as_is"], seeds=[0], precision="bf16-mixed")
    assert in_bfloat16.done(in_bfloat16.jobs[0]), "machines that share a folder may differ in precision"


def test_a_row_that_diverges_is_recorded_and_the_rest_goes_on(folders, monkeypatch, capsys):
    real = run.train

    def train(made, folder, *arguments, **options):
        if "removed_layers_3_4" in folder.name:
            folder.mkdir(parents=True)
            (folder / "log.json").write_text('[{"epoch": 1, "diverged_in_step": 2}]')
            raise Diverged("The loss is not finite in epoch 1, step 2; lower the learning rate.")
        return real(made, folder, *arguments, **options)

    monkeypatch.setattr(run, "train", train)
    plan = tiny_plan(*folders, rows=["as_is", "removed_layers_3_4"], seeds=[0], epochs=1)
    assert execute(plan) == []
    status = {job.row: results.read(plan.result(job))["status"] for job in plan.jobs}
    assert status == {"as_is": "finished", "removed_layers_3_4": "diverged"}
    assert "diverged: The loss is not finite in epoch 1, step 2" in capsys.readouterr().out
    monkeypatch.setattr(run, "make", lambda *_: pytest.fail("made again"))
    assert execute(plan) == []


def test_a_loss_that_is_not_finite_is_a_divergence(folders):
    plan = tiny_plan(*folders, rows=["as_is"], seeds=[0], epochs=1, learning_rate=1e30)
    execute(plan)
    facts = results.read(plan.result(plan.jobs[0]))
    assert facts["status"] == "diverged" and facts["curves"][-1]["diverged_in_step"] > 0


def test_an_interruption_costs_nothing(once, folders, monkeypatch):
    real = run.train

    def interrupted(*arguments, **options):
        real(*arguments, **options, stop_after_steps=9, checkpoint_seconds=-1)
        raise KeyboardInterrupt

    plan = tiny_plan(*folders, rows=["as_is"], seeds=[0])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(run, "train", interrupted)
        execute(plan)
    assert not plan.done(plan.jobs[0])
    execute(plan)
    (job,) = plan.jobs
    for key in ("train", "validation", "curves"):
        assert results.read(plan.result(job))[key] == results.read(once.result(job))[key], "as without interruption"


def test_a_held_run_is_left_to_its_holder(folders):
    plan = tiny_plan(*folders, rows=["as_is"], seeds=[0, 1], epochs=1)
    plan.results.mkdir()
    with FileLock(plan.results / f".{plan.jobs[0].name}.lock"):
        assert execute(plan) == [plan.jobs[0]]
    assert not plan.done(plan.jobs[0]) and plan.done(plan.jobs[1])


def test_two_processes_share_a_folder_and_one_is_killed(folders, processes):
    first = processes.Process(target=fill, args=folders)
    second = processes.Process(target=fill, args=(folders[0], folders[1].with_name("elsewhere")))
    for process in (first, second):
        process.start()
    while len(list(folders[0].glob(".*.lock"))) < 2:  # each makes a run
        assert first.is_alive() and second.is_alive(), "one has ended before both were at work"
        time.sleep(0.001)
    first.kill()  # SIGKILL: whatever it held must be free again
    first.join()
    second.join(120)
    assert (first.exitcode, second.exitcode) == (-signal.SIGKILL, 0)
    left = processes.SimpleQueue()
    last = processes.Process(target=fill, args=(*folders, ROWS, left))
    last.start()
    last.join(120)
    assert last.exitcode == 0 and left.get() == []
    plan = tiny_plan(*folders)
    assert names(plan.results) == sorted(f"{job.name}.json" for job in plan.jobs)


def test_a_run_spread_over_two_processes(folders, processes):
    """As torchrun does it, which test_loop.py starts itself."""
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    both = [processes.Process(target=fill_as, args=(rank, store.port, *folders, ["as_is"])) for rank in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    plan = tiny_plan(*folders, rows=["as_is"])
    for job in plan.jobs:
        facts = results.read(plan.result(job))
        assert facts["status"] == "finished" and facts["device"].endswith("2 processes")
    assert names(plan.results) == sorted(f"{job.name}.json" for job in plan.jobs)


def test_the_plan_in_words(once, folders):
    plan = tiny_plan(once.results, folders[1], rows=["as_is", "removed_layers_3_4"], seeds=[0, 1])
    said = run.describe(plan, {("alexnet", "as_is"): 30.0, ("alexnet", "removed_layers_3_4"): 7200.0})
    assert said.startswith("4 runs of 3 epochs on synthetic (45 pictures), 1 of them done.")
    lines = [line.split() for line in said.splitlines()]
    assert ["alexnet", "as_is", "1"] in [line[:3] for line in lines]
    assert ["alexnet", "removed_layers_3_4", "0", "1"] in [line[:4] for line in lines]
    assert "About 4 h 0 min in all" in said


def test_timing_asks_for_the_missing_rows_only(once):
    fabric = new_fabric(once.recipe, accelerator="cpu")
    assert run.timing(once, fabric) == {}
    plan = tiny_plan(once.results, once.runs, rows=["as_is", "removed_layers_3_4"], seeds=[0])
    found = run.timing(plan, fabric)
    assert list(found) == [("alexnet", "removed_layers_3_4")] and 0 < found["alexnet", "removed_layers_3_4"] < 60


@pytest.mark.parametrize(("whole", "part", "epochs"), [(9469, 947, 126), (9469, 2841, 40), (9469, 9469, 12)])
def test_a_share_of_the_pictures_is_trained_on_for_as_many_steps(whole, part, epochs):
    recipe = run.of_share(MINI_TABLE, whole, part)
    assert recipe.epochs == epochs
    batch = MINI_TABLE.batch_size
    assert abs(recipe.epochs * (part // batch) - MINI_TABLE.epochs * (whole // batch)) <= part // batch / 2


def test_a_share_without_a_batch():
    with pytest.raises(ValueError, match="63 pictures make no batch of 64"):
        run.of_share(MINI_TABLE, 9469, 63)


def test_other_validation_pictures_are_another_plan(once):
    other = replace(once, validation=replace(once.validation, fingerprint="0" * 64))
    with pytest.raises(ValueError, match="another validation_fingerprint"):
        other.done(other.jobs[0])


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (89.4, "89 s"), (720, "12 min"), (12_000, "3 h 20 min")])
def test_durations(seconds, words):
    assert run.duration(seconds) == words
