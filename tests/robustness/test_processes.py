"""Several processes on one folder, and processes that are killed in the middle of writing: nothing is lost, or later
taken for whole when it is not."""

import signal
import warnings

import at_work
import numpy as np
import pytest
from PIL import Image
from tiny import leftovers, net, same

from zflib import cli, weights
from zflib.data import sets
from zflib.training import checkpoint


@pytest.fixture
def start(processes):
    def start(work, *arguments):
        process = processes.Process(target=work, args=arguments)
        process.start()
        return process

    return start


def test_what_takes_seconds_to_import_is_there_from_the_start(processes, start):
    if processes.get_start_method() != "forkserver":
        pytest.skip("Processes can't be forked here.")
    said = processes.SimpleQueue()
    start(exec, "import sys; said.put({*sys.modules})", {"said": said})
    assert {"torch", "lightning_fabric", "torchvision.datasets", "zflib.training.loop"} <= said.get()


def test_processes_that_decode_at_once_see_the_same_and_leave_one_whole_file(processes, start, pets):
    """All begin at one moment, with nothing decoded yet; some then find what another has just kept."""
    begin, said = processes.Barrier(3, timeout=60), processes.SimpleQueue()
    decoders = [start(at_work.decode, pets, begin, said) for _ in range(3)]
    for process in decoders:
        process.join(120)
    assert [process.exitcode for process in decoders] == [0, 0, 0]
    found = said.get()
    assert [labels for _, _, labels in found] == [[0] * 6 + [1] * 6] * 5
    assert [shape for shape, _, _ in found] == [(12, side, side, 3) for side in (8, 16, 8, 24, 16)]
    assert [said.get(), said.get()] == [found, found]
    kept = sorted((pets.parent / "decoded").iterdir())
    assert len(kept) == 3 and all(path.suffix == ".npz" for path in kept)
    for path in kept:
        with np.load(path) as content:
            assert content["pixels"].shape[0] == 12


def test_a_reader_sees_one_writers_file_or_the_others(start, tmp_path):
    """Two processes write one file again and again, of different length and content, while this one reads it."""
    path = tmp_path / "file"
    writers = [start(at_work.write, path, b"a" * 300_000, 1), start(at_work.write, path, b"b" * 200_000, 1)]
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            content = path.read_bytes()
            seen.add((len(content), content[:1], content == content[:1] * len(content)))
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen <= {(300_000, b"a", True), (200_000, b"b", True)} and seen
    assert list(tmp_path.iterdir()) == [path]


def test_loading_while_another_process_stores_is_the_old_net_the_new_or_refused(start, stored):
    known = [weights.in_half(net(seed)) for seed in range(11)]
    writer, refused, loaded = start(at_work.store, stored, *range(1, 11)), 0, set()
    while writer.is_alive():
        try:
            found = weights.load("tiny", stored)
            loaded.add(next(seed for seed, each in enumerate(known) if same(each, found)))
        except weights.DamagedWeights:
            refused += 1
    assert writer.exitcode == 0 and loaded
    assert same(weights.load("tiny", stored), known[10])


# --- killed in the middle of writing ----------------------------------------------------------------------------------


@pytest.fixture
def killed(processes, start):
    def killed(folder, work, *arguments):
        """Do some work in a process that is killed when it has written a file and not yet given it its name."""
        reached = processes.Event()
        process = start(at_work.halfway, reached, work, *arguments)
        while not reached.wait(0.1):
            assert process.is_alive(), "the process ended before it wrote"
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert leftovers(folder), "there was something half-written"

    return killed


def test_killed_while_storing_weights(killed, stored):
    killed(stored, at_work.store, stored, 1)
    assert same(weights.load("tiny", stored), weights.in_half(net(0)))
    assert weights.available(stored) == ("tiny",)
    weights.store(net(1), {}, "tiny", stored)
    assert same(weights.load("tiny", stored), weights.in_half(net(1)))


def test_killed_before_the_first_weights_are_there(killed, tmp_path):
    killed(tmp_path, at_work.store, tmp_path, 1)
    assert weights.available(tmp_path) == ()
    with pytest.raises(ValueError, match="no weights named 'tiny'"):
        weights.load("tiny", tmp_path)


def test_killed_while_saving_a_checkpoint(killed, tmp_path):
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(path, {"step": 1})
    killed(tmp_path, checkpoint.save, path, {"step": 2})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkpoint.load(path)["step"] == 1


def test_killed_while_keeping_decoded_pictures(killed, pets, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(pets.parent))
    killed(pets.parent, at_work.decode_alone, pets)
    assert not list((pets.parent / "decoded").glob("*.npz"))
    assert len(sets.folder(pets, 8)) == 12 and list((pets.parent / "decoded").glob("*.npz"))


def test_killed_while_a_picture_is_written(killed, stored):
    Image.effect_noise((64, 64), 90).convert("RGB").save(stored / "cat.png")
    words = ["project", str(stored / "cat.png"), "--net", "tiny", "--weights", str(stored), "--step", "conv2"]
    killed(stored, cli.main, [*words, "--out", str(stored / "out.png")])
    assert not (stored / "out.png").exists()
