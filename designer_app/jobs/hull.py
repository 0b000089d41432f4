"""Structures relaxed and placed against the convex hull of their chemical system."""

import math
from typing import Any

from designer_app.device import Compute
from designer_app.elements import SYMBOLS
from designer_app.errors import (
    DesignerAppError,
    InvalidSpecError,
    MissingCellError,
    UnsupportedElementError,
)
from designer_app.explanations import explain_exception
from designer_app.io.folders import writable_folder
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.potential_cards import families
from designer_app.jobs.relax import file_names, written
from designer_app.potentials import Potential, load_potential
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import Hull, hull_for
from designer_app.screening.electrochemical_window import electrochemical_window
from designer_app.screening.phase_diagrams import chemical_potentials, phase_diagram
from designer_app.screening.reference.again import ReferenceSet, reference_set
from designer_app.screening.reference.databases import structures_from
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.screening.reference.relaxing import REFERENCE_GOAL
from designer_app.specs.fields import check_spec
from designer_app.specs.hull import ElectrochemicalWindow, HullPlacement, HullSpec
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import doubt
from designer_app.state import check_computable, set_threads

_LARGEST_DIAGRAM = 4
"""Elements of a system that can still be drawn or listed."""
_SUSPICIOUS = 0.05
"""eV/atom below the hull of known phases."""
_MAY_BE_KNOWN = (
    "It lies below all phases of the set, which holds a part of the known crystals: a phase that "
    "is missing there would change this."
)
_LOOSE_GOAL = "The forces are not below the goal: its energy may still fall."


def run(spec: HullSpec, control: RunControl) -> dict[str, Any]:
    """`structures`: one dict a structure, in the order given; of a single one also by itself.

    A structure that fails among many is told of in its row's `error`; a single one raises.
    """
    check_spec(spec)
    if not spec.structures:
        raise InvalidSpecError("structures", 0, "there is nothing to place on a hull")
    out = None if spec.out is None else writable_folder(spec.out)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    results = _energies(spec, potential, control)
    hulls = _Hulls(spec, potential, control)
    names = file_names(spec.structures)
    rows: list[dict[str, Any]] = []
    for given, result, name in zip(spec.structures, results, names, strict=True):
        try:
            if result.error is not None:
                raise result.error
            row = _row(given, result, hulls, spec)
        except DesignerAppError as error:
            if len(results) == 1:
                raise
            row = _failed(given, explain_exception(error).sentence)
        if out is not None and row["error"] is None:
            row["path"] = str(written(result.structure, out, name))
        rows.append(row)
        for warning in row["warnings"]:
            control.log.warning("%s: %s", row["name"] or row["formula"], warning)
    shared = {
        "potential": potential.key,
        "model": potential.model,
        "model_sha256": potential.model_sha256,
        "structures": rows,
    }
    return {**rows[0], **shared} if len(rows) == 1 else shared


class _Hulls:
    """The hull of each chemical system that comes up, made once."""

    def __init__(self, spec: HullSpec, potential: Potential, control: RunControl) -> None:
        self._spec = spec
        self._potential = potential
        self._control = control
        self._made: dict[frozenset[str], Hull] = {}

    def of(self, elements: frozenset[str]) -> Hull:
        """The hull of these elements. Raises where it cannot be had."""
        if elements not in self._made:
            self._check(elements)
            found = self._phases(elements)
            self._made[elements] = hull_for(elements, found.phases, found.origin)
        return self._made[elements]

    def _check(self, elements: frozenset[str]) -> None:
        known = self._potential.elements
        for element in sorted(elements):
            if known is not None and SYMBOLS.index(element) not in known:
                named = f"{self._potential.key} {self._potential.model}".strip()
                raise UnsupportedElementError(element, named)

    def _phases(self, elements: frozenset[str]) -> ReferenceSet:
        spec = self._spec
        added = [each for each in spec.own if elements.issuperset(amounts_of(each.numbers))]
        said = "own"
        if spec.more:
            added += structures_from(spec.more, elements)
            said = f"phases of {spec.more}, relaxed here, and own"
        return reference_set(
            elements,
            self._potential,
            may_relax=spec.references == "automatic",
            added=added,
            added_from=said,
            control=self._control,
        )


def _energies(spec: HullSpec, potential: Potential, control: RunControl) -> list[Relaxed]:
    """Each structure relaxed, or as it is where that was asked for."""
    steps = 0 if spec.keep else spec.steps
    goal = Goal(fmax=spec.fmax, smax=REFERENCE_GOAL.smax, steps=steps)
    for structure in spec.structures:
        if len(spec.structures) == 1:
            _check_crystal(structure)
    return relax(spec.structures, potential, goal, control=control)


