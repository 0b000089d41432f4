"""Adsorption energies on one surface of a crystal."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document
from designer_app.io.folders import writable_folder
from designer_app.io.writing import write_document
from designer_app.potentials import load_potential
from designer_app.properties.adsorbates import adsorbates_from_text
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.slabs import check_bulk, miller_from_text
from designer_app.properties.volcano import (
    CORRECTIONS,
    REACTIONS,
    activity,
    free_energy_estimate,
)
from designer_app.running.control import RunControl
from designer_app.specs.adsorption import AdsorptionResult, AdsorptionSite, AdsorptionSpec
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import check_spec
from designer_app.state import set_threads


def run(spec: AdsorptionSpec, control: RunControl) -> dict[str, Any]:
    """`energies`, `free_energies` (eV of the best site by adsorbate), `sites` (one dict each),
    `surface`, `activities` (what energies say of HER, OER, ...), `result` (an `AdsorptionResult`).
    """
    check_spec(spec)
    if spec.structure is None:
        raise InvalidSpecError("structure", None, "there is nothing to cut")
    adsorbates_from_text(spec.adsorbate)
    miller_from_text(spec.surface)
    check_bulk(spec.structure)
    out = None if spec.out is None else writable_folder(spec.out)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    result = adsorption_energies(spec.structure, spec, potential, control)
    for warning in result.warnings:
        control.log.warning("%s", warning)
    if out is not None:
        result = _written(result, out)
    best = dict(zip((key for key, _ in result.references), result.best, strict=True))
    return {
        "formula": result.slab.formula,
        "surface": _surface(result),
        "energies": {key: _number(each.value) for key, each in best.items()},
        "free_energies": {
            key: _number(free_energy_estimate(key, each).value)
            for key, each in best.items()
            if key in CORRECTIONS
        },
        "references": dict(result.references),
        "sites": [_row(each) for each in result.sites],
        "activities": [_estimate(each) for each in activities(best)],
        "potential": result.potential,
        "model": result.model,
        "model_sha256": result.model_sha256,
        "seconds": result.seconds,
        "warnings": list(result.warnings),
        "result": result,
    }


def activities(energies: dict[str, Estimate]) -> list[Estimate]:
    """What the adsorption energies at hand say of each reaction they suffice for."""
    known = {key for key, each in energies.items() if math.isfinite(each.value)}
    return [activity("", key, energies) for key, row in REACTIONS.items() if known >= {*row.needs}]


def _surface(result: AdsorptionResult) -> dict[str, Any]:
    slab = result.slab
    return {
        "miller": list(slab.miller),
        "layers": slab.n_layers,
        "n_atoms": slab.n_atoms,
        "area_A2": slab.area,
        "termination": slab.termination,
        "terminations": slab.n_terminations,
        "surface_energy_J_m2": slab.surface_energy,
        "image_distance_A": slab.image_distance,
    }


def _row(site: AdsorptionSite) -> dict[str, Any]:
    return {
        "adsorbate": site.adsorbate,
        "site": site.site,
        "energy_eV": _number(site.energy.value),
        "outcome": site.outcome,
        "ends_at": site.ends_at,
        "height_A": _number(site.height),
        "bond_A": _number(site.bond),
        "n_steps": site.n_steps,
        "error_eV": site.energy.error,
        "interval_90": None
        if site.energy.low is None
        else [_number(site.energy.low), _number(site.energy.high or math.nan)],
        "origin": site.energy.origin,
        "light": site.energy.light,
        "reason": site.energy.reason,
        "path": site.path or None,
        "error": site.error or None,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "key": estimate.key,
        "value": _number(estimate.value),
        "unit": estimate.unit,
        "interval_90": None if estimate.low is None else [estimate.low, estimate.high],
        "origin": estimate.origin,
        "light": estimate.light,
        "reason": estimate.reason,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _written(result: AdsorptionResult, out: Path) -> AdsorptionResult:
    """The result with each relaxed slab in a file of its own; the clean one is `clean`."""
    assert result.slab.structure is not None
    _write(result.slab.structure, out / "clean.extxyz")
    sites = []
    for index, site in enumerate(result.sites):
        if site.structure is None:
            sites.append(site)
            continue
        stem = re.sub(r"[^\w.-]+", "-", f"{site.adsorbate}-{index + 1}-{site.site}").strip("-")
        path = out / f"{stem}.extxyz"
        _write(site.structure, path)
        sites.append(replace(site, path=str(path)))
    return replace(result, sites=tuple(sites))


def _write(structure: Any, path: Path) -> None:
    write_document(Document.from_structure(structure, made_by="adsorption"), path)
