"""Fine-tuning CHGNet: it starts from the package's network and changes what it may."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.elements import SYMBOLS
from designer_app.errors import Cancelled, FileUnreadableError, UnsupportedElementError
from designer_app.graphs import atoms_to_graph
from designer_app.graphs.periodic import edge_graph_of
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.potentials.chgnet.module import REFERENCES, CHGNetModule
from designer_app.potentials.chgnet.weights import read_weights
from designer_app.potentials.network import ScaledNetwork
from designer_app.potentials.trained import references_of
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import CHGNetTuning
from designer_app.state import state_from_structures
from designer_app.training.chgnet_tuning import energy_offsets, fit
from designer_app.training.frames import SplitFrames
from designer_app.weights.potential_cards import PotentialCard, write_potential

CPU = torch.device("cpu")
WANT = frozenset({"energy", "forces", "stress"})
DOUBLE = 1e-6
"""eV and eV/A: sums in another order, in double precision."""
SINGLE = 1e-5
"""eV/atom: the package computes in single precision."""
SINGLE_FORCE = 1e-4
"""eV/A."""
OFFSET = 0.7
"""eV an atom, as between two sets of pseudopotentials."""


def salt(seed):
    atoms = bulk("NaCl", "rocksalt", a=5.6)
    atoms.rattle(0.1, seed=seed)
    return structure_from_atoms(atoms)


def said(potential, structure, want=WANT):
    state = state_from_structures([structure], CPU)
    pairs = build_neighbors(state, potential.cutoff, half=potential.half_list)
    return potential.predict(state, pairs, want)


@pytest.fixture(scope="module")
def pretrained():
    return load_potential("chgnet", "0.3.0", Compute("cpu", "float64", 1))


@pytest.fixture(scope="module")
def frames(pretrained):
    """What CHGNet says, with stiffer forces and other pseudopotentials."""
    found = []
    for seed in range(6):
        structure = salt(seed)
        told = said(pretrained, structure)
        energy = float(told.energy[0]) + OFFSET * len(structure)
        found.append(LabelledFrame(structure, energy, 1.3 * told.forces.numpy()))
    return SplitFrames(tuple(found[:4]), tuple(found[4:]))


@pytest.fixture
def tuning(tiny_training):
    def spec(**changed):
        return tiny_training(
            **{"model": "chgnet", "options": (), "epochs": 2, "learning_rate": 1e-3, **changed}
        )

    return spec


def folder_with(fitted, folder, elements=("Na", "Cl")):
    card = PotentialCard(
        family="chgnet",
        title="tuned",
        settings=fitted.settings,
        elements=elements,
        cutoff=fitted.cutoff,
        references_eV=fitted.references,
    )
    folder.mkdir(exist_ok=True)
    write_potential(folder, card, fitted.arrays)
    return folder


# --- the module ---


@pytest.mark.parametrize("atoms", [bulk("Si", cubic=True), bulk("Cu") * (2, 1, 1)])
def test_the_module_that_learns_says_what_the_fast_potential_says(pretrained, atoms):
    atoms.rattle(0.1, seed=3)
    module = CHGNetModule(CHGNetTuning()).double()
    references = dict(zip(SYMBOLS[1:95], module.references.tolist(), strict=True))
    scaled = ScaledNetwork(module, references_of(references), 1.0)
    graph = edge_graph_of(atoms_to_graph(atoms, module.cutoff), torch.float64)
    found = scaled.predict(graph, torch.tensor([atoms.get_volume()]), for_training=True)
    wanted = said(pretrained, structure_from_atoms(atoms))
    torch.testing.assert_close(found.energy, wanted.energy, rtol=0, atol=DOUBLE)
    torch.testing.assert_close(found.forces, wanted.forces, rtol=0, atol=DOUBLE)
    torch.testing.assert_close(found.stress, wanted.stress, rtol=0, atol=DOUBLE)


def test_forces_can_be_differentiated_by_the_weights():
    module = CHGNetModule(CHGNetTuning())
    graph = edge_graph_of(atoms_to_graph(salt(0), module.cutoff), torch.float32)
    scaled = ScaledNetwork(module, references_of({}), 1.0)
    scaled.predict(graph, for_training=True).forces.square().sum().backward()
    learning = {name for name, each in module.named_parameters() if each.requires_grad}
    moved = {n for n, each in module.named_parameters() if each.grad is not None}
    # bonds of this salt are shorter than 3 A, so angles matter; a constant shifts no force
    assert learning - moved <= {"mlp.layers.7.bias"}


# --- where it begins ---


def test_energies_of_other_pseudopotentials_are_met_before_it_learns(frames, tuning):
    offsets = energy_offsets(frames.train, tuning(), RunControl())
    assert offsets == pytest.approx({"Na": OFFSET, "Cl": OFFSET}, abs=1e-3)


def test_an_element_that_chgnet_does_not_know_is_refused(frames, tuning):
    strange = replace(frames.train[0].structure, numbers=np.array([11, 86]))
    with pytest.raises(UnsupportedElementError):
        energy_offsets([LabelledFrame(strange, 0.0)], tuning(), RunControl())


# --- what it changes ---


def changed(fitted):
    start = read_weights("0.3.0").tensors
    return {name for name, each in start.items() if not np.array_equal(each, fitted.arrays[name])}


def test_tuning_learns_all_but_what_has_no_way_into_the_energy(frames, tuning):
    told = changed(fit(frames, tuning(epochs=1), RunControl()))
    assert not any(name.startswith(("site_wise.", "angle_layers.2.")) for name in told)
    assert {"atom_embedding.embedding.weight", "bond_weights_bg.weight"} <= told


def test_references_change_only_for_the_elements_of_the_frames(frames, tuning):
    fitted = fit(frames, tuning(epochs=1), RunControl())
    start = read_weights("0.3.0").tensors[REFERENCES].numpy()
    others = np.delete(np.arange(94), [10, 16])
    np.testing.assert_array_equal(fitted.arrays[REFERENCES][0, others], start[0, others])


def test_frozen_tuning_changes_the_last_layers_alone(frames, tuning):
    told = changed(fit(frames, tuning(epochs=1, options=("freeze=true",)), RunControl()))
    allowed = ("atom_conv_layers.3.", "readout_norm.", "mlp.", REFERENCES)
    assert told
    assert all(name.startswith(allowed) for name in told)


def test_tuning_brings_the_forces_nearer(frames, tuning):
    control = RunControl()
    fit(frames, tuning(epochs=12), control)
    rows = control.series.drain()
    assert rows[-1]["force_validation_meV_A"] < 0.5 * rows[0]["force_validation_meV_A"]


# --- going on ---


class Stopped(RunControl):
    """Cancelled at its n-th checkpoint."""

    def __init__(self, at):
        super().__init__()
        self.left = at

    def checkpoint(self):
        self.left -= 1
        if self.left == 0:
            self.cancel()
        super().checkpoint()


def test_a_tuning_that_was_stopped_goes_on_to_the_same_weights(frames, tuning, tmp_path):
    whole = fit(frames, tuning(batch_size=2), RunControl())
    spec = tuning(batch_size=2, out=tmp_path / "stopped")
    with pytest.raises(Cancelled):
        fit(frames, spec, Stopped(len(frames.train) + 1))
    continued = fit(frames, replace(spec, resume=True), RunControl())
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(continued.arrays[name], array)


# --- its folder ---


def test_a_tuned_folder_computes_what_the_package_computes_with_its_weights(
    frames, tuning, tmp_path
):
    fitted = fit(frames, tuning(), RunControl())
    folder = folder_with(fitted, tmp_path / "tuned")
    tuned = load_potential("chgnet", str(folder), Compute("cpu", "float64", 1))
    structure = salt(9)
    found = said(tuned, structure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from chgnet.model.model import CHGNet
        from pymatgen.core import Lattice
        from pymatgen.core import Structure as Crystal

        package = CHGNet()
        package.load_state_dict({n: torch.from_numpy(each) for n, each in fitted.arrays.items()})
        symbols = ["Na", "Cl"]
        crystal = Crystal(
            Lattice(structure.cell), symbols, structure.positions, coords_are_cartesian=True
        )
        wanted = package.predict_structure(crystal, task="ef")
    assert float(found.energy[0]) / 2 == pytest.approx(float(wanted["e"]), abs=SINGLE)
    np.testing.assert_allclose(found.forces.numpy(), wanted["f"], rtol=0, atol=SINGLE_FORCE)


def test_a_tuned_folder_knows_the_elements_it_was_tuned_on(frames, tuning, tmp_path):
    folder = folder_with(fit(frames, tuning(epochs=1), RunControl()), tmp_path / "tuned")
    tuned = load_potential("chgnet", str(folder), Compute("cpu", "float32", 1))
    assert tuned.elements == {11, 17}
    assert "magmoms" not in tuned.gives


def test_arrays_of_another_network_are_refused(frames, tuning, tmp_path):
    fitted = fit(frames, tuning(epochs=1), RunControl())
    short = {name: each for name, each in fitted.arrays.items() if name != REFERENCES}
    folder = folder_with(replace(fitted, arrays=short), tmp_path / "tuned")
    with pytest.raises(FileUnreadableError, match="CHGNet"):
        load_potential("chgnet", str(folder), Compute("cpu", "float32", 1))
