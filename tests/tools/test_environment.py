"""How the environment is made: uv is told what pip is told, and pip takes over where uv does not get through."""

import os
import re
import sys
from pathlib import Path

import environment
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "LOG", tmp_path / "environment.log")
    with environment.LOG.open("w", encoding="utf-8") as file:
        yield file


@pytest.fixture
def told(tmp_path, monkeypatch):
    """A function that leaves pip nothing but these settings, in a file and in variables."""
    for name in [name for name in os.environ if re.match("PIP_|UV_|SSL_CERT_FILE", name)]:
        monkeypatch.delenv(name)

    def tell(file="", **variables):
        (tmp_path / "pip.conf").write_text(file)
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        # The machine's own files are read besides: what they say is not ours to test.
        found = environment.pip_settings(Path(sys.executable))
        return {name: value for name, value in found.items() if "test" in value}

    return tell


def test_uv_is_told_what_pip_is_told(told):
    assert told("[global]\nindex-url = https://test/simple\nfind-links = /test/a\n    /test/b\n") == {
        "UV_DEFAULT_INDEX": "https://test/simple",
        "UV_FIND_LINKS": "/test/a,/test/b",
    }


def test_an_index_beside_the_usual_one_is_told_too(told):
    assert told(PIP_EXTRA_INDEX_URL="https://test/cpu https://test/more") == {
        "UV_INDEX": "https://test/cpu https://test/more"
    }


def test_a_variable_outdoes_a_file_and_uvs_own_outdoes_both(told):
    file = "[global]\ncert = /test/global.pem\n[install]\ncert = /test/install.pem\n"
    assert told(file)["SSL_CERT_FILE"] == "/test/install.pem"
    assert told(file, PIP_CERT="/test/variable.pem")["SSL_CERT_FILE"] == "/test/variable.pem"
    assert "SSL_CERT_FILE" not in told(file, SSL_CERT_FILE="/test/own.pem")


def test_the_version_of_uv_stands_with_the_others():
    assert re.fullmatch(r"uv==[\d.]+", environment.uv_of(ROOT / "requirements.txt"))


@pytest.fixture
def fake(tmp_path):
    """An environment whose uv and Python write down what they are asked, and end with this status."""

    def make(**status):
        folder = tmp_path / "environment" / "bin"
        folder.mkdir(parents=True)
        for name, code in status.items():
            (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/asked\nexit {code}\n')
            (folder / name).chmod(0o755)
        return folder / "python"

    return make


def asked(tmp_path):
    """Which program was asked to install."""
    return [line.split()[0] for line in (tmp_path / "asked").read_text().splitlines() if " install " in line]


def test_uv_installs(fake, log, tmp_path, capsys):
    environment.install(fake(python=0, uv=0), ["-r", "pins.txt"], log)
    assert asked(tmp_path) == ["uv"]
    assert not capsys.readouterr().out


def test_pip_installs_where_there_is_no_uv(fake, log, tmp_path):
    environment.install(fake(python=0), ["-r", "pins.txt"], log)
    assert asked(tmp_path) == ["python"]


def test_pip_installs_where_uv_does_not_get_through_and_says_so(fake, log, tmp_path, capsys):
    environment.install(fake(python=0, uv=2), ["-r", "pins.txt"], log)
    assert asked(tmp_path) == ["uv", "python"]
    assert "uv did not get through" in capsys.readouterr().out


def test_where_pip_fails_too_the_end_of_the_log_and_its_path_are_shown(fake, log, tmp_path):
    with pytest.raises(SystemExit, match=r"install -q -r pins\.txt(.|\n)*could not be made(.|\n)*environment\.log"):
        environment.install(fake(python=1), ["-r", "pins.txt"], log)


def test_without_uv_for_this_machine_there_is_an_environment_all_the_same(log, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    python = environment.create(tmp_path / "made", "uv==0", log)
    assert python.exists() and not python.with_name("uv").exists()
    assert "uv==0 is not to be had" in capsys.readouterr().out


def test_an_old_python_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["environment.py", str(tmp_path / "made"), "requirements.txt"])
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match=r"^Python 3\.11 or later, please; this is "):
        environment.main()
    assert not (tmp_path / "made").exists()
