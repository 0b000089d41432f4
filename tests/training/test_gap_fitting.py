"""Gaussian approximation potentials fitted to frames with exact labels."""

import csv
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import (
    Cancelled,
    InvalidSpecError,
    ResumeError,
    UnsupportedElementError,
)
from designer_app.io.potential_cards import PotentialCard
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.gap_basis import GapBasis
from designer_app.potentials.nuclear_repulsion import (
    BEGIN,
    SHORTEST_OF_ALL,
    nuclear_repulsion,
)
from designer_app.potentials.trained import load
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import PARITY_ARRAYS, PARITY_FILE, SERIES_FILE
from designer_app.state import state_from_structures
from designer_app.training import gap_fitting
from designer_app.training.frames import SplitFrames
from designer_app.training.gap_fitting import fit, potential_of_fit
from designer_app.training.gap_rows import frame_rows
from designer_app.training.gap_sparse import chosen
from designer_app.training.metrics import errors_on
from designer_app.training.predicting import said_of
from designer_app.training.training_checkpoint import read_training
from designer_app.weights.potential_cards import write_potential

SIZES = ("n_max=5", "l_max=3", "n_sparse=16", "pair_points=8", "cutoff=4.0")
LEARNED_MEV_A = 60.0
"""Force error of so small a fit on frames whose forces are about 700 meV/A."""
ROTATED = 1e-6
"""eV/A: blocks end elsewhere, so rounding differs, and K_MM is nearly singular."""
TABULATED = 1e-7
"""eV, of the spline of pair energies."""
SOLVED = 1e-6
"""Relative to delta^2: K_MM is singular but for its jitter."""


def spec(folder, *options):
    folder.mkdir(exist_ok=True)
    return TrainPotentialSpec(
        data=(), out=folder, model="gap", preset="custom", options=(*SIZES, *options)
    )


@pytest.fixture(scope="module")
def fitted(copper_frames, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gap")
    return folder, fit(copper_frames, spec(folder), RunControl())


def state_of(*structures):
    return state_from_structures(structures, torch.device("cpu"))


def asked(potential, structure, *want):
    state = state_of(structure)
    neighbors = build_neighbors(state, potential.cutoff, half=False)
    return potential.predict(state, neighbors, frozenset(want))


def pair(distance, symbols=("Cu", "Cu")):
    positions = np.array([[0.0, 0, 0], [distance, 0.0, 0.0]])
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in symbols])
    return Structure(numbers, positions, np.zeros((3, 3)), (False,) * 3)


def test_frames_kept_back_are_foretold(fitted, copper_frames):
    potential = potential_of_fit(fitted[1])
    said = said_of(potential, copper_frames.validation, RunControl())
    errors = errors_on("validation", copper_frames.validation, said)
    sizes = np.concatenate([frame.forces for frame in copper_frames.validation])
    assert errors.force_meV_A < LEARNED_MEV_A < 0.2 * 1e3 * np.abs(sizes).mean()


def test_the_series_has_a_row_for_each_trial_and_one_with_errors_of_training(fitted):
    folder, found = fitted
    with (folder / SERIES_FILE).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found.training["epochs"] + 1
    assert all(float(row["force_validation_meV_A"]) > 0 for row in rows)
    assert float(rows[-1]["force_train_meV_A"]) > 0


def test_the_best_trial_has_the_smallest_score(fitted):
    folder, found = fitted
    with (folder / SERIES_FILE).open() as file:
        losses = [float(row["loss_validation"]) for row in csv.DictReader(file)]
    assert int(np.nanargmin(losses)) + 1 == found.training["best_epoch"]


def test_parity_points_are_written(fitted):
    with np.load(fitted[0] / PARITY_FILE) as points:
        assert set(PARITY_ARRAYS) <= set(points)


def test_a_fit_comes_back_from_its_folder(fitted, copper_frames, tmp_path):
    found = fitted[1]
    card = PotentialCard(
        family="gap",
        title="GAP",
        settings=found.settings,
        elements=("Cu",),
        cutoff=found.cutoff,
        references_eV=found.references,
    )
    write_potential(tmp_path, card, found.arrays)
    structure = copper_frames.validation[0].structure
    one = asked(load(str(tmp_path), Compute("cpu")), structure, "energy", "forces")
    other = asked(potential_of_fit(found), structure, "energy", "forces")
    assert torch.equal(one.energy, other.energy)
    assert torch.equal(one.forces, other.forces)


