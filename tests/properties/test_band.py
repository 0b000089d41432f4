from dataclasses import replace

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import Cancelled, LostBandError
from designer_app.explanations import explain_exception
from designer_app.io.documents import atoms_from_structure, structure_from_atoms
from designer_app.potentials import as_ase_calculator, load_potential
from designer_app.properties import band as band_module
from designer_app.properties.band import band_forces, interpolated, relaxed_band, tangents
from designer_app.properties.hops import ends_of, hop_kinds
from designer_app.relaxation import Goal, relax
from designer_app.running.control import RunControl

FMAX = 1e-3
"""eV/A, to which bands are relaxed here."""
SAME_PASS = 2e-5
"""eV between two bands that reach the same pass with forces below FMAX: second order in them."""
SYMMETRIC = 1e-8
"""eV: ends and bands that are mirror images differ by rounding alone."""


@pytest.fixture(scope="module")
def argon():
    return load_potential("lennard-jones", "noble-gases", Compute(device="cpu"))


@pytest.fixture(scope="module")
def images(argon):
    """A vacancy hop in solid argon, 31 atoms: relaxed ends and what lies between."""
    crystal = structure_from_atoms(bulk("Ar", a=5.26, cubic=True), "Ar")
    (kind,) = hop_kinds(crystal, "Ar", 4.0)
    ends = relax(ends_of(crystal, kind, (2, 2, 2)), argon, Goal(fmax=1e-5, fix_cell=True))
    return interpolated(ends[0].structure, ends[1].structure, 5)


@pytest.fixture(scope="module")
def band(argon, images):
    return relaxed_band(images, argon, fmax=FMAX, steps=500)


def test_a_hop_between_equal_sites_ends_as_high_as_it_begins(band):
    assert float(band.energies[0]) == pytest.approx(float(band.energies[-1]), abs=SYMMETRIC)


def test_a_hop_between_equal_sites_has_its_top_in_the_middle(band):
    assert band.highest == 3
    assert band.energies.numpy() == pytest.approx(band.energies.numpy()[::-1], abs=1e-6)


def test_the_top_feels_no_force(argon, band):
    """Neither along the band nor across it: it is a stationary point of the energy."""
    top = band.positions[band.highest]
    atoms = bulk("Ar", a=5.26, cubic=True).repeat(2)[1:]
    atoms.positions = top.numpy()
    atoms.calc = as_ase_calculator(argon)
    assert np.linalg.norm(atoms.get_forces(), axis=1).max() <= FMAX


def test_the_pass_is_as_high_as_that_of_ase(argon, images, band):
    from ase.mep.neb import NEB
    from ase.optimize import FIRE

    theirs = [atoms_from_structure(image) for image in images]
    for each in theirs:
        each.calc = as_ase_calculator(argon)
    neb = NEB(theirs, climb=True, method="improvedtangent", k=1.0)
    FIRE(neb, logfile=None).run(fmax=FMAX, steps=500)
    expected = max(each.get_potential_energy() for each in theirs)
    assert float(band.energies.max()) == pytest.approx(expected, abs=SAME_PASS)


def test_without_climbing_the_pass_is_not_higher(argon, images, band):
    resting = relaxed_band(images[::2], argon, fmax=FMAX, steps=300, climb=False)
    assert resting.converged
    assert float(resting.energies.max()) <= float(band.energies.max()) + SAME_PASS


def test_the_images_stay_evenly_spaced_beside_the_top(band):
    legs = np.diff(band.distances.numpy())
    assert legs[:3] == pytest.approx(legs[3:][::-1], rel=1e-3)
    assert legs.max() < 1.5 * legs.min()


def test_a_band_that_runs_out_of_steps_says_so(argon, images):
    short = relaxed_band(images, argon, fmax=1e-6, steps=3)
    assert not short.converged
    assert short.n_steps == 3


def test_images_across_a_face_of_the_cell_see_what_lies_behind_it(images):
    """The crystal laid elsewhere in its cell has the same way; pairs across faces count in it."""
    start, end = images[0], images[-1]
    moved = (start.positions - start.positions[-1]) @ np.linalg.inv(start.cell)
    faces = -np.floor(moved) @ start.cell - start.positions[-1]

    def laid(each):
        return replace(each, positions=each.positions + faces)

    again = interpolated(laid(start), laid(end), 5)
    for image, other in zip(images, again, strict=True):
        assert other.positions == pytest.approx(laid(image).positions, abs=1e-6)


def test_the_climbing_image_changes_only_for_a_clearly_higher_one():
    energies = torch.tensor([0.0, 1.0, 0.5, 1.01, 0.0])
    assert band_module._climbing(energies, None) == 3
    assert band_module._climbing(energies, 1) == 1
    assert band_module._climbing(energies, 2) == 3
    assert band_module._climbing(torch.tensor([0.0, 1.0, 2.0]), None) is None


def test_a_band_that_grows_too_long_is_given_up(argon, images, monkeypatch):
    monkeypatch.setattr(band_module, "LONGEST_BAND", 1.001)
    lost = relaxed_band(images, argon, fmax=1e-6, steps=100)
    assert lost.is_lost
    assert not lost.converged
    assert lost.n_steps < 100


def test_a_lost_band_is_told_in_a_sentence():
    told = explain_exception(LostBandError("the hop of Li over 3.00 Å", 2.1))
    assert "2.1 times its length" in told.sentence


def test_fixed_atoms_stay(argon, images):
    held = np.zeros(len(images[0]), dtype=bool)
    held[:10] = True
    fixed = [
        type(each)(each.numbers, each.positions, each.cell, each.pbc, fixed=held) for each in images
    ]
    found = relaxed_band(fixed, argon, fmax=1e-2, steps=50)
    before = np.array([each.positions[:10] for each in images])
    assert found.positions[:, :10].numpy() == pytest.approx(before, abs=0)


def test_a_band_can_be_cancelled(argon, images):
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        relaxed_band(images, argon, control=control)


def test_tangents_lead_towards_the_higher_neighbour():
    positions = torch.tensor([[[0.0, 0, 0]], [[1.0, 0, 0]], [[1.0, 1, 0]], [[2.0, 1, 0]]])
    rising = tangents(positions, torch.tensor([0.0, 1.0, 2.0, 3.0]))
    falling = tangents(positions, torch.tensor([3.0, 2.0, 1.0, 0.0]))
    assert rising.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert falling.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_climbing_image_goes_up_along_the_band_and_down_across_it():
    positions = torch.tensor([[[0.0, 0, 0]], [[1.0, 0, 0]], [[2.0, 0, 0]]])
    forces = torch.tensor([[[-0.5, 0.3, 0.0]]])
    energies = torch.tensor([0.0, 1.0, 0.0])
    (pushed,) = band_forces(positions, energies, forces, climbing=1).tolist()
    assert pushed[0] == pytest.approx([0.5, 0.3, 0.0])
    (resting,) = band_forces(positions, energies, forces, climbing=None).tolist()
    assert resting[0] == pytest.approx([0.0, 0.3, 0.0])
