"""Which unit tests take the device, what they need, and how pytest's words are read."""

import pytest
import torch

from benchmarks.gpu import suite
from benchmarks.gpu.setting import Setting

HERE = Setting(torch.device("cpu"), torch.float32)


@pytest.mark.parametrize(
    "output, code, number, status, words",
    [
        ("23 passed in 1.2s", 0, 23, "pass", "23 passed, 0 skipped"),
        (
            "FAILED tests/test_a.py::test_b[x] - Assertion\n1 failed, 2 passed, 2 skipped",
            1,
            1,
            "FAIL",
            "test_b[x]",
        ),
        ("ERROR tests/test_a.py\n1 error in 0.1s", 2, 1, "FAIL", "failed on cpu"),
        (
            "ERROR tests/test_a.py::test_b - x\n2 errors, 1 failed, 3 passed",
            1,
            3,
            "FAIL",
            "0 skipped: test_b",
        ),
        ("no tests ran in 0.01s", 5, None, "FAIL", "code 5"),
        ("", -9, None, "FAIL", "code -9"),
    ],
)
def test_pytests_words(output, code, number, status, words):
    found = suite.read(output, code, "cpu")
    assert found.status == status and words in found.what
    if status == "FAIL" and number is not None:
        assert found.number == number


def test_files_that_take_the_device_are_found_with_what_they_import(tmp_path, monkeypatch):
    folder = tmp_path / "tests" / "part"
    folder.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["tests/part"]\n')
    (folder / "shared.py").write_text("")
    (folder.parent / "conftest.py").write_text("import selenium.webdriver\ndef f():\n    import lazily")
    (folder / "test_one.py").write_text("import os, shared, yaml\nfrom torch import nn\ndef test_a(device): pass")
    (folder / "test_two.py").write_text("from torch import device\ndef test_a(): pass")
    (folder / "conftest.py").write_text("def net(device): pass\ndef other(): pass")
    (folder / "test_three.py").write_text("def test_a(net): pass")
    (folder / "test_four.py").write_text("def test_a(other): pass")
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    monkeypatch.setattr(suite, "TESTS", tmp_path / "tests")
    suite._shared.cache_clear()
    found = [("tests/part/test_one.py", ("selenium", "yaml")), ("tests/part/test_three.py", ("selenium",))]
    assert list(suite.files()) == found
    suite._shared.cache_clear()


def test_the_unit_tests_of_network_and_deconvnet_take_the_device():
    names = [name for name, _ in suite.files()]
    assert "tests/test_network.py" in names and sum(name.startswith("tests/deconvnet/") for name in names) >= 2


def test_tests_run_in_a_pytest_of_their_own(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["tests"]\ntimeout = 3\n')
    (tmp_path / "tests" / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture\ndef device(): return 'cpu'\n"
        "def pytest_collection_modifyitems(items):\n"
        "    [item.add_marker('device') for item in items if 'device' in item.fixturenames]\n"
    )
    file = tmp_path / "tests" / "test_here.py"
    file.write_text("def test_right(device): pass\ndef test_wrong(device): assert 0\ndef test_other(): assert 0\n")
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    suite._shared.cache_clear()
    found = suite.run(HERE, "tests/test_here.py")
    suite._shared.cache_clear()
    assert (found.number, found.status) == (1, "FAIL"), found
    assert found.what == "failed on cpu; 1 passed, 0 skipped: test_wrong"
