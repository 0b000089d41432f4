"""GAPs of QUIP: files of gap_fit, computed by quippy where it is installed.

quippy-ase is under the GPL: it is called where a person has installed it, and never shipped. It
has wheels for Linux and macOS only.
"""

import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from designer_app.device import Compute
from designer_app.errors import MissingPackageError
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials import trained
from designer_app.potentials.ase_calculator import AsePotential
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.quip_files import XML, GAPFiles, gap_of, read_gap
from designer_app.state import AtomicState

FILE = "quip/"
"""Arrays of a card whose names begin so are the files that gap_fit wrote, byte for byte."""


def load(model: str, compute: Compute) -> Potential:
    """A fitted GAP: a folder of this program, or the XML file of QUIP."""
    if model.lower().endswith(".xml"):
        return QuipPotential(read_gap(Path(model)), model)
    return trained.load(model, compute)


def need_quippy(purpose: str) -> None:
    """Raise `MissingPackageError` where quippy is not installed, or the program has no Python.

    gap_fit is run by that Python; in a frozen program `sys.executable` is the program itself.
    """
    if getattr(sys, "frozen", False) or find_spec("quippy") is None:
        raise MissingPackageError("quippy-ase", purpose, "pip install 'designer-app[gap]'")


class QuipPotential(AsePotential):
    """A GAP that quippy computes."""

    key: ClassVar[str] = "gap"

    def __init__(self, files: GAPFiles, name: str) -> None:
        need_quippy("GAP files of QUIP")
        folder = Path(tempfile.mkdtemp(prefix="gap-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        calculator = import_module("quippy.potential").Potential(
            args_str=files.recipe, param_filename=str(files.write(folder))
        )
        super().__init__(calculator, name)
        self.model_sha256 = files.sha256
        self.elements = files.elements or None

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What quippy says of each structure; elements are checked first."""
        self.check(state, want)
        return super().predict(state, neighbors, want)


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> QuipPotential:
    """The potential whose files a card holds."""
    files = {
        name.removeprefix(FILE): np.asarray(array, np.uint8).tobytes()
        for name, array in arrays.items()
        if name.startswith(FILE)
    }
    return QuipPotential(gap_of(files[XML], files.__getitem__, XML), XML)


def files_as_arrays(path: Path) -> dict[str, NDArray[np.uint8]]:
    """The XML file at `path` and those with its sparse points, as arrays."""
    files = [path, *sorted(path.parent.glob(f"{path.name}.sparseX*"))]
    return {FILE + each.name: np.frombuffer(each.read_bytes(), np.uint8) for each in files}
