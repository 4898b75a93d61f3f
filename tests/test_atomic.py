"""Files that are never half there."""

import pytest

from zflib import atomic


def test_a_file_is_written_whole(tmp_path):
    atomic.write(tmp_path / "a", b"first")
    atomic.write(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"second" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    atomic.write(tmp_path / "a", b"old")
    with pytest.raises(type(error)), atomic.replacing(tmp_path / "a") as file:
        file.write(b"half of the n")
        raise error
    assert (tmp_path / "a").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_until_the_end_a_reader_sees_the_old_file(tmp_path):
    atomic.write(tmp_path / "a", b"old")
    with atomic.replacing(tmp_path / "a") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "a").read_bytes() == b"old"
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        atomic.write(tmp_path / "nowhere" / "a", b"")
