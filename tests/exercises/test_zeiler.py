"""The patients show what ails them, and only that; the checker scores diagnosis, change and prediction apart."""

import hashlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from rubbish import RUBBISH

from zflib import weights
from zflib.exercises import Question
from zflib.exercises.zeiler import (
    CHANGES,
    FAULTS,
    NUMBERS,
    SIGNS,
    case,
    check_case,
    held_out,
    outcomes,
    patient,
    patients,
    signs,
    treat,
)

NUMBER = {fault: number for number, fault in patients.KEY.items()}
REMEDY = {
    "coarse sampling": "stride 2",
    "strong decay": "ordinary decay",
    "no clipping": "clip filters",
    "dead maps": "biases from zero",
    "none": "nothing",
}


@cache
def briefly(number, change):
    """One step of a treatment: enough for the checker, which asks only what network came."""
    return treat(number, change, steps=1)


@cache
def seen(number):
    return signs(patient(number))


def test_each_fault_has_one_patient():
    assert sorted(NUMBER) == sorted(FAULTS) == sorted(REMEDY) and sorted(NUMBER.values()) == list(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_patient_is_what_its_record_says_and_does_not_say_what_ails_it(number):
    net = patient(number)
    path = patients.PATIENTS / f"patient-{number}.safetensors"
    record = weights.record(f"patient-{number}", patients.PATIENTS)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]
    assert path.stat().st_size < 300_000 and not net.training
    said = f"{net} {net.architecture.name} {path.name} {' '.join(net.class_names)}"
    assert not any(fault in said for fault in FAULTS if fault != "none") and "dead" not in said
    # The record is of the setting that the key names: what `treat` starts from is what the patient came from.
    setting = patients.FLAWED[patients.KEY[number]]
    assert net.architecture == setting.architecture
    assert record["recipe"]["conv1_weight_decay"] == setting.recipe.conv1_weight_decay
    assert record["recipe"]["rms_radius"] == setting.recipe.rms_radius
    assert record["start"]["conv1_bias"] == setting.bias and record["steps"] == patients.STEPS


@pytest.mark.parametrize("number", NUMBERS)
def test_a_patient_shows_its_fault_and_no_other(number):
    shown = [fault for fault, tell in case.TELLS.items() if tell(seen(number))]
    assert shown == [fault for fault in [patients.KEY[number]] if fault != "none"]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_recorded_figures_are_those_of_the_patient(number):
    recorded = outcomes()[number]
    assert list(recorded["before"]) == list(recorded["after"]) == list(SIGNS)
    for name, value in recorded["before"].items():
        assert seen(number)[name] == pytest.approx(value, rel=0.02, abs=0.01), name


@pytest.mark.parametrize("fault", case.TELLS)
def test_the_remedy_takes_the_sign_away(fault):
    assert not case.TELLS[fault](outcomes()[NUMBER[fault]]["after"])


def test_signs_by_hand():
    net = patient(NUMBER["none"])
    with torch.no_grad():
        net.conv1.weight.normal_(0, 0.01, generator=torch.Generator().manual_seed(0))
        net.conv1.weight[0] *= 7
        net.conv1.bias[1:9] = -1e6
    found, live = signs(net), [0, *range(9, 32)]
    rms = [float(net.conv1.weight[at].detach().square().mean().sqrt()) for at in live]
    assert found["dead"] == 8 / 32
    assert found["strength"] == pytest.approx(np.median(rms), rel=1e-4)
    assert found["dominance"] == pytest.approx(max(rms) / np.median(rms), rel=1e-4)
    with torch.no_grad():
        net.conv1.bias.fill_(-1e6)
    found = signs(net)
    assert found["dead"] == 1 and np.isnan(found["overlap"]) and 0 <= found["accuracy"] <= 1


def test_the_held_out_pictures_are_textures_and_not_those_of_training():
    pictures = held_out()
    assert len(pictures) == patients.HELD_OUT and np.bincount(pictures.labels).tolist() == [60] * 7
    train = {picture.tobytes() for picture in patients.training().pixels}
    assert len(train) == patients.TRAINING and not any(picture.tobytes() in train for picture in pictures.pixels)


def test_a_change_changes_one_thing():
    sound = patients.SOUND
    for fault, change in REMEDY.items():
        assert CHANGES[change](patients.FLAWED[fault]) == sound
        assert CHANGES[change](sound) == sound
        others = [other for other in patients.FLAWED if other != fault]
        assert all(CHANGES[change](patients.FLAWED[other]) == patients.FLAWED[other] for other in others)
    assert CHANGES["half the maps"](sound).architecture.maps(1) == 16
    assert CHANGES["a tenth of the learning rate"](sound).recipe == replace(
        sound.recipe, learning_rate=sound.recipe.learning_rate / 10
    )
    spacing = [step.jump for step in patients.FLAWED["coarse sampling"].architecture.geometry() if step.name == "pool2"]
    assert spacing == [step.jump for step in sound.architecture.geometry() if step.name == "pool2"]


