import errno
import os
import subprocess
import sys

import pytest

from designer_app.errors import WriteFailedError
from designer_app.io.atomic_write import atomic_write, backup_of, replacing


def test_a_write_replaces_the_file_and_keeps_one_backup(tmp_path):
    path = tmp_path / "notes.toml"
    for text in ("first", "second", "third"):
        atomic_write(path, text)
    assert path.read_text() == "third"
    assert backup_of(path).read_text() == "second"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["notes.toml", "notes.toml.bak"]


def test_a_missing_folder_is_made(tmp_path):
    atomic_write(tmp_path / "a" / "b" / "c.txt", b"\x00\xff")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_the_old_file_survives_a_failing_write(tmp_path, monkeypatch, step):
    path = tmp_path / "results.toml"
    atomic_write(path, "old")

    def fail(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(WriteFailedError, match="No space left"):
        atomic_write(path, "new")
    assert path.read_text() == "old"
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_the_old_file_survives_a_full_disk(tmp_path):
    path = tmp_path / "results.toml"
    atomic_write(path, "old")
    program = f"""
import resource, signal
from pathlib import Path
from designer_app.errors import WriteFailedError
from designer_app.io.atomic_write import atomic_write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    atomic_write(Path({str(path)!r}), "x" * 100_000)
except WriteFailedError as error:
    print(error.reason)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == os.strerror(errno.EFBIG).encode()
    assert path.read_text() == "old"


def test_an_error_of_the_writer_itself_is_not_renamed(tmp_path):
    path = tmp_path / "a.traj"

    def write():
        with replacing(path) as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_the_path_to_write_to_has_the_suffix_of_the_target(tmp_path):
    with replacing(tmp_path / "LiFePO4.cif") as beside:
        assert beside.suffix == ".cif"
        beside.write_text("data_")
    assert (tmp_path / "LiFePO4.cif").read_text() == "data_"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_is_written_through_where_that_is_asked_for(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    atomic_write(tmp_path / "link.txt", "new", through_link=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


@pytest.mark.parametrize("backup", [True, False])
@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_gives_way_to_the_file(tmp_path, backup):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    atomic_write(tmp_path / "link.txt", "new", backup=backup)
    assert not (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "link.txt").read_text() == "new"
    assert (tmp_path / "real.txt").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_the_mode_of_the_file_stays(tmp_path):
    path = tmp_path / "private.toml"
    atomic_write(path, "old")
    path.chmod(0o600)
    atomic_write(path, "new")
    assert path.stat().st_mode & 0o777 == 0o600
