"""A training at one moment, as a file of tensors and plain data: nothing in it is code."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from designer_app.errors import ResumeError
from designer_app.io.atomic_write import replacing
from designer_app.specs.training_progress import CHECKPOINT_FILE

FORMAT = 1


def write_training(folder: Path, state: Mapping[str, Any]) -> None:
    """Put a state in place of the one before; one whole file is there at any moment."""
    with replacing(folder / CHECKPOINT_FILE, backup=False) as beside:
        torch.save({"format": FORMAT, **state}, beside)


def read_training(folder: Path) -> dict[str, Any] | None:
    """The state in a folder, None where there is none. Raises `ResumeError` where it is damaged."""
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        if state["format"] > FORMAT:
            raise ResumeError(str(path), "a newer version of the program wrote it")
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise ResumeError(str(path), "its checkpoint is damaged") from error
    return state
