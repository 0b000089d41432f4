"""Write the example structures of `resources/examples` from published lattice data.

Run in the program's environment: `python packaging/tools/build_examples.py [FOLDER]`. Each number
that is not derived here stands beside its source. Tests rebuild the files, compare them with the
shipped ones, and check formula, space group, density and nearest distance of each.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import add_adsorbate, fcc111
from ase.constraints import FixAtoms
from ase.geometry import cellpar_to_cell
from ase.io import write
from water_box import water_box

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.cif import read_cif
from designer_app.io.cif_block import Site
from designer_app.io.formulas import hill_formula, reduced
from designer_app.io.space_groups import operations, settings
from designer_app.io.unit_cell import whole_cell
from designer_app.io.writing import cif_text
from designer_app.jobs.order import run as order
from designer_app.potentials import load_potential
from designer_app.properties.single_points import energies_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.order import OrderSpec
from designer_app.specs.structure import Structure

EXAMPLES = resource("examples")


@dataclass(frozen=True)
class Published:
    """A crystal as its authors give it."""

    name: str
    source: str
    """Authors, journal, DOI or address, and what they measured."""
    cell: tuple[float, float, float, float, float, float]
    """a, b, c in A; alpha, beta, gamma in degrees."""
    hall_number: int
    """Space group with setting and origin, numbered as in spglib (1 to 530)."""
    sites: tuple[tuple[str, float, float, float], ...]
    """Element and fractional coordinates of the asymmetric unit."""
    shares: tuple[float, ...] = ()
    """Occupancies of the sites, where they are not all 1."""


CRYSTALS = (
    Published(
        name="LiFePO4",
        source="Triphylite, olivine structure, X-ray diffraction at room temperature:\n"
        "V. A. Streltsov, E. L. Belokoneva, V. G. Tsirelson, N. K. Hansen,\n"
        "Acta Cryst. B49 (1993) 147, doi:10.1107/S0108768192004701",
        cell=(10.332, 6.010, 4.692, 90.0, 90.0, 90.0),
        hall_number=292,
        sites=(
            ("Li", 0.0, 0.0, 0.0),
            ("Fe", 0.28222, 0.25, 0.97472),
            ("P", 0.09486, 0.25, 0.41820),
            ("O", 0.09678, 0.25, 0.74279),
            ("O", 0.45710, 0.25, 0.20602),
            ("O", 0.16558, 0.04646, 0.28478),
        ),
    ),
    Published(
        name="LiCoO2",
        source="Layered (O3) lithium cobalt oxide, single-crystal X-ray diffraction:\n"
        "J. Akimoto, Y. Gotoh, Y. Oosawa,\n"
        "J. Solid State Chem. 141 (1998) 298, doi:10.1006/jssc.1998.7966",
        cell=(2.8161, 2.8161, 14.0536, 90.0, 90.0, 120.0),
        hall_number=458,
        sites=(("Li", 0.0, 0.0, 0.0), ("Co", 0.0, 0.0, 0.5), ("O", 0.0, 0.0, 0.23968)),
    ),
    Published(
        name="LiMn2O4",
        source="Cubic spinel, above the charge ordering at 285 K. Cell by neutron diffraction:\n"
        "N. Igawa et al., JAEA, https://jopss.jaea.go.jp/search/servlet/search?5032448\n"
        "Oxygen: x = 0.2632 gives manganese the bond-valence sum of its mean charge, 3.5:\n"
        "I. D. Brown, D. Altermatt, Acta Cryst. B41 (1985) 244, doi:10.1107/S0108768185002063\n"
        "Origin choice 2 (at the inversion centre): with the operations of choice 1 these\n"
        "coordinates give a nonsense cell.",
        cell=(8.2442, 8.2442, 8.2442, 90.0, 90.0, 90.0),
        hall_number=526,
        sites=(
            ("Li", 0.125, 0.125, 0.125),
            ("Mn", 0.5, 0.5, 0.5),
            ("O", 0.2632, 0.2632, 0.2632),
        ),
    ),
    Published(
        name="NaCl",
        source="Halite at ambient conditions:\n"
        "D. Walker, P. K. Verma, L. M. D. Cranswick, R. L. Jones, S. M. Clark, S. Buhre,\n"
        "Am. Mineral. 89 (2004) 204, doi:10.2138/am-2004-0124",
        cell=(5.63931, 5.63931, 5.63931, 90.0, 90.0, 90.0),
        hall_number=523,
        sites=(("Na", 0.0, 0.0, 0.0), ("Cl", 0.5, 0.5, 0.5)),
    ),
    Published(
        name="Si",
        source="Silicon at 22.5 degC in vacuum, CODATA 2018 recommended lattice parameter:\n"
        "E. Tiesinga, P. J. Mohr, D. B. Newell, B. N. Taylor,\n"
        "Rev. Mod. Phys. 93 (2021) 025010, doi:10.1103/RevModPhys.93.025010",
        cell=(5.431020511, 5.431020511, 5.431020511, 90.0, 90.0, 90.0),
        hall_number=526,
        sites=(("Si", 0.125, 0.125, 0.125),),
    ),
    Published(
        name="Cu",
        source="Copper at 25 degC, corrected for refraction:\n"
        "M. E. Straumanis, L. S. Yu,\n"
        "Acta Cryst. A25 (1969) 676, doi:10.1107/S0567739469001549",
        cell=(3.61491, 3.61491, 3.61491, 90.0, 90.0, 90.0),
        hall_number=523,
        sites=(("Cu", 0.0, 0.0, 0.0),),
    ),
    Published(
        name="SrTiO3",
        source="Cubic strontium titanate at 293 K, gamma-ray diffraction:\n"
        "W. Jauch, M. Reehuis, Acta Cryst. A61 (2005) 411,\n"
        "https://scripts.iucr.org/cgi-bin/paper?sh5025",
        cell=(3.9053, 3.9053, 3.9053, 90.0, 90.0, 90.0),
        hall_number=517,
        sites=(("Sr", 0.0, 0.0, 0.0), ("Ti", 0.5, 0.5, 0.5), ("O", 0.5, 0.5, 0.0)),
    ),
)

LGPS = Published(
    name="Li10GeP2S12",
    source="Superionic conductor, disordered cell from neutron powder diffraction at 300 K:\n"
    "N. Kamaya et al., Nature Mater. 10 (2011) 682, doi:10.1038/nmat3066",
    cell=(8.71771, 8.71771, 12.63452, 90.0, 90.0, 90.0),
    hall_number=420,
    sites=(
        ("Li", 0.256, 0.272, 0.183),
        ("Li", 0.0, 0.5, 0.944),
        ("Li", 0.247, 0.247, 0.0),
        ("Ge", 0.0, 0.5, 0.691),
        ("P", 0.0, 0.5, 0.691),
        ("P", 0.0, 0.0, 0.5),
        ("S", 0.0, 0.185, 0.408),
        ("S", 0.0, 0.296, 0.095),
        ("S", 0.0, 0.699, 0.791),
    ),
    # Refined: 0.691, 1, 0.643, Ge 0.515. Alike, the two partly filled lithium sites exchange atoms
    # in the search, which leaves no lithium 1.7 A from another.
    shares=(2 / 3, 1.0, 2 / 3, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0),
)

TITANATE = Published(
    name="Li4Ti5O12",
    source="Spinel Li[Li1/3Ti5/3]O4, the anode of zero strain. Cell by single-crystal X-ray:\n"
    "K. Kataoka et al., AsCA 2006, http://asca06.iucr.org/srfile/sr006H00303E.html\n"
    "Oxygen: x = 0.2645 gives the shared octahedral site the bond-valence sum of its mean\n"
    "charge, 3.5: I. D. Brown, D. Altermatt, Acta Cryst. B41 (1985) 244,\n"
    "doi:10.1107/S0108768185002063",
    cell=(8.355, 8.355, 8.355, 90.0, 90.0, 90.0),
    hall_number=526,
    sites=(("Li", 0.125, 0.125, 0.125), ("Ti", 0.5, 0.5, 0.5), ("O", 0.2645, 0.2645, 0.2645)),
)
HEXAGONAL = ((0.0, -0.5, 0.5), (-0.5, 0.5, 0.0), (1.0, 1.0, 1.0))
"""Rows: vectors, in cubic ones, of the cell with three of the spinel's primitive ones: the smallest
that holds whole atoms of Li[Li1/3Ti5/3]O4."""

LATTICE_OF_PLATINUM_A = 3.9236
"""At 20 degC. J. W. Arblaster, Platinum Metals Rev. 41 (1997) 12."""
PLATINUM_TO_CARBON_A = 1.85
CARBON_TO_OXYGEN_A = 1.15
"""Atop CO on Pt(111) by LEED. D. F. Ogletree, M. A. Van Hove, G. A. Somorjai, Surf. Sci. 173 (1986)
351, doi:10.1016/0039-6028(86)90195-8."""
VACUUM_A = 6.0
"""On each side of the slab."""
EDGE = 1e-6
"""Fraction of a cell by which rounding may put an atom outside."""


def cif_of(crystal: Published) -> str:
    """The crystal as CIF text: its source, its symmetry operations, its asymmetric unit."""
    row = settings()[crystal.hall_number - 1]
    symmetry = operations(crystal.hall_number)
    a, b, c, alpha, beta, gamma = crystal.cell
    symbol = " ".join(row.international.split("=")[0].replace("_", "").split())
    choice = f":{row.choice}" if row.choice else ""
    lines = [f"# {line}" for line in crystal.source.splitlines()]
    lines += [
        f"data_{crystal.name}",
        f"_chemical_formula_sum '{formula_of(crystal)}'",
        f"_cell_length_a {a:.10g}",
        f"_cell_length_b {b:.10g}",
        f"_cell_length_c {c:.10g}",
        f"_cell_angle_alpha {alpha:g}",
        f"_cell_angle_beta {beta:g}",
        f"_cell_angle_gamma {gamma:g}",
        f"_space_group_name_H-M_alt '{symbol}{choice}'",
        f"_space_group_name_Hall '{row.hall_symbol}'",
        f"_space_group_IT_number {row.number}",
        "loop_",
        "_space_group_symop_operation_xyz",
    ]
    lines += [
        f"'{operation_text(rotation, shift)}'"
        for rotation, shift in zip(symmetry.rotations, symmetry.translations, strict=True)
    ]
    lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"]
    lines.append("_atom_site_occupancy")
    counts: dict[str, int] = {}
    shares = crystal.shares or (1.0,) * len(crystal.sites)
    for (element, x, y, z), share in zip(crystal.sites, shares, strict=True):
        counts[element] = counts.get(element, 0) + 1
        lines.append(f"{element}{counts[element]} {element} {x:g} {y:g} {z:g} {share:.6g}")
    return "\n".join(lines) + "\n"


def formula_of(crystal: Published) -> str:
    """The atoms of the whole cell as one formula unit, e.g. Fe Li O4 P."""
    sites = tuple(
        Site(element, element, np.array(place), share)
        for (element, *place), share in zip(
            crystal.sites, crystal.shares or (1.0,) * len(crystal.sites), strict=True
        )
    )
    cell = whole_cell(sites, operations(crystal.hall_number), cellpar_to_cell(crystal.cell))
    amounts, _ = reduced(cell.amounts())
    return " ".join(hill_formula({element: amounts[element]}) for element in sorted(amounts))


def operation_text(rotation: np.ndarray, shift: np.ndarray) -> str:
    """A symmetry operation as CIF writes it, e.g. -x+1/2, y, -z."""
    parts = []
    for row, move in zip(rotation, shift, strict=True):
        text = "".join(
            f"{'+' if factor > 0 else '-'}{axis}"
            for factor, axis in zip(row, "xyz", strict=True)
            if factor
        ).removeprefix("+")
        twelfths = round(float(move) * 12) % 12
        if twelfths:
            divisor = np.gcd(twelfths, 12)
            text += f"+{twelfths // divisor}/{12 // divisor}"
        parts.append(text)
    return ", ".join(parts)


def platinum_with_carbon_monoxide() -> Atoms:
    """Four layers of Pt(111), the lower two fixed, with a quarter monolayer of CO atop."""
    slab = fcc111("Pt", (2, 2, 4), a=LATTICE_OF_PLATINUM_A, vacuum=VACUUM_A)
    molecule = Atoms("CO", positions=[(0, 0, 0), (0, 0, CARBON_TO_OXYGEN_A)])
    add_adsorbate(slab, molecule, PLATINUM_TO_CARBON_A, "ontop")
    a, b, c = slab.cell.array
    higher = np.array([0.0, 0.0, PLATINUM_TO_CARBON_A + CARBON_TO_OXYGEN_A])
    slab.set_cell([a, b, c + higher])
    slab.set_constraint(FixAtoms(mask=[atom.tag > 2 for atom in slab]))
    slab.set_tags(None)
    slab.info.clear()
    slab.info["name"] = "Pt(111) with CO"
    return slab


def ordered_lgps(folder: Path) -> str:
    """Li10GeP2S12 with whole atoms: the arrangement of lowest electrostatic energy in one cell."""
    disordered = folder / "disordered.cif"
    disordered.write_text(cif_of(LGPS), encoding="utf-8")
    document = read_cif(disordered, -1, 10_000)
    disordered.unlink()
    spec = OrderSpec(structure=document.structure(), occupancies=document.occupancies, candidates=1)
    found = order(spec, RunControl())["documents"][0]
    note = f"{LGPS.source}\nOrdered by this program: lowest Ewald energy of the formal charges."
    return cif_text(found.renamed(LGPS.name), note)


def ordered_titanate() -> str:
    """Li4Ti5O12 with whole atoms: of the arrangements in a hexagonal cell, CHGNet's lowest."""
    sites = tuple(Site(element, element, np.array(place)) for element, *place in TITANATE.sites)
    cubic = cellpar_to_cell(TITANATE.cell)
    cell = np.array(HEXAGONAL) @ cubic
    spinel = whole_cell(sites, operations(TITANATE.hall_number), cubic)
    fractions, kinds = [], []
    for shift in np.ndindex(3, 3, 3):
        places = (spinel.fractional + np.array(shift) - 1) @ cubic @ np.linalg.inv(cell)
        inside = (places > -EDGE).all(axis=1) & (places < 1 - EDGE).all(axis=1)
        fractions += list(places[inside])
        kinds += [next(iter(spinel.shares[site])) for site in np.flatnonzero(inside)]
    by_element = np.argsort(kinds, kind="stable")
    kinds = [kinds[site] for site in by_element]
    structure = Structure(
        numbers=np.array([ATOMIC_NUMBERS[kind] for kind in kinds]),
        positions=np.array(fractions)[by_element] @ cell,
        cell=cell,
        pbc=(True, True, True),
        name=TITANATE.name,
    )
    shares = tuple({"Ti": 5 / 6, "Li": 1 / 6} if kind == "Ti" else {kind: 1.0} for kind in kinds)
    spec = OrderSpec(structure=structure, occupancies=shares, candidates=10)
    found = order(spec, RunControl())["documents"]
    energies = energies_of([each.content for each in found], load_potential("chgnet"))
    best = found[int(np.argmin(energies))]
    note = f"{TITANATE.source}\nOrdered by this program: lowest energy by CHGNet 0.3.0."
    return cif_text(best.renamed(TITANATE.name), note)


def write_all(folder: Path) -> None:
    """Write every structure into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for crystal in CRYSTALS:
        (folder / f"{crystal.name}.cif").write_text(cif_of(crystal), encoding="utf-8", newline="\n")
    (folder / "Li10GeP2S12.cif").write_text(ordered_lgps(folder), encoding="utf-8", newline="\n")
    (folder / "Li4Ti5O12.cif").write_text(ordered_titanate(), encoding="utf-8", newline="\n")
    write(folder / "Pt111_CO.extxyz", platinum_with_carbon_monoxide(), format="extxyz")
    write(folder / "water.extxyz", water_box(), format="extxyz")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES)
