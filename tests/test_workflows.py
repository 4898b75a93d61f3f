"""What runs on GitHub and Binder names things that exist here, and may do no more than it needs to."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PYTHONS = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
WRITES = {("pages", "deploy"): {"pages": "write", "id-token": "write"}}


@pytest.fixture(params=sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem)
def workflow(request):
    return yaml.safe_load(request.param.read_text())


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_every_target_is_phony_and_says_what_it_makes():
    assert set(re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[1].split()) == TARGETS
    assert set(re.findall(r"^([a-z]+):.* ## .", MAKEFILE, re.MULTILINE)) == TARGETS


def test_a_workflow_runs_what_there_is(workflow):
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    for command in commands:
        words = [word for word in re.sub(r"\$\{\{.*?\}\}", "", command).split() if "=" not in word]
        if words[0] == "make":
            assert set(words[1:]) <= TARGETS
        elif words[:2] == ["bash", ".ci/run"]:
            assert (ROOT / words[1]).is_file() and set(words[2:]) <= TARGETS
        elif words[0].startswith(".venv"):
            assert (ROOT / words[-1]).exists()
        else:
            assert words[0] in {"git", "apt-get"}
    called = [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
    assert commands or called
    assert all((ROOT / path).is_file() for path in called)


def test_a_workflow_takes_actions_of_one_major_version(workflow):
    for step in steps(workflow):
        assert "run" in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])


def test_a_workflow_may_read_and_only_the_publishing_job_may_write(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {}) == WRITES.get((workflow["name"], name), {})


def test_a_workflow_takes_pythons_that_are_supported(workflow):
    versions = re.findall(r"python\S*:\s*['\"]?(\d+\.\d+)", yaml.safe_dump(workflow))
    assert versions
    assert all(version in PYTHONS for version in versions)


def test_the_oldest_supported_python_is_tested():
    image = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]["test"]["container"]
    assert str(PYTHONS) == ">=" + re.match(r"python:([\d.]+)-", image)[1]


def test_binder_installs_this_repository_on_a_supported_python():
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert "." in lines
    assert (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-") in PYTHONS
