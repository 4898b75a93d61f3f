"""The chapter's data are the committed runs, all of one plan; the package's copy says the same."""

import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from example import facts

from zflib.experiments.ablation import calibrated, plan, results, summary
from zflib.experiments.ablation.run import of_share

ROWS = [(network, row) for network in plan.NETWORKS for row in plan.published(network)]
PRESET = plan.PRESETS["mini"]
TWO_APART = [  # budget, and what takes four layers to train or takes dropout to or from a network
    ("removed_layers_3_4_6_7", summary.Setting(rate=0.003, budget=36)),
    ("as_is", summary.Setting(dropout=0.0, budget=36)),
    *((row, summary.Setting(rate=0.003, he=True)) for row in ("as_is", "removed_layers_3_4", "removed_layers_6_7")),
    ("removed_layers_6_7", summary.Setting(pool5_dropout=0.5, budget=36)),
]


def guesses(seed, pictures=20):
    logits = np.random.default_rng(seed).normal(size=(pictures, 10)).astype(np.float32)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


LABELS = (np.arange(20) % 10).astype(np.uint16)


def keep(folder, *jobs, diverged=(), **recipe):
    for at, job in enumerate(jobs):
        content = facts(**asdict(job))
        content["recipe"] = content["recipe"] | {"learning_rate": 0.01, "epochs": 12, "dropout": 0.5} | recipe
        if job in diverged:
            results.write(folder, job, content | {"status": "diverged", "train": None, "validation": None})
        else:
            results.write(folder, job, content, guesses(at), LABELS)


@pytest.fixture
def folder(tmp_path):
    """One run of each row, a second of two, one of which diverged; and one each on fewer pictures, at another rate, and
    for longer."""
    where = tmp_path / "ablation"
    second = plan.Job("zfnet", "as_is", 1), plan.Job("alexnet", "as_is", 1)
    keep(where, *(plan.Job(*key, 0) for key in ROWS), *second, diverged=second[1:])
    keep(tmp_path / "ablation_10_percent", plan.Job("zfnet", "as_is", 0))
    keep(tmp_path / "ablation_rate_0.003", plan.Job("zfnet", "as_is", 0), learning_rate=0.003)
    keep(tmp_path / "ablation_36_epochs", plan.Job("zfnet", "as_is", 0), epochs=36)
    changes = {"dropout": 0.0, "pool5_dropout": 0.5, "he": True}
    keep(tmp_path / "ablation_otherwise", plan.Job("zfnet", "as_is", 0), **changes)
    return where


def same(one, other):
    assert np.array_equal(one.labels, other.labels) and len(one.runs) == len(other.runs)
    for mine, theirs in zip(one.runs, other.runs, strict=True):
        assert (mine.facts, mine.share) == (theirs.facts, theirs.share)
        for key in ("correct", "nll", "log_probabilities", "calibrated"):
            a, b = getattr(mine, key), getattr(theirs, key)
            assert (a is None) == (b is None)
            assert a is None or np.allclose(a, b, atol=2e-3, rtol=1e-3), (mine.job, key)


def test_runs_come_in_the_order_of_the_table(folder):
    found = summary.collect(folder)
    assert list(dict.fromkeys((o.job.network, o.job.row) for o in found.runs)) == ROWS
    assert [o.job.seed for o in found.of("zfnet", "as_is")] == [0, 1]
    assert found.of("zfnet", "none_such") == ()
    (tenth,) = found.of("zfnet", "as_is", share=10)
    assert tenth.share == 10 and tenth.log_probabilities is None
    (slow,) = found.of("zfnet", "as_is", rate=0.003)
    assert slow.setting.rate == 0.003 and slow.log_probabilities is None
    (longer,) = found.of("zfnet", "as_is", budget=36)
    assert longer.facts["recipe"]["epochs"] == 36 and longer.log_probabilities is None
    (dropping,) = found.of("zfnet", "as_is", dropout=0.0, pool5_dropout=0.5, he=True)
    assert str(dropping.setting) == "dropout 0, dropout 0.5 on pool5, He initialisation"
    assert str(longer.setting) == "36 epochs" and str(summary.Setting()) == "the table's"
    with pytest.raises(TypeError, match="epochs"):
        found.of("zfnet", "as_is", epochs=36)


