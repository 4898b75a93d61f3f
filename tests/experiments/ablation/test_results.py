"""A result file says all that the schema asks for, or is refused by name; nothing is left half-written."""

import json

import numpy as np
import pytest
from example import facts

from zflib.experiments.ablation import results
from zflib.experiments.ablation.plan import Job

JOB = Job("zfnet", "as_is", 0)
LOGS = np.log(np.full((4, 10), 0.1, np.float32))
LABELS = np.array([0, 3, 9, 3], np.uint16)


def test_what_is_written_is_read(tmp_path):
    path = results.write(tmp_path / "ablation", JOB, facts(), LOGS, LABELS)
    assert path == tmp_path / "ablation" / "zfnet-as_is-seed0.json"
    assert results.read(path) == facts()
    kept, labels = results.read_outputs(path.parent, JOB.name)
    assert np.allclose(kept, LOGS, atol=1e-3) and np.array_equal(labels, LABELS)
    assert [p.name for p in path.parent.iterdir()] == [path.name], "the folder holds run files only"


def test_a_run_that_diverged_has_no_scores(tmp_path):
    lost = facts(status="diverged", train=None, validation=None, images_per_second=None)
    assert results.read(results.write(tmp_path / "ablation", JOB, lost)) == lost
    assert not results.outputs(tmp_path / "ablation").exists()
    with pytest.raises(results.DamagedResult, match="validation"):
        results.write(tmp_path / "ablation", JOB, lost | {"validation": {"top1": 1, "cross_entropy": 0}})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"network": "vgg"}, "network: 'vgg'"),
        ({"seed": -1}, "seed"),
        ({"status": "perhaps"}, "status"),
        ({"train": None}, "train"),
        ({"validation": {"top1": 1.5, "cross_entropy": 0}}, "validation/top1"),
        ({"validation": {"top1": 0.5}}, "'cross_entropy' is a required property"),
        ({"commit": "HEAD"}, "commit"),
        ({"curves": [{}]}, "curves/0"),
        ({"remarks": "none"}, "'remarks' was unexpected"),
        ({"data": facts()["data"] | {"fingerprint": "?"}}, "data/fingerprint"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_does_not_fit_is_not_written(tmp_path, changes, named):
    with pytest.raises(results.DamagedResult) as refused:
        results.write(tmp_path / "ablation", JOB, facts(**changes), LOGS, LABELS)
    assert named in str(refused.value) and "zfnet-as_is-seed0.json" in str(refused.value)
    assert not list(tmp_path.rglob("*.*"))


@pytest.mark.parametrize("key", results.schema()["required"])
def test_every_field_is_asked_for(tmp_path, key):
    short = facts()
    del short[key]
    with pytest.raises(results.DamagedResult, match=f"'{key}' is a required property"):
        results.write(tmp_path / "ablation", JOB, short, LOGS, LABELS)


def test_damaged_files_are_named(tmp_path):
    path = tmp_path / f"{JOB.name}.json"
    path.write_text("{")
    with pytest.raises(results.DamagedResult, match=r"zfnet-as_is-seed0\.json is no JSON .* remove it"):
        results.read(path)
    path.write_text(json.dumps([1]))
    with pytest.raises(results.DamagedResult, match="no result of the ablation: the whole"):
        results.read(path)
    path.write_text(json.dumps(facts(seed=1)))
    with pytest.raises(results.DamagedResult, match="holds the run zfnet-as_is-seed1"):
        results.read(path)
