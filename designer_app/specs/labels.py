"""Reading labelled frames: what is asked, and what the files turned out to hold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.fields import spec_field


@dataclass(frozen=True, kw_only=True)
class LabelsSpec:
    """Which files are looked at, and what their keys mean."""

    data: tuple[Path, ...] = spec_field(label="Data", doc="Files or folders.")
    mapping: tuple[str, ...] = spec_field(
        (), label="Keys", doc="name=value, as in `TrainPotentialSpec.mapping`.", argument="key"
    )
    tags: tuple[str, ...] = spec_field(
        (), label="Tags", doc="Only frames of these tags; none named: all.", argument="tag"
    )


@dataclass(frozen=True, kw_only=True)
class LabelKey:
    """One quantity as the files name it, and in which unit it is taken to be."""

    quantity: str
    """energy, forces, stress or magmoms."""
    key: str
    """Name in the file; "" where none was found."""
    unit: str
    """eV, Ha, kcal/mol, eV/A, GPa, kbar, eV (virial) ..., "" where none."""
    choices: tuple[str, ...] = ()
    """Other names in the files that could be meant."""
    unit_choices: tuple[str, ...] = ()
    n_frames: int = 0
    """Frames that have it."""


@dataclass(frozen=True, kw_only=True)
class LabelFile:
    """One file that was read."""

    path: str
    kind: str
    """Such as extended XYZ, VASP vasprun.xml, pymatgen JSON."""
    n_frames: int
    settings: str = ""
    """Functional, cutoff, code, where the file tells."""
    error: str = ""
    """Why it could not be read, in a sentence; the others still are."""


@dataclass(frozen=True, kw_only=True)
class TagCount:
    """One group of frames."""

    tag: str
    n_frames: int
    n_atoms: int


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelsFound:
    """What a set of files holds."""

    files: tuple[LabelFile, ...]
    keys: tuple[LabelKey, ...]
    tags: tuple[TagCount, ...]
    elements: tuple[str, ...]
    n_frames: int
    n_atoms: int
    formulas: tuple[tuple[str, int], ...]
    """(reduced formula, frames), the most frequent first; at most 20."""
    energies_per_atom: NDArray[np.float64]
    """(n,) eV/atom, NaN where not known; at most 5,000 for a histogram."""
    force_norms: NDArray[np.float64]
    """(m,) eV/A, of at most 20,000 atoms."""


@dataclass(frozen=True, kw_only=True)
class LabelledFrameSpec:
    """One frame of a file of reference calculations, to be looked at."""

    path: Path = spec_field(label="File", doc="Of reference calculations.")
    index: int = spec_field(0, label="Frame", doc="Its place in the file, from 0.", low=0)


@dataclass(frozen=True, kw_only=True)
class CalmFrameSpec:
    """The calmest frame of what a potential learned from, to be run with it."""

    data: tuple[Path, ...] = spec_field(label="Data", doc="Files that it learned from.")
    mapping: tuple[str, ...] = spec_field(
        (), label="Keys", doc="As in its training.", argument="key"
    )
    model: str = spec_field("", label="Model", doc="Folder of the potential.")


# --- before the first step -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fix:
    """One way out of a finding: settings of the training that change."""

    title: str
    """On the button, such as "Leave them out"."""
    changes: tuple[tuple[str, object], ...]
    """(field of `TrainPotentialSpec`, value)."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or doubtful, in data about to be learned from."""

    key: str
    """missing, unread, labels, units, references, duplicates, outliers, gradient, stress, elements,
    settings, leaking, plan."""
    level: str
    """error: a training would be worthless; warning: look at it; note: good to know."""
    sentence: str
    """What was found, with numbers."""
    advice: str
    """What to do."""
    frames: tuple[tuple[str, int], ...] = ()
    """(file, place in it) of at most 50 frames concerned."""
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What was found before the first step."""

    findings: tuple[Finding, ...]
    n_train: int
    n_validation: int
    n_test: int
    seconds: float
    plan: tuple[tuple[str, str], ...] = ()
    """(what, value) of the plan that the preset makes of data and machine: size, epochs, time."""

    @property
    def may_start(self) -> bool:
        """Whether nothing is an error."""
        return all(each.level != "error" for each in self.findings)
