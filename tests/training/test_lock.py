"""Two who train in one folder at once: the second is refused, and nothing stale is left."""

import multiprocessing
import subprocess
import sys
import textwrap

import filelock
import pytest
import run_tiny

from zflib.training.lock import BusyFolder, alone
from zflib.training.loop import new_fabric, train

HOLD = """
    import sys, time
    from filelock import FileLock
    lock = FileLock(sys.argv[1] + "/.lock")
    lock.acquire()
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def fabric(tiny_run):
    return new_fabric(tiny_run().recipe, accelerator="cpu")


def test_a_folder_in_which_another_process_trains_is_refused_until_it_is_killed(tiny_run, fabric, tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(HOLD), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(
            BusyFolder, match=r"Another process is training in .*; wait for it, or give this run a folder"
        ):
            train(tiny_run(), tmp_path, fabric)
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
        other.kill()
    train(tiny_run(), tmp_path, fabric, stop_after_steps=1)


@pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="this system can't fork")
@pytest.mark.timeout(600)
def test_of_two_that_start_together_one_trains(tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["run_tiny"])
    both = [context.Process(target=run_tiny.to_the_end, args=(tmp_path,), kwargs={"epochs": 30}) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(300)
    assert sorted(process.exitcode for process in both) == [0, 1]


def test_the_folder_is_free_again_after_an_error(fabric, tmp_path):
    with pytest.raises(ZeroDivisionError), alone(tmp_path, fabric):
        with pytest.raises(BusyFolder), alone(tmp_path, fabric):
            pass
        raise ZeroDivisionError
    with alone(tmp_path, fabric):
        pass


@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(28, "full"), NotImplementedError("no flock")])
def test_without_locks_training_goes_on(fabric, tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    with alone(tmp_path, fabric):
        pass
