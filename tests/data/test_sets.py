"""Imagenette from a data root that may be empty, half there, damaged, read-only or shared."""

import multiprocessing
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zflib
from zflib.data import data_root, imagenette, part, sets, synthetic

WNIDS = [
    *("n01440764", "n02102040", "n02979186", "n03000684", "n03028079"),
    *("n03394916", "n03417042", "n03425413", "n03445777", "n03888257"),
]
PER_CLASS = 3

pytestmark = pytest.mark.filterwarnings("ignore:.*of Imagenette's:UserWarning")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A data root with thirty pictures in Imagenette's layout; picture k of class c has the colour (20 c, k, 0)."""
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    for split in ("train", "val"):
        for c, wnid in enumerate(WNIDS):
            folder = tmp_path / "imagenette2-160" / split / wnid
            folder.mkdir(parents=True)
            for k in range(PER_CLASS):
                colour = (20 * c, 60 * k, 255 * (split == "val"))
                Image.new("RGB", (40 + k, 30), colour).save(folder / f"{wnid}_{k}.JPEG", quality=95)
    return tmp_path


def file(root, c=0, k=0):
    return root / "imagenette2-160" / "val" / WNIDS[c] / f"{WNIDS[c]}_{k}.JPEG"


def kept(root):
    return sorted((root / "decoded").glob("*"))


@pytest.fixture
def no_decoding(monkeypatch):
    """From here on the pictures must come from what was kept."""

    def enable():
        def refuse(*_):
            raise AssertionError("The pictures were decoded again.")

        monkeypatch.setattr(sets, "_decode", refuse)

    return enable


