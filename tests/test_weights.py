import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

import zflib
from zflib import atomic, weights

TINY = replace(
    zflib.ZFNET.with_maps({1: 8, 2: 8, 3: 8, 4: 8, 5: 8}).with_units(16), name="tiny", classes=3, input_size=64
)
NAMES = ("cat", "dog", "owl")


@pytest.fixture
def net():
    mean = torch.tensor([117.91, 116.77, 109.73]).view(3, 1, 1)
    return zflib.ConvNet(TINY, mean, NAMES).initialise(0.05, seed=1).eval()


@pytest.fixture
def stored(net, tmp_path):
    weights.store(net, {"seed": 1}, "tiny", tmp_path)
    return tmp_path


def alter_record(folder, **changes):
    path = folder / "tiny.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_is_stored_comes_back_rounded_to_float16(net, stored):
    loaded = weights.load("tiny", stored)
    assert loaded.architecture == TINY and loaded.class_names == NAMES and not loaded.training
    assert torch.equal(loaded.mean.cpu(), net.mean)
    for (name, ours), (_, theirs) in zip(net.named_parameters(), loaded.named_parameters(), strict=True):
        assert theirs.dtype == torch.float32
        assert torch.equal(theirs.cpu(), ours.half().float()), name


def test_in_half_computes_what_load_gives(net, stored):
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 50
    assert torch.equal(weights.in_half(net)(x), weights.load("tiny", stored)(x))


def test_the_file_is_half_the_size_of_float32(net, stored):
    numbers = sum(p.numel() for p in net.parameters())
    assert 2 * numbers < (stored / "tiny.safetensors").stat().st_size < 2 * numbers + 4096


def test_record_tells_what_the_file_can_not(stored):
    record = weights.record("tiny", stored)
    assert record["seed"] == 1 and record["class_names"] == list(NAMES)
    assert record["parameters"] == sum(step.parameters for step in TINY.geometry())
    assert weights.architecture(record["architecture"]) == TINY


@pytest.mark.parametrize("arch", [zflib.ZFNET, zflib.ALEXNET.mini(7), zflib.ZFNET.without(3, 4, 6).mini()])
def test_an_architecture_survives_json(arch):
    assert weights.architecture(json.loads(json.dumps(asdict(arch)))) == arch


def test_available_lists_pairs_only(stored):
    (stored / "lonely.safetensors").write_bytes(b"")
    (stored / "other.json").write_text("{}")
    assert weights.available(stored) == ("tiny",)


def test_unknown_name_lists_what_there_is(stored):
    with pytest.raises(ValueError, match=r"'zfent'.*available are tiny"):
        weights.load("zfent", stored)
    with pytest.raises(ValueError, match="no weights"):
        weights.load("../tiny", stored / "inner")


