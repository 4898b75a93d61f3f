"""The report: what is run, missing or cut, the exit code, and the JSON."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as report
from benchmarks.gpu import plan
from benchmarks.gpu.finding import Finding
from benchmarks.gpu.plan import Check
from benchmarks.gpu.worker import Worker

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(monkeypatch):
    """The results of some checks, by name, before a worker that does what each check's function is called."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import servers

    worker = Worker(servers.results)

    def run(*checks, seconds=60):
        return {result["name"]: result for result in report.run(checks, worker, time.monotonic() + seconds)}

    yield run
    worker.end()


@pytest.mark.parametrize(
    "number, tolerance, status",
    [
        (0, 0, "pass"),
        (1e-6, 1e-5, "pass"),
        (1.1e-5, 1e-5, "FAIL"),
        (math.nan, 1e-5, "FAIL"),
        (math.inf, None, "FAIL"),
        (7, None, "measured"),
    ],
)
def test_a_finding_passes_within_its_tolerance_only(number, tolerance, status):
    assert Finding(number, tolerance, "").status == status


def test_a_missing_package_is_named_and_nothing_runs(run):
    found = run(Check("captum", "hang", packages=("json", "no_such_package", "nor_this")))["captum"]
    assert (found["status"], found["what"]) == ("not run", "no no_such_package, nor_this")


def test_a_check_that_hangs_is_cut_and_the_next_one_runs(run):
    found = run(Check("slow", "hang", limit=1), Check("next", "pass"))
    assert (found["slow"]["status"], found["slow"]["what"]) == ("cut", "it took more than 1 s")
    assert found["next"]["status"] == "pass"


def test_no_check_begins_when_the_time_is_up(run):
    found = run(Check("first", "hang", limit=40), Check("second", "pass"), seconds=report.LEAST + 0.5)
    assert found["first"]["what"] == "it took more than 3 s"
    assert (found["second"]["status"], found["second"]["what"]) == ("cut", "no time was left")


def test_a_crash_fails_and_the_next_one_runs(run):
    found = run(Check("broken", "crash"), Check("next", "pass"))
    assert found["broken"]["status"] == "FAIL" and "code 9" in found["broken"]["what"]
    assert found["next"]["status"] == "pass"


@pytest.mark.parametrize(
    "statuses, code",
    [
        (["pass", "measured"], 0),
        (["pass", "not run", "cut"], 0),
        (["measured"], 0),
        (["pass", "FAIL"], 1),
        (["cut", "not run"], 1),
        ([], 1),
    ],
)
def test_the_exit_code_is_one_if_a_check_failed_or_none_ended(statuses, code):
    words, found = report.verdict([{"status": status} for status in statuses])
    assert found == code
    assert all(f"{statuses.count(status)} {status}" in words for status in statuses)


@pytest.mark.parametrize(
    "finding, expected",
    [
        (Finding(4.1e-7, 5e-5, "of it"), "4.1e-07 <= 5e-05  of it (1.5 s, 0.25 GB)"),
        (Finding(0.01, 5e-5, "of it"), "0.01 > 5e-05"),
        (Finding(3, 0, "wrong"), "3 > 0"),
        (Finding(12345.6, None, "pictures/s"), "12,346  pictures/s"),
    ],
)
def test_a_line_says_number_tolerance_and_cost(finding, expected):
    result = {"name": "forward", "seconds": 1.5, "peak_gb": 0.25, "status": finding.status}
    said = report.line(result | vars(finding))
    assert said.startswith(finding.status) and "forward" in said and expected in said


def test_a_line_without_a_number_says_why():
    said = report.line({"name": "a", "status": "not run", "number": None, "tolerance": None, "what": "no captum"})
    assert said.split() == ["not", "run", "a", "no", "captum"]


def test_every_check_of_the_plan_is_a_function_with_a_name_of_its_own():
    checks = list(plan.checks())
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        module, function = check.function.split(".")
        assert f"\ndef {function}(setting: Setting" in (ROOT / "benchmarks" / "gpu" / f"{module}.py").read_text()


def command(*arguments, python=()):
    return subprocess.run(
        [sys.executable, *python, "-m", "benchmarks.gpu", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def test_the_command_from_end_to_end(tmp_path):
    done = command("unpooling", "ties", "--json", str(tmp_path / "new" / "gpu.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    facts = json.loads((tmp_path / "new" / "gpu.json").read_text())
    assert [check["status"] for check in facts["checks"]] == ["pass", "pass"]
    assert {"device", "commit", "date", "versions", "seconds"} <= facts.keys() and facts["versions"]["torch"]
    assert len(lines) == 5 and lines[-1].endswith("gpu.json") and "2 pass" in lines[-1]
    assert lines[0].startswith("NO GPU HERE, only the CPU path runs") == (facts["kind"] == "cpu")


def test_without_torch_it_says_so_in_one_sentence():
    done = command(python=["-S"])  # no installed packages at all
    assert done.returncode == 1 and done.stderr == ""
    assert len(done.stdout.splitlines()) == 1 and "has no torch, numpy" in done.stdout


def test_the_process_that_waits_does_without_torch():
    code = "import sys, benchmarks.gpu.__main__; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
