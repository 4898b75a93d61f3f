"""What several tests need: real pictures where there are any."""

import os
import shutil
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "imagenette2-160.tar"  # beside the checkout


@pytest.fixture(scope="session")
def imagenette_root(tmp_path_factory):
    """A data root with Imagenette in it: ZFLIB_DATA, or else an archive beside the checkout, unpacked for this run."""
    given = os.environ.get("ZFLIB_DATA")
    if given and (Path(given) / "imagenette2-160").is_dir():
        yield Path(given)
    elif BESIDE.is_file():
        root = tmp_path_factory.mktemp("data")
        shutil.unpack_archive(BESIDE, root)
        yield root
        shutil.rmtree(root)
    else:
        pytest.skip("Imagenette is not here: set ZFLIB_DATA to the folder that holds imagenette2-160.")