def test_what_networks_said_is_compared_with_the_labels(folder):
    found = summary.collect(folder)
    at = ROWS.index(("zfnet", "as_is"))
    first = found.of("zfnet", "as_is")[0]
    assert np.array_equal(first.correct, guesses(at).argmax(1) == LABELS)
    assert np.allclose(first.nll, -guesses(at)[np.arange(20), LABELS], atol=2e-3)
    set_right = found.row("zfnet", "as_is", temperature=True)
    assert np.allclose(set_right.nll[0], calibrated(guesses(at), LABELS.astype(int)), atol=0.01)
    assert np.array_equal(set_right.correct, found.row("zfnet", "as_is").correct)
    assert found.members("as_is").shape == (2, 20, 10) and found.members("layers_3_4_5_512_1024_512").shape[0] == 1


def test_a_run_that_diverged_is_told_and_not_compared(folder):
    found = summary.collect(folder)
    done, lost = found.of("alexnet", "as_is")
    assert lost.facts["status"] == "diverged" and lost.correct is None and lost.nll is None
    assert found.row("alexnet", "as_is").correct.shape == (1, 20) == done.correct[None].shape
    with pytest.raises(ValueError, match=r"No run of zfnet, as_is \(30 % of the pictures\) is finished"):
        found.row("zfnet", "as_is", share=30)


def test_a_missing_row_is_an_error_that_names_it(folder):
    (folder / "alexnet-removed_layer_7-seed0.json").unlink()
    with pytest.raises(summary.MissingRuns, match=r"no run of alexnet removed_layer_7\. .*python -m zflib ablate"):
        summary.result(folder)


def test_runs_are_compared_on_the_same_pictures_only(folder):
    job = plan.Job("zfnet", "as_is", 1)
    results.write(folder, job, facts(**asdict(job)), guesses(3), LABELS[::-1].copy())
    with pytest.raises(
        results.DamagedResult, match=r"zfnet-as_is-seed1\.json was looked at on other validation pictures"
    ):
        summary.collect(folder)


def test_a_run_without_its_outputs_is_named(folder):
    (results.outputs(folder) / "zfnet-as_is-seed1.safetensors").unlink()
    with pytest.raises(results.DamagedResult, match=r"zfnet-as_is-seed1\.json has no outputs"):
        summary.collect(folder)


def test_the_package_holds_the_same(folder, tmp_path):
    file = tmp_path / "summary.json"
    summary.write(folder, file)
    same(summary.packaged(file), summary.collect(folder))
    assert summary.collect(folder).runs[0].facts == results.read(folder / "alexnet-as_is-seed0.json")


def test_without_a_results_folder_the_package_speaks(tmp_path):
    same(summary.result(tmp_path / "nothing"), summary.packaged())


def test_the_committed_copy_is_that_of_the_committed_runs():
    same(summary.packaged(), summary.collect())


def test_the_committed_runs_are_those_of_the_plan():
    outcomes = summary.collect().runs
    (pictures,) = {o.facts["data"]["fingerprint"] for o in outcomes if o.share == 100}
    for o in outcomes:
        job, told = o.job, o.facts
        assert told["preset"] == "mini" and told["data"]["validation"] == "imagenette2-160 val"
        architecture = PRESET.architecture(job.network, job.row, 10)
        assert told["architecture"] == json.loads(json.dumps(asdict(architecture)))
        apart = sum(getattr(o.setting, f.name) != f.default for f in fields(o.setting))
        assert apart <= 1 or (job.row, o.setting) in TWO_APART, "one thing moves at a time"
        recipe = replace(PRESET.recipe, epochs=o.setting.budget)
        epochs = of_share(recipe, 9469, told["data"]["train_pictures"]).epochs
        own = {"epochs": epochs, "precision": told["recipe"]["precision"], "learning_rate": o.setting.rate}
        own |= {name: getattr(o.setting, name) for name in ("dropout", "pool5_dropout", "he")}
        expected = replace(PRESET.recipe, **own)
        assert told["recipe"] == json.loads(json.dumps(expected.record())), "one recipe for all"
        assert told["commit"] and (o.share < 100 or told["data"]["fingerprint"] == pictures)
        if told["status"] == "finished":
            assert told["epochs"] == epochs == len(told["curves"])
            assert o.correct.mean() == pytest.approx(told["validation"]["top1"], abs=3 / len(o.correct))
            assert o.nll.mean() == pytest.approx(told["validation"]["cross_entropy"], abs=1e-3)


def test_the_results_folder_holds_run_files_only():
    planned = {f"{job.name}.json" for job in plan.jobs(PRESET)}
    there = {path.name for path in summary.RESULTS.iterdir() if not path.name.startswith(".")}
    assert there <= planned
    assert {path.stem for path in results.outputs(summary.RESULTS).iterdir()} == {
        path.removesuffix(".json") for path in there if results.read(summary.RESULTS / path)["status"] == "finished"
    }
