"""Disks that are full, and folders that are locked: what was there stays, nothing is left half-written, and the error
is one sentence.

What one module does alone is tested beside it (`test_atomic.py`, `test_weights.py`, `data/test_sets.py`,
`training/test_checkpoint.py`); here are real disks, real locks, and the commands.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import TINY, command, leftovers, net, same

import zflib
from zflib import atomic, weights
from zflib.data import sets
from zflib.training import checkpoint
from zflib.widgets import Explorer


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 kB of its own, where this machine lets us mount one."""
    where = tmp_path / "disk"
    where.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", where], capture_output=True).returncode
    ):
        pytest.skip("No small disk can be mounted here; the other tests of this file fill a file to its limit instead.")
    yield where
    subprocess.run(["umount", where], check=True)


@pytest.fixture
def small_files(tmp_path):
    """A folder, and a context where no file of this process grows beyond 20 kB: the system breaks off the writing.

    A context within the test, not the whole test: pytest's own report may go to a file that is longer than that.
    """
    resource = pytest.importorskip("resource")
    where = tmp_path / "limited"
    where.mkdir()

    @contextmanager
    def limit():
        before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)

    return where, limit


@pytest.fixture(params=["disk", "limit"])
def full(request):
    """A folder to write to, and a context in which there is no more room in it."""
    if request.param == "limit":
        return request.getfixturevalue("small_files")
    where = request.getfixturevalue("small_disk")

    @contextmanager
    def fill():
        with open(where / "filler", "wb", buffering=0) as file:
            with suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            file.truncate(file.tell() - 8192)
        yield

    return where, fill


NO_ROOM = "No space left on device|File too large"


def large(seed):
    wide = replace(TINY.with_maps({1: 8, 2: 32, 3: 32, 4: 8, 5: 8}), name="large")
    return zflib.ConvNet(wide).initialise(0.2, seed=seed).eval()


def test_weights_on_a_full_disk_keep_the_old_pair(full):
    where, no_room = full
    weights.store(large(0), {}, "large", where)
    with no_room(), pytest.raises(OSError, match=NO_ROOM):
        weights.store(large(1), {}, "large", where)
    assert same(weights.load("large", where), weights.in_half(large(0))) and not leftovers(where)


def test_a_record_without_room_keeps_the_old_weights_too(full):
    """The weights of the new pair fit, their record does not."""
    where, no_room = full
    small = TINY.with_maps(dict.fromkeys(range(1, 6), 1)).with_units(1)
    nets = [zflib.ConvNet(replace(small, name="small")).initialise(0.1, seed=seed) for seed in (0, 1)]
    weights.store(nets[0], {}, "small", where)
    with no_room(), pytest.raises(OSError, match=NO_ROOM):
        weights.store(nets[1], {"note": "x" * 40_000}, "small", where)
    assert same(weights.load("small", where), weights.in_half(nets[0])) and not leftovers(where)


def test_a_checkpoint_on_a_full_disk_keeps_the_one_before(full):
    where, no_room = full
    checkpoint.save(where / "checkpoint.pt", {"step": 1, "net": torch.zeros(1000)})
    for _ in range(2):
        with no_room(), pytest.raises(OSError, match=NO_ROOM):
            checkpoint.save(where / "checkpoint.pt", {"step": 2, "net": torch.zeros(20_000)})
    assert checkpoint.load(where / "checkpoint.pt")["step"] == 1 and not leftovers(where)


def test_decoded_pictures_on_a_full_disk_cost_only_time(full, pets, monkeypatch):
    where, no_room = full
    monkeypatch.setenv("ZFLIB_DATA", str(where))
    with no_room(), pytest.warns(UserWarning, match=f"not kept in .*decoded: ({NO_ROOM})"):
        found = sets.folder(pets, 64)
    assert len(found) == 12 and not list((where / "decoded").glob("*"))


def test_project_on_a_full_disk_keeps_the_old_picture(full, stored, capsys):
    where, no_room = full
    Image.effect_noise((64, 64), 90).convert("RGB").save(stored / "cat.png")
    words = ("project", stored / "cat.png", "--net", "tiny", "--weights", stored, "--out", where / "cat-conv5.png")
    status, _, err = command(capsys, *words)
    assert status == 0, err
    old = (where / "cat-conv5.png").read_bytes()
    with no_room():
        status, _, err = command(capsys, *words, "--enlarge", 60)
    assert status == 1 and err.count("\n") == 1 and err.startswith("zflib: ")
    assert (where / "cat-conv5.png").read_bytes() == old and not leftovers(where)


def test_the_books_frames_on_a_full_disk_are_an_error_and_leave_nothing(full, monkeypatch):
    where, no_room = full
    monkeypatch.chdir(where)
    noise = np.random.default_rng(0).integers(0, 256, (8, 96, 96, 3), np.uint8)
    explorer = Explorer({"at": range(8)}, draw=lambda at: noise[at], alt=lambda at: f"Noise {at}.")
    with no_room(), pytest.raises(OSError, match=NO_ROOM):
        explorer.page_html()
    assert not list((where / "explorers").glob("*"))


def test_training_goes_on_on_a_full_disk(full, capsys):
    from zflib.training.loop import Run, train
    from zflib.training.recipe import Recipe

    where, no_room = full
    pictures = zflib.data.synthetic(20, 74)
    run = Run(replace(TINY, classes=10), Recipe(epochs=1, batch_size=10), 0, pictures, pictures)
    with no_room():
        result = train(run, where / "run")
    assert not result.training
    assert "No checkpoint written in" in capsys.readouterr().out and not leftovers(where)


@pytest.fixture
def locked():
    """A folder that may be read and not written. Root may write everywhere, so it goes on as nobody."""
    root, where = os.geteuid() == 0, Path(tempfile.mkdtemp())
    weights.store(net(), {}, "tiny", where)
    where.chmod(0o555)
    if root:
        os.seteuid(65534)
    yield where
    if root:
        os.seteuid(0)
    where.chmod(0o755)
    shutil.rmtree(where)


def test_a_locked_folder_is_named_and_left_as_it_was(locked, capsys):
    before = sorted(path.name for path in locked.iterdir())
    for write in (
        lambda: weights.store(net(1), {}, "tiny", locked),
        lambda: weights.store(net(1), {}, "tiny", locked / "inner"),
        lambda: checkpoint.save(locked / "checkpoint.pt", {"step": 1}),
        lambda: atomic.write(locked / "file", b"content"),
    ):
        with pytest.raises(PermissionError, match=str(locked)):
            write()
    assert same(weights.load("tiny", locked), weights.in_half(net()))
    assert sorted(path.name for path in locked.iterdir()) == before


def test_project_into_a_locked_folder_ends_in_a_sentence(locked, capsys, monkeypatch):
    monkeypatch.setattr("zflib.data.read", lambda _: Image.effect_noise((64, 64), 90))
    status, _, err = command(
        capsys,
        "project",
        "cat.png",
        "--net",
        "tiny",
        "--weights",
        locked,
        "--step",
        "conv2",
        "--out",
        locked / "out.png",
    )
    assert status == 1 and err.count("\n") == 1 and "Permission denied" in err and "out.png" in err


def test_a_locked_cache_costs_only_time(locked, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(locked))
    with pytest.warns(UserWarning, match="not kept in .*decoded: Permission denied"):
        sets._keep(locked / "decoded" / "pets.npz", pixels=np.zeros(3))
    assert not (locked / "decoded").exists()
