"""Interatomic potentials: one file and one registry row each."""

from designer_app.device import Compute
from designer_app.potentials.base import EnergyPotential, Potential, Prediction
from designer_app.specs.potentials import POTENTIALS

__all__ = ["EnergyPotential", "Potential", "Prediction", "as_ase_calculator", "load_potential"]


def load_potential(key: str, model: str = "", compute: Compute | None = None) -> Potential:
    """The potential of a registry key; an empty model means the family's first shipped one."""
    row = POTENTIALS[key]
    potential: Potential = row.load()(row.chosen(model), compute or Compute())
    return potential


def as_ase_calculator(potential: Potential) -> "object":
    """An ASE calculator that asks the potential, for matcalc, phonopy, NEB and other codes."""
    from designer_app.potentials.ase_calculator import PotentialCalculator

    return PotentialCalculator(potential)