def test_treatments_are_repeatable_and_start_as_the_patient_did():
    number = NUMBER["dead maps"]
    one, same = treat(number, "nothing", steps=2), treat(number, "nothing", steps=2)
    assert one.curve == same.curve and torch.equal(one.net.conv1.weight, same.net.conv1.weight)
    assert (one.net.conv1.bias < -90).all() and (briefly(number, "biases from zero").net.conv1.bias > -1).all()
    strongest = [
        float(net.conv1.weight.detach().square().mean((1, 2, 3)).sqrt().max()) for net in (one.net, patient(number))
    ]
    assert max(strongest) < 0.1001


@pytest.mark.parametrize("fault", FAULTS)
def test_the_right_answer(fault):
    number, change = NUMBER[fault], REMEDY[fault]
    verdict = check_case(number, fault, change, "accuracy", 0, 1, briefly(number, change))
    assert verdict and verdict.text.endswith(" now, after 1."), verdict.text  # a short run is called one
    assert "Diagnosis right" in verdict.text and "Change right" in verdict.text and "Prediction held" in verdict.text
    assert all(f"{name} {value:.3g}" in verdict.text for name, value in seen(number).items())


@pytest.mark.parametrize("wrong", FAULTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_diagnosis_is_answered_with_what_the_instrument_shows(fault, wrong):
    if wrong == fault:
        return
    number = NUMBER[fault]
    told, words = case._diagnosis(number, wrong, seen(number))
    assert not told and words.startswith("wrong")
    if wrong != "none":
        tell = case.TELLS[wrong]
        assert f"{tell.sign} is {tell.side} {tell.limit:g}; {seen(number)[tell.sign]:.3g} came" in words


def test_the_three_parts_are_scored_apart():
    number = NUMBER["no clipping"]
    treated = briefly(number, "clip filters")
    wrong = check_case(number, "dead maps", "clip filters", "dead", 0.5, 0.9, treated)
    assert not wrong and "Diagnosis wrong" in wrong.text and "Change right" in wrong.text
    assert "Prediction missed: dead was 0" in wrong.text and "worse than" in wrong.text
    after = signs(treated.net)["dominance"]
    right = check_case(number, "no clipping", "clip filters", "dominance", after - 0.1, after + 0.1, treated)
    assert right and "Prediction held" in right.text and "better than" in right.text
    missed = check_case(number, "no clipping", "clip filters", "dominance", after + 1, after + 2, treated)
    assert missed and "Prediction missed" in missed.text  # to have predicted wrongly is no mistake


@pytest.mark.parametrize(
    ("fault", "change", "words"),
    [
        ("dead maps", "half the maps", "nearly right: there are fewer to be dead"),
        ("strong decay", "a tenth of the learning rate", "nearly right: decay acts"),
        ("coarse sampling", "clip filters", "wrong: it makes no difference"),
        ("coarse sampling", "nothing", "wrong: it makes no difference"),
        ("coarse sampling", "half the maps", "wrong: it leaves the fault"),
        ("none", "clip filters", "wrong: nothing was to be mended"),
        ("none", "nothing", "right"),
    ],
)
def test_changes(fault, change, words):
    number = NUMBER[fault]
    verdict = check_case(number, fault, change, "accuracy", 0, 1, briefly(number, change))
    assert bool(verdict) == words.startswith("right") and f"Change {words}" in verdict.text, verdict.text


ANSWERS = (*RUBBISH, True, 9, "dead")


@pytest.mark.parametrize("at", range(7))
@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_rubbish_is_answered_in_words(answer, at):
    given = [2, "none", "nothing", "accuracy", 0.2, 0.9, None]
    if at == 3 and answer == "dead":
        return
    given[at] = answer
    verdict = check_case(*given)
    assert not verdict and (isinstance(verdict, Question) or "expected" in verdict.text.lower())


def test_only_the_treatment_that_was_chosen_counts():
    number = NUMBER["dead maps"]
    given = number, "dead maps", "biases from zero", "dead", 0, 1
    for other in (patient(number), briefly(number, "biases from zero").net, briefly(number, "nothing")):
        verdict = check_case(*given, other)
        assert not verdict and f"expected what treat({number}, 'biases from zero') returns" in verdict.text
    assert f"what came is treat({number}, 'nothing')" in check_case(*given, briefly(number, "nothing")).text
    assert check_case(*given, briefly(number, "biases from zero"))
    assert "lower end first" in check_case(*given[:4], 1, 0, briefly(number, "biases from zero")).text


@pytest.mark.parametrize("number", [0, 6, "1", None, 1.5, True, [1]])
def test_there_are_five_patients(number):
    with pytest.raises(ValueError, match="patients 1 to 5"):
        patient(number)
    with pytest.raises(ValueError, match="patients 1 to 5"):
        treat(number, "nothing")


@pytest.mark.parametrize("change", ["", "stride 3", None, ["nothing"]])
def test_changes_are_those_of_the_list(change):
    with pytest.raises(ValueError, match="choose one of: stride 2"):
        treat(1, change)
