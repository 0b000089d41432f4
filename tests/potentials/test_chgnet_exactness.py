"""Our CHGNet against the `chgnet` package: same weights, same numbers.

The truth is the package's own model and graph in double precision. In single precision the package
itself differs from it by up to 3e-4 eV/A on crystals with collinear bonds, where the slope of acos
amplifies rounding; ours may err 1.5 times as much.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, fcc111
from ase.spacegroup import crystal

from designer_app.compiled import HAS_COMPILER
from designer_app.device import Compute
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import QUANTITIES, Prediction
from designer_app.potentials.chgnet import CHGNetPotential, load
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

ENERGY_DOUBLE = 1e-6
"""eV/atom; the package divides compositions in single precision, which leaves 5e-7."""
FORCE_DOUBLE = 1e-6
"""eV/A; measured: 2e-8."""
STRESS_DOUBLE = 1e-8
"""eV/A^3 (1.6 kPa); measured: 3e-10."""
MAGMOM_DOUBLE = 1e-7
"""Bohr magnetons; measured: 6e-9."""
ENERGY_SINGLE = 5e-6
"""eV/atom."""
FORCE_SINGLE = 1e-4
"""eV/A, or 1.5 times the package's own error on that crystal."""
STRESS_SINGLE = 3e-6
"""eV/A^3 (0.5 MPa)."""
MAGMOM_SINGLE = 2e-5
"""Bohr magnetons."""

KERNELS = [
    "torch",
    pytest.param("numba", marks=pytest.mark.skipif(not HAS_COMPILER, reason="no numba")),
]
ALL = frozenset(QUANTITIES) - {"spread", "variances"}


def rattled(atoms: Atoms, amount: float) -> Atoms:
    atoms = atoms.copy()
    atoms.rattle(amount, seed=len(atoms))
    return atoms


def olivine() -> Atoms:
    sites = [(0, 0, 0), (0.28222, 0.25, 0.97472), (0.09486, 0.25, 0.41820)]
    sites += [(0.09678, 0.25, 0.74279), (0.45710, 0.25, 0.20602), (0.16558, 0.04646, 0.28478)]
    cell = [10.3377, 6.0112, 4.6950, 90, 90, 90]
    return crystal(["Li", "Fe", "P", "O", "O", "O"], sites, spacegroup=62, cellpar=cell)


def spinel() -> Atoms:
    sites = [(0.125, 0.125, 0.125), (0.5, 0.5, 0.5), (0.2632, 0.2632, 0.2632)]
    cell = [8.2457] * 3 + [90] * 3
    return crystal(["Li", "Mn", "O"], sites, spacegroup=227, setting=2, cellpar=cell)


def layered() -> Atoms:
    sites = [(0, 0, 0.5), (0, 0, 0), (0, 0, 0.2605)]
    cell = [2.816, 2.816, 14.05, 90, 90, 120]
    return crystal(["Li", "Co", "O"], sites, spacegroup=166, cellpar=cell)


def rutile() -> Atoms:
    cell = [4.594, 4.594, 2.959, 90, 90, 90]
    return crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=cell)


