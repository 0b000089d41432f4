from typing import ClassVar

import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import (
    FileUnreadableError,
    InvalidSpecError,
    UnknownKeyError,
    UnsupportedElementError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.potentials import load_potential
from designer_app.potentials.base import EnergyPotential
from designer_app.potentials.composite import half_of
from designer_app.potentials.delta import DeltaPotential
from designer_app.potentials.ensemble import EnsemblePotential
from designer_app.resources import resource
from designer_app.state import state_from_structures

EMT = "ase:ase.calculators.emt:EMT"
WANT = frozenset({"energy", "forces", "stress", "spread"})
ROUNDING = 1e-10


class _Springs(EnergyPotential):
    """Every pair inside the cutoff on a spring that is soft at the cutoff."""

    key: ClassVar[str] = "springs"

    def __init__(self, stiffness, *, half, elements=None):
        super().__init__(
            model="", model_sha256="0", cutoff=3.2, elements=elements, device=torch.device("cpu")
        )
        self.stiffness = stiffness
        self.half_list = half

    def atom_energies(self, state, neighbors):
        distances = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1)
        energy = self.stiffness * (self.cutoff - distances).clamp(min=0.0) ** 3
        shares = energy if self.half_list else 0.5 * energy
        none = torch.zeros(state.n_atoms, dtype=energy.dtype)
        return none.index_add(0, neighbors.first, shares)


@pytest.fixture
def copper():
    atoms = bulk("Cu", cubic=True)
    atoms.rattle(0.1, seed=1)
    return state_from_structures([structure_from_atoms(atoms)], torch.device("cpu"))


def _said(potential, state, want=WANT):
    neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
    return potential.predict(state, neighbors, want)


def test_the_mean_of_one_and_three_springs_is_two_springs(copper):
    members = [_Springs(1.0, half=True), _Springs(3.0, half=True)]
    mean = _said(EnsemblePotential(members, ""), copper)
    middle = _said(_Springs(2.0, half=True), copper, WANT - {"spread"})
    for name in ("energy", "forces", "stress"):
        torch.testing.assert_close(
            getattr(mean, name), getattr(middle, name), rtol=0, atol=ROUNDING
        )


def test_the_spread_of_one_and_three_springs_is_the_force_of_one(copper):
    members = [_Springs(1.0, half=True), _Springs(3.0, half=True)]
    spread = _said(EnsemblePotential(members, ""), copper).spread
    forces = _said(_Springs(1.0, half=True), copper, frozenset({"forces"})).forces
    torch.testing.assert_close(
        spread, torch.linalg.vector_norm(forces, dim=1), rtol=0, atol=ROUNDING
    )


def test_members_that_agree_have_no_spread(copper):
    members = [_Springs(2.0, half=True), _Springs(2.0, half=True)]
    assert _said(EnsemblePotential(members, ""), copper).spread.max() < ROUNDING


def test_members_may_want_different_lists(copper):
    members = [_Springs(2.0, half=True), _Springs(2.0, half=False)]
    mixed = EnsemblePotential(members, "")
    said = _said(mixed, copper)
    alone = _said(_Springs(2.0, half=True), copper, WANT - {"spread"})
    torch.testing.assert_close(said.energy, alone.energy, rtol=0, atol=ROUNDING)
    assert said.spread.max() < ROUNDING


def test_half_of_a_full_list_holds_each_pair_once():
    small = state_from_structures([structure_from_atoms(bulk("Cu"))], torch.device("cpu"))
    full = build_neighbors(small, 5.0, half=False)
    half = half_of(full)
    assert 2 * half.n_pairs == full.n_pairs
    kept = {(*s.tolist(),) for s in half.shifts}
    assert not kept & {(*(-s).tolist(),) for s in half.shifts}


def test_only_what_is_wanted_is_said(copper):
    said = _said(EnsemblePotential([_Springs(1.0, half=True)] * 2, ""), copper, frozenset())
    assert said.forces is None
    assert said.stress is None
    assert said.spread is None


def test_elements_are_those_that_all_members_know(copper):
    members = [
        _Springs(1.0, half=True, elements=frozenset({1, 8})),
        _Springs(1.0, half=True, elements=frozenset({8, 29})),
        _Springs(1.0, half=True),
    ]
    ensemble = EnsemblePotential(members, "oxygen only")
    assert ensemble.elements == {8}
    with pytest.raises(UnsupportedElementError):
        ensemble.check(copper)


def test_an_ensemble_with_a_foreign_member_is_not_native():
    loaded = load_potential("ensemble", f"{EMT}+{EMT}(asap_cutoff=True)", Compute())
    assert [member.model for member in loaded.members] == [
        "ase.calculators.emt:EMT",
        "ase.calculators.emt:EMT(asap_cutoff=True)",
    ]
    assert not loaded.native
    assert loaded.gives == {"energy", "forces", "stress", "spread"}


@pytest.mark.parametrize(
    "joined", [lambda parts: EnsemblePotential(parts, ""), lambda parts: DeltaPotential(*parts)]
)
def test_what_has_a_part_with_direct_forces_conserves_no_energy(joined):
    parts = [_Springs(1.0, half=True), _Springs(3.0, half=True)]
    assert joined(parts).conservative
    parts[1].conservative = False
    assert not joined(parts).conservative


def test_members_may_be_tables_of_ones_own(tmp_path):
    shipped = resource("potentials/lennard-jones") / "noble-gases.toml"
    texts = []
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_bytes(shipped.read_bytes())
        texts.append(f"lennard-jones:{tmp_path / name}.toml")
    assert len(load_potential("ensemble", "+".join(texts), Compute("cpu")).members) == 2


def test_a_plus_inside_a_keyword_does_not_separate_members():
    model = f"{EMT}+ase:ase.calculators.lj:LennardJones(sigma=2.2e+0)"
    assert len(load_potential("ensemble", model, Compute()).members) == 2


def test_members_may_stand_in_a_file(tmp_path):
    path = tmp_path / "members.toml"
    path.write_text('members = ["morse", "second-moment"]', encoding="utf-8")
    assert len(load_potential("ensemble", str(path), Compute()).members) == 2


@pytest.mark.parametrize(
    ("model", "error"),
    [
        (EMT, InvalidSpecError),
        (f"{EMT}+nonsense:x", InvalidSpecError),
        ("nonsense:x", UnknownKeyError),
        (f"ensemble:{EMT}+{EMT}", UnknownKeyError),
        ("/nowhere/members.toml", FileUnreadableError),
    ],
)
def test_members_that_make_no_sense_are_refused(model, error):
    with pytest.raises(error):
        load_potential("ensemble", model, Compute())


def test_a_file_without_members_is_refused(tmp_path):
    path = tmp_path / "members.toml"
    path.write_text("members = 3", encoding="utf-8")
    with pytest.raises(FileUnreadableError):
        load_potential("ensemble", str(path), Compute())
