import numpy as np
import torch

from designer_app.jobs import md
from designer_app.potentials.gemnet import GemNet
from designer_app.running.control import RunControl
from designer_app.specs.fields import settings_of
from designer_app.specs.md import MDSpec
from designer_app.specs.networks import GemNetSettings
from designer_app.specs.structure import Structure
from designer_app.weights.potential_cards import PotentialCard, write_potential

TINY = {"n_atom": 8, "n_edge": 8, "n_triplet": 4, "n_blocks": 1, "n_spherical": 2, "cutoff": 3.0}


def written(folder, *, direct):
    settings = GemNetSettings(**TINY, direct_forces=direct)
    torch.manual_seed(0)
    arrays = {name: each.numpy() for name, each in GemNet(settings).state_dict().items()}
    card = PotentialCard(
        family="gemnet",
        title="tiny",
        settings=settings_of(settings),
        elements=("H", "O"),
        cutoff=3.0,
        references_eV={},
    )
    write_potential(folder, card, {**arrays, "scale": np.array(0.01)})
    return folder


def warnings_of(folder):
    water = np.array([[0.0, 0.0, 0.1], [0.0, 0.76, -0.5], [0.0, -0.76, -0.5]])
    structure = Structure(np.array([8, 1, 1]), water, np.zeros((3, 3)), (False,) * 3)
    spec = MDSpec(
        structure=structure, potential="gemnet", model=str(folder), ensemble="nve", steps=2
    )
    return md.run(spec, RunControl())["warnings"]


def test_a_run_says_that_direct_forces_do_not_conserve_the_energy(tmp_path):
    assert md.NOT_CONSERVED in warnings_of(written(tmp_path, direct=True))


def test_a_run_with_forces_of_the_energy_says_nothing_of_it(tmp_path):
    assert md.NOT_CONSERVED not in warnings_of(written(tmp_path, direct=False))