def _check_crystal(structure: Structure) -> None:
    check_computable(structure)
    if not (all(structure.pbc) and structure.volume > 0):
        raise MissingCellError("a place on the convex hull")


def _row(given: Structure, result: Relaxed, hulls: _Hulls, spec: HullSpec) -> dict[str, Any]:
    amounts = amounts_of(given.numbers)
    hull = hulls.of(frozenset(amounts))
    if spec.without_formula:
        hull = hull.without_formula(amounts)
    per_atom = result.energy / len(given)
    placement = hull.place(amounts, per_atom)
    row = _empty_row(given) | _figures(placement)
    row |= {
        "relaxed": not spec.keep,
        "converged": result.converged,
        "n_steps": result.n_steps,
        "energy_per_atom_eV": per_atom,
        "placement": placement,
        "structure": result.structure,
        "warnings": _warnings(given, result, placement, spec),
    }
    joined = _with_candidate(hull, given, amounts, result.energy, placement)
    row["chemical_potentials_eV"] = {
        each.element: [each.low, each.high] for each in chemical_potentials(joined, amounts)
    }
    if 2 <= len(hull.elements) <= _LARGEST_DIAGRAM:
        row["diagram"] = phase_diagram(hull, [placement])
    if spec.window:
        full = hulls.of(frozenset(amounts) | {spec.window})
        full = full.without_formula(amounts) if spec.without_formula else full
        full = _with_candidate(full, given, amounts, result.energy, placement)
        row["electrochemical_window"] = electrochemical_window(full, amounts, spec.window)
        row["window"] = _window_figures(row["electrochemical_window"])
    return row


def _with_candidate(
    hull: Hull,
    given: Structure,
    amounts: dict[str, float],
    energy: float,
    placement: HullPlacement,
) -> Hull:
    """The hull that the candidate belongs to, where it lowers it."""
    if placement.below_hull == 0.0:
        return hull
    name = given.name or placement.formula
    mine = ReferencePhase(name, amounts, energy, math.nan, lambda: given)
    return hull.with_phases([mine], f"+ {name}")


def _warnings(
    given: Structure, result: Relaxed, placement: HullPlacement, spec: HullSpec
) -> list[str]:
    found = [doubt(spec.potential, given, families(spec.potential, spec.model))]
    if not (result.converged or spec.keep):
        found.append(_LOOSE_GOAL)
    if spec.keep and not result.converged:
        found.append("It was not relaxed: its energy, and so its distance, is an upper bound.")
    if placement.is_below:
        found.append(_MAY_BE_KNOWN)
    if placement.below_hull > _SUSPICIOUS:
        found.append(
            f"{1e3 * placement.below_hull:.0f} meV/atom below all phases of the set is more often "
            "a missing phase or an error of the potential than a discovery."
        )
    return [warning for warning in found if warning]


def _figures(placement: HullPlacement) -> dict[str, Any]:
    return {
        "e_above_hull_eV_atom": placement.e_above_hull,
        "below_hull_eV_atom": placement.below_hull,
        "formation_energy_eV_atom": placement.formation_energy,
        "equilibrium_reaction_energy_eV_atom": placement.equilibrium_reaction_energy,
        "decomposition": [
            {"formula": name, "share_of_atoms": share, "source": source}
            for name, share, source in placement.decomposition
        ],
        "reference_set": placement.reference_set,
        "correction": placement.correction,
    }


def _window_figures(window: ElectrochemicalWindow) -> dict[str, Any]:
    return {
        "ion": window.ion,
        "reduction_V": window.reduction,
        "oxidation_V": window.oxidation,
        "reduction_products": dict(window.reduction_products),
        "oxidation_products": dict(window.oxidation_products),
        "profile": [
            {
                "from_V": step.low,
                "to_V": step.high,
                "ions": step.ions,
                "products": dict(step.products),
            }
            for step in window.profile
        ],
        "assumption": window.assumption,
    }


def _empty_row(given: Structure) -> dict[str, Any]:
    amounts = amounts_of(given.numbers)
    return {
        "name": given.name,
        "formula": formula(reduced(amounts)[0]),
        "n_atoms": len(given),
        "e_above_hull_eV_atom": None,
        "formation_energy_eV_atom": None,
        "decomposition": None,
        "reference_set": None,
        "path": None,
        "error": None,
        "warnings": [],
    }


def _failed(given: Structure, sentence: str) -> dict[str, Any]:
    return _empty_row(given) | {"error": sentence, "structure": given}
