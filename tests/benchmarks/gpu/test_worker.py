"""A check that hangs or breaks its process costs itself only."""

import os
import time
from pathlib import Path

import pytest

from benchmarks.gpu.worker import Died, Late, Worker


@pytest.fixture
def echo(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import servers

    worker = Worker(servers.echo)
    yield worker
    worker.end()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_answers_all_questions(echo):
    (first, pid), (second, same) = echo.ask("one", 30), echo.ask("two", 30)
    assert (first, second) == ("one", "two") and pid == same != os.getpid()


def test_who_does_not_answer_in_time_is_killed_and_another_goes_on(echo):
    _, pid = echo.ask("one", 30)
    begin = time.monotonic()
    with pytest.raises(Late):
        echo.ask("sleep", 0.2)
    assert time.monotonic() - begin < 5 and not alive(pid)
    assert echo.ask("two", 30)[1] != pid


def test_a_death_is_told_with_its_code_and_another_goes_on(echo):
    with pytest.raises(Died, match="code 7"):
        echo.ask("die", 30)
    assert echo.ask("two", 30)[0] == "two"


def test_the_end_comes_twice_without_harm(echo):
    _, pid = echo.ask("one", 30)
    echo.end()
    echo.end()
    assert not alive(pid)


def test_the_true_worker_describes_the_machine_and_outlives_an_error():
    worker = Worker()
    try:
        machine = worker.ask(None, 120)
        assert {"commit", "device", "versions", "kind", "precision"} <= machine.keys()
        unknown = worker.ask(("equality.nothing", ()), 30)
        assert unknown["status"] == "FAIL" and "AttributeError" in unknown["what"] and unknown["traceback"]
        assert worker.ask(("equality.unpooling", ()), 60)["status"] == "pass"
    finally:
        worker.end()
