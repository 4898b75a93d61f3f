from dataclasses import replace

import pytest
import torch
from run_tiny import tiny_run as make


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Bit-equal results need equal thread counts."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_run():
    """`tiny_run` of run_tiny.py, with its pictures drawn once."""
    first = make()
    return lambda **changes: replace(make(**changes), train=first.train, validation=first.validation)


@pytest.fixture(scope="session")
def tiny(tiny_run):
    """The architecture of that run."""
    return tiny_run().architecture
