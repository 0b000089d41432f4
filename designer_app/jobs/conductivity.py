"""Ionic conductivity of a material by several methods, side by side."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ase.geometry import cell_to_cellpar

from designer_app.device import Compute
from designer_app.errors import (
    DesignerAppError,
    DisorderedStructureError,
    InvalidSpecError,
    MissingCellError,
    UnsupportedElementError,
)
from designer_app.explanations import explain_exception
from designer_app.io.folders import writable_folder
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.potential_cards import families
from designer_app.jobs.conductivity_md import by_dynamics
from designer_app.jobs.inspect import symmetry
from designer_app.potentials import Potential, load_potential
from designer_app.properties.averaged_symmetry import SYMPREC
from designer_app.properties.bond_valence import barriers, site_energies
from designer_app.properties.conductivity import (
    band_reason,
    bond_valence_reason,
    estimates_of,
    mobile_ion,
    unanswered,
)
from designer_app.properties.heads import conductivity_head
from designer_app.properties.migration import BandGoal, migration
from designer_app.properties.softbv import NAME as SOFTBV
from designer_app.running.control import RunControl
from designer_app.specs.conductivity import (
    BOND_VALENCE,
    CONDUCTIVITY,
    HEAD,
    MD,
    NEB,
    ConductivityResult,
    ConductivitySpec,
    DiffusionRun,
    MigrationPath,
)
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import check_spec, refusal
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import doubt
from designer_app.state import check_computable, set_threads

Found = tuple[tuple[Estimate, ...], tuple[MigrationPath, ...], tuple[DiffusionRun, ...]]

ROOM_TEMPERATURE = 298.15
"""K."""
NEEDS_STRUCTURE = "This method needs a structure; a formula tells the learned head alone."


def run(spec: ConductivitySpec, control: RunControl) -> ConductivityResult:
    """Every estimate that was asked for; a method that cannot answer says why, the others go on.

    Raises where the material itself leaves nothing to say, and `Cancelled`.
    """
    check_spec(spec)
    if MD in spec.methods:
        _check_dynamics(spec)
    amounts, _ = reduced(_amounts(spec))
    ion, written = mobile_ion(amounts, spec.ion), formula(amounts)
    bodies: dict[str, Callable[[], Found]] = {
        HEAD: partial(_by_head, spec, written),
        BOND_VALENCE: partial(_by_bond_valence, spec, ion, control),
        NEB: partial(_by_band, spec, ion, control),
        MD: partial(by_dynamics, spec, ion, control),
    }
    estimates: list[Estimate] = []
    paths: list[MigrationPath] = []
    runs: list[DiffusionRun] = []
    for method in spec.methods:
        control.checkpoint()
        control.progress(0, 1, method.capitalize() if method.islower() else method)
        found = _answered(method, bodies[method])
        estimates += found[0]
        paths += found[1]
        runs += found[2]
    return ConductivityResult(
        formula=written,
        ion=ion,
        temperature=spec.temperature,
        estimates=tuple(estimates),
        paths=tuple(paths),
        runs=tuple(runs),
        warnings=_warnings(spec),
    )


def _answered(method: str, body: Callable[[], Found]) -> Found:
    """What a method finds, or an estimate without a value that says why."""
    try:
        return body()
    except DesignerAppError as error:
        told = explain_exception(error)
        # The advice to take another potential is not for tables that have no alternative.
        is_table = isinstance(error, UnsupportedElementError) and error.potential == SOFTBV
        return (unanswered(method, told.what if is_table else told.sentence),), (), ()


def _amounts(spec: ConductivitySpec) -> dict[str, float]:
    if spec.structure is not None:
        if not all(spec.structure.pbc) or spec.structure.volume == 0:
            raise MissingCellError("ionic conductivity")
        return amounts_of(spec.structure.numbers, spec.occupancies)
    if not spec.formula:
        raise InvalidSpecError("structure", None, "name a structure file or a formula")
    return _parsed(spec)


def _parsed(spec: ConductivitySpec) -> dict[str, float]:
    from pymatgen.core import Composition

    try:
        found = Composition(spec.formula).get_el_amt_dict()
    except ValueError as error:
        raise refusal(spec, "formula", "there is no such file, and no such formula") from error
    if not found:
        raise refusal(spec, "formula", "there is no such file, and no such formula")
    return found


def _check_dynamics(spec: ConductivitySpec) -> None:
    if spec.structure is None:
        raise refusal(spec, "md", "it needs a structure")
    if spec.out is None:
        raise refusal(spec, "out", "molecular dynamics keeps its runs there")
    if spec.md_from >= spec.md_to and spec.md_runs > 1:
        raise refusal(spec, "md_to", "it must be above the lowest temperature")
    writable_folder(spec.out)


def _crystal(spec: ConductivitySpec) -> Structure:
    """The structure, whole; raises where there is none or sites are shared."""
    if spec.structure is None:
        raise refusal(spec, "structure", NEEDS_STRUCTURE)
    if spec.occupancies and not spec.structure.disordered_sites:
        raise DisorderedStructureError(len(spec.occupancies), "")
    check_computable(spec.structure)
    return spec.structure


def _by_head(spec: ConductivitySpec, written: str) -> Found:
    """The learned head, told of the symmetry and the cell where a structure has them."""
    head, structure = conductivity_head(), spec.structure
    if structure is None:
        found = head.predict(written)
    elif spec.occupancies:  # labs' files of such crystals hold the conventional cell
        group = symmetry(structure, spec.occupancies, SYMPREC)["space_group_number"]
        lattice = tuple(map(float, cell_to_cellpar(structure.cell)))
        found = head.predict(written, space_group=group, lattice=lattice)
    else:
        found = head.predict_crystal(written, structure)
    reason = found.reason
    if abs(spec.temperature - ROOM_TEMPERATURE) > 10.0:
        reason = f"{reason} This is at room temperature, which is all that it knows.".strip()
    return (replace(found, key=CONDUCTIVITY, method=HEAD, reason=reason),), (), ()


def _by_bond_valence(spec: ConductivitySpec, ion: str, control: RunControl) -> Found:
    if spec.structure is None:
        return (unanswered(BOND_VALENCE, NEEDS_STRUCTURE),), (), ()
    crystal = _crystal(spec)
    found = barriers(site_energies(crystal, ion, spec.grid, control))
    estimates = estimates_of(
        BOND_VALENCE,
        found.barriers,
        crystal,
        ion,
        spec.temperature,
        dimensions=0 if found.path is None else found.path.dimensions,
        origin=f"{SOFTBV} parameters (doi:10.1107/S2052520618015718), rigid framework",
        reason=bond_valence_reason(found),
    )
    return estimates, () if found.path is None else (found.path,), ()


def _by_band(spec: ConductivitySpec, ion: str, control: RunControl) -> Found:
    if spec.structure is None:
        return (unanswered(NEB, NEEDS_STRUCTURE),), (), ()
    crystal = _crystal(spec)
    potential = _potential(spec)
    goal = BandGoal(
        longest_hop=spec.hop_length,
        n_images=spec.images,
        separation=spec.separation,
        fmax=spec.fmax,
        steps=spec.steps,
    )
    found = migration(crystal, ion, potential, goal, control)
    estimates = estimates_of(
        NEB,
        found.barriers,
        crystal,
        ion,
        spec.temperature,
        dimensions=found.paths[0].dimensions,
        origin=f"{potential.key} {potential.model} ({potential.model_sha256[:12]})",
        reason=band_reason(found, potential),
    )
    if not found.is_complete:
        estimates = tuple(replace(each, light="red") for each in estimates)
    return estimates, found.paths, ()


def _potential(spec: ConductivitySpec) -> Potential:
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    return load_potential(spec.potential, spec.model, compute)


def _warnings(spec: ConductivitySpec) -> tuple[str, ...]:
    if spec.structure is None or spec.quick:
        return ()
    told = doubt(spec.potential, spec.structure, families(spec.potential, spec.model))
    return (told,) if told else ()
