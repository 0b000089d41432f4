"""Relaxation of one or many structures, written as they are done."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError, MissingCellError
from designer_app.explanations import explain_exception
from designer_app.io.cell_words import lattice_in_words
from designer_app.io.documents import Document
from designer_app.io.folders import writable_folder
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.potential_cards import families
from designer_app.io.writing import write_document
from designer_app.jobs.trust import doubts_of_training
from designer_app.potentials import Potential, load_potential
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import doubt
from designer_app.state import set_threads
from designer_app.units import GPA


def run(spec: RelaxSpec, control: RunControl) -> dict[str, Any]:
    """`structures`: one dict a structure, in the order given; of a single one also by itself.

    A structure that fails among many is told of in its row's `error`; a single one raises.
    """
    check_spec(spec)
    if not spec.structures:
        raise InvalidSpecError("structures", 0, "there is nothing to relax")
    spec = _without_cells(spec, control)
    out = None if spec.out is None else writable_folder(spec.out)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, len(spec.structures), "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    for said in doubts_of_training(spec.potential, spec.model):
        control.log.warning("%s", said)
    control.checkpoint()
    names = file_names(spec.structures)
    paths: dict[int, Path] = {}

    def write(index: int, result: Relaxed) -> None:
        if out is not None and result.error is None:
            paths[index] = written(result.structure, out, names[index])

    results = relax(
        spec.structures,
        potential,
        goal_of(spec),
        optimizer=spec.optimizer,
        control=control,
        on_finished=write,
    )
    if len(results) == 1 and results[0].error is not None:
        raise results[0].error
    rows = [
        _row(given, result, paths.get(index)) | {"warnings": _doubts(spec, given)}
        for index, (given, result) in enumerate(zip(spec.structures, results, strict=True))
    ]
    for row in rows:
        for warning in row["warnings"]:
            control.log.warning("%s: %s", row["name"] or row["formula"], warning)
    shared = {**_origin(potential), "structures": rows}
    return {**rows[0], **shared} if len(rows) == 1 else shared


def _without_cells(spec: RelaxSpec, control: RunControl) -> RelaxSpec:
    """The cell is kept where nothing is periodic: there is none to relax, only a box to draw."""
    if spec.fix_cell or any(any(each.pbc) for each in spec.structures):
        return spec
    if spec.pressure:
        raise MissingCellError("a pressure")
    control.log.warning("Nothing here is periodic: only the atoms are moved (--fix-cell).")
    return replace(spec, fix_cell=True)


def goal_of(spec: RelaxSpec) -> Goal:
    """The goal in internal units."""
    return Goal(
        fmax=spec.fmax,
        smax=spec.smax * GPA,
        fix_cell=spec.fix_cell,
        pressure=spec.pressure * GPA,
        steps=spec.steps,
    )


def _origin(potential: Potential) -> dict[str, Any]:
    return {
        "potential": potential.key,
        "model": potential.model,
        "model_sha256": potential.model_sha256,
    }


def _row(given: Structure, result: Relaxed, path: Path | None) -> dict[str, Any]:
    structure = result.structure
    has_cell = structure.volume > 0 and any(structure.pbc)
    error = None if result.error is None else explain_exception(result.error).sentence
    return {
        "name": given.name,
        "formula": _formula(given),
        "n_atoms": len(given),
        "converged": result.converged,
        "n_steps": result.n_steps,
        "energy_eV": _number(result.energy),
        "energy_per_atom_eV": _number(result.energy / max(len(given), 1)),
        "fmax_eV_A": _number(result.fmax),
        "smax_GPa": _number(result.smax / GPA),
        "lattice": structure.cell.tolist() if has_cell else None,
        "lattice_in_words": lattice_in_words(structure.cell, structure.positions, structure.numbers)
        if has_cell
        else None,
        "volume_A3": structure.volume if has_cell else None,
        "volume_change_percent": 100.0 * (structure.volume / given.volume - 1)
        if has_cell
        else None,
        "path": None if path is None else str(path),
        "error": error,
        "structure": structure,
    }


def _doubts(spec: RelaxSpec, structure: Structure) -> list[str]:
    warning = doubt(spec.potential, structure, families(spec.potential, spec.model))
    return [warning] if warning else []


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _formula(structure: Structure) -> str:
    amounts = amounts_of(structure.numbers)
    return formula(reduced(amounts)[0] if any(structure.pbc) else amounts)


def file_names(structures: tuple[Structure, ...]) -> list[str]:
    """A name without folder for each structure, all different."""
    names: list[str] = []
    taken: set[str] = set()
    for structure in structures:
        # Letters of any script are kept; what some file system forbids is not.
        stem = re.sub(r"[^\w.+()-]+", "_", structure.name).strip("._") or _formula(structure)
        name, count = stem, 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name.casefold())
        names.append(name)
    return names


def written(structure: Structure, out: Path, name: str) -> Path:
    """A CIF of a crystal; extended XYZ of what a CIF cannot hold."""
    fits_cif = all(structure.pbc) and structure.volume > 0
    fits_cif = fits_cif and (structure.fixed is None or not structure.fixed.any())
    document = Document.from_structure(structure, made_by="relax", source=structure.name)
    return write_document(document, out / f"{name}{'.cif' if fits_cif else '.extxyz'}")
