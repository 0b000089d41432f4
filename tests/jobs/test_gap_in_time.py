"""A GAP for which the time does not suffice: fewer frames, and a card that says so."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import InvalidSpecError
from designer_app.io.potential_cards import read_potential_card
from designer_app.jobs import train_potential
from designer_app.running.control import RunControl
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import SETTINGS_FILE
from designer_app.training import gap_fitting
from designer_app.training.gap_plan import LEAST_FRAMES

SIZES = ("n_max=4", "l_max=3", "n_sparse=16", "pair_points=8", "cutoff=4.0")


@pytest.fixture
def asked(tmp_path):
    frames = []
    for seed in range(20):
        atoms = bulk("Cu", cubic=True)
        atoms.positions += np.random.default_rng(seed).normal(0, 0.1, (4, 3))
        atoms.calc = EMT()
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
        frames.append(atoms)
    write(tmp_path / "copper.xyz", frames)

    def spec(minutes):
        data, out = (tmp_path / "copper.xyz",), tmp_path / "out"
        return TrainPotentialSpec(
            data=data, out=out, model="gap", options=SIZES, threads=1, max_minutes=minutes
        )

    return spec


def test_the_card_tells_how_many_frames_there_was_time_for(asked, monkeypatch):
    monkeypatch.setattr(gap_fitting, "TAKE_IN_UNTIL", 0.0)
    found = train_potential.run(asked(5.0), RunControl())
    assert found["n_frames"]["train"] == LEAST_FRAMES
    card = read_potential_card(asked(5.0).out)
    assert card.split.startswith(f"Learned from {LEAST_FRAMES} of 16 frames, chosen by chance")


def test_what_is_refused_before_its_first_frame_leaves_nothing_to_go_on_with(asked):
    with pytest.raises(InvalidSpecError, match="give more time"):
        train_potential.run(asked(1e-6), RunControl())
    assert not (asked(1e-6).out / SETTINGS_FILE).exists()
