"""The reference phases of a chemical system for the potential at hand, whichever it is.

Energies of two potentials never meet in one hull. Where the shipped table belongs to other
weights, its relaxed crystals are the start of relaxations with the loaded potential; the results
are kept in the user's folder, by the hash of the weights, and a later hull or an interrupted one
goes on from there.
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import formula, reduced
from designer_app.io.user_folders import references_folder
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import SAME_COMPOSITION, SAME_ENERGY, Hull, hull_for
from designer_app.screening.reference.ledger import Ledger, RelaxedPhase
from designer_app.screening.reference.phases import ReferencePhase, phase_of
from designer_app.screening.reference.relaxing import Inner, relax_phases
from designer_app.screening.reference.table import (
    SHIPPED,
    ReferenceTable,
    load_reference,
    set_hash,
)
from designer_app.specs.hull import HYPOTHETICAL_ID, HullOrigin
from designer_app.specs.structure import Structure

CHUNK = 16
"""Crystals that are relaxed together and then written."""
NEAR = 0.03
"""eV/atom: hulls of two potentials order phases that differ by less in other ways."""

_CORRECTIONS = {
    # of chgnet 0.3.0, which learned the corrected energies of MPtrj: anions and GGA+U metals
    "d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1": (
        "MP2020 as learned by CHGNet (Wang et al. 2021, doi:10.1038/s41598-021-94550-5)"
    ),
    # of chgnet r2scan, which learned uncorrected r2SCAN energies
    "8eba3db0f35a2788bb3ae22885ad340591e27996f213c6643af522a633b50dad": "none",
}


@dataclass(frozen=True)
class ReferenceSet:
    """Phases of one potential, and what their numbers stand on."""

    phases: tuple[ReferencePhase, ...]
    origin: HullOrigin


def correction_of(potential: Potential) -> str:
    """Which empirical corrections the energies of a potential contain."""
    return _CORRECTIONS.get(potential.model_sha256, "none beyond what the potential learned")


def reference_set(
    elements: Collection[str],
    potential: Potential,
    *,
    may_relax: bool = True,
    near: Mapping[str, float] | None = None,
    added: Sequence[Structure] = (),
    added_from: str = "own",
    control: RunControl | None = None,
) -> ReferenceSet:
    """The phases of a chemical system, all computed with this potential.

    With `near` (atoms of each element) only those are relaxed again that by the shipped energies
    may compete at that composition: a tenth of them. Hypothetical phases were chosen on the hull of
    the shipped potential, so that with another one fewer of them compete. `added` structures are
    relaxed and join the set, and its name says so. Raises `MissingReferenceError` where the table
    belongs to other weights and nothing may be relaxed.
    """
    control = control or RunControl()
    table = load_reference(potential.key, potential.model)
    named = f"{potential.key} {potential.model}".strip()
    if table is not None and table.belongs_to(potential):
        phases, origin = table.in_system(elements), table.origin
    elif not may_relax:
        shipped = " and ".join(" ".join(each) for each in SHIPPED)
        raise MissingReferenceError("", named, f"the shipped one belongs to {shipped}")
    else:
        starts = _starts(elements, near)
        relaxed = relaxed_again(starts, potential, control)
        phases = _converged(relaxed)
        said = f"{_start_table().header.name}, relaxed again with {named}"
        where = f" that may compete at {formula(reduced(near)[0])}" if near else ""
        n_own = sum(phase.source.startswith(HYPOTHETICAL_ID) for phase in phases)
        ours = f"{n_own} hypothetical; " if n_own else ""
        said += f", {len(phases)} of {len(starts)} phases{where} ({ours}{set_hash(phases)[:12]})"
        origin = HullOrigin(
            potential=named,
            model_sha256=potential.model_sha256,
            reference_set=said,
            correction=correction_of(potential),
        )
    if not added:
        return ReferenceSet(tuple(phases), origin)
    relaxed = relaxed_again(added, potential, control)
    for given, phase in zip(added, relaxed, strict=True):
        if phase_of(phase) is None:
            why = phase.error or f"not relaxed after {phase.n_steps} steps"
            control.log.warning("%s is left out of the set: %s", given.name or phase.source, why)
    joined = _converged(relaxed)
    return ReferenceSet(
        (*phases, *joined),
        replace(
            origin, reference_set=f"{origin.reference_set} + {len(joined)} {added_from} phases"
        ),
    )


def relaxed_again(
    structures: Sequence[Structure], potential: Potential, control: RunControl
) -> list[RelaxedPhase]:
    """Each structure relaxed with the potential, or as an earlier call left it.

    A structure is known by its name and its atoms: one that was edited is relaxed anew.
    """
    folder = _folder(potential)
    known = {
        phase.source: phase
        for path in sorted(folder.glob("phases-*.jsonl"))
        for phase in Ledger(path).read()
        if not phase.error  # may have been a lack of memory: it is tried again
    }
    keyed = {_key(structure): structure for structure in structures}
    left = [key for key in keyed if key not in known]
    # A file of this process alone: two programs may relax phases at the same time.
    ledger = Ledger(folder / f"phases-{os.getpid()}.jsonl")
    for start in range(0, len(left), CHUNK):
        control.checkpoint()
        control.progress(start, len(left), f"reference phases: {start} of {len(left)} relaxed")
        chunk = [replace(keyed[key], name=key) for key in left[start : start + CHUNK]]
        done = relax_phases(chunk, potential, control=Inner(control))
        folder.mkdir(parents=True, exist_ok=True)
        ledger.append(done)
        known.update({phase.source: phase for phase in done})
    return [known[_key(structure)] for structure in structures]


def _converged(relaxed: Iterable[RelaxedPhase]) -> list[ReferencePhase]:
    phases = [phase_of(each) for each in relaxed]
    return [phase for phase in phases if phase is not None]


def _folder(potential: Potential) -> Path:
    return references_folder() / f"{potential.key}-{potential.model_sha256[:16]}"


def _start_table() -> ReferenceTable:
    table = load_reference(*next(iter(SHIPPED)))
    if table is None:
        raise MissingReferenceError("", "any potential", "its file is not installed")
    return table


def _starts(elements: Collection[str], near: Mapping[str, float] | None) -> list[Structure]:
    """The crystals of the shipped table, small cells first."""
    table = _start_table()
    phases = table.in_system(elements)
    if near:
        phases = _competing(hull_for(elements, phases, table.origin), near)
    return sorted((phase.structure() for phase in phases), key=len)


def _competing(hull: Hull, near: Mapping[str, float]) -> list[ReferencePhase]:
    """The phases that lie close to the hull's tangent at a composition, and those of the elements.

    A phase of energy E and fractions x' is `E - x' mu` above the tangent with the chemical
    potentials mu of the facet below the composition; one that is far above it does not come down
    with another potential.
    """
    x = hull.fractions_of(near)
    mu = hull.potentials[int(np.argmax(hull.potentials @ x))]
    above = hull.energies - hull.fractions @ mu
    is_element = (hull.fractions.max(axis=1) > 1.0 - SAME_COMPOSITION) & (
        np.abs(hull.energies) < SAME_ENERGY
    )
    return [hull.phases[index] for index in np.flatnonzero((above < NEAR) | is_element)]


def _key(structure: Structure) -> str:
    """Name and content of a structure."""
    content = (structure.numbers, structure.positions.round(4) + 0.0, structure.cell.round(4) + 0.0)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in content)).hexdigest()
    return f"{structure.name} #{digest[:12]}"
