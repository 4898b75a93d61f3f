"""Where several processes share the tests, one takes all of a file: what these share is made once."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HERE = []


@pytest.mark.parametrize("at", range(6))
def test_one_process_takes_all_of_a_file(request, at):
    """If another process took some of these tests, they would be missing here."""
    HERE.append(request.node.name)
    own = [item.name for item in request.session.items if item.path == request.path]
    assert own[: len(HERE)] == HERE


def test_groups(request):
    conftest = request.config.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    assert all((ROOT / file).is_file() for file in conftest.PROCESSES)
    groups = {
        "tests/training/test_lock.py::test_one": "processes",
        "tests/cli/test_top.py::test_one[1]": "cli",
        "tests/test_import.py::test_one[a]": "tests/test_import.py",
        "tests/site/test_a.py::test_one[file-notebooks/deeper/03a-touch]": "tests/site/test_a.py notebooks/deeper/03a",
    }
    assert {nodeid: conftest.group(nodeid) for nodeid in groups} == groups
