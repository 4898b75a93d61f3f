"""Times change with what they measure."""

import time

import pytest
import torch

from benchmarks.figure import digits, took
from benchmarks.timing import matmul_rate, seconds


@pytest.mark.parametrize("pause", [0.1, 0.3])
def test_it_takes_as_long_as_it_takes(pause):
    assert pause <= seconds(lambda: time.sleep(pause), 2) < pause + 0.2


def test_the_first_run_warms_up_and_the_fastest_counts():
    pauses = iter([0, 0.3, 0.1, 0.5])
    assert 0.1 <= seconds(lambda: time.sleep(next(pauses)), 3) < 0.3


def test_processor_time_leaves_waiting_out():
    assert seconds(lambda: time.sleep(0.05), 1, clock=time.process_time) < 0.02


def test_the_rate_is_that_of_a_product():
    a = torch.rand(1024, 1024)
    by_hand = 1024**3 / seconds(lambda: a @ a, 5)
    assert by_hand / 4 < matmul_rate() < by_hand * 4


def test_a_time_in_matrix_products():
    """At 2 * 2048^3 multiply-adds a second, three seconds are six products."""
    assert took("work", 3, 2 * 2048**3).products == 6


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.09712, "0.0971"),
        (0.4449, "0.445"),
        (1.0, "1.00"),
        (51.26, "51.3"),
        (568.7, "569"),
        (9469.2, "9,469"),
        (2.3e-7, "2e-07"),
        (0, "0e+00"),
    ],
)
def test_three_digits(value, words):
    assert digits(value) == words
