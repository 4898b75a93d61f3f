import json

import pytest
from PIL import Image

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
