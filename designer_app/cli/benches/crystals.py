"""Crystals to measure relaxations on: common prototypes with many elements, strained and rattled.

The lattice parameters are rounded experimental ones: they only have to be a fair start.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal

STRAIN = 0.02
"""Standard deviation of each component of the strain."""
EXPANSION = 0.03
"""Largest change of each lattice vector in common, either way."""
RATTLE = 0.05
"""A, standard deviation of each coordinate."""

_CUBIC = {
    "rocksalt": "LiF 4.03 LiCl 5.13 NaF 4.63 NaCl 5.64 KCl 6.29 KBr 6.60 RbI 7.34 MgO 4.21 "
    "CaO 4.81 SrO 5.16 BaO 5.54 MnO 4.44 FeO 4.33 CoO 4.26 NiO 4.18 TiN 4.24 TiC 4.33 VN 4.14 "
    "PbS 5.94 MgS 5.20 CaS 5.69",
    "zincblende": "ZnS 5.41 ZnSe 5.67 ZnTe 6.10 CdTe 6.48 GaAs 5.65 GaP 5.45 InP 5.87 InSb 6.48 "
    "AlAs 5.66 SiC 4.36 BN 3.62 CuCl 5.42 CuBr 5.69",
    "cesiumchloride": "CsCl 4.12 CsBr 4.29 CsI 4.57 TlCl 3.83 NiAl 2.89 FeAl 2.91 CuZn 2.95",
    "fluorite": "CaF2 5.46 SrF2 5.80 BaF2 6.20 CeO2 5.41 ZrO2 5.09 OLi2 4.62 SiMg2 6.35",
    "diamond": "C 3.57 Si 5.43 Ge 5.66 Sn 6.49",
    "fcc": "Al 4.05 Cu 3.61 Ag 4.09 Au 4.08 Ni 3.52 Pd 3.89 Pt 3.92 Ca 5.58 Pb 4.95",
    "bcc": "Li 3.51 Na 4.29 K 5.33 Fe 2.87 Cr 2.88 V 3.03 Nb 3.30 Mo 3.15 W 3.16 Ta 3.30 Ba 5.02",
}
_HEXAGONAL = {
    "wurtzite": "ZnO 3.25 5.21 GaN 3.19 5.19 AlN 3.11 4.98 CdS 4.14 6.71 InN 3.54 5.70 "
    "BeO 2.70 4.38",
    "hcp": "Mg 3.21 5.21 Ti 2.95 4.69 Zn 2.66 4.95 Co 2.51 4.07 Zr 3.23 5.15 Sc 3.31 5.27 "
    "Y 3.65 5.73",
}
_ALSO_CONVENTIONAL = ("rocksalt", "fluorite")
"""Prototypes that appear in their primitive and in their cubic cell."""
_ALSO_DOUBLED = ("rutile", "layered")
"""Prototypes that appear once more with a doubled axis."""


@dataclass(frozen=True)
class _Prototype:
    """Sites of a space group, and the symbols and lattice parameters of its compounds."""

    space_group: int
    setting: int
    sites: tuple[tuple[float, float, float], ...]
    compounds: str


_BY_SPACE_GROUP = {
    "perovskite": _Prototype(
        221,
        1,
        ((0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)),
        "Sr-Ti-O 3.91 Ba-Ti-O 4.00 Ca-Ti-O 3.84 Pb-Ti-O 3.97 La-Mn-O 3.88 La-Al-O 3.79 "
        "La-Co-O 3.82 La-Fe-O 3.93 K-Nb-O 4.00 Na-Ta-O 3.93 Sr-Ru-O 3.93 Cs-Pb-Br 5.87 "
        "K-Mg-F 3.99 K-Mn-F 4.19 Ba-Li-F 4.00",
    ),
    "tilted perovskite": _Prototype(
        62,
        1,
        ((0.036, 0.25, 0.993), (0, 0, 0.5), (0.484, 0.25, 0.071), (0.289, 0.037, 0.711)),
        "Ca-Ti-O-O 5.44,7.64,5.38 La-Mn-O-O 5.70,7.70,5.54 La-Fe-O-O 5.57,7.85,5.55 "
        "La-Cr-O-O 5.48,7.76,5.51 Y-Al-O-O 5.33,7.37,5.18 Na-Mg-F-F 5.48,7.66,5.36 "
        "Ca-Zr-O-O 5.76,8.02,5.59 Sr-Zr-O-O 5.82,8.20,5.80 Ca-Mn-O-O 5.28,7.45,5.26 "
        "Ca-Sn-O-O 5.68,7.89,5.53",
    ),
    "rutile": _Prototype(
        136,
        1,
        ((0, 0, 0), (0.305, 0.305, 0)),
        "Ti-O 4.59,2.96 Sn-O 4.74,3.19 Mn-O 4.40,2.87 V-O 4.55,2.85 Ru-O 4.49,3.11 "
        "Mg-F 4.62,3.05 Ir-O 4.50,3.15 Zn-F 4.70,3.13 Ge-O 4.40,2.86",
    ),
    "anatase": _Prototype(
        141, 2, ((0, 0.75, 0.125), (0, 0.25, 0.083)), "Ti-O 3.78,9.51 Sn-O 4.05,9.90"
    ),
    "layered": _Prototype(
        166,
        1,
        ((0, 0, 0.5), (0, 0, 0), (0, 0, 0.26)),
        "Li-Co-O 2.82,14.05 Li-Ni-O 2.88,14.19 Na-Co-O 2.88,15.6 Li-Cr-O 2.90,14.4 "
        "Li-V-O 2.85,14.6 Na-Cr-O 2.97,15.9 Na-Fe-O 3.02,16.1 Na-Mn-O 2.95,15.9",
    ),
    "disulphide": _Prototype(
        164,
        1,
        ((0, 0, 0), (1 / 3, 2 / 3, 0.25)),
        "Ti-S 3.41,5.70 Ti-Se 3.54,6.01 Cd-I 4.24,6.84 Zr-S 3.66,5.82 Sn-S 3.65,5.90 V-S 3.22,5.76",
    ),
    "corundum": _Prototype(
        167,
        1,
        ((0, 0, 0.352), (0.306, 0, 0.25)),
        "Al-O 4.76,12.99 Fe-O 5.04,13.75 Cr-O 4.96,13.59 V-O 4.95,14.0 Ti-O 5.15,13.6 "
        "Ga-O 4.98,13.43",
    ),
    "spinel": _Prototype(
        227,
        2,
        ((0.125, 0.125, 0.125), (0.5, 0.5, 0.5), (0.263, 0.263, 0.263)),
        "Mg-Al-O 8.08 Li-Mn-O 8.24 Co-Co-O 8.08 Fe-Fe-O 8.40 Zn-Fe-O 8.44 Zn-Al-O 8.09 "
        "Li-Ti-O 8.41 Li-V-O 8.24 Zn-Cr-O 8.33 Mg-Cr-O 8.33",
    ),
    "olivine": _Prototype(
        62,
        1,
        (
            (0, 0, 0),
            (0.282, 0.25, 0.975),
            (0.095, 0.25, 0.418),
            (0.097, 0.25, 0.743),
            (0.457, 0.25, 0.206),
            (0.166, 0.046, 0.285),
        ),
        "Li-Fe-P-O-O-O 10.33,6.01,4.69 Li-Mn-P-O-O-O 10.45,6.10,4.74 "
        "Li-Co-P-O-O-O 10.20,5.92,4.70 Li-Ni-P-O-O-O 10.03,5.85,4.68 "
        "Na-Fe-P-O-O-O 10.41,6.22,4.95 Mg-Mg-Si-O-O-O 10.20,5.98,4.76",
    ),
}


def crystals(quick: bool = False) -> Iterator[tuple[str, list[Atoms]]]:
    """(prototype, its crystals), always the same; about 200 in all, or one of each prototype."""
    rng = np.random.default_rng(20)
    for prototype, ideal in _ideal().items():
        made = [_disturbed(atoms, rng) for atoms in (ideal[:1] if quick else ideal)]
        yield prototype, made


def _ideal() -> dict[str, list[Atoms]]:
    found: dict[str, list[Atoms]] = {}
    for prototype, table in _CUBIC.items():
        words = table.split()
        cells = [False, True] if prototype in _ALSO_CONVENTIONAL else [False]
        found[prototype] = [
            bulk(name, prototype, a=float(a), cubic=cubic)
            for cubic in cells
            for name, a in zip(words[::2], words[1::2], strict=True)
        ]
    for prototype, table in _HEXAGONAL.items():
        words = table.split()
        found[prototype] = [
            bulk(name, prototype, a=float(a), c=float(c))
            for name, a, c in zip(words[::3], words[1::3], words[2::3], strict=True)
        ]
    for name, prototype in _BY_SPACE_GROUP.items():
        words = prototype.compounds.split()
        found[name] = [
            _crystal(prototype, symbols.split("-"), [float(part) for part in lattice.split(",")])
            for symbols, lattice in zip(words[::2], words[1::2], strict=True)
        ]
        if name in _ALSO_DOUBLED:
            found[name] += [atoms * (2, 1, 1) for atoms in found[name]]
    return found


def _crystal(prototype: _Prototype, symbols: list[str], lattice: list[float]) -> Atoms:
    a, b, c = lattice if len(lattice) == 3 else (lattice[0], lattice[0], lattice[-1])
    gamma = 120 if 143 <= prototype.space_group <= 194 else 90
    made: Atoms = crystal(
        symbols,
        list(prototype.sites),
        spacegroup=prototype.space_group,
        setting=prototype.setting,
        cellpar=[a, b, c, 90, 90, gamma],
        primitive_cell=True,
    )
    return made


def _disturbed(ideal: Atoms, rng: np.random.Generator) -> Atoms:
    """Strained, expanded or compressed, and rattled."""
    atoms = Atoms(ideal.numbers, ideal.positions, cell=ideal.cell, pbc=True)
    strain = rng.normal(0, STRAIN, (3, 3))
    change = 1 + rng.uniform(-EXPANSION, EXPANSION)
    atoms.set_cell(
        atoms.cell.array @ (change * np.eye(3) + 0.5 * (strain + strain.T)), scale_atoms=True
    )
    atoms.positions += rng.normal(0, RATTLE, atoms.positions.shape)
    return atoms
