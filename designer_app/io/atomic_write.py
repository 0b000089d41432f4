"""Files that are whole at every moment: written beside, flushed to the disk, then put in place."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from designer_app.errors import WriteFailedError


@contextmanager
def replacing(path: Path, *, backup: bool = True, through_link: bool = False) -> Iterator[Path]:
    """A path beside `path`, of the same suffix, that takes its place when the block ends well.

    A link of that name gives way to the file: in a folder that came from somebody else it may lead
    to any file of the user's. `through_link` writes the file that it leads to, where the user named
    the path himself.
    On any failure the old file stays as it was; one that the system reports (full disk, missing
    rights, lost drive) is raised as `WriteFailedError`.
    """
    target = path.resolve() if through_link else path.parent.resolve() / path.name
    beside = target.with_name(f".{secrets.token_hex(4)}.{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _sync(beside)
        if target.exists() and not target.is_symlink():
            shutil.copymode(target, beside)
            if backup:
                _keep(target)
        beside.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise WriteFailedError(str(path), error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def atomic_write(
    path: Path, content: str | bytes, *, backup: bool = True, through_link: bool = False
) -> None:
    """Put `content` (text as UTF-8) into a file, keeping what was there as its backup."""
    with replacing(path, backup=backup, through_link=through_link) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


def backup_of(path: Path) -> Path:
    """Where the version before the present one lies."""
    return path.with_name(f"{path.name}.bak")


def _keep(path: Path) -> None:
    """Make the present file its own backup: by a link, which also works on a full disk."""
    spare = path.with_name(f".{secrets.token_hex(4)}.{path.name}.bak")
    try:
        try:
            spare.hardlink_to(path)
        except OSError:  # a file system without hard links
            shutil.copy2(path, spare)
        spare.replace(backup_of(path))
    finally:
        spare.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where a folder can be opened (not on Windows)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
