"""Files of code that the user allowed to run, by their hash: another file of that name is not one.

Some models are programs by nature. Such a program can do anything its user can do, so none runs
before the user said so once for this very file.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from designer_app.errors import CodeNotTrustedError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.model_files import ModelFile
from designer_app.io.user_folders import settings_folder
from designer_app.provenance import sha256_of

_FILE = "trusted-code.json"


def is_trusted(sha256: str) -> bool:
    """Whether the user allowed the file of that hash."""
    return sha256 in _trusted()


def trust(path: Path, sha256: str = "") -> str:
    """Allow a file from now on; its hash. Only called once the user has been asked.

    `sha256` is that of the file which the user was asked about, where it was taken then.
    """
    sha256 = sha256 or sha256_of(path)
    listed = dict(_trusted())
    listed[sha256] = {"path": str(path), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    _keep(listed)
    return sha256


def distrust(sha256: str) -> None:
    """Allow a file no longer."""
    listed = {each: told for each, told in _trusted().items() if each != sha256}
    _keep(listed)


def check_trusted(file: ModelFile, content: bytes) -> str:
    """The hash of code that may run; raises `CodeNotTrustedError` where it may not.

    `content` is what will be run: the file may be exchanged at any moment.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if not is_trusted(sha256):
        raise CodeNotTrustedError(str(file.path), file.words, sha256)
    return sha256


def _trusted() -> Mapping[str, Mapping[str, str]]:
    """What is allowed; a list that cannot be read allows nothing."""
    try:
        told = json.loads((settings_folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _keep(listed: Mapping[str, Mapping[str, str]]) -> None:
    text = json.dumps(listed, indent=1) + "\n"
    atomic_write(settings_folder() / _FILE, text, through_link=True)
