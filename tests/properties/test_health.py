from types import SimpleNamespace

import numpy as np
import pytest
from ase.build import bulk, molecule

from designer_app.device import Compute
from designer_app.errors import ElectronsNotConvergedError
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs import health, relax
from designer_app.potentials import load_potential
from designer_app.properties.health import dimers
from designer_app.properties.health.checkup import check_potential
from designer_app.properties.health.dimers import attraction
from designer_app.properties.health.equation_of_state import minima, minimum
from designer_app.properties.health.subject import subject_of
from designer_app.properties.health.vibrations import (
    _judged,
    force_constants,
    frequencies_of,
    rigid_motions,
)
from designer_app.running.control import RunControl
from designer_app.specs.health import HealthSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.trust.judging import Knowledge
from designer_app.units import GPA

ARGON = structure_from_atoms(bulk("Ar", "fcc", a=5.25, cubic=True))
LJ_ALONE = {"potential": "lennard-jones", "model": "noble-gases"}
LJ = {**LJ_ALONE, "temperature": 20.0}


@pytest.fixture(scope="module")
def report():
    """Of a potential that cannot be unwell."""
    return health.run(HealthSpec(structure=ARGON, steps=200, **LJ), RunControl())


def item(report, key):
    return next(each for each in report.items if each.key == key)


def test_a_sound_potential_is_called_sound(report):
    assert report.level == "good", [each.sentence for each in report.items]
    assert report.structure == "Ar4"


def test_every_check_shows_a_curve_or_says_why_not(report):
    assert all(each.curves or each.level == "skipped" for each in report.items)


def test_the_bulk_modulus_is_that_of_argon(report):
    # 2.7 GPa measured at 4 K (Peterson et al. 1966); pairs of these parameters give 3.1.
    modulus = float(
        item(report, "equation-of-state").sentence.split("modulus ")[1].split(" GPa")[0]
    )
    assert modulus == pytest.approx(3, abs=1)


def test_the_minimum_of_the_curve_is_where_a_relaxation_ends(report):
    said = item(report, "equation-of-state").sentence
    a = float(said.split("(a = ")[1].split(" Å")[0])
    found = relax.run(RelaxSpec(structures=(ARGON,), smax=0.001, **LJ_ALONE), RunControl())
    rounded = 6e-4
    assert a == pytest.approx(found["lattice"][0][0], abs=rounded)
    assert f"{100.0 * ((a / 5.25) ** 3 - 1.0):+.1f} % against" in said


def test_a_distance_that_was_lost_is_care_and_says_so():
    potential = load_potential("lennard-jones", "noble-gases", Compute("cpu"))
    known = Knowledge(None, None, "How far it can see is not known.")
    spec = HealthSpec(structure=ARGON, steps=20, **LJ)
    found = item(check_potential(potential, spec, known, RunControl()), "extrapolation")
    assert (found.level, found.sentence) == ("care", known.lost)


def test_a_molecule_has_no_equation_of_state():
    nitrogen = structure_from_atoms(molecule("N2"))
    spec = HealthSpec(
        structure=nitrogen, potential="ase", model="ase.calculators.emt:EMT", steps=50
    )
    assert item(health.run(spec, RunControl()), "equation-of-state").level == "skipped"


def test_frequencies_of_a_spring_are_its_own():
    k, masses = 2.0, np.array([3.0, 5.0])
    hessian = np.zeros((6, 6))
    hessian[0, 0] = hessian[3, 3] = k
    hessian[0, 3] = hessian[3, 0] = -k
    reduced = masses.prod() / masses.sum()
    known = np.sqrt(k * 1.602176634e-19 / 1e-20 / (reduced * 1.66053907e-27)) / (2 * np.pi) * 1e-12
    rigid = rigid_motions(np.array([[0.0, 0, 0], [1.1, 0, 0]]), masses, turning=True)
    assert rigid.shape == (6, 5)  # a line does not turn about itself
    assert frequencies_of(hessian, masses, rigid)[-1] == pytest.approx(known, rel=1e-6)


def test_a_molecule_that_is_not_quite_at_rest_does_not_vibrate_by_turning():
    """A spring that is pressed turns away; that is no imaginary vibration."""
    k, pressed, masses = 2.0, -0.3, np.array([3.0, 5.0])
    across = np.diag([k, pressed, pressed])
    hessian = np.block([[across, -across], [-across, across]])
    rigid = rigid_motions(np.array([[0.0, 0, 0], [1.1, 0, 0]]), masses, turning=True)
    held = rigid_motions(np.array([[0.0, 0, 0], [1.1, 0, 0]]), masses, turning=False)
    assert frequencies_of(hessian, masses, rigid)[0] == pytest.approx(0.0, abs=1e-6)
    assert frequencies_of(hessian, masses, held)[0] < -1.0


def test_a_molecule_on_a_ridge_is_told_in_its_own_words():
    level, sentence, advice = _judged(np.array([-3.0, 1.0]), 0.0, True)
    assert level == "care"
    assert sentence.startswith("1 vibration is imaginary")
    assert "cell" not in sentence + advice


