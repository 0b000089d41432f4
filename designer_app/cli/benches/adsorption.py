"""Adsorption on the close-packed faces of metals: slab relaxations against published tables.

Tabulated: hydrogen by Nørskov et al. 2005 and eight other adsorbates by Mamun et al. 2019, with
other functionals, so that a part of each difference is not the potential's; and overpotentials of
hydrogen evolution measured by Danilovic et al. 2012. The last rows give, for each adsorbate, the
mean absolute difference as computed, and after a shift fitted to the other metals.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ase.build import bulk
from ase.data import atomic_numbers, reference_states

from designer_app.device import Compute
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import Potential, load_potential
from designer_app.properties.adsorption import adsorption_energies, energies_by_adsorbate
from designer_app.properties.adsorption_errors import SlabError, measured
from designer_app.properties.volcano import HYDROGEN
from designer_app.specs.adsorption import AdsorptionResult, AdsorptionSpec
from designer_app.training.published import hydrogen_evolution, metal_surfaces
from designer_app.training.published.folder import data_folder

FACES = {"fcc": "111", "bcc": "110", "hcp": "0001"}
SPACING = 5.0
"""A: a (2 x 2) cell, a quarter of a monolayer, as in the tables."""
QUICK = ("Ag", "Cu", "Pt")
_LEAST = 3

Computed = Mapping[str, Mapping[str, float]]
"""EV by metal and adsorbate."""


@dataclass(frozen=True)
class Tabulated:
    """A published table: which adsorbates it has, and how it is read."""

    key: str
    source: str
    adsorbates: tuple[str, ...]
    read: Callable[[Path], dict[str, dict[str, float]]]
    """EV by adsorbate and metal."""

    def metals(self, folder: Path) -> list[str]:
        """Every metal that the table names."""
        found = self.read(folder)
        return sorted({metal for column in found.values() for metal in column})


def _hydrogen(folder: Path) -> dict[str, dict[str, float]]:
    rows = hydrogen_evolution.read_hydrogen(folder)
    return {"H": {row.metal: row.adsorption_energy for row in rows}}


FACES_TABULATED = (
    Tabulated("hydrogen", hydrogen_evolution.SOURCE, ("H",), _hydrogen),
    Tabulated(
        "surfaces",
        metal_surfaces.SOURCE,
        metal_surfaces.ADSORBATES,
        metal_surfaces.read_metal_surfaces,
    ),
)


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, object]]:
    """A row a metal for hydrogen, and one for each adsorbate over all metals."""
    potential = load_potential("chgnet", "", Compute(device="cpu"))
    folder = data_folder(data)
    measured_here = hydrogen_evolution.read_overpotentials(folder)
    for source in FACES_TABULATED:
        table, computed = source.read(folder), dict[str, dict[str, float]]()
        for metal in source.metals(folder):
            if quick and metal not in QUICK:
                continue
            result = on_close_packed(metal, ",".join(source.adsorbates), potential)
            computed[metal] = energies_by_adsorbate(result)
            say(f"{metal}: {', '.join(source.adsorbates)} in {result.seconds:.0f} s")
            if source.key == "hydrogen" and "H" in computed[metal]:
                yield _row(metal, computed[metal]["H"], table["H"], measured_here, result)
        for adsorbate, found in deviations(source, computed, folder).items():
            yield _summary(adsorbate, found)
        if source.key == "hydrogen":
            yield from _volcano(computed, folder)


def on_close_packed(metal: str, adsorbates: str, potential: Potential) -> AdsorptionResult:
    """Adsorbates on the close-packed face of a metal, at a quarter of a monolayer."""
    state = reference_states[atomic_numbers[metal]]
    assert state is not None
    spec = AdsorptionSpec(
        adsorbate=adsorbates,
        surface=FACES[str(state["symmetry"])],
        spacing=SPACING,
        potential=potential.key,
    )
    return adsorption_energies(structure_from_atoms(bulk(metal), metal), spec, potential)


def deviations(source: Tabulated, computed: Computed, folder: Path) -> dict[str, SlabError]:
    """Deviations from a table by adsorbate, where three metals or more were computed."""
    found = {}
    for adsorbate, table in source.read(folder).items():
        ours = {metal: row[adsorbate] for metal, row in computed.items() if adsorbate in row}
        if len(ours.keys() & table.keys()) >= _LEAST:
            found[adsorbate] = measured(ours, table, source.source)
    return found


def _row(
    metal: str,
    energy: float,
    table: Mapping[str, float],
    overpotentials: Mapping[str, float],
    result: AdsorptionResult,
) -> dict[str, object]:
    site = min(result.sites, key=lambda each: abs(each.energy.value - energy))
    return {
        "case": f"H on {metal}({''.join(str(each) for each in result.slab.miller)})",
        "site": site.ends_at,
        "ours eV": energy,
        "table eV": table[metal],
        "ours - table eV": energy - table[metal],
        "dG_H eV": energy + HYDROGEN.correction,
        "measured overpotential V": overpotentials.get(metal),
        "surface energy J/m2": result.slab.surface_energy,
        "s": result.seconds,
    }


def _volcano(computed: Computed, folder: Path) -> Iterator[dict[str, object]]:
    """How far from 0 the free energy of H is, against what was measured in the laboratory."""
    distances = {
        metal: abs(row["H"] + HYDROGEN.correction) for metal, row in computed.items() if "H" in row
    }
    currents = hydrogen_evolution.read_hydrogen(folder)
    laboratory = (
        ("log10 exchange current", {row.metal: -row.log_current for row in currents}),
        ("overpotential", hydrogen_evolution.read_overpotentials(folder)),
    )
    for name, table in laboratory:
        if len(distances.keys() & table.keys()) >= _LEAST:
            found = measured(distances, table, name)
            rank = f"rank {found.rank_correlation:.2f} with measured {name}"
            yield {"case": f"|dG_H|, {found.n_metals} metals: {rank}"}


def _summary(adsorbate: str, found: SlabError) -> dict[str, object]:
    return {
        "case": f"{adsorbate}, {found.n_metals} metals: MAE {found.error:.2f} eV; shifted by the "
        f"others' mean {found.shifted_error:.2f} eV; rank {found.rank_correlation:.2f}",
        "ours - table eV": -found.shift,
    }
