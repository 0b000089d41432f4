"""Hydrogen on the close-packed faces of metals: slab relaxations against published tables.

Tabulated: adsorption energies of Nørskov et al. 2005 (another functional, so a part of the
difference is not the potential's), and overpotentials measured by Danilovic et al. 2012.
"""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ase.build import bulk

from designer_app.device import Compute
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import Potential, load_potential
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.adsorption_errors import FEWEST, SlabError, measured
from designer_app.properties.volcano import HYDROGEN
from designer_app.specs.adsorption import AdsorptionResult, AdsorptionSpec
from designer_app.training.published.folder import data_folder
from designer_app.training.published.hydrogen_evolution import (
    SOURCE,
    read_hydrogen,
    read_overpotentials,
)

FACES = {"fcc": "111", "bcc": "110", "hcp": "0001"}
SPACING = 5.0
"""A: a (2 x 2) cell, a quarter of a monolayer, as in the tables."""
QUICK = ("Pt", "Cu", "Au")


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One row a metal, and one of all."""
    potential = load_potential("chgnet", "", Compute(device="cpu"))
    folder = data_folder()
    tabulated = {row.metal: row.adsorption_energy for row in read_hydrogen(folder)}
    overpotentials = read_overpotentials(folder)
    computed: dict[str, float] = {}
    began = time.perf_counter()
    for metal in QUICK if quick else tabulated:
        result = on_close_packed(metal, "H", potential)
        best = result.best[0]
        computed[metal] = best.value
        site = min(result.sites, key=lambda each: abs(each.energy.value - best.value))
        say(f"{metal}: {best.value:+.2f} eV, tabulated {tabulated[metal]:+.2f} eV")
        yield {
            "metal": metal,
            "face": "".join(str(each) for each in result.slab.miller),
            "site": site.ends_at or site.site,
            "ours eV": best.value,
            "table eV": tabulated[metal],
            "ours - table": best.value - tabulated[metal],
            "dG_H eV": best.value + HYDROGEN.correction,
            "measured overpotential V": overpotentials.get(metal),
            "surface energy J/m2": result.slab.surface_energy,
            "s": result.seconds,
        }
    yield _summary(computed, tabulated, overpotentials, time.perf_counter() - began)


def on_close_packed(metal: str, adsorbate: str, potential: Potential) -> AdsorptionResult:
    """An adsorbate on the close-packed face of a metal, at a quarter of a monolayer."""
    crystal = bulk(metal)
    face = FACES[crystal.info.get("structure", "") or _lattice(metal)]
    spec = AdsorptionSpec(
        adsorbate=adsorbate, surface=face, spacing=SPACING, potential=potential.key
    )
    return adsorption_energies(structure_from_atoms(crystal, metal), spec, potential)


def _lattice(metal: str) -> str:
    from ase.data import atomic_numbers, reference_states

    state = reference_states[atomic_numbers[metal]]
    assert state is not None
    return str(state["symmetry"])


def hydrogen_deviations(computed: dict[str, float], folder: Path) -> SlabError:
    """Deviations of computed energies, eV by metal, from those of 2005."""
    tabulated = {row.metal: row.adsorption_energy for row in read_hydrogen(folder)}
    return measured(computed, tabulated, SOURCE)


def _summary(
    computed: dict[str, float],
    tabulated: dict[str, float],
    overpotentials: dict[str, float],
    seconds: float,
) -> dict[str, object]:
    kept = {metal: value for metal, value in computed.items() if math.isfinite(value)}
    found = measured(kept, tabulated, SOURCE)
    distance = {metal: abs(value + HYDROGEN.correction) for metal, value in kept.items()}
    shared = [metal for metal in distance if metal in overpotentials]
    rank = None
    if len(shared) >= FEWEST:
        rank = measured(distance, overpotentials, "").rank_correlation
    return {
        "metal": f"all {found.n_metals}",
        "face": f"MAE {found.error:.3f}",
        "site": f"after shift, left out {found.shifted_error:.3f}",
        "ours eV": f"rank {found.rank_correlation:.2f}",
        "table eV": None,
        "ours - table": -found.shift,
        "dG_H eV": None,
        "measured overpotential V": None if rank is None else f"rank of |dG| {rank:.2f}",
        "surface energy J/m2": None,
        "s": seconds,
    }
