"""A peak is that of the work alone, whatever measures it. The operating system's own figure, which a child inherits
from its parent, is here to show that these tests can fail."""

import operator
import resource
import subprocess
import sys
import time

import pytest

from benchmarks.memory import peak_of

FAT = 400_000_000  # bytes
ALLOCATE = f"import time; fat = b'x' * {FAT}; time.sleep(0.3)"
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux marks the high water of a process")


def inherited():
    """What ru_maxrss says of a child that holds next to nothing, in bytes."""
    ask = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True)
    return int(done.stdout) * 1024


@pytest.fixture
def fat_parent():
    fat = b"x" * FAT
    yield
    assert len(fat) == FAT


def test_a_thin_child_of_a_fat_parent_is_thin(fat_parent):
    _, gigabytes = peak_of(time.sleep, 0)
    assert gigabytes < 0.2


@only_linux
def test_the_largest_resident_size_of_a_child_is_its_parents(fat_parent):
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > FAT
    assert inherited() > FAT


@only_linux
def test_a_fat_child_is_fat_even_if_it_was_so_for_a_moment():
    _, thin = peak_of(time.sleep, 0)
    result, gigabytes = peak_of(eval, f"len(b'x' * {FAT})")
    assert result == FAT
    assert FAT / 1e9 < gigabytes - thin + 0.01 < FAT / 1e9 + 0.05


def test_processes_that_the_work_starts_are_added():
    command = [sys.executable, "-c", ALLOCATE]
    twice = f"[each.wait() for each in [__import__('subprocess').Popen({command!r}) for _ in range(2)]]"
    _, gigabytes = peak_of(eval, twice)
    assert 2 * FAT / 1e9 < gigabytes < 2 * FAT / 1e9 + 0.25


def test_what_the_work_returns_comes_back():
    assert peak_of(operator.add, 2, 3)[0] == 5


def test_work_that_fails_says_so(capfd):
    with pytest.raises(ChildProcessError, match="truediv failed"):
        peak_of(operator.truediv, 1, 0)
    assert "ZeroDivisionError" in capfd.readouterr().err
