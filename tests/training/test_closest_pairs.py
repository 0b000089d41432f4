"""What a trained network carries of the shortest distances in its data."""

import numpy as np
from scipy.spatial.distance import pdist

from designer_app.graphs.dataset import FrameGraphs
from designer_app.io.potential_cards import PotentialCard
from designer_app.potentials.nuclear_repulsion import ENDS, NUMBERS, SHORTEST_OF_ALL
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure
from designer_app.training.closest_pairs import repulsion_arrays
from designer_app.training.network_training import fit
from designer_app.training.starting import starting_point
from designer_app.weights.potential_cards import write_potential


def _molecule(*places: float) -> LabelledFrame:
    """Carbon, then hydrogens, along a line."""
    positions = np.zeros((len(places), 3))
    positions[:, 0] = places
    numbers = np.array([6, *[1] * (len(places) - 1)])
    return LabelledFrame(
        Structure(
            numbers=numbers, positions=positions, cell=np.zeros((3, 3)), pbc=(False, False, False)
        )
    )


def test_each_pair_of_elements_ends_before_its_shortest_distance():
    first, second = _molecule(0.0, 1.1, 3.0), _molecule(0.0, 1.5, 2.3)
    found = repulsion_arrays((FrameGraphs([first], 4.0), FrameGraphs([second], 4.0)))
    assert found[NUMBERS].tolist() == [1, 6]
    np.testing.assert_allclose(found[ENDS] / SHORTEST_OF_ALL, [[0.8, 1.1], [1.1, 0.8]])


def test_frames_without_pairs_have_an_end_all_the_same():
    found = repulsion_arrays((FrameGraphs([_molecule(0.0, 9.0)], 4.0),))
    assert np.isfinite(found[ENDS]).all()


def test_a_trained_network_carries_them(copper_frames, tiny_training):
    fitted = fit(copper_frames, tiny_training(epochs=1), RunControl())
    frames = (*copper_frames.train, *copper_frames.validation)
    in_cells = min(float(pdist(each.structure.positions).min()) for each in frames)
    assert fitted.arrays[NUMBERS].tolist() == [29]
    assert 0.8 * in_cells < float(fitted.arrays[ENDS][0, 0]) <= SHORTEST_OF_ALL * in_cells


def test_a_correction_leaves_near_atoms_to_its_baseline(copper_frames, tiny_training):
    fitted = fit(copper_frames, tiny_training(epochs=1, baseline="morse:"), RunControl())
    assert ENDS not in fitted.arrays


def test_a_training_begins_from_the_weights_alone(copper_frames, tiny_training, tmp_path):
    fitted = fit(copper_frames, tiny_training(epochs=1), RunControl())
    card = PotentialCard(
        family="schnet",
        title="first",
        settings=fitted.settings,
        elements=("Cu",),
        cutoff=fitted.cutoff,
        references_eV=fitted.references,
    )
    (tmp_path / "first").mkdir()
    write_potential(tmp_path / "first", card, fitted.arrays)
    start = starting_point(tiny_training(start=tmp_path / "first"))
    assert start is not None
    assert not {NUMBERS, ENDS} & set(start.weights)