def perovskite(formula: str, a: float, c: float, lift: float = 0.0) -> Atoms:
    sites = [(0, 0, 0), (0.5, 0.5, 0.5 + lift), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    return Atoms(formula, scaled_positions=sites, cell=[a, a, c], pbc=True)


def thiophosphate() -> Atoms:
    """Li10GeP2S12, ordered: tetrahedra of Ge and P in a tetragonal cell."""
    heights = {"Ge": [(0, 0.5, 0.69)], "P": [(0.5, 0, 0.69), (0, 0, 0.5)]}
    atoms = Atoms(cell=[8.72, 8.72, 12.63], pbc=True)
    for symbol, places in heights.items():
        for place in places:
            center = np.array(place) * atoms.cell.lengths()
            reach = 2.2 if symbol == "Ge" else 2.05
            corners = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / np.sqrt(3)
            atoms += Atoms([symbol] + ["S"] * 4, [center, *(center + reach * corners)])
    lithium = [(0.26, 0.27, 0.19), (0.75, 0.74, 0.2), (0, 0.5, 0.94), (0.25, 0.25, 0.0)]
    lithium += [(0.26, 0.75, 0.3), (0.73, 0.25, 0.82), (0.5, 0.5, 0.25), (0.5, 0.5, 0.75)]
    lithium += [(0.5, 0.0, 0.1), (0.76, 0.77, 0.98)]
    atoms += Atoms("Li10", np.array(lithium) * atoms.cell.lengths())
    return atoms


def sheared_silicon() -> Atoms:
    atoms = bulk("Si", cubic=True).repeat((2, 1, 1))
    shear = np.eye(3) + np.array([[0, 0.1, 0.03], [0, 0, 0.05], [0, 0, 0]])
    atoms.set_cell(atoms.cell[:] @ shear, scale_atoms=True)
    return atoms


CRYSTALS: dict[str, Callable[[], Atoms]] = {
    "LiFePO4 28": lambda: rattled(olivine(), 0.05),
    "Si 216": lambda: rattled(bulk("Si", cubic=True).repeat(3), 0.05),
    "LiMn2O4 56": lambda: rattled(spinel(), 0.05),
    "Li10GeP2S12 25": lambda: rattled(thiophosphate(), 0.02),
    "Cu 4": lambda: rattled(bulk("Cu", cubic=True), 0.03),
    "Fe 2": lambda: rattled(bulk("Fe", cubic=True), 0.03),
    "W 1": lambda: bulk("W"),
    "Li 1": lambda: bulk("Li"),
    "NaCl 2": lambda: bulk("NaCl", "rocksalt", a=5.64),
    "NaCl 8": lambda: rattled(bulk("NaCl", "rocksalt", a=5.64, cubic=True), 0.1),
    "Si 2": lambda: bulk("Si"),
    "Al(111) slab": lambda: rattled(fcc111("Al", (2, 2, 4), vacuum=10.0, periodic=True), 0.05),
    "CsCl 2": lambda: rattled(bulk("CsCl", "cesiumchloride", a=4.12), 0.03),
    "Mg 2": lambda: rattled(bulk("Mg"), 0.03),
    "BaTiO3 5": lambda: rattled(perovskite("BaTiO3", 4.0, 4.03, 0.015), 0.03),
    "SrTiO3 40": lambda: rattled(perovskite("SrTiO3", 3.905, 3.905).repeat(2), 0.05),
    "Si 16 sheared": lambda: rattled(sheared_silicon(), 0.05),
    "LiCoO2 12": lambda: rattled(layered(), 0.03),
    "TiO2 6": lambda: rattled(rutile(), 0.04),
    "GaAs 2": lambda: bulk("GaAs", "zincblende", a=5.65),
    "ZnS wurtzite 4": lambda: bulk("ZnS", "wurtzite", a=3.82, c=6.26),
    "H in a box": lambda: Atoms("H", [(7.5, 7.5, 7.5)], cell=[15.0] * 3, pbc=True),
    "H2O and He in a box": lambda: Atoms(
        "H2OHe", [(0, 0.76, 0.59), (0, -0.76, 0.59), (0, 0, 0), (7, 7, 7)], cell=[15] * 3, pbc=True
    ),
}
LARGE: dict[str, Callable[[], Atoms]] = {
    "LiFePO4 224": lambda: rattled(olivine().repeat(2), 0.05),
    "MgO 200": lambda: rattled(bulk("MgO", "rocksalt", a=4.21).repeat((4, 5, 5)), 0.05),
}
R2SCAN = ("LiFePO4 28", "Fe 2", "Al(111) slab", "CsCl 2")

CASES = [("0.3.0", name) for name in CRYSTALS] + [("r2scan", name) for name in R2SCAN]
CASES += [pytest.param("0.3.0", name, marks=pytest.mark.slow) for name in LARGE]


@dataclass(frozen=True)
class Answer:
    """What the package says, in our units."""

    energy: float
    forces: np.ndarray
    stress: np.ndarray
    magmoms: np.ndarray
    energies: np.ndarray


class Package:
    """The `chgnet` package's model in one number type, asked once per crystal."""

    def __init__(self, model: str, dtype: torch.dtype) -> None:
        from chgnet.model.model import CHGNet

        self._dtype = dtype
        self._model = CHGNet.load(model_name=model, use_device="cpu", verbose=False).to(dtype)
        # it makes its composition vector in single precision whatever the model's type
        self._model.composition_model.float()
        self._model.graph_converter.set_isolated_atom_response("ignore")
        self._known: dict[str, Answer] = {}

    def answer(self, name: str) -> Answer:
        if name not in self._known:
            with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # its graph and pymatgen warn about themselves
                patch.setattr("chgnet.graph.converter.TORCH_DTYPE", self._dtype)
                patch.setattr("chgnet.model.model.TORCH_DTYPE", self._dtype)
                self._known[name] = self._asked(atoms_of(name))
        return self._known[name]

    def _asked(self, atoms: Atoms) -> Answer:
        from pymatgen.io.ase import AseAtomsAdaptor

        graph = self._model.graph_converter(AseAtomsAdaptor.get_structure(atoms))
        found = self._model.predict_graph(graph, task="efsm", return_site_energies=True)
        stress = found["s"] / 160.21766208  # GPa, with the package's own constant
        energy = float(found["e"]) * len(atoms)
        return Answer(energy, found["f"], stress, found["m"], found["site_energies"])


def atoms_of(name: str) -> Atoms:
    return (CRYSTALS | LARGE)[name]()


@pytest.fixture(scope="module")
def package() -> Iterator[Callable[[str, torch.dtype], Package]]:
    """The package's models, loaded when first asked for."""
    loaded: dict[tuple[str, torch.dtype], Package] = {}

    def ask(model: str, dtype: torch.dtype) -> Package:
        key = model, dtype
        if key not in loaded:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded[key] = Package(model, dtype)
        return loaded[key]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield ask
    torch.set_num_threads(threads)


def ours(model: str, name: str, dtype: str, kernels: str) -> Prediction:
    potential: CHGNetPotential = load(model, Compute("cpu", dtype, 1))
    potential.use_kernels({**potential.kernel_choice(), "kernels": kernels})
    atoms = atoms_of(name)
    pbc = tuple(bool(flag) for flag in atoms.pbc)
    structure = Structure(atoms.numbers, atoms.positions, atoms.cell[:], pbc)
    state = state_from_structures([structure], torch.device("cpu"))
    return potential.predict(state, build_neighbors(state, 6.5, half=True), ALL)


def largest(found: torch.Tensor | np.ndarray | None, truth: np.ndarray) -> float:
    return float(np.abs(np.asarray(found) - truth).max())


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize(("model", "name"), CASES)
def test_double_precision_gives_the_numbers_of_the_package(
    package: Callable[[str, torch.dtype], Package], model: str, name: str, kernels: str
) -> None:
    truth = package(model, torch.float64).answer(name)
    found = ours(model, name, "float64", kernels)
    assert abs(float(found.energy) - truth.energy) / len(truth.forces) < ENERGY_DOUBLE
    assert largest(found.forces, truth.forces) < FORCE_DOUBLE
    assert largest(found.stress[0], truth.stress) < STRESS_DOUBLE
    assert largest(found.magmoms, truth.magmoms) < MAGMOM_DOUBLE
    assert largest(found.energies, truth.energies) < ENERGY_DOUBLE


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize(("model", "name"), CASES)
def test_single_precision_errs_no_more_than_the_package(
    package: Callable[[str, torch.dtype], Package], model: str, name: str, kernels: str
) -> None:
    truth = package(model, torch.float64).answer(name)
    theirs = package(model, torch.float32).answer(name)
    found = ours(model, name, "float32", kernels)
    allowed = max(FORCE_SINGLE, 1.5 * largest(theirs.forces, truth.forces))
    assert abs(float(found.energy) - truth.energy) / len(truth.forces) < ENERGY_SINGLE
    assert largest(found.forces, truth.forces) < allowed
    assert largest(found.stress[0], truth.stress) < STRESS_SINGLE
    assert largest(found.magmoms, truth.magmoms) < MAGMOM_SINGLE
