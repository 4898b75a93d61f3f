import os
import sys
from io import FileIO

import pytest
import torch

from zflib.training import checkpoint


def states(count):
    return [{"weights": torch.full((100,), float(at)), "step": at} for at in range(count)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.pt"


def test_nothing_saved_is_nothing_loaded(path):
    assert checkpoint.load(path) is None


def test_the_newest_comes_back(path):
    for state in states(3):
        checkpoint.save(path, state)
    loaded = checkpoint.load(path)
    assert loaded["step"] == 2 and torch.equal(loaded["weights"], torch.full((100,), 2.0))


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "gone"])
def test_a_damaged_checkpoint_costs_one_interval(path, damage):
    for state in states(3):
        checkpoint.save(path, state)
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
        assert checkpoint.load(path)["step"] == 1
        return
    path.write_bytes({"cut": whole[:-7], "empty": b"", "flipped": whole[:200] + b"!" + whole[201:]}[damage])
    with pytest.warns(UserWarning, match=r"checkpoint\.pt is damaged"):
        assert checkpoint.load(path)["step"] == 1


def test_two_damaged_checkpoints_are_an_error_and_not_a_fresh_start(path):
    for state in states(2):
        checkpoint.save(path, state)
    for file in path.parent.iterdir():
        file.write_bytes(b"rubbish")
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(checkpoint.DamagedCheckpoint, match="remove them"):
        checkpoint.load(path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, the disk that is always full")
def test_a_full_disk_costs_one_interval_and_nothing_stays_behind(path, monkeypatch):
    first, second, third = states(3)
    checkpoint.save(path, first)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        # Writing now fails as on a full disk: ENOSPC, after the file was opened.
        patch.setattr("zflib.atomic.open", lambda *_: FileIO("/dev/full", "wb"), raising=False)
        checkpoint.save(path, second)
    assert checkpoint.load(path)["step"] == 0
    assert not list(path.parent.glob("*.part"))
    checkpoint.save(path, third)
    assert checkpoint.load(path)["step"] == 2


def test_a_disk_that_stays_full_keeps_the_last_checkpoint(path, monkeypatch):
    checkpoint.save(path, states(1)[0])

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zflib.atomic.os.fsync", full)
    for state in states(3)[1:]:
        with pytest.raises(OSError, match="No space"):
            checkpoint.save(path, state)
    assert checkpoint.load(path)["step"] == 0


def test_nothing_is_unpickled(path):
    class Evil:
        def __reduce__(self):
            return sys.exit, ("unpickled",)

    checkpoint.save(path, {"evil": Evil()})
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        checkpoint.load(path)
