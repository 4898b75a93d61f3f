"""From the runs' files to what the chapter reads."""

import json

import numpy as np
import pytest
from scipy import stats

from zflib.experiments.transfer import summary
from zflib.experiments.transfer.summary import Summary, collect, taken_for

CLASSES = ["cat", "cup", "dog", "eel", "fox"]


@pytest.fixture
def folder(tmp_path):
    """Results as `python -m zflib transfer` leaves them, of guesses that often are right."""
    generator = np.random.default_rng(0)
    labels, folds, scores, named = np.arange(60) % 5, {}, [], {}
    for train in (2, 4):
        for fold in (1, 0):
            order = generator.permutation(60)
            test = np.sort(order[5 * train :][:30])
            folds[f"{train}-{fold}"] = {"train": order[: 5 * train].tolist(), "test": test.tolist()}
            for classifier in ("svm", "softmax"):
                key = f"5-{classifier}-{train}-{fold}"
                named[key] = np.where(generator.random(30) < 0.5, labels[test], generator.integers(0, 5, 30))
                right = named[key] == labels[test]
                means = [right[labels[test] == each].mean() for each in range(5)]
                score = {"key": key, "layer": "5", "classifier": classifier, "train": train, "fold": fold, "C": 1.0}
                scores.append(score | {"accuracy": np.mean(means), "plain": right.mean()})
    identity = {"fingerprint": "f", "features": "zfnet-mini"}
    content = {"identity": identity, "classes": CLASSES, "layers": {"5": "pool5"}, "made": {}, "scores": scores}
    (tmp_path / "caltech101-zfnet-mini.json").write_text(json.dumps(content))
    np.savez(tmp_path / "caltech101-zfnet-mini.npz", **named)
    drawn = {"fingerprint": "f", "labels": labels.tolist(), "folds": folds}
    (tmp_path / "caltech101-folds.json").write_text(json.dumps(drawn))
    return tmp_path


def test_scores_stand_by_fold(folder):
    content, _ = collect(folder)
    found, run = Summary(content), json.loads((folder / "caltech101-zfnet-mini.json").read_text())
    assert found.sources == ["zfnet-mini"] and found.layers("zfnet-mini") == ["5"] and found.classes == CLASSES
    assert found.counts("zfnet-mini") == [2, 4]
    for measure in ("accuracy", "plain"):
        by_fold = {score["fold"]: score[measure] for score in run["scores"] if score["key"].startswith("5-softmax-4")}
        expected = [100 * by_fold[0], 100 * by_fold[1]]
        assert found.accuracy("zfnet-mini", "5", 4, "softmax", measure) == pytest.approx(expected)
    with pytest.raises(KeyError):
        found.accuracy("zfnet-mini", "4", 4)


def test_what_a_class_is_taken_for_by_hand():
    truth = np.repeat([3, 7, 8, 9], 10)
    named = np.concatenate([[3] * 5 + [8] * 3 + [7] * 2, [7] * 10, [8] * 4 + [3] * 6, [9] * 7 + [3, 7, 8]])
    assert taken_for(truth, named).tolist() == [
        [50, 2, 30, 1, 20, 3, 0],
        [100, 0, 0, 2, 0, 3, 0],
        [40, 0, 60, 1, 0, 3, 0],
        [70, 0, 10, 1, 10, 2, 10],
    ]


def test_confusions_are_of_all_folds_and_support_vectors(folder):
    _, confused = collect(folder)
    assert sorted(confused) == ["zfnet-mini/5/2", "zfnet-mini/5/4"]
    drawn = json.loads((folder / "caltech101-folds.json").read_text())
    named = np.load(folder / "caltech101-zfnet-mini.npz")
    for own in range(5):
        given = []
        for fold in (0, 1):
            for at, picture in enumerate(drawn["folds"][f"4-{fold}"]["test"]):
                if drawn["labels"][picture] == own:
                    given.append(int(named[f"5-svm-4-{fold}"][at]))
        row = confused["zfnet-mini/5/4"][own].tolist()
        assert row[0] == round(100 * given.count(own) / len(given))
        for other, percent in zip(row[1::2], row[2::2], strict=True):
            assert percent == round(100 * given.count(other) / len(given)) and other != own


def test_an_interval_allows_for_folds_that_share_pictures(folder):
    found = Summary(collect(folder)[0])
    one, other = np.array([50.0, 52.0, 51.0]), np.array([45.0, 48.0, 43.0])
    apart = one - other
    variance = apart.var(ddof=1) * (1 / 3 + 30 / 10)  # 30 tested, 2 of each of 5 classes trained
    low, high = stats.t.interval(0.95, 2, apart.mean(), np.sqrt(variance))
    assert found.difference(one, other, 2) == pytest.approx((apart.mean(), low, high))


def test_results_of_other_pictures_are_refused(folder):
    file = folder / "caltech101-zfnet-mini.json"
    content = json.loads(file.read_text())
    content["identity"]["fingerprint"] = "g"
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"zfnet-mini\.json holds results of other pictures"):
        collect(folder)
    with pytest.raises(FileNotFoundError, match="make them with python -m zflib transfer"):
        collect(folder / "nowhere")


def test_writing_and_reading_give_the_same(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "FILE", tmp_path / "summary.json")
    monkeypatch.setattr(summary, "CONFUSED", tmp_path / "summary.safetensors")
    written = summary.write(folder)
    assert summary.result() == written
    read, collected = summary.confused(), collect(folder)[1]
    assert read.keys() == collected.keys() and all((read[key] == collected[key]).all() for key in read)
