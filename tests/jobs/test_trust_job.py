from dataclasses import replace

import numpy as np
import pytest
import torch
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.device import Compute
from designer_app.io.documents import atoms_from_structure, structure_from_atoms
from designer_app.io.potential_cards import PotentialCard, read_potential_card
from designer_app.jobs import evaluate, trust
from designer_app.potentials import load_potential
from designer_app.potentials.schnet import SchNet
from designer_app.potentials.trained import SCALE, load
from designer_app.running.control import RunControl
from designer_app.specs.evaluate import EvaluateSpec
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import SchNetSettings
from designer_app.specs.trust import TrustSpec
from designer_app.training import knowing
from designer_app.training.frames import SplitFrames
from designer_app.training.knowing import with_knowledge
from designer_app.weights.potential_cards import read_potential, write_potential

SIZES = {"n_features": 16, "n_filters": 16, "n_interactions": 2, "n_gaussians": 16, "cutoff": 4.0}


def copper(seed, stretch=1.0):
    atoms = bulk("Cu", cubic=True)
    atoms.set_cell(stretch * atoms.cell, scale_atoms=True)
    atoms.positions += np.random.default_rng(seed).normal(0, 0.08, (4, 3))
    atoms.calc = EMT()
    return LabelledFrame(
        structure_from_atoms(atoms), atoms.get_potential_energy(), atoms.get_forces()
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network that learned nothing, and what it sees of copper at its own volume."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("potential")
    arrays = {
        name: each.numpy() for name, each in SchNet(SchNetSettings(**SIZES)).state_dict().items()
    }
    card = PotentialCard(
        family="schnet",
        title="untrained",
        settings=SIZES,
        elements=("Cu",),
        cutoff=4.0,
        references_eV={"Cu": 0.0},
    )
    card = write_potential(path, card, {**arrays, SCALE: np.array(0.1)})
    frames = SplitFrames(
        train=tuple(copper(seed) for seed in range(60)),
        validation=tuple(copper(seed) for seed in range(100, 130)),
        test=tuple(copper(seed) for seed in range(200, 230)),
    )
    with_knowledge(path, card, load(str(path), Compute("cpu")), frames, RunControl())
    return path


def report(folder, structure):
    spec = TrustSpec(potential="schnet", model=str(folder), structure=structure)
    return trust.run(spec, RunControl())


def test_what_was_learned_from_is_green(folder):
    said = report(folder, copper(7).structure)
    assert said.level == "good"
    assert said.distances.max() < 1.5


def test_what_is_far_from_it_is_red_and_says_which_atoms(folder):
    said = report(folder, copper(7, stretch=0.8).structure)
    assert said.level == "no"
    assert "Add such structures" in next(a.sentence for a in said.axes if a.key == "distance")


def test_the_shipped_potential_that_a_family_begins_with_knows_its_limits():
    silicon = structure_from_atoms(bulk("Si", cubic=True))
    said = trust.run(TrustSpec(potential="nequip", structure=silicon), RunControl())
    assert "distance" in [axis.key for axis in said.axes]


def test_an_element_never_seen_is_red(folder):
    said = report(folder, structure_from_atoms(bulk("Ni", cubic=True)))
    assert said.level == "no"
    assert "Ni" in said.axes[0].sentence


def test_intervals_tell_their_coverage_on_frames_that_set_nothing(folder):
    axis = next(a for a in report(folder, copper(7).structure).axes if a.key == "interval")
    assert "30 frames that it never saw" in axis.sentence


def test_an_evaluation_tells_how_many_components_lie_inside_their_intervals(folder, tmp_path):
    frames = [copper(seed) for seed in range(300, 330)]
    atoms = []
    for frame in frames:
        atoms.append(atoms_from_structure(frame.structure))
        said = {"energy": frame.energy, "forces": frame.forces}
        atoms[-1].calc = SinglePointCalculator(atoms[-1], **said)
    write(tmp_path / "copper.xyz", atoms, format="extxyz")
    spec = EvaluateSpec(data=(tmp_path / "copper.xyz",), potentials=(f"schnet:{folder}",))
    inside = evaluate.run(spec, RunControl()).judged[0].interval_coverage
    few_components = 0.07  # 360 of them, those of a frame alike
    assert inside == pytest.approx(0.9, abs=few_components)


def test_potentials_without_features_are_judged_by_what_they_have():
    said = trust.run(
        TrustSpec(
            potential="lennard-jones",
            model="noble-gases",
            structure=structure_from_atoms(bulk("Ar", "fcc", a=5.3)),
        ),
        RunControl(),
    )
    assert said.level == "good"
    assert said.distances is None


def test_members_that_differ_widen_the_interval(folder):
    spread = load_potential("ensemble", "chgnet:0.3.0+chgnet:r2scan", Compute("cpu"))
    said = trust.run(
        TrustSpec(
            potential="ensemble",
            model=spread.model,
            structure=structure_from_atoms(bulk("Cu", cubic=True)),
        ),
        RunControl(),
    )
    assert "differ" in next(a.sentence for a in said.axes if a.key == "spread")


def test_frames_of_elements_never_learned_do_not_end_the_training(folder):
    nickel = LabelledFrame(structure_from_atoms(bulk("Ni", cubic=True)), 0.0, np.zeros((4, 3)))
    frames = SplitFrames(
        train=tuple(copper(seed) for seed in range(20)),
        validation=(*(copper(seed) for seed in range(100, 125)), nickel),
        test=(*(copper(seed) for seed in range(200, 225)), nickel),
    )
    potential, card = load(str(folder), Compute("cpu")), read_potential_card(folder)
    told = with_knowledge(folder, card, potential, frames, RunControl()).calibration
    assert (told["n_frames"], told["n_covered"]) == (25, 25)


def test_frames_without_forces_promise_no_interval(folder, tmp_path):
    card, arrays = read_potential(folder)
    card = write_potential(tmp_path, replace(card, calibration={}), arrays)
    kept = [copper(seed) for seed in range(100, 124)]
    frames = SplitFrames(
        train=tuple(copper(seed) for seed in range(20)),
        validation=(*kept[:2], *(replace(each, forces=None) for each in kept[2:])),
    )
    potential = load(str(tmp_path), Compute("cpu"))
    assert with_knowledge(tmp_path, card, potential, frames, RunControl()).calibration == {}


def test_few_frames_kept_back_tell_distances_but_promise_no_interval(folder, tmp_path):
    card, arrays = read_potential(folder)
    card = write_potential(tmp_path, replace(card, calibration={}), arrays)
    frames = SplitFrames(
        train=tuple(copper(seed) for seed in range(20)),
        validation=tuple(copper(seed) for seed in range(100, 110)),
    )
    potential = load(str(tmp_path), Compute("cpu"))
    assert with_knowledge(tmp_path, card, potential, frames, RunControl()).calibration == {}
    assert "distance" in [axis.key for axis in report(tmp_path, copper(7).structure).axes]


def test_what_one_frame_alone_shows_is_not_far(folder, monkeypatch):
    """It lies between those that the kept surroundings are chosen among."""
    monkeypatch.setattr(knowing, "MOST_FRAMES", 20)
    monkeypatch.setattr(knowing, "MOST_OF_AN_ELEMENT", 5)
    squeezed = copper(1, stretch=0.9)
    learned = [copper(seed) for seed in range(60)]
    learned[31] = squeezed
    potential = load(str(folder), Compute("cpu"))
    held = knowing.seen_atoms(potential, [copper(s) for s in range(100, 130)], RunControl())
    known = knowing.surroundings_of(potential, learned, held, RunControl())
    again = knowing.seen_atoms(potential, [squeezed], RunControl())
    assert known.distances(again.features, again.numbers).max() < 1.0


def test_an_element_of_one_frame_alone_is_known(folder, monkeypatch):
    monkeypatch.setattr(knowing, "MOST_FRAMES", 20)
    nickel = replace(copper(1), structure=structure_from_atoms(bulk("Ni", cubic=True)))
    learned = [copper(seed) for seed in range(60)]
    learned[31] = nickel
    potential = load(str(folder), Compute("cpu"))
    potential.elements = frozenset({28, 29})
    held = knowing.seen_atoms(potential, [copper(s) for s in range(100, 130)], RunControl())
    known = knowing.surroundings_of(potential, learned, held, RunControl())
    again = knowing.seen_atoms(potential, [nickel], RunControl())
    assert np.isfinite(known.distances(again.features, again.numbers)).all()
