import json
from dataclasses import replace

from zflib.experiments.ablation.plan import MINI_TABLE


def test_ablate_makes_the_missing_runs(run, small_sets, tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    command = ["ablate", "--networks", "alexnet", "--rows", "as_is", "--seeds", "0", "--epochs", "1"]
    status, out, _ = run(*command, "--precision", "32", "--plan")
    assert status == 0 and "Imagenette is not under the data root" in out
    assert "1 run of 1 epoch on synthetic (100 pictures), 0 of them done." in out and "alexnet  as_is  0" in out
    assert not (tmp_path / "runs").exists(), "a plan only"
    status, out, _ = run(*command, "--precision", "32")
    (result,) = tmp_path.rglob("alexnet-as_is-seed0.json")
    assert status == 0 and f"1 of 1 runs are in {result.relative_to(tmp_path).parent}." in out
    assert result.parent.name == "mini_synthetic_1_epochs_results", "not among the course's results"
    status, out, _ = run(*command, "--precision", "32")
    assert status == 0 and "1 of them done" in out and "a run takes" in out
    status, _, err = run(*command[:-1], "2", "--results", result.parent)
    assert status == 1 and "another epochs (1 there, 2 here)" in err


def test_ablate_changes_one_thing_of_the_recipe(run, small_sets, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = [
        "ablate",
        "--networks",
        "alexnet",
        "--rows",
        "as_is",
        "--seeds",
        "0",
        "--epochs",
        "1",
        "--data",
        "synthetic",
    ]
    status, _, _ = run(*command, "--dropout", "0", "--pool5-dropout", "0.5", "--he", "--precision", "32")
    (result,) = tmp_path.rglob("alexnet-as_is-seed0.json")
    assert status == 0
    assert result.parent.name == "mini_dropout_0_pool5_dropout_0.5_he_synthetic_1_epochs_results"
    expected = replace(MINI_TABLE, epochs=1, dropout=0.0, pool5_dropout=0.5, he=True)
    assert json.loads(result.read_text())["recipe"] == json.loads(json.dumps(expected.record()))
    status, _, err = run(*command, "--dropout", "1")
    assert status == 2 and "1 is not from 0 to below 1" in err


def test_ablate_knows_the_rows_of_the_table(run, small_sets):
    status, _, err = run("ablate", "--rows", "removed_layer_9", "--data", "synthetic")
    assert status == 1 and "no row 'removed_layer_9'" in err and "removed_layer_7" in err
