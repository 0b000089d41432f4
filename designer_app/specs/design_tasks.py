"""What the workers of an inverse design are asked, and what they answer."""

from dataclasses import dataclass

from designer_app.specs.design_rows import Check
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure

KINDS = ("relax", "physics", "check", "second")
"""Relax crystals; compute what the purpose asks for; recompute from a shaken supercell; place on
the hull of a second potential."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DesignTask:
    """One task, with all that a process needs to know of the run."""

    kind: str
    structures: tuple[Structure, ...]
    """As decoded, to be relaxed; else one that is relaxed."""
    purpose: str = "own"
    ion: str = ""
    reaction: str = ""
    energy: float = float("nan")
    """eV/atom of the relaxed crystal, with which a recomputation is compared."""
    e_above_hull: float = float("nan")
    """eV/atom by the first potential, with which the second is compared."""
    expected: float = float("nan")
    """eV: the adsorption free energy that was learned, with which a slab is compared."""
    potential: str = "chgnet"
    model: str = ""
    device: str = "auto"
    dtype: str = "float32"
    seed: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class RelaxedCrystal:
    """The end of one relaxation."""

    structure: Structure | None
    """None where it failed; `error` says why."""
    energy: float
    """eV for the cell."""
    n_steps: int
    converged: bool
    error: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class DesignAnswer:
    """What a task came to."""

    relaxed: tuple[RelaxedCrystal, ...] = ()
    """One for each structure; of a recomputation the crystal that it fell to, where it fell."""
    estimates: tuple[Estimate, ...] = ()
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
