import json
import zlib

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from zflib import weights


def test_shipped_weights_are_listed_verified_shown_and_drawn(run, shipped):
    assert weights.available(shipped) == ("mine",)
    for action in (["list"], ["verify"], ["verify", "mine"]):
        status, out, _ = run("weights", *action, "--weights", shipped)
        assert status == 0 and out.startswith("mine: ")
    status, out, _ = run("weights", "show", "mine", "--weights", shipped)
    record = json.loads(out)
    assert status == 0 and record["data"]["train"] == "synthetic" and "note" not in record["data"]
    assert record["recipe"]["batch_size"] == 100 and record["epochs"] == 1 and record["accuracy"]["pictures"] == 40
    with Image.open(shipped / "mine.png") as picture:
        assert picture.width > 800


def test_verify_notices_other_logits(run, shipped, tmp_path):
    for file in shipped.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / "mine.json").read_text())
    record["photograph_logits"]["astronaut"][0] += 0.01
    (tmp_path / "mine.json").write_text(json.dumps(record))
    status, _, err = run("weights", "verify", "--weights", tmp_path)
    assert status == 1 and "off by up to 0.01" in err


def test_coarse_weights_keep_two_bits_of_layers_6_and_7_and_compress(run, trained, small_sets, shipped, tmp_path):
    status, _, _ = run("weights", "ship", trained, "--name", "mine", "--weights", tmp_path, "--coarse")
    fine, coarse = (load_file(folder / "mine.safetensors") for folder in (shipped, tmp_path))
    assert status == 0 and "two bits" in weights.record("mine", tmp_path)["coarse"]
    for name, kept in coarse.items():
        if name in ("fc6.weight", "fc7.weight"):
            mantissa, _ = torch.frexp(kept.float())
            assert torch.equal(
                mantissa * 8, (mantissa * 8).round()
            )  # 0.100, 0.101, 0.110, 0.111: two bits after the first
            large = fine[name].abs() > 1e-4  # below, float8 has no two bits left
            assert ((kept - fine[name]).abs() <= fine[name].abs() / 8 * 1.001)[large].all()
        else:
            assert torch.equal(kept, fine[name])
    sizes = [len(zlib.compress((folder / "mine.safetensors").read_bytes())) for folder in (shipped, tmp_path)]
    assert sizes[1] < 0.8 * sizes[0]


def test_an_unfinished_run_is_not_shipped(run, tmp_path):
    status, _, err = run("weights", "ship", tmp_path, "--name", "mine", "--weights", tmp_path)
    assert status == 1 and "holds no checkpoint" in err and not list(tmp_path.iterdir())


def test_seed_keeps_what_seeds_reads(run, trained, small_sets, tmp_path):
    status, out, _ = run("weights", "seed", trained, "--results", tmp_path)
    assert status == 0 and "zfnet-mini-seed0.safetensors" in out
    (seed,) = weights.seeds("zfnet-mini", tmp_path)
    assert seed.validation_logits.shape == (40, 10) and seed.conv1.shape == (48, 3, 7, 7)
    right = (seed.validation_logits.argmax(1) == seed.validation_labels).mean()
    assert right == pytest.approx(seed.record["accuracy"]["one_crop"]["top1"], abs=0.026)  # one tie in 40