def test_the_variance_vanishes_at_sparse_points(copper_frames, tmp_path):
    every_atom = fit(
        copper_frames, spec(tmp_path, "n_sparse=64", "selection=farthest"), RunControl()
    )
    potential = potential_of_fit(every_atom)
    delta2 = every_atom.training["delta"] ** 2
    points = potential.basis.sparse[0]
    seen = 0
    for frame in copper_frames.train:
        state = state_of(frame.structure)
        neighbors = build_neighbors(state, potential.cutoff, half=False)
        unit = potential.features(state, neighbors).numpy()
        variances = potential.predict(state, neighbors, frozenset({"variances"})).variances
        is_point = (unit @ points.T).max(axis=1) > 1.0 - 1e-14
        seen += int(is_point.sum())
        assert float(variances[torch.from_numpy(is_point)].sum()) < SOLVED * delta2 * len(points)
    assert seen >= len(points)


def test_the_variance_grows_away_from_the_data(fitted, copper_frames):
    potential = potential_of_fit(fitted[1])
    structure = copper_frames.train[0].structure
    way = np.random.default_rng(1).normal(size=structure.positions.shape)
    found = [
        float(
            asked(
                potential,
                replace(structure, positions=structure.positions + step * way),
                "variances",
            ).variances.mean()
        )
        for step in (0.0, 0.2, 0.4, 0.8)
    ]
    assert found == sorted(found)
    assert found[-1] > 10 * found[0]


def test_atoms_alone_have_the_energy_of_free_atoms_where_the_data_holds_them(
    copper_frames, tmp_path
):
    given = replace(copper_frames, free_atoms={"Cu": -1.5})
    assert fit(given, spec(tmp_path), RunControl()).references == {"Cu": -1.5}


def test_nuclei_repel_nearer_than_any_atoms_of_the_data(fitted):
    found = fitted[1]
    potential = potential_of_fit(found)
    without = potential_of_fit(replace(found, settings={**found.settings, "repulsion": False}))
    nearest = float(found.arrays["nearest"][0, 0])
    inside, outside = pair(0.9 * BEGIN * nearest), pair(nearest / SHORTEST_OF_ALL)
    added = asked(potential, inside, "energy").energy - asked(without, inside, "energy").energy
    copper = torch.tensor([29])
    known = nuclear_repulsion(torch.tensor([0.9 * BEGIN * nearest]), copper, copper)[0].item()
    assert float(added[0]) == pytest.approx(known, rel=1e-6)
    left = asked(potential, outside, "energy").energy - asked(without, outside, "energy").energy
    assert abs(float(left[0])) < TABULATED


def test_an_element_that_was_not_learned_is_named(fitted):
    with pytest.raises(UnsupportedElementError) as raised:
        asked(potential_of_fit(fitted[1]), pair(2.5, ("Cu", "Au")), "energy")
    assert raised.value.element == "Au"


def test_one_frame_is_too_few(copper_frames, tmp_path):
    with pytest.raises(InvalidSpecError, match="at least 2 frames"):
        fit(SplitFrames(copper_frames.train[:1], ()), spec(tmp_path), RunControl())


def test_frames_without_energies_are_refused(copper_frames, tmp_path):
    blind = tuple(replace(frame, energy=math.nan) for frame in copper_frames.train)
    with pytest.raises(InvalidSpecError, match="has an energy"):
        fit(SplitFrames(blind, ()), spec(tmp_path), RunControl())


def test_a_fit_without_forces_says_so_in_its_notes(copper_frames, tmp_path):
    frames = tuple(replace(frame, forces=None, stress=None) for frame in copper_frames.train)
    found = fit(SplitFrames(frames, ()), spec(tmp_path), RunControl())
    assert "No frame has forces" in found.notes


def test_an_element_of_the_validation_frames_alone_is_named(copper_frames, tmp_path):
    other = replace(
        copper_frames.validation[0], structure=pair(2.5, ("Cu", "Au")), forces=None, stress=None
    )
    with pytest.raises(InvalidSpecError, match="Au is in the validation frames"):
        fit(SplitFrames(copper_frames.train, (other,)), spec(tmp_path), RunControl())


def test_labels_that_are_not_numbers_are_left_out(copper_frames, tmp_path):
    first = copper_frames.train[0]
    damaged = replace(first, forces=np.full_like(first.forces, np.nan))
    frames = SplitFrames((damaged, *copper_frames.train[1:]), copper_frames.validation)
    found = fit(frames, spec(tmp_path), RunControl())
    assert np.isfinite(found.arrays["coefficients"]).all()


