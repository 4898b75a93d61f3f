import subprocess
import sys

import pytest

COMMANDS = (
    ["train"],
    ["ablate"],
    ["weights"],
    *(["weights", action] for action in ("list", "verify", "show", "ship", "seed")),
    ["project"],
    ["top"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_explains_every_option(run, command):
    status, out, _ = run(*command, "--help")
    assert status == 0 and max(map(len, out.splitlines())) < 100
    if command != ["weights"]:
        assert f"example:\n  python -m zflib {' '.join(command)}" in out


def test_help_names_the_commands(run):
    status, out, _ = run("--help")
    assert status == 0 and all(f"\n    {name} " in out for name in ("train", "weights", "project", "top"))


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "zflib", "project", "nowhere.png"], capture_output=True, text=True)
    assert done.returncode == 1 and "nowhere.png" in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["weights"],
        ["train", "--network", "vgg"],
        ["train", "--epochs", "0"],
        ["train", "--seed", "-1"],
        ["train", "--precision", "fp8"],
        ["project"],
        ["project", "cat.jpg", "--channel", "many"],
        ["top", "--count", "0"],
        ["weights", "ship", "runs/x"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_status_2(run, arguments):
    status, _, err = run(*arguments)
    assert status == 2 and "usage:" in err and "error:" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["top", "--size", "abc"], "argument --size: 'abc' is no whole number"),
        (["top", "--size", "1.5"], "'1.5' is no whole number"),
        (["train", "--seed", "x"], "argument --seed: 'x' is no whole number"),
        (["train", "--learning-rate", "fast"], "argument --learning-rate: 'fast' is no number"),
        (["train", "--learning-rate", "nan"], "nan is not positive"),
        (["top", "--out", "."], "argument --out: '.' is a folder; name a file in it"),
        (["top", "--out", ""], "argument --out: '' is a folder"),
        (["project", "cat.jpg", "--out", ".."], "'..' is a folder"),
        (["project", "cat.jpg", "--out", "x.txt"], "'x.txt' names no picture; end it in .png, .jpg"),
        (["project", "cat.jpg", "--out", "x"], "'x' names no picture"),
    ],
)
def test_a_wrong_value_is_refused_in_words_of_the_command(run, arguments, words):
    status, _, err = run(*arguments)
    assert status == 2 and words in err and "_" not in err.split("error:")[1]
