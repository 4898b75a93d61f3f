"""Files that were tampered with, disks that are full or locked, no home, no network, several processes, sudden death.

Each ends in one clear error or works, and nothing is lost or later taken for whole when it is not. What one module does
alone is tested beside it (`test_atomic.py`, `test_weights.py`, `data/test_sets.py`, `training/test_checkpoint.py`);
here are real disks, real processes, and the commands.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save

import zflib
from zflib import atomic, cli, weights
from zflib.data import sets
from zflib.training import checkpoint
from zflib.widgets import Explorer

TINY = replace(zflib.ZFNET.with_maps(dict.fromkeys(range(1, 6), 8)).with_units(16), name="tiny", classes=3)
TINY = replace(TINY, input_size=64)
NAMES = ("cat", "dog", "owl")

pytestmark = pytest.mark.filterwarnings("ignore:The decoded pictures are not kept")


def net(seed=0):
    return zflib.ConvNet(TINY, class_names=NAMES).initialise(0.2, seed=seed).eval()


def command(capsys, *arguments):
    status = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.fixture
def stored(tmp_path):
    weights.store(net(), {"seed": 0}, "tiny", tmp_path)
    return tmp_path


@pytest.fixture
def pets(tmp_path):
    """A folder of pictures with two classes, and nothing decoded yet."""
    for at, pet in enumerate(("cats", "dogs")):
        (tmp_path / "pets" / pet).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (64, 64), (100 * at, 20 * number, 7)).save(tmp_path / "pets" / pet / f"{number}.png")
    return tmp_path / "pets"


# --- weights that were tampered with ----------------------------------------------------------------------------------


def flip(folder):
    path = folder / "tiny.safetensors"
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def cut(folder):
    path = folder / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def swap_record(folder):
    weights.store(net(1), {}, "other", folder)
    shutil.copy(folder / "other.json", folder / "tiny.json")


def rename_tensors(folder):
    """With the right digest, as whoever tampers on purpose would."""
    tensors = load_file(folder / "tiny.safetensors")
    content = save({key.replace("conv1", "conv0"): value for key, value in tensors.items()})
    (folder / "tiny.safetensors").write_bytes(content)
    facts = json.loads((folder / "tiny.json").read_text())
    (folder / "tiny.json").write_text(json.dumps(facts | {"sha256": hashlib.sha256(content).hexdigest()}))


TAMPERED = {
    flip: "tiny.safetensors is not the file that its record describes",
    cut: "tiny.safetensors is not the file that its record describes",
    swap_record: "tiny.safetensors is not the file that its record describes",
    rename_tensors: "tiny.safetensors doesn't hold the network of its record: conv0.bias",
    lambda folder: (folder / "tiny.json").write_text("{}"): "The training record",
    lambda folder: (folder / "tiny.json").unlink(): "tiny.json is missing. Install zflib anew.",
}


@pytest.mark.parametrize("tamper", TAMPERED, ids=["flip", "cut", "record", "names", "empty record", "no record"])
def test_every_command_refuses_tampered_weights_in_a_sentence(tamper, stored, capsys):
    tamper(stored)
    Image.new("RGB", (64, 64)).save(stored / "cat.png")
    for words in (
        ("project", stored / "cat.png", "--net", "tiny"),
        ("top", "--net", "tiny"),
        ("weights", "verify", "tiny"),
    ):
        status, out, err = command(capsys, *words, "--weights", stored)
        assert status == 1 and not out and err.count("\n") == 1 and TAMPERED[tamper] in err


def test_a_record_that_lacks_what_a_command_shows(stored, capsys):
    for action in ("list", "verify"):
        status, _, err = command(capsys, "weights", action, "--weights", stored)
        assert status == 1 and err.startswith("zflib: The training record of 'tiny' has no ") and err.count("\n") == 1


FACTS = ("name", "convs", "dense", "classes", "input_size", "maps_divisor", "units_divisor")
RUBBISH = st.sampled_from([None, 0, -1, 2.5, 1e300, "", "conv", [], [[]], {}, {"kernel": 3}, True])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    key=st.sampled_from(["name", "convs", "dense", "classes", "input_size", "maps_divisor", "units_divisor"]),
    to=RUBBISH,
)
def test_no_record_of_an_architecture_breaks_the_loading(stored, key, to):
    path = stored / "tiny.json"
    whole = path.read_text()
    facts = json.loads(whole)
    facts["architecture"][key] = to
    path.write_text(json.dumps(facts))
    try:
        assert same(weights.load("tiny", stored), net().half().float())
    except weights.DamagedWeights as error:
        assert "tiny" in str(error)
    finally:
        path.write_text(whole)


def test_a_seed_with_tensors_of_other_names_is_refused(tmp_path):
    weights.store_seed(net(), np.zeros((5, 3), np.float32), np.zeros(5, int), {"seed": 0}, tmp_path)
    content = save({"conv1": torch.zeros(8, 3, 7, 7)})
    (tmp_path / "tiny-seed0.safetensors").write_bytes(content)
    facts = json.loads((tmp_path / "tiny-seed0.json").read_text())
    (tmp_path / "tiny-seed0.json").write_text(json.dumps(facts | {"sha256": hashlib.sha256(content).hexdigest()}))
    with pytest.raises(weights.DamagedWeights, match=r"tiny-seed0\.safetensors holds conv1: not what a seed does"):
        weights.seeds("tiny", tmp_path)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_decoded_pictures_with_any_damage_are_decoded_again(pets, monkeypatch, data):
    monkeypatch.setenv("ZFLIB_DATA", str(pets.parent))
    whole = sets.folder(pets, 8)
    (kept,) = (pets.parent / "decoded").iterdir()
    content = bytearray(kept.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[at] ^= data.draw(st.integers(1, 255))
    kept.write_bytes(content)
    again = sets.folder(pets, 8)
    assert np.array_equal(again.pixels, whole.pixels) and np.array_equal(again.labels, whole.labels)
    kept.unlink()


# --- disks that are full, or locked -----------------------------------------------------------------------------------


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


def leftovers(where):
    return [path.name for path in where.rglob("*") if ".part" in path.name]


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


# --- no home, no cache, no network ------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", ["empty", "/dev/null"])
def test_without_a_usable_home_a_folder_is_read_all_the_same(home, pets, monkeypatch):
    """/dev/null is a file: nobody, not even root, can make a folder in it."""
    for name in ("ZFLIB_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home if home == "/dev/null" else str(pets.parent / home))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(sets.folder(pets, 8)) == 12
    assert any("not kept" in str(w.message) for w in said) == (home == "/dev/null")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("ZFLIB_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}[0])
    with pytest.raises(FileNotFoundError, match=r"home directory.* Set ZFLIB_DATA to a folder for data sets"):
        zflib.data.data_root()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise OSError(101, "Network is unreachable")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


def test_without_a_network_a_download_says_what_to_do(no_network, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    status, _, err = command(capsys, "train", "--download", "--out", tmp_path / "run")
    assert status == 1 and "Network is unreachable" in err
    assert err.endswith(
        "Set ZFLIB_DATA to the folder that holds a whole imagenette2-160, or call with download=True (99 MB).\n"
    )
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_a_network_all_the_rest_works(no_network, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    monkeypatch.delenv("ZFLIB_PICTURES", raising=False)
    zflib.data.photograph("coffee").picture.save(tmp_path / "coffee.png")
    status, out, err = command(
        capsys, "project", tmp_path / "coffee.png", "--step", "conv1", "--out", tmp_path / "out.png"
    )
    assert status == 0 and "strongest unit" in out, err
    assert len(zflib.data.gallery().pictures) == 19
    with pytest.raises(FileNotFoundError, match="or call with download"):
        zflib.data.imagenette("val", 16)


# --- several processes on one folder ----------------------------------------------------------------------------------


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
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_storage import net, weights
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
import os, sys, time
sys.path.insert(0, {here!r})
from pathlib import Path
from test_storage import *
folder = Path({folder!r})

def halfway(_):
    print("half", flush=True)
    time.sleep(60)

{before}
atomic.os.fsync = halfway
{code}
"""


def killed(folder, code, before=""):
    """Run code in a process that is killed when it has written a file and not yet given it its name."""
    process = start(DYING.format(here=str(Path(__file__).parent), folder=str(folder), before=before, code=code))
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
