"""A box of liquid water: rigid molecules at the density of the liquid, settled by Monte Carlo.

TIP3P (Jorgensen et al. 1983, doi:10.1063/1.445869) decides which moves are taken; with it the
molecules turn their hydrogens towards oxygens, so that a simulation does not start from clashes.
The moves come from a seeded generator and do not depend on forces, so that every machine gets the
same box.
"""

import numpy as np
from ase import Atoms

BOND_A = 0.9572
ANGLE_DEG = 104.52
"""TIP3P's geometry, that of the free molecule (Benedict et al. 1956, doi:10.1063/1.1742731)."""
DENSITY_G_CM3 = 0.99705
"""At 25 degC (IAPWS-95, doi:10.1063/1.1461829)."""
_CHARGE_H = 0.417
_COULOMB = 14.399645
"""e^2/(4 pi eps0) in eV A."""
_SIGMA_A = 3.15061
_EPSILON_EV = 0.1521 * 0.0433641
_KT_EV = 298.15 * 8.617333e-5
_MASS_AMU = 18.01528
_AVOGADRO_A3_CM3 = 0.602214076


def water_box(n_side: int = 4, sweeps: int = 300, seed: int = 1) -> Atoms:
    """n_side^3 molecules in a cubic cell."""
    rng = np.random.default_rng(seed)
    count = n_side**3
    length = (count * _MASS_AMU / _AVOGADRO_A3_CM3 / DENSITY_G_CM3) ** (1 / 3)
    grid = np.stack(np.meshgrid(*[np.arange(n_side)] * 3, indexing="ij"), -1).reshape(-1, 3)
    centres = (grid + 0.5) * length / n_side
    molecules = np.array([centre + _molecule() @ _rotation(rng, np.pi).T for centre in centres])
    for _ in range(sweeps):
        for index in rng.permutation(count):
            _try_move(molecules, index, length, rng)
    return _atoms(molecules, length)


def _molecule() -> np.ndarray:
    """(3, 3) O, H, H with the oxygen at the origin."""
    half = np.radians(ANGLE_DEG / 2)
    return BOND_A * np.array(
        [[0, 0, 0], [np.sin(half), 0, np.cos(half)], [-np.sin(half), 0, np.cos(half)]]
    )


def _rotation(rng: np.random.Generator, largest: float) -> np.ndarray:
    """A rotation about a random axis by at most `largest` radians."""
    axis = rng.normal(size=3)
    x, y, z = axis / np.linalg.norm(axis)
    angle = rng.uniform(-largest, largest)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _try_move(molecules: np.ndarray, index: int, length: float, rng: np.random.Generator) -> None:
    oxygen = molecules[index, 0]
    turned = (molecules[index] - oxygen) @ _rotation(rng, 0.5).T
    moved = turned + oxygen + rng.uniform(-0.2, 0.2, 3)
    others = np.delete(molecules, index, axis=0)
    change = _energy(moved, others, length) - _energy(molecules[index], others, length)
    if rng.random() < np.exp(-max(change, 0.0) / _KT_EV):
        molecules[index] = moved


def _energy(molecule: np.ndarray, others: np.ndarray, length: float) -> float:
    """TIP3P energy of a molecule with the nearest images of the others, eV."""
    charges = _CHARGE_H * np.array([-2.0, 1.0, 1.0])
    image = -length * np.rint((others[:, 0] - molecule[0]) / length)
    apart = (others + image[:, None])[:, None, :, :] - molecule[None, :, None, :]
    distances = np.linalg.norm(apart, axis=-1)
    coulomb = _COULOMB * (charges[:, None] * charges[None, :] / distances).sum()
    sixth = (_SIGMA_A / distances[:, 0, 0]) ** 6
    return float(coulomb + 4 * _EPSILON_EV * (sixth**2 - sixth).sum())


def _atoms(molecules: np.ndarray, length: float) -> Atoms:
    """The box with molecules kept whole and their oxygens inside."""
    inside = molecules - length * np.floor(molecules[:, :1] / length)
    box = Atoms("OH2" * len(inside), inside.reshape(-1, 3), cell=[length] * 3, pbc=True)
    box.info["name"] = "Water"
    return box
