"""Folders that results go to."""

import secrets
from pathlib import Path

from designer_app.errors import WriteFailedError


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
