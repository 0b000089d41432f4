"""Phases made up for hulls: formulas with energies, no crystals."""

from collections.abc import Callable, Mapping

import pytest

from designer_app.screening.reference.phases import ReferencePhase
from designer_app.specs.hull import HullOrigin
from designer_app.specs.structure import Structure

MADE_UP = HullOrigin(
    potential="made up", model_sha256="0" * 64, reference_set="made-up set", correction="none"
)


def _no_structure() -> Structure:
    raise AssertionError


@pytest.fixture
def made_up() -> HullOrigin:
    return MADE_UP


@pytest.fixture
def phase_with() -> Callable[..., ReferencePhase]:
    """A phase of amounts and an energy in eV per atom."""

    def made(amounts: Mapping[str, float], per_atom: float, source: str = "") -> ReferencePhase:
        n_atoms = sum(amounts.values())
        named = source or "".join(f"{el}{n:g}" for el, n in amounts.items())
        return ReferencePhase(named, dict(amounts), per_atom * n_atoms, 0.0, _no_structure)

    return made