def test_force_constants_of_a_crystal_do_not_move_it_as_a_whole():
    potential = load_potential("lennard-jones", "noble-gases", Compute("cpu"))
    subject = subject_of(potential, HealthSpec(structure=ARGON, **LJ), RunControl())
    hessian = force_constants(subject).reshape(4, 3, 4, 3)
    assert np.abs(hessian.sum(axis=2)).max() < 1e-6 * np.abs(hessian).max()


def test_the_minimum_of_a_curve_of_birch_and_murnaghan_is_its_own():
    volumes, v0, b0, slope = np.linspace(16, 24, 17), 20.4, 90.0, 4.2
    x = (v0 / volumes) ** (2 / 3)
    energies = 9 * v0 * b0 * GPA / 16 * ((x - 1) ** 3 * slope + (x - 1) ** 2 * (6 - 4 * x))
    assert minimum(volumes, energies) == pytest.approx((v0, b0), rel=1e-6)


@pytest.mark.parametrize(
    ("energies", "known"),
    [([3, 1, 0, 1, 3], 1), ([3, 1, 0, 1, 0.5, 3], 2), ([3, 2, 1, 0], 1), ([0, 1, 2, 1.5], 2)],
)
def test_valleys_of_a_curve_are_counted(energies, known):
    assert minima(np.array(energies, dtype=float)) == known


def test_a_hole_at_short_distance_is_found_with_the_wall_before_it():
    r = np.geomspace(0.5, 6.0, 200)
    sound = 4 * ((2 / r) ** 12 - (2 / r) ** 6)
    assert attraction(r, sound, 1.8) is None
    hole = np.where(r < 1.5, 5.0 - 20.0 * (1.5 - r), np.minimum(sound, 5.0))
    distance, wall = attraction(r, hole, 1.8)
    assert distance == pytest.approx(1.6, abs=0.15)
    assert wall == pytest.approx(6.0, abs=0.2)


def test_forces_that_are_no_slope_are_told(monkeypatch):
    from designer_app.properties.health import vibrations

    lopsided = np.eye(12)
    lopsided[0, 5] = 0.3
    monkeypatch.setattr(vibrations, "force_constants", lambda _: lopsided)
    potential = load_potential("lennard-jones", "noble-gases", Compute("cpu"))
    subject = subject_of(potential, HealthSpec(structure=ARGON, **LJ), RunControl())
    assert vibrations.check(subject).level == "no"


def test_an_attraction_without_a_wall_is_told_so():
    item = dimers._judged([("H-H", 0.5, -3.0)], ())
    assert item.level == "no"
    assert "no wall" in item.sentence


def test_in_a_molecule_its_own_atoms_are_pushed_together(monkeypatch):
    asked = []
    monkeypatch.setattr(dimers, "energies_of", lambda _p, found, _c: asked.append(found) or ZEROS)
    water = structure_from_atoms(molecule("H2O"))
    subject = SimpleNamespace(rest=water, potential=None, control=None)
    assert len(dimers.check(subject).curves) == 2  # of hydrogens, and of hydrogen and oxygen
    for pushed in (each for scan in asked for each in scan):
        assert len(pushed) == 3
        assert (pushed.positions != water.positions).any(axis=1).sum() <= 1


def nearest_of(structure):
    apart = np.linalg.norm(structure.positions[:, None] - structure.positions, axis=-1)
    return apart[~np.eye(len(structure), dtype=bool)].min()


@pytest.fixture
def pushed(monkeypatch):
    """Health of two atoms pushed together, of an energy that settles down to a distance in A."""

    def made(energy, settles_from, structure):
        def energies(_potential, structures, _control):
            nearest = np.array([nearest_of(each) for each in structures])
            if nearest.min() < settles_from:
                raise ElectronsNotConvergedError("GFN1-xTB", 250, 2)
            return energy(nearest)

        monkeypatch.setattr(dimers, "energies_of", energies)
        return dimers.check(SimpleNamespace(rest=structure, potential=None, control=None))

    return made


WATER = structure_from_atoms(molecule("H2O"))


def test_pairs_are_pushed_as_near_as_electrons_settle(pushed):
    item = pushed(lambda r: 1.0 / r, 1.0, ARGON)
    assert item.curves[0].x.min() >= 1.0


def test_a_scan_that_ends_before_a_wall_is_care_and_says_how_near_it_came(pushed):
    item = pushed(lambda r: 1.0 / r, 1.0, ARGON)
    assert item.level == "care"
    assert f"no nearer than Ar-Ar {item.curves[0].x.min():.2f} Å" in item.sentence


def test_a_scan_that_ends_behind_a_wall_that_heat_does_not_pass_is_good(pushed):
    item = pushed(lambda r: 100.0 / r**6, 1.0, ARGON)
    assert item.level == "good"
    assert "Ar-Ar 1.0" in item.sentence


def test_an_attraction_that_electrons_hide_is_not_called_a_repulsion(pushed):
    item = pushed(lambda r: -1.0 / r, 0.80, WATER)
    assert item.level == "care"
    assert "All pairs" not in item.sentence
    assert "H-O" in item.sentence


def test_pairs_that_are_not_looked_at_are_told(pushed):
    item = pushed(lambda r: 1.0 / r, 0.0, WATER)  # it has one oxygen
    assert item.level == "good"
    assert "Not looked at: 1 more pair of elements" in item.sentence


ZEROS = np.zeros(dimers.N_DISTANCES)
