"""A run's record says what this run took, not what else its process or its parent has held."""

import json
import subprocess
import sys

import pytest

from zflib.training import machine
from zflib.training.loop import train

FAT = 400_000_000  # bytes
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux marks the high water of a process")


def by_a_child():
    ask = "from zflib.training.machine import peak_memory_gb; print(peak_memory_gb())"
    return float(subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout)


def test_the_peak_grows_with_what_is_held_even_for_a_moment():
    machine.forget_peak_memory()
    before = machine.peak_memory_gb()
    held = len(b"x" * (2 * FAT))
    assert machine.peak_memory_gb() > before + held / 1e9 - 0.05


@linux
def test_a_fat_parent_does_not_count():
    fat = b"x" * (4 * FAT)
    assert by_a_child() < 1.2 < len(fat) / 1e9


@linux
def test_what_was_held_before_is_forgotten():
    machine.forget_peak_memory()
    before = machine.peak_memory_gb()
    assert len(b"x" * (2 * FAT)) == 2 * FAT
    machine.forget_peak_memory()
    assert machine.peak_memory_gb() < before + 0.1


@linux
def test_a_run_reports_its_own_peak(tiny_run, tmp_path):
    machine.forget_peak_memory()
    before = machine.peak_memory_gb()
    assert len(b"x" * (2 * FAT)) == 2 * FAT
    train(tiny_run(epochs=1), tmp_path)
    assert machine.peak_memory_gb() < before + 0.6
    assert json.loads((tmp_path / "run.json").read_text())["peak_memory_gb"] < before + 0.6