def test_a_tag_with_large_noise_is_followed_less(copper_frames, tmp_path):
    wrong = replace(copper_frames.train[0], energy=copper_frames.train[0].energy + 4.0, tag="odd")
    frames = SplitFrames((wrong, *copper_frames.train[1:]), ())
    said = [
        said_of(
            potential_of_fit(fit(frames, spec(tmp_path, *noise), RunControl())),
            frames.train[:1],
            RunControl(),
        ).energies[0]
        for noise in ((), ("tag_sigmas=odd=1000",))
    ]
    assert said[1] < said[0] - 0.1


def test_noises_by_tag_are_numbers(copper_frames, tmp_path):
    with pytest.raises(InvalidSpecError, match="tag=factor"):
        fit(copper_frames, spec(tmp_path, "tag_sigmas=Liquid"), RunControl())


def test_a_cancelled_fit_ends(copper_frames, tmp_path):
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        fit(copper_frames, spec(tmp_path), control)


def test_a_killed_fit_goes_on_to_the_same_coefficients(copper_frames, tmp_path, monkeypatch):
    monkeypatch.setattr(gap_fitting, "BETWEEN_CHECKPOINTS", 0.0)

    class KilledError(Exception):
        pass

    def killed_after_ten(near, basis, seen=[0]):  # noqa: B006 - counts over calls
        seen[0] += 1
        if seen[0] > 10:
            raise KilledError
        return frame_rows(near, basis)

    whole = fit(copper_frames, spec(tmp_path / "whole"), RunControl())
    with monkeypatch.context() as patched:
        patched.setattr(gap_fitting, "frame_rows", killed_after_ten)
        with pytest.raises(KilledError):
            fit(copper_frames, spec(tmp_path / "killed"), RunControl())
    again = replace(spec(tmp_path / "killed"), resume=True)
    gone_on = fit(copper_frames, again, RunControl())
    structure = copper_frames.validation[0].structure
    one, other = (
        asked(potential_of_fit(found), structure, "energy", "forces") for found in (whole, gone_on)
    )
    torch.testing.assert_close(one.forces, other.forces, rtol=0.0, atol=ROTATED)


def test_a_fit_that_is_stopped_keeps_the_frames_taken_in(copper_frames, tmp_path):
    class Stopped(RunControl):
        def progress(self, done, _total, words="", _trust=None):
            if words.startswith("Energies") and done == 4:
                self.cancel()

    with pytest.raises(Cancelled):
        fit(copper_frames, spec(tmp_path), Stopped())
    assert int(read_training(tmp_path)["n_done"]) == 5


def test_a_checkpoint_of_other_frames_is_refused(copper_frames, tmp_path):
    fit(copper_frames, spec(tmp_path), RunControl())
    fewer = replace(copper_frames, train=copper_frames.train[1:])
    with pytest.raises(ResumeError, match="other frames"):
        fit(fewer, replace(spec(tmp_path), resume=True), RunControl())


@pytest.mark.parametrize("how", ["cur", "farthest"])
def test_sparse_points_are_different_atoms(how):
    rng = np.random.default_rng(0)
    unit = rng.normal(size=(50, 6))
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    found = chosen(unit, 20, how, rng)
    assert len(set(found.tolist())) == 20


def test_the_farthest_points_leave_no_atom_far_from_all():
    rng = np.random.default_rng(0)
    centers = np.eye(5)
    unit = np.repeat(centers, 10, axis=0) + 0.01 * rng.normal(size=(50, 5))
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    found = chosen(unit, 5, "farthest", rng)
    assert sorted(index // 10 for index in found) == [0, 1, 2, 3, 4]


def test_equal_members_are_refused(copper_frames, tmp_path):
    with pytest.raises(InvalidSpecError, match="variance"):
        fit(copper_frames, replace(spec(tmp_path), members=2), RunControl())


def test_kernels_that_are_cut_off_have_no_slope():
    """Opposite spectra: a kernel of nought on both sides, and so no force."""
    points = np.array([[1.0, 0.0]])
    basis = SimpleNamespace(sparse=[points], zeta=1)
    kernel, slopes = GapBasis.kernel(basis, np.array([[-0.6, 0.8], [0.6, 0.8]]), 0)
    assert kernel.ravel().tolist() == [0.0, 0.6]
    assert slopes.ravel().tolist() == [0.0, 1.0]
