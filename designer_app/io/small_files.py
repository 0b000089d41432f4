"""Text files that are small when this program writes them."""

import errno
from pathlib import Path

LARGEST = 10_000_000
"""Bytes; the card of a trained potential takes 30 kB."""


def read_small_text(path: Path) -> str:
    """What a file says, in UTF-8. Raises `OSError` for a large one, before memory is taken."""
    if path.stat().st_size > LARGEST:
        raise OSError(errno.EFBIG, "it is far larger than this program writes it", str(path))
    return path.read_text(encoding="utf-8")
