"""The file of the prototype library: numpy arrays without pickled objects, and a JSON header."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.matching import Target
from designer_app.errors import FileUnreadableError
from designer_app.screening.reference.archive import write_archive
from designer_app.screening.reference.classes import Arrays, class_arrays, classes_of, ragged
from designer_app.screening.reference.symmetry import CrystalClass

VERSION = 1
"""Of the format; a reader refuses a newer one."""
Header = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Prototype:
    """A symmetry class with one kind of geometry."""

    kind: CrystalClass
    template: int
    """0 for the most common geometry of its class, then 1, 2 ..."""
    n_members: int
    """Known crystals of this prototype, hand-built frameworks among them."""
    n_train: int
    """Those of them whose formula is one for training."""
    shape: tuple[float, ...]
    """Medians of those of b/a, c/a, alpha, beta, gamma (degrees) that are free."""
    free: tuple[float, ...]
    """Medians of the free numbers of the sites, 0 to 1."""
    log_volume: float
    """Median of ln(volume / expected volume)."""
    families: tuple[str, ...] = field(default=())
    """E.g. ("perovskite", "antiperovskite"): one prototype, different ions."""

    @property
    def name(self) -> str:
        """Its first family; empty where it has none."""
        return self.families[0] if self.families else ""

    @cached_property
    def target(self) -> Target:
        """Its geometry."""
        return Target(self.kind, self.shape, self.free)


def prototype_arrays(prototypes: Sequence[Prototype]) -> tuple[list[str], Arrays]:
    """Names of all families, and the prototypes as arrays."""
    families = sorted({name for each in prototypes for name in each.families})
    places = [[families.index(name) for name in each.families] for each in prototypes]
    return families, {
        **class_arrays([each.kind for each in prototypes]),
        "template": np.array([each.template for each in prototypes], np.uint8),
        **ragged("family", places, np.uint8),
        "n_members": np.array([each.n_members for each in prototypes], np.uint16),
        "n_train": np.array([each.n_train for each in prototypes], np.uint16),
        **ragged("shape", [each.shape for each in prototypes], np.float32),
        **ragged("free", [each.free for each in prototypes], np.float32),
        "log_volume": np.array([each.log_volume for each in prototypes], np.float32),
    }


def prototypes_of(header: Header, arrays: Arrays) -> tuple[Prototype, ...]:
    """The prototypes that `prototype_arrays` was given."""
    names: list[str] = header["families"]
    shapes, frees, families = (_split(arrays, name) for name in ("shape", "free", "family"))
    return tuple(
        Prototype(
            kind,
            int(arrays["template"][row]),
            int(arrays["n_members"][row]),
            int(arrays["n_train"][row]),
            tuple(shapes[row].astype(np.float64).tolist()),
            tuple(frees[row].astype(np.float64).tolist()),
            float(arrays["log_volume"][row]),
            tuple(names[place] for place in families[row]),
        )
        for row, kind in enumerate(classes_of(arrays))
    )


def write_file(path: Path, header: Header, arrays: Arrays) -> None:
    """A file whose bytes depend on its content alone."""
    text = json.dumps({"version": VERSION, **header}, sort_keys=True).encode()
    write_archive(path, {"header": np.frombuffer(text, np.uint8), **arrays})


def read_file(path: Path, what: str) -> tuple[Header, Arrays]:
    """Header and arrays; raises `FileUnreadableError` where it is no `what`, or of a newer one."""
    try:
        # Opened here: numpy leaves the file open when it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(bytes(arrays.pop("header")))
        if int(header["version"]) > VERSION:
            raise FileUnreadableError(str(path), "it was written by a newer program")
    except FileNotFoundError as error:
        raise FileUnreadableError(str(path), "there is no such file") from error
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        raise FileUnreadableError(str(path), f"it is no {what}, or damaged") from error
    return header, arrays


def _split(arrays: Arrays, name: str) -> list[NDArray[Any]]:
    return np.split(arrays[name], arrays[f"{name}_start"][1:-1].astype(np.int64))
