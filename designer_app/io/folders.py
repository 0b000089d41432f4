"""Folders that results go to."""

import errno
import secrets
import stat
from pathlib import Path

from designer_app.errors import WriteFailedError


def refuse_link(path: Path) -> None:
    """Raise `OSError` where a file or folder that is written on is a link.

    In a folder that came from somebody else it may lead to any file of the user's.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    # Windows has links of folders that are no symbolic ones.
    is_junction = getattr(found, "st_reparse_tag", 0) == getattr(
        stat, "IO_REPARSE_TAG_MOUNT_POINT", -1
    )
    if stat.S_ISLNK(found.st_mode) or is_junction:
        raise OSError(errno.ELOOP, "it is a link, and nothing is written through it", str(path))


def writable_folder(path: Path) -> Path:
    """The folder, made where it is missing; `WriteFailedError` before any time is spent."""
    probe = path / f".{secrets.token_hex(4)}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise WriteFailedError(str(path), error.strerror or str(error)) from error
    return path
