"""A minute's worth of training of each family on published frames: does it learn as it did?"""

from dataclasses import dataclass

import pytest

from designer_app.io.potential_cards import read_potential_card
from designer_app.jobs import train_potential
from designer_app.running.control import RunControl
from designer_app.specs.train_potential import TrainPotentialSpec


@dataclass(frozen=True, kw_only=True)
class Minute:
    """Epochs that take some 40 to 50 s of a core, and the errors that they reach."""

    model: str
    options: tuple[str, ...]
    learning_rate: float
    epochs: int
    forces: float
    """meV/A on test frames; a quarter above what was reached."""
    energies: float
    """meV/atom."""


MINUTES = (
    Minute(
        model="schnet",
        options=("n_features=64", "n_filters=64", "n_interactions=3", "n_gaussians=32"),
        learning_rate=3e-3,
        epochs=120,
        forces=55.0,
        energies=1.6,
    ),
    Minute(
        model="nequip",
        options=("n_features=16", "n_layers=3", "l_max=1", "parity=false", "cutoff=4"),
        learning_rate=1e-2,
        epochs=80,
        forces=70.0,
        energies=2.4,
    ),
    Minute(
        model="gemnet",
        options=("n_atom=32", "n_edge=32", "n_triplet=16", "n_blocks=2"),
        learning_rate=2e-3,
        epochs=32,
        forces=43.0,
        energies=1.1,
    ),
)


@pytest.mark.parametrize("minute", MINUTES, ids=lambda each: each.model)
def test_a_minute_on_ethanol_teaches_forces(data_folder, tmp_path, minute):
    frames = data_folder / "potentials" / "ethanol_rmd17"
    spec = TrainPotentialSpec(
        data=(frames / "train.xyz",),
        test_data=(frames / "test_MD.xyz",),
        out=tmp_path / "trained",
        model=minute.model,
        options=minute.options,
        preset="custom",
        epochs=minute.epochs,
        batch_size=5,
        learning_rate=minute.learning_rate,
        n_train=200,
        validation_share=0.05,
        test_share=0.0,
        averaging=0.99,
        threads=1,
        device="cpu",
    )
    train_potential.run(spec, RunControl())
    (test,) = (each for each in read_potential_card(spec.out).errors if each.name == "test")
    assert test.force_meV_A is not None
    assert test.force_meV_A < minute.forces
    assert test.energy_meV_atom is not None
    assert test.energy_meV_atom < minute.energies
