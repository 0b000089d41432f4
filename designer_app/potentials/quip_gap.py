"""GAPs of QUIP: files of gap_fit, computed by quippy where it is installed.

quippy-ase is under the GPL: it is called where a person has installed it, and never shipped. It
has wheels for Linux and macOS only.
"""

import hashlib
import re
import shutil
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
from designer_app.errors import FileUnreadableError, MissingPackageError, UnsafeFileError
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials import trained
from designer_app.potentials.ase_calculator import AsePotential
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.state import AtomicState

XML = "gap.xml"
FILE = "quip/"
"""Arrays of a card whose names begin so are the files that gap_fit wrote, byte for byte."""
_LABEL = re.compile(rb"<GAP_params\s[^>]*label=\"([\w.:-]+)\"")
_DESCRIPTOR = re.compile(rb"<descriptor>([^<]*)</descriptor>")
_NUMBER = re.compile(rb"\bZ\d*=\{*(\d+)")
_POINTS = re.compile(rb"sparseX_filename=\"([^\"]*)\"")
_RECIPE = re.compile(rb"init_args=\"([^\"]*)\"")
_HARMLESS = re.compile(r"(Sum|IP|GAP|Glue|init_args_pot[12]=|(xml_)?label=[\w.:-]+|[{}\s])*")


def load(model: str, compute: Compute) -> Potential:
    """A fitted GAP: a folder of this program, or the XML file of QUIP."""
    if model.lower().endswith(".xml"):
        return QuipPotential(Path(model))
    return trained.load(model, compute)


def need_quippy(purpose: str) -> None:
    """Raise `MissingPackageError` where quippy is not installed."""
    if find_spec("quippy") is None:
        raise MissingPackageError("quippy-ase", purpose, "pip install 'designer-app[gap]'")


class QuipPotential(AsePotential):
    """A GAP that quippy computes."""

    key: ClassVar[str] = "gap"

    def __init__(self, path: Path) -> None:
        content = _checked(path)
        need_quippy("GAP files of QUIP")
        label = _LABEL.search(content)
        assert label is not None
        calculator = import_module("quippy.potential").Potential(
            # Named here, so that the file's own recipe, which may call programs, is not followed.
            args_str=f"IP GAP label={label.group(1).decode()}",
            param_filename=str(path.resolve()),
        )
        super().__init__(calculator, str(path))
        self.model_sha256 = _hash(path, content)
        said = b" ".join(_DESCRIPTOR.findall(content))
        self.elements = frozenset(int(number) for number in _NUMBER.findall(said)) or None

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What quippy says of each structure; elements are checked first."""
        self.check(state, want)
        return super().predict(state, neighbors, want)


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> QuipPotential:
    """The potential whose files a card holds."""
    folder = Path(tempfile.mkdtemp(prefix="gap-"))
    for name, array in arrays.items():
        if name.startswith(FILE):
            (folder / Path(name).name).write_bytes(np.asarray(array, np.uint8).tobytes())
    found = QuipPotential(folder / XML)
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def files_as_arrays(path: Path) -> dict[str, NDArray[np.uint8]]:
    """The XML file at `path` and those with its sparse points, as arrays."""
    files = [path, *sorted(path.parent.glob(f"{path.name}.sparseX*"))]
    return {FILE + each.name: np.frombuffer(each.read_bytes(), np.uint8) for each in files}


def _checked(path: Path) -> bytes:
    """The content of the file. Raises `FileUnreadableError`, `UnsafeFileError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileUnreadableError(str(path), error.strerror or "cannot be read") from error
    if _LABEL.search(content) is None:
        raise FileUnreadableError(str(path), "it holds no GAP of QUIP")
    for recipe in _RECIPE.findall(content):
        if not _HARMLESS.fullmatch(recipe.decode("utf-8", "replace")):
            raise UnsafeFileError(str(path), "it asks QUIP for more than a GAP")
    for points in _POINTS.findall(content):
        name = points.decode("utf-8", "replace")
        if Path(name).name != name or not (path.parent / name).is_file():
            raise FileUnreadableError(str(path), f"its sparse points, {name}, are not beside it")
    return content


def _hash(path: Path, content: bytes) -> str:
    found = hashlib.sha256(content)
    for points in _POINTS.findall(content):
        found.update((path.parent / points.decode()).read_bytes())
    return found.hexdigest()
