"""Several processes on one folder, and processes that are killed in the middle of writing: nothing is lost, or later
taken for whole when it is not."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import leftovers, net, same

from zflib import weights
from zflib.data import sets
from zflib.training import checkpoint

HERE = str(Path(__file__).parent)

pytestmark = pytest.mark.xdist_group("processes")  # they start their own: one file at a time


def start(code):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


def test_processes_that_decode_at_once_see_the_same_and_leave_one_whole_file(pets):
    """All begin at one moment, with nothing decoded yet; some then find what another has just kept."""
    begin = time.time() + 4
    code = f"""
import os, time, zflib
os.environ["ZFLIB_DATA"] = {str(pets.parent)!r}
import torchvision.datasets
time.sleep(max(0, {begin} - time.time()))
for side in (8, 16, 8, 24, 16):
    found = zflib.data.folder({str(pets)!r}, side)
    print(side, int(found.pixels.sum()), found.labels.tolist())
"""
    processes = [start(code) for _ in range(3)]
    said = {process.communicate(timeout=120)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(said) == 1 and said.pop().count("[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]") == 5
    kept = sorted((pets.parent / "decoded").iterdir())
    assert len(kept) == 3 and all(path.suffix == ".npz" for path in kept)
    for path in kept:
        with np.load(path) as content:
            assert content["pixels"].shape[0] == 12


def test_a_reader_sees_one_writers_file_or_the_others(tmp_path):
    """Two processes write one file again and again, of different length and content, while this one reads it."""
    path = tmp_path / "file"
    code = """
import time
from pathlib import Path
from zflib import atomic
end = time.time() + 1
while time.time() < end:
    atomic.write(Path({path!r}), {letter!r} * {length})
"""
    processes = [
        start(code.format(path=str(path), letter=letter, length=length))
        for letter, length in ((b"a", 300_000), (b"b", 200_000))
    ]
    seen = set()
    while any(process.poll() is None for process in processes):
        if path.exists():
            content = path.read_bytes()
            seen.add((len(content), content[:1], content == content[:1] * len(content)))
    assert [process.wait() for process in processes] == [0, 0]
    assert seen <= {(300_000, b"a", True), (200_000, b"b", True)} and seen
    assert list(tmp_path.iterdir()) == [path]


def test_loading_while_another_process_stores_is_the_old_net_the_new_or_refused(stored):
    code = f"""
import sys
sys.path.insert(0, {HERE!r})
from pathlib import Path
from tiny import net
from zflib import weights
for seed in range(1, 11):
    weights.store(net(seed), {{}}, "tiny", Path({str(stored)!r}))
"""
    known = [weights.in_half(net(seed)) for seed in range(11)]
    writer, refused, loaded = start(code), 0, set()
    while writer.poll() is None:
        try:
            found = weights.load("tiny", stored)
            loaded.add(next(seed for seed, each in enumerate(known) if same(each, found)))
        except weights.DamagedWeights:
            refused += 1
    assert writer.returncode == 0 and loaded
    assert same(weights.load("tiny", stored), known[10])


# --- killed in the middle of writing ----------------------------------------------------------------------------------

DYING = """
import sys, time
sys.path.insert(0, {here!r})
from pathlib import Path
from tiny import net
from zflib import atomic, cli, weights
from zflib.data import sets
from zflib.training import checkpoint
folder = Path({folder!r})

def halfway(_):
    print("half", flush=True)
    time.sleep(60)

atomic.os.fsync = halfway
{code}
"""


def killed(folder, code):
    """Run code in a process that is killed when it has written a file and not yet given it its name."""
    process = start(DYING.format(here=HERE, folder=str(folder), code=code))
    while (line := process.stdout.readline()).strip() != "half":  # after whatever else it says
        assert line, "the process ended before it wrote"
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert leftovers(folder), "there was something half-written"


def test_killed_while_storing_weights(stored):
    killed(stored, "weights.store(net(1), {}, 'tiny', folder)")
    assert same(weights.load("tiny", stored), weights.in_half(net(0)))
    assert weights.available(stored) == ("tiny",)
    weights.store(net(1), {}, "tiny", stored)
    assert same(weights.load("tiny", stored), weights.in_half(net(1)))


def test_killed_before_the_first_weights_are_there(tmp_path):
    killed(tmp_path, "weights.store(net(1), {}, 'tiny', folder)")
    assert weights.available(tmp_path) == ()
    with pytest.raises(ValueError, match="no weights named 'tiny'"):
        weights.load("tiny", tmp_path)


def test_killed_while_saving_a_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(path, {"step": 1})
    killed(tmp_path, "checkpoint.save(folder / 'checkpoint.pt', {'step': 2})")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkpoint.load(path)["step"] == 1


def test_killed_while_keeping_decoded_pictures(pets, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(pets.parent))
    killed(pets.parent, f"sets.folder({str(pets)!r}, 8)")
    assert not list((pets.parent / "decoded").glob("*.npz"))
    assert len(sets.folder(pets, 8)) == 12 and list((pets.parent / "decoded").glob("*.npz"))


def test_killed_while_a_picture_is_written(stored):
    Image.effect_noise((64, 64), 90).convert("RGB").save(stored / "cat.png")
    words = ["project", str(stored / "cat.png"), "--net", "tiny", "--weights", str(stored), "--step", "conv2"]
    killed(stored, f"cli.main({[*words, '--out', str(stored / 'out.png')]})")
    assert not (stored / "out.png").exists()
