"""A fit of a GAP at one moment: sparse points, and the rows of the frames taken in so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from designer_app.errors import ResumeError
from designer_app.training.training_checkpoint import read_training, write_training


@dataclass(frozen=True, eq=False)
class GapCheckpoint:
    """What a fit goes on from."""

    about: Mapping[str, Any]
    """What must be the same: hash of the frames, seed, family. Plain data."""
    settings: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    """Sparse points and distances."""
    triangles: tuple[Tensor, ...]
    n_done: int
    """Frames in the triangles: the first ones of the order."""
    order: tuple[int, ...]
    """Rows of the training frames as they are taken in."""

    def write(self, folder: Path) -> None:
        """In place of the one before."""
        state = {
            "about": dict(self.about),
            "settings": dict(self.settings),
            "arrays": {name: torch.from_numpy(each) for name, each in self.arrays.items()},
            "triangles": list(self.triangles),
            "n_done": self.n_done,
            "order": list(self.order),
        }
        write_training(folder, state)


def read_gap_checkpoint(folder: Path, about: Mapping[str, Any]) -> GapCheckpoint | None:
    """The fit in a folder, None where there is none. Raises `ResumeError` where it is another."""
    state = read_training(folder)
    if state is None:
        return None
    try:
        found = GapCheckpoint(
            state["about"],
            state["settings"],
            {name: np.asarray(each) for name, each in state["arrays"].items()},
            tuple(state["triangles"]),
            int(state["n_done"]),
            tuple(state["order"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ResumeError(str(folder), "its checkpoint is of another kind of potential") from error
    if dict(found.about) != dict(about):
        raise ResumeError(str(folder), "it was begun with other frames or another seed")
    return found