def test_any_altered_byte_is_refused(stored):
    path = stored / "tiny.safetensors"
    whole = path.read_bytes()
    for at in (0, 9, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(weights.DamagedWeights, match="SHA-256"):
            weights.load("tiny", stored)
    path.write_bytes(whole[:-1])
    with pytest.raises(weights.DamagedWeights, match="SHA-256"):
        weights.load("tiny", stored)


def test_a_missing_half_is_named(stored):
    (stored / "tiny.json").rename(stored / "away")
    with pytest.raises(FileNotFoundError, match=r"tiny\.json is missing"):
        weights.load("tiny", stored)
    (stored / "away").rename(stored / "tiny.json")
    (stored / "tiny.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"tiny\.safetensors is missing"):
        weights.load("tiny", stored)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\xff"])
def test_a_record_that_is_none(stored, content):
    (stored / "tiny.json").write_text(content, encoding="latin-1")
    with pytest.raises(weights.DamagedWeights, match="training record"):
        weights.load("tiny", stored)


def test_another_architecture_is_refused_naming_the_tensor(stored):
    alter_record(stored, architecture=asdict(TINY.with_maps({2: 12})))
    with pytest.raises(weights.DamagedWeights, match=r"conv2\.bias should be 12, but is 8"):
        weights.load("tiny", stored)
    alter_record(stored, architecture={"name": "nonsense"})
    with pytest.raises(weights.DamagedWeights, match="describes no network"):
        weights.load("tiny", stored)


@pytest.mark.parametrize("change", ["drop", "add", "not safetensors"])
def test_contents_that_do_not_fit_are_refused_even_with_the_right_digest(stored, change):
    import hashlib

    tensors = load_file(stored / "tiny.safetensors")
    if change == "drop":
        del tensors["fc7.weight"]
    tensors |= {"extra": torch.zeros(1)} if change == "add" else {}
    content = b"\x80\x04not safetensors" if change == "not safetensors" else save(tensors)
    (stored / "tiny.safetensors").write_bytes(content)
    alter_record(stored, sha256=hashlib.sha256(content).hexdigest())
    message = {
        "drop": r"fc7\.weight .* is absent",
        "add": "extra should be absent",
        "not safetensors": "no safetensors",
    }
    with pytest.raises(weights.DamagedWeights, match=message[change]):
        weights.load("tiny", stored)


def test_what_float16_can_not_hold_is_not_stored(net, tmp_path):
    with torch.no_grad():
        net.fc8.weight[0, 0] = 1e6
    with pytest.raises(ValueError, match=r"fc8\.weight"):
        weights.store(net, {}, "tiny", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "../tiny", "a/b", ".hidden"])
def test_a_name_that_is_a_path_is_refused(net, tmp_path, name):
    with pytest.raises(ValueError, match="name"):
        weights.store(net, {}, name, tmp_path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    atomic.write(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zflib.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_seed_keeps_filters_logits_and_labels(net, tmp_path):
    logits = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    for seed in (2, 0):
        weights.store_seed(net, logits + seed, np.array([0, 1, 2, 1, 0]), {"seed": seed}, tmp_path)
    first, second = weights.seeds("tiny", tmp_path)
    assert (first.record["seed"], second.record["seed"]) == (0, 2)
    assert first.conv1.shape == (8, 3, 7, 7) and first.conv1.dtype == np.float32
    assert np.array_equal(first.conv1, net.conv1.weight.detach().half().float().numpy())
    assert np.abs(first.validation_logits - logits).max() < 1e-2 and first.validation_logits.dtype == np.float32
    assert first.validation_labels.tolist() == [0, 1, 2, 1, 0]
    with pytest.raises(ValueError, match="no training runs of 'huge'"):
        weights.seeds("huge", tmp_path)


def test_the_accuracy_of_kept_seeds_is_noted_beside_the_weights(net, stored, tmp_path):
    results, accuracy = tmp_path / "results", {}
    results.mkdir()
    for seed in (2, 0):
        accuracy[seed] = {
            crops: {"top1": share + seed / 10} for crops, share in (("one_crop", 0.5), ("ten_crops", 0.6))
        }
        facts = {"seed": seed, "accuracy": accuracy[seed], "minutes": 1}
        weights.store_seed(net, np.zeros((5, 3), np.float32), np.zeros(5, int), facts, results)
    before = weights.record("tiny", stored)
    weights.note_seeds("tiny", stored, results)
    noted = [{"seed": seed} | accuracy[seed] for seed in (0, 2)]
    assert weights.record("tiny", stored) == before | {"seeds": noted}
    weights.load("tiny", stored)  # the weights still agree with their record
    with pytest.raises(ValueError, match="no training runs of 'tiny'"):
        weights.note_seeds("tiny", stored, stored / "nowhere")


# What the course ships

SHIPPED = {
    "alexnet-mini": zflib.ALEXNET.mini(),
    "zfnet-mini": zflib.ZFNET.mini(),
    "zfnet-mini-wide": zflib.ZFNET.with_maps({3: 512, 4: 1024, 5: 512}).mini(),
}
VALIDATED = {"imagenette2-160 train": 3925, "mini_imagenet100 train": 5000}  # pictures, by what was trained on


def test_all_that_is_shipped_is_tested_here():
    assert set(weights.available()) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_answer_to_the_photographs_as_recorded(name):
    answers_as_recorded(weights.record(name), zflib.load(name))


def test_the_network_of_a_hundred_classes_answers_as_recorded():
    folder = weights.RESULTS.with_name("evolution")
    record = weights.record("zfnet-mini-100", folder)
    check_record(record)
    assert weights.architecture(record["architecture"]) == zflib.ZFNET.mini(classes=100)
    assert record["recipe"] == weights.record("zfnet-mini")["recipe"] | {"epochs": 30}
    answers_as_recorded(record, weights.load("zfnet-mini-100", folder))


def answers_as_recorded(record, net):
    recorded = record["photograph_logits"]
    assert set(recorded) == {photograph.name for photograph in zflib.data.photographs()}
    with torch.inference_mode():
        for photograph in zflib.data.photographs():
            logits = net(net.preprocess(photograph.picture)[None])[0].cpu().numpy()
            assert np.abs(logits - recorded[photograph.name]).max() < 1e-3, photograph.name


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_record_is_complete(name):
    record = weights.record(name)
    assert weights.architecture(record["architecture"]) == SHIPPED[name]
    check_record(record)


def check_record(record):
    """What a reader needs to judge a run and to repeat it."""
    assert record["epochs"] == record["recipe"]["epochs"] == len(record["curves"])
    assert [entry["epoch"] for entry in record["curves"]] == list(range(1, record["epochs"] + 1))
    assert len(record["commit"]) == 40 and record["device"] and record["minutes"] > 0
    assert {"python", "torch", "numpy", "lightning-fabric"} <= record["versions"].keys()
    trained = record["data"]["train"]
    assert ("squashed to a square" in record["data"].get("note", "")) == trained.startswith("imagenette")
    assert len(record["data"]["fingerprint"]) == len(record["data"]["validation_fingerprint"]) == 64
    accuracy = record["accuracy"]
    assert accuracy["pictures"] == VALIDATED[trained]
    for crops in ("one_crop", "ten_crops"):
        assert 0.1 < accuracy[crops]["top1"] < accuracy[crops]["top5"] <= 1 and accuracy[crops]["cross_entropy"] > 0


@pytest.mark.parametrize("network", ["zfnet-mini", "alexnet-mini"])
def test_three_seeds_are_kept_and_bear_out_their_records(network):
    seeds = weights.seeds(network)
    assert len(seeds) >= 3 and len({seed.record["seed"] for seed in seeds}) == len(seeds)
    assert len({json.dumps([s.record["recipe"], s.record["data"], s.record["commit"]]) for s in seeds}) == 1
    for seed in seeds:
        check_record(seed.record)
        side = weights.architecture(seed.record["architecture"]).convs[0].kernel
        assert seed.conv1.shape == (48, 3, side, side)
        assert seed.validation_logits.shape == (3925, 10) and seed.validation_labels.shape == (3925,)
        right = (seed.validation_logits.argmax(1) == seed.validation_labels).mean()
        # float16 logits may swap two that were nearly equal.
        assert abs(right - seed.record["accuracy"]["one_crop"]["top1"]) < 1e-3
    noted = [(s["seed"], s["ten_crops"]) for s in weights.record(network)["seeds"]]
    assert noted == [(seed.record["seed"], seed.record["accuracy"]["ten_crops"]) for seed in seeds]
    shipped = weights.load(network).conv1.weight.detach().cpu().numpy()
    assert any(np.array_equal(shipped, seed.conv1) for seed in seeds)


def test_recipe_is_the_same_for_all():
    first, *others = (weights.record(name)["recipe"] for name in SHIPPED)
    assert all(other == first for other in others)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_reach_their_recorded_accuracy(name, imagenette_root, monkeypatch):
    from zflib.training.evaluate import evaluate

    monkeypatch.setenv("ZFLIB_DATA", str(imagenette_root))
    net = zflib.load(name)
    validation = zflib.data.imagenette("val", net.resized_side)
    record = weights.record(name)
    assert validation.fingerprint == record["data"]["validation_fingerprint"]
    seen = evaluate(net, validation)
    assert abs(seen.top1 - record["accuracy"]["one_crop"]["top1"]) < 1e-3
    assert abs(seen.loss - record["accuracy"]["one_crop"]["cross_entropy"]) < 1e-3
