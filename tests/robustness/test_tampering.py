"""Files that were tampered with: each is refused in a sentence, or made anew."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save
from tiny import command, net, same

from zflib import weights
from zflib.data import sets


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


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(key=st.sampled_from(FACTS), to=RUBBISH)
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


@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
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
