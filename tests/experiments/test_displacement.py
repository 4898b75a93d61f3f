"""The textures are what they claim, the stems are compared fairly, and the committed result is whole."""

import json

import numpy as np
import pytest
import torch

from zflib.experiments import displacement as experiment


def some_pairs(count=64, noise=0.0, seed=1):
    return experiment.pairs(count, noise, torch.Generator().manual_seed(seed))


def test_the_second_picture_is_the_first_displaced_by_a_pixel():
    pictures, signs = some_pairs()
    for (first, second), sign in zip(pictures, signs, strict=True):
        left, right = (first, second) if sign > 0 else (second, first)
        assert torch.equal(right[..., 1:], left[..., :-1])
    assert set(signs.tolist()) == {-1, 1} and abs(signs.mean()) < 0.5


def test_textures_have_unit_power_in_the_band_only_and_colours_of_their_own():
    pictures, _ = some_pairs(400)
    first = pictures[:, 0]
    assert first.std() == pytest.approx(1, abs=0.03)
    colours = np.corrcoef(first.transpose(0, 1).flatten(1))
    np.testing.assert_allclose(colours, np.eye(3), atol=0.03)
    window = torch.hann_window(experiment.SIDE)
    power = torch.fft.fft2(first * window[:, None] * window).abs().square().mean((0, 1))
    frequency = torch.hypot(*torch.meshgrid(*2 * [torch.fft.fftfreq(experiment.SIDE)], indexing="ij"))
    near = (frequency > 0.30 - 2 / experiment.SIDE) & (frequency < 0.42 + 2 / experiment.SIDE)  # the window's reach
    assert power[near].sum() / power.sum() > 0.999


def test_noise_is_each_pictures_own():
    quiet, loud = some_pairs(200)[0], some_pairs(200, noise=2.0)[0]
    noise = loud - quiet
    assert noise.std() == pytest.approx(2, rel=0.02)
    assert abs(np.corrcoef(noise[:, 0].flatten(), noise[:, 1].flatten())[0, 1]) < 0.02


def test_neither_picture_alone_tells_the_direction():
    pictures, signs = some_pairs(1500)
    one = pictures - pictures.mean((-1, -2), keepdims=True)
    neighbours = (one[..., 1:] * one[..., :-1]).mean((-1, -2, -3))  # what displacement would have to change
    for at in (0, 1):
        difference = neighbours[signs > 0, at].mean() - neighbours[signs < 0, at].mean()
        assert abs(difference) < 4 * neighbours[:, at].std() * 2 / 1500**0.5


@pytest.mark.parametrize("maps", experiment.MAPS)
def test_all_stems_share_head_positions_and_spacing(maps):
    pictures, _ = some_pairs(2)
    heads = set()
    for kernel, stride in experiment.STEMS:
        net = experiment.Comparer(kernel, stride, maps)
        assert net.stem.weight.shape == (maps, 3, kernel, kernel) and net(pictures).shape == (2,)
        compared = net.head[0](net.stem(pictures[:, 0]).repeat(1, 2, 1, 1))
        spacing = net.stem.stride[0] * net.head[0].stride[0]
        heads.add((sum(p.numel() for p in net.head.parameters()), tuple(compared.shape), spacing))
    ((_, positions, spacing),) = heads  # alike in all three
    assert positions == (2, 32, 6, 6) and spacing == 4


def test_the_two_pictures_pass_one_stem():
    net = experiment.Comparer(7, 2, 4)
    pictures, _ = some_pairs(3)
    first, second = (net.stem(pictures[:, at]).relu() for at in (0, 1))
    torch.testing.assert_close(net(pictures), net.head(torch.cat([first, second], 1))[:, 0])


def test_band_pass_sees_what_noise_leaves(monkeypatch):
    monkeypatch.setattr(experiment, "TESTED", 400)
    assert experiment.band_pass(0.5) > 0.99
    assert abs(experiment.band_pass(1e3) - 0.5) < 0.1


def test_a_wide_stem_learns_in_a_few_steps_when_there_is_no_noise(monkeypatch):
    monkeypatch.setattr(experiment, "TESTED", 200)
    monkeypatch.setattr(experiment, "BATCH", 32)
    _, right = experiment.train(7, 4, 16, 0.0, seed=0, steps=60)
    assert right > 0.8


