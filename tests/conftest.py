"""What several tests need: real pictures and a browser, where there are any."""

import os
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "imagenette2-160.tar"  # beside the checkout
WARM = ["zflib.cli", "zflib.training.loop", "lightning_fabric", "torchvision.datasets", "tqdm.auto", "pytest"]
# Files with tests that start processes of their own.
PROCESSES = [
    "tests/experiments/ablation/test_run.py",
    "tests/robustness/test_processes.py",
    "tests/training/test_lock.py",
    "tests/training/test_loop.py",
]


def pytest_configure(config):
    """One thread for each of several processes: more threads than cores would wait for each other. And no time limit
    for the examples of a property: a machine that is busy elsewhere is no failure."""
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")
    if hasattr(config, "workerinput"):
        os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported, here and in processes that a test starts


def pytest_collection_modifyitems(items):
    """Tests that start processes of their own come first, then those of the pages: the longest first, so that all
    processes end together."""
    for item in items:
        if "device" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.device)
    items.sort(key=lambda item: (group(item.nodeid) != "processes", "site" not in item.path.parts))


def group(nodeid):
    """What one process takes as a whole, so that what these tests share is made once: the tests of a file, or of a file
    and a notebook; all that start processes of their own, one after the other; all commands, which share a run."""
    file = nodeid.partition("::")[0]
    if file in PROCESSES:
        return "processes"
    if file.startswith("tests/cli/"):
        return "cli"
    notebook = re.search(r"notebooks/\w[\w/]*", nodeid)
    return f"{file} {notebook[0]}" if notebook else file


@pytest.hookimpl(optionalhook=True)  # make gpu runs tests where pytest-xdist is not
def pytest_xdist_make_scheduler(config, log):
    """Whole groups go to one process. The marks of pytest-xdist 3.8 would do, but from pytest 9.2 on it loses them, and
    says nothing: https://github.com/pytest-dev/pytest-xdist/issues/1386."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    return Groups(config, log)


@pytest.fixture(scope="session")
def device():
    """The best device here, for what must hold on every one; `make gpu` runs the tests that take it. A GPU is asked for
    all of float32's digits, and for equal sums in equal runs."""
    import torch  # not above, like the packages below: what a test does without, it does not ask for

    import zflib

    found = zflib.device()
    if found.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        torch.use_deterministic_algorithms(True, warn_only=True)
    return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that all processes of this test run see, and a lock for whoever makes something in it."""
    from filelock import FileLock

    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return folder, FileLock(folder / "shared.lock")


@pytest.fixture(scope="session")
def processes():
    """The multiprocessing context for processes that a test starts. What takes seconds to import is there from the
    start: a server has imported it, and forks them; where nothing can be forked, each imports it itself."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Installed packages only: the server does not know pytest's paths, and leaves out what it does not find.
    context.set_forkserver_preload(WARM)
    return context


@pytest.fixture(autouse=True)
def no_open_figures():
    """Close a test's figures, which matplotlib would keep for the tests after it."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="session")
def imagenette_root(shared):
    """A data root with Imagenette in it: ZFLIB_DATA, or else an archive beside the checkout, unpacked for this run."""
    given = os.environ.get("ZFLIB_DATA")
    if given and (Path(given) / "imagenette2-160").is_dir():
        yield Path(given)
    elif BESIDE.is_file():
        folder, lock = shared
        root, readers = folder / "imagenette", folder / "readers"
        with lock:
            count = int(readers.read_text()) if readers.exists() else 0
            if not count:
                shutil.unpack_archive(BESIDE, root)
            readers.write_text(str(count + 1))
        yield root
        with lock:  # the last one clears away
            count = int(readers.read_text()) - 1
            readers.write_text(str(count))
            if not count:
                shutil.rmtree(root)
    else:
        pytest.skip("Imagenette is not here: set ZFLIB_DATA to the folder that holds imagenette2-160.")


@pytest.fixture(scope="session")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture
def new_browser():
    """One for this test alone: what earlier pages have left in memory is not in it."""
    with chromium() as driver:
        yield driver


@contextmanager
def chromium():
    """Chromium of the system, or what Selenium finds, with every name but this machine's own resolving to nothing. Its
    headless shell, the same engine without a window's surroundings, does the same tests in two thirds of the time."""
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless",
        "--no-sandbox",  # Chromium refuses to start with one for root, as in a container
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium-headless-shell") or shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Chromium leaves a folder behind whenever it is closed: here it goes with the one around it.
    with tempfile.TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True) as folder:
        service = Service(shutil.which("chromedriver"), env=os.environ | {"TMPDIR": folder})
        try:
            driver = webdriver.Chrome(options=options, service=service)
        except WebDriverException as error:
            pytest.skip(f"There is no Chromium with a driver on this machine: {error.msg.splitlines()[0]}")
        driver.set_page_load_timeout(60)
        yield driver
        driver.quit()
