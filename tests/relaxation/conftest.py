import numpy as np
import pytest

from designer_app.device import Compute
from designer_app.potentials import load_potential
from designer_app.specs.structure import Structure


@pytest.fixture(scope="session")
def emt():
    return load_potential("ase", "ase.calculators.emt:EMT", Compute())


@pytest.fixture
def structure_of():
    """A structure from ASE atoms, optionally with fixed atoms."""

    def made(atoms, fixed=None):
        return Structure(
            numbers=atoms.numbers.astype(np.int64),
            positions=atoms.positions.copy(),
            cell=np.array(atoms.cell),
            pbc=tuple(bool(flag) for flag in atoms.pbc),
            fixed=fixed,
        )

    return made


@pytest.fixture
def rattled_metals():
    """Six metal cells of 1 to 12 atoms, strained and rattled."""
    from ase.build import bulk

    rng = np.random.default_rng(3)
    made = []
    for symbol, a in (("Cu", 3.70), ("Al", 4.15), ("Pt", 3.85)):
        for cells in (1, 3):
            atoms = bulk(symbol, a=a, cubic=True) * (cells, 1, 1)
            atoms.rattle(0.08, rng=rng)
            made.append(atoms)
    return made
