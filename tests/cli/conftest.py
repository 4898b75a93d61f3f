"""A command and what it printed; a run, weights and a picture for commands to work on."""

import pytest

import zflib
from zflib import cli
from zflib.cli import options


@pytest.fixture
def run(capsys):
    """Run a command: its exit status, and what it printed to either stream."""

    def run(*arguments):
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def small_set(name, split, side, download):
    return zflib.data.synthetic(100 if split == "train" else 40, side, seed=split == "val")


@pytest.fixture
def small_sets(monkeypatch):
    """Textures in place of what --data names, and few of them."""
    monkeypatch.setattr(options, "picture_set", small_set)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a run of one epoch on textures, by the command itself."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    command = ["train", "--data", "synthetic", "--epochs", "1", "--batch-size", "100", "--precision", "32"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "picture_set", small_set)
        assert cli.main([*command, "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def shipped(trained, tmp_path_factory):
    """A folder with that run's network in it, as the weights "mine"."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "picture_set", small_set)
        assert cli.main(["weights", "ship", str(trained), "--name", "mine", "--weights", str(folder)]) == 0
    return folder