def test_pictures_labels_and_names(root):
    found = imagenette("val", 16)
    assert found.pixels.shape == (30, 16, 16, 3) and found.pixels.dtype == np.uint8
    assert found.labels.tolist() == [c for c in range(10) for _ in range(PER_CLASS)]
    assert found.class_names[0] == "tench" and found.class_names[8] == "golf ball" and len(found.class_names) == 10
    assert found.unreadable == () and len(found) == 30
    for at, picture in enumerate(found.pixels):
        expected = (20 * (at // PER_CLASS), 60 * (at % PER_CLASS), 255)
        assert np.abs(picture.astype(int) - expected).max() <= 4
    assert found.name == "imagenette2-160 val" and len(found.fingerprint) == 64


def test_splits_and_sides_are_kept_apart(root):
    assert imagenette("train", 16).pixels[0, 0, 0, 2] < 10
    assert imagenette("val", 16).pixels[0, 0, 0, 2] > 245
    assert imagenette("val", 24).pixels.shape[1] == 24
    assert len(kept(root)) == 3


def test_the_second_time_nothing_is_decoded(root, no_decoding):
    first = imagenette("val", 16)
    no_decoding()
    second = imagenette("val", 16)
    assert np.array_equal(first.pixels, second.pixels) and np.array_equal(first.labels, second.labels)
    assert (first.fingerprint, first.unreadable) == (second.fingerprint, second.unreadable)


def test_other_files_are_other_data(root):
    before = imagenette("val", 16)
    Image.new("RGB", (200, 200), "white").save(file(root))
    after = imagenette("val", 16)
    assert before.fingerprint != after.fingerprint
    assert after.pixels[0].min() > 250


def test_another_pillow_decodes_again(root, monkeypatch):
    imagenette("val", 16)
    monkeypatch.setattr(sets.PIL, "__version__", "0.1")
    imagenette("val", 16)
    assert len(kept(root)) == 2


# --- what can't be read -------------------------------------------------------------------------------------------


def test_unreadable_pictures_are_reported_by_path_counted_and_left_out(root, capsys, no_decoding):
    file(root, 0, 1).write_bytes(b"no picture")
    file(root, 4, 2).write_bytes(file(root, 4, 1).read_bytes()[:200])
    file(root, 9, 0).unlink()
    file(root, 9, 0).symlink_to(root / "nowhere")
    found = imagenette("val", 16)
    out = capsys.readouterr().out
    assert len(found) == 27 and len(found.unreadable) == 3
    for (c, k), message in zip([(0, 1), (4, 2), (9, 0)], found.unreadable, strict=True):
        assert str(file(root, c, k)) in message and message in out
    assert np.bincount(found.labels).tolist() == [2, 3, 3, 3, 2, 3, 3, 3, 3, 2]
    assert [round(p[0, 0, 0] / 20) for p in found.pixels] == found.labels.tolist()
    no_decoding()
    assert imagenette("val", 16).unreadable == found.unreadable


def test_what_is_no_picture_by_name_is_not_looked_at(root):
    (file(root).parent / "notes.txt").write_text("not a picture")
    with pytest.warns(UserWarning, match=r"In .*val 1 file that is no picture is left out: notes\.txt\."):
        assert len(imagenette("val", 16)) == 30


# --- a data root that lacks it ------------------------------------------------------------------------------------

REMEDY = r"Set ZFLIB_DATA to the folder that holds a whole imagenette2-160, or call with download=True \(99 MB\)"


def test_an_empty_data_root(tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError, match=REMEDY):
        imagenette("val", 16)


@pytest.mark.parametrize("missing", ["imagenette2-160/val", "imagenette2-160/val/n03888257"])
def test_half_a_data_set(root, missing):
    shutil.rmtree(root / missing)
    if missing.endswith("val"):
        with pytest.raises(FileNotFoundError, match=REMEDY):
            imagenette("val", 16)
    else:
        with pytest.warns(UserWarning, match="holds 27 of Imagenette's 3925 pictures"):
            assert len(imagenette("val", 16)) == 27


def test_a_folder_that_is_no_class(root):
    (root / "imagenette2-160" / "val" / "extra").mkdir()
    with pytest.raises(FileNotFoundError, match=REMEDY):
        imagenette("val", 16)


def test_an_empty_class(root):
    for picture in (root / "imagenette2-160" / "val" / WNIDS[3]).iterdir():
        picture.unlink()
    with pytest.raises(FileNotFoundError, match=f"{WNIDS[3]}.*{REMEDY}"):
        imagenette("val", 16)


def test_a_download_that_fails(tmp_path, monkeypatch):
    from urllib.error import URLError

    from torchvision.datasets import Imagenette

    def unplugged(self):
        raise URLError("Network is unreachable")

    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    monkeypatch.setattr(Imagenette, "_download", unplugged)
    with pytest.raises(FileNotFoundError, match=f"Network is unreachable.*{REMEDY}"):
        imagenette("val", 16, download=True)


def test_nothing_is_downloaded_when_it_is_there(root, monkeypatch):
    import torchvision.datasets.utils as utils

    monkeypatch.setattr(utils.urllib.request, "urlopen", None)
    assert len(imagenette("val", 16, download=True)) == 30


def test_an_unknown_split(root):
    with pytest.raises(ValueError, match="train and val, not 'test'"):
        imagenette("test", 16)


def test_where_the_data_root_is(monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", "~/pictures")
    assert data_root() == Path.home() / "pictures"
    monkeypatch.delenv("ZFLIB_DATA")
    assert data_root().name == "zflib"


# --- the pixels that are kept -------------------------------------------------------------------------------------


DAMAGE = {
    "half": lambda c: c[: len(c) // 2],
    "empty": lambda c: b"",
    "short": lambda c: c[:40],
    "wrong": bytes.swapcase,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_kept_pixels_are_made_again(root, damage):
    first = imagenette("val", 16)
    (path,) = kept(root)
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[damage](whole))
    assert np.array_equal(imagenette("val", 16).pixels, first.pixels)
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_only_time(root, monkeypatch):
    (root / "decoded").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="decoded pictures are not kept in .*decoded"):
        assert len(imagenette("val", 16)) == 30


def test_a_full_disk_leaves_nothing_half_written(root, monkeypatch):
    def full(file, **arrays):
        file.write(b"PK half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sets.np, "savez", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert len(imagenette("val", 16)) == 30
    assert kept(root) == []


def _read_in_a_process(queue):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        queue.put(imagenette("val", 16).pixels.sum())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes can't be forked here")
def test_two_processes_may_write_at_once(root):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=_read_in_a_process, args=(queue,)) for _ in range(2)]
    for process in processes:
        process.start()
    sums = {queue.get(timeout=120) for _ in processes}
    for process in processes:
        process.join(60)
    assert sums == {imagenette("val", 16).pixels.sum()}
    assert [path.suffix for path in kept(root)] == [".npz"]


def test_the_real_imagenette(imagenette_root, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(imagenette_root))
    found = imagenette("val", 32)
    assert found.fingerprint == zflib.weights.record("zfnet-mini")["data"]["validation_fingerprint"]
    assert len(found) == 3925 and found.unreadable == ()
    assert np.bincount(found.labels).tolist() == [387, 395, 357, 386, 409, 394, 389, 419, 399, 390]
    assert 90 < found.pixels.mean() < 140


def test_a_part_takes_the_same_share_of_each_class():
    whole = synthetic(200, 16)
    tenth, third, all_of_it = (part(whole, percent) for percent in (10, 30, 100))
    assert np.bincount(tenth.labels).tolist() == [2] * 10 and np.bincount(third.labels).tolist() == [6] * 10
    assert np.array_equal(all_of_it.pixels, whole.pixels)
    seen = {picture.tobytes() for picture in third.pixels}
    assert all(picture.tobytes() in seen for picture in tenth.pixels), "the smaller part lies inside the larger"
    assert tenth.name == "synthetic, 10 %"
    assert len({whole.fingerprint, tenth.fingerprint, third.fingerprint, all_of_it.fingerprint}) == 4
    assert part(whole, 10).fingerprint == tenth.fingerprint


@pytest.mark.parametrize("percent", [0, -1, 101, float("nan")])
def test_a_part_is_a_share(percent):
    with pytest.raises(ValueError, match="more than 0 and at most 100 percent"):
        part(synthetic(20, 16), percent)


def test_a_part_leaves_no_class_empty():
    with pytest.raises(ValueError, match="leaves grating no picture"):
        part(synthetic(20, 16), 10)
