"""Code that the folder of a run names: it only runs where the user names it himself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from designer_app.errors import UnsafeFileError
from designer_app.specs.potentials import imports_code


def refuse_unnamed_code(path: Path, told: Mapping[str, Any], flags: Mapping[str, Any]) -> None:
    """Raise `UnsafeFileError` where a run computes with code that no flags name.

    `told` are the settings of the run, which the file at `path` has, maybe of a stranger.
    """
    chosen = [str(told.get(name, "")) for name in ("potential", "model")]
    if imports_code(*chosen) and chosen != [flags.get("potential"), flags.get("model")]:
        reason = (
            f"its potential, {':'.join(chosen)}, is code of its own; repeat --potential and "
            "--model to allow it"
        )
        raise UnsafeFileError(str(path), reason)
