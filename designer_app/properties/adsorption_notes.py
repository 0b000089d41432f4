"""What is said beside adsorption energies: doubts about the surface, and how long it will take."""

from collections.abc import Sequence

from designer_app.io.potential_cards import families
from designer_app.properties.slab_cells import Slab
from designer_app.properties.slab_polarity import is_polar
from designer_app.properties.surface_sites import SurfaceSite, distinct_sites
from designer_app.relaxation import Relaxed
from designer_app.specs.adsorption import AdsorptionSpec, SlabFacts
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import doubt

USUAL_STEPS = 40
"""Of the relaxation of an adsorbate on a relaxed surface."""
WORTH_TELLING = 60.0
"""s: of what takes longer it is said how long."""


def warnings_of(
    spec: AdsorptionSpec,
    bulk: Structure,
    cut: Slab,
    clean: Relaxed,
    facts: SlabFacts,
    sites: list[SurfaceSite],
) -> list[str]:
    """Sentences about a surface that its numbers do not show."""
    found = []
    warning = doubt(spec.potential, bulk, families(spec.potential, spec.model))
    if warning:
        found.append(warning)
    if not clean.converged:
        found.append(f"The clean surface is not relaxed after {clean.n_steps} steps.")
    n_sites = len(distinct_sites(sites))
    if n_sites > spec.sites:
        found.append(f"Of {n_sites} different sites the {spec.sites} first were computed.")
    if facts.n_terminations > 1 and not spec.termination:
        found.append(
            f"The crystal ends in {facts.n_terminations} ways along this plane; "
            f"{facts.termination} on top was taken, of the slab that costs least energy to cleave."
        )
    if is_polar(cut):
        found.append(
            "This face is polar: its layers carry charges that add up to a dipole. A real crystal "
            "changes such a face, so that these energies hold for the ideal cut alone."
        )
    if facts.surface_energy < 0:
        found.append("The surface energy is negative: this potential does not hold this surface.")
    return found


def expected_seconds(
    relaxed: Sequence[Relaxed], seconds: float, n_relaxations: int, n_atoms: int
) -> float:
    """How long relaxations will take, from the time that others took on this machine."""
    work = sum((each.n_steps + 1) * len(each.structure) for each in relaxed)
    return n_relaxations * USUAL_STEPS * n_atoms * seconds / work


def expected_time(n_relaxations: int, n_atoms: int, seconds: float) -> str:
    """The same in words."""
    about = f"{seconds:.0f} s" if seconds < 90.0 else f"{seconds / 60.0:.0f} min"
    return f"{n_relaxations} relaxations of {n_atoms} atoms take about {about}."