def test_the_command_goes_on_where_it_was_and_says_how(tmp_path, monkeypatch):
    small = {"STEPS": 1, "LONGER": 2, "TESTED": 8, "BATCH": 2, "SEEDS": (0, 1), "MAPS": (4,), "NOISES": (1.0,)}
    for constant, value in small.items():
        monkeypatch.setattr(experiment, constant, value)
    monkeypatch.setattr(experiment, "STEMS", ((7, 4), (7, 2)))
    command = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "found.json")]
    experiment.main(command)
    found = json.loads((tmp_path / "found.json").read_text())
    for table in ("accuracy", "recovered"):
        values = found[table]["1.0"]["7x7, stride 2"]["4"]
        assert len(values) == 2 and all(0 <= v <= 1 for v in values)
    assert found["recovered"]["1.0"]["7x7, stride 4"]["4"][0] < found["recovered"]["1.0"]["7x7, stride 2"]["4"][0]
    assert found["longer"]["steps"] == 2 and len(found["longer"]["accuracy"]["7x7, stride 4"]) == 2
    assert found["standard_error"] == pytest.approx(0.5 / 8**0.5, abs=1e-4)
    monkeypatch.setattr(experiment, "train", lambda *_: pytest.fail("a finished run was made again"))
    experiment.main(command)


def test_the_committed_result_is_whole_and_of_this_prediction():
    found = experiment.result()
    assert found["prediction"] == experiment.PREDICTION
    assert found["training"]["steps"] == experiment.STEPS and found["tested"] == experiment.TESTED
    for table in (found["accuracy"], found["recovered"]):
        for noise in experiment.NOISES:
            for stem in experiment.STEMS:
                for maps in experiment.MAPS:
                    values = table[str(noise)][experiment.name(*stem)][str(maps)]
                    assert len(values) == len(experiment.SEEDS) and all(0 <= v <= 1 for v in values)
    assert found["longer"]["steps"] == experiment.LONGER
    assert {"commit", "command", "date", "device", "versions"} <= found["made"].keys()


def test_the_help_says_how_long_the_committed_result_took(capsys):
    with pytest.raises(SystemExit):
        experiment.main(["--help"])
    assert "about an hour and a half on one CPU core" in " ".join(capsys.readouterr().out.split())
    assert experiment.result()["seconds"] / 3600 == pytest.approx(1.5, abs=0.25)


def test_gaps_are_those_of_the_means():
    values = {(11, 4): [0.5, 0.7], (11, 2): [0.9, 0.9], (7, 4): [0.7, 0.7], (7, 2): [0.8, 0.9]}
    stems = {experiment.name(*stem): dict.fromkeys(map(str, experiment.MAPS), v) for stem, v in values.items()}
    found = experiment.gaps({"accuracy": {"1.0": stems}})["1.0"]["8"]
    assert found == pytest.approx({"stride": (30 + 15) / 2, "kernel": (10 - 5) / 2, "spread": 30})


@pytest.mark.parametrize("noise", [0.01, 1.0])
def test_colours_read_at_every_pixel_lose_what_the_noise_within_the_band_hides(noise):
    # Noise is spread over all frequencies, the texture over the band: the share of the plane that this takes counts.
    axis = np.fft.fftfreq(60)
    radius = np.hypot(axis[:, None], axis)
    share = ((radius >= experiment.BAND[0]) & (radius <= experiment.BAND[1])).mean()
    pixels = np.eye(3)[:, :, None, None]
    assert experiment.recovered(pixels, 1, noise) == pytest.approx(1 / (1 + share * noise**2), rel=1e-6)


def test_what_trained_stems_let_through_is_what_any_stem_does():
    found = experiment.result()["recovered"]["2.0"]
    for kernel, stride in experiment.STEMS:
        for maps in experiment.MAPS:
            untrained = experiment.recovered(experiment.Comparer(kernel, stride, maps).stem.weight, stride)
            trained = found[experiment.name(kernel, stride)][str(maps)]
            assert trained == pytest.approx([untrained] * len(trained), abs=0.02)
