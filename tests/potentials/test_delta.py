import re
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import (
    Cancelled,
    FileUnreadableError,
    InvalidSpecError,
    UnsafeFileError,
    UnsupportedElementError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.potentials.composite import half_of
from designer_app.potentials.delta import DeltaPotential, baseline_labels, on_baseline
from designer_app.potentials.morse import Morse
from designer_app.potentials.schnet import SchNet
from designer_app.potentials.trained import SCALE
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import SchNetSettings
from designer_app.state import state_from_structures
from designer_app.training.baselines import less_baseline
from designer_app.training.frames import SplitFrames
from designer_app.weights.potential_cards import PotentialCard, read_potential, write_potential

EMT = "ase:ase.calculators.emt:EMT"
MORSE = "morse:girifalco-weizer"
SUM = "morse:girifalco-weizer+lennard-jones:reduced"
WANT = frozenset({"energy", "forces", "stress"})
ROUNDING = 1e-10
"""eV, eV/A and eV/A^3: sums in another order."""
CPU = torch.device("cpu")


def part(text):
    key, _, model = text.partition(":")
    return load_potential(key, model, Compute(device="cpu"))


def copper(seed=1, size=1):
    atoms = bulk("Cu", a=3.4, cubic=True) * (size, 1, 1)
    atoms.rattle(0.1, seed=seed)
    return structure_from_atoms(atoms)


def said(potential, *structures, want=WANT):
    state = state_from_structures(structures, CPU)
    return potential.predict(
        state, build_neighbors(state, potential.cutoff, potential.half_list), want
    )


def labelled(structure, potential, **changes):
    found = said(potential, structure)
    labels = {
        "energy": float(found.energy),
        "forces": found.forces.numpy(),
        "stress": found.stress[0].numpy(),
    }
    return LabelledFrame(structure, **(labels | changes))


def test_a_sum_is_the_sum_of_its_parts():
    whole, below, above = (said(part(text), copper()) for text in (f"delta:{SUM}", *SUM.split("+")))
    for name in sorted(WANT):
        expected = getattr(below, name) + getattr(above, name)
        torch.testing.assert_close(getattr(whole, name), expected, rtol=0, atol=ROUNDING)


def test_parts_may_want_different_lists():
    class FromBothEnds(Morse):
        half_list = False

        def predict(self, state, neighbors, want):
            assert not neighbors.half
            return super().predict(state, half_of(neighbors), want)

    correction = FromBothEnds("girifalco-weizer", Compute())
    whole = said(DeltaPotential(part(MORSE), correction), copper())
    torch.testing.assert_close(whole.forces, 2 * said(part(MORSE), copper()).forces)


def test_the_spread_is_that_of_the_correction():
    ensemble = f"ensemble:{EMT}+{EMT}(asap_cutoff=True)"
    whole = part(f"delta:morse:girifalco-weizer+{ensemble}")
    want = frozenset({"energy", "spread"})
    assert torch.equal(
        said(whole, copper(), want=want).spread, said(part(ensemble), copper(), want=want).spread
    )


def test_only_two_native_parts_make_a_native_sum():
    assert part(f"delta:{SUM}").native
    assert not part(f"delta:{EMT}+lennard-jones:reduced").native


def test_elements_are_those_that_both_parts_know():
    potential = part("delta:morse:girifalco-weizer+chgnet:0.3.0")
    with pytest.raises(UnsupportedElementError):
        potential.check(
            state_from_structures([structure_from_atoms(bulk("NaCl", "rocksalt", 5.6))], CPU)
        )


def test_what_is_taken_off_and_added_again_is_what_was_there():
    baseline = part(MORSE)
    reference = part(f"delta:{SUM}")
    frames = [labelled(copper(seed, 1 + seed % 2), reference) for seed in range(5)]
    correction = part("lennard-jones:reduced")
    for frame, less in zip(frames, baseline_labels(frames, baseline, RunControl()), strict=True):
        left = said(correction, frame.structure)
        assert less.energy == pytest.approx(float(left.energy), abs=ROUNDING)
        np.testing.assert_allclose(less.forces, left.forces, atol=ROUNDING)
        np.testing.assert_allclose(less.stress, left.stress[0], atol=ROUNDING)


def test_labels_that_are_missing_stay_missing():
    baseline = part(MORSE)
    whole = labelled(copper(), baseline)
    frames = [
        whole,
        LabelledFrame(whole.structure, energy=1.0),
        LabelledFrame(whole.structure, forces=whole.forces),
        LabelledFrame(whole.structure),
    ]
    found = baseline_labels(frames, baseline, RunControl())
    for name in ("energy", "forces", "stress"):
        assert [getattr(each, name) is None for each in found] == [
            getattr(each, name) is None for each in frames
        ]


def test_a_label_that_the_baseline_cannot_give_is_left_out():
    class Blind(Morse):
        gives = frozenset({"energy", "forces"})

    frame = labelled(copper(), part(MORSE))
    (found,) = baseline_labels([frame], Blind("girifalco-weizer", Compute()), RunControl())
    assert found.stress is None
    assert found.forces is not None


def test_tags_and_sources_go_with_their_labels():
    frame = LabelledFrame(copper(), energy=0.0, tag="bulk", source="a.xyz", index=3)
    (found,) = baseline_labels([frame], part(MORSE), RunControl())
    assert (found.tag, found.source, found.index) == ("bulk", "a.xyz", 3)


def test_progress_ends_at_the_last_frame():
    control = RunControl()
    baseline_labels([LabelledFrame(copper(), energy=0.0)] * 3, part(MORSE), control)
    told = control.progress_slot.take()
    assert (told.done, told.total) == (3, 3)


def test_a_run_that_was_cancelled_labels_nothing_more():
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        baseline_labels([LabelledFrame(copper(), energy=0.0)], part(MORSE), control)


def test_a_model_file_may_not_have_a_module_imported():
    with pytest.raises(UnsafeFileError):
        on_baseline(part(MORSE), ("ase", "antigravity:Fly"), Compute())


@pytest.fixture
def on_emt(tmp_path):
    """The folder of a correction whose baseline is named by import path."""
    settings = SchNetSettings(n_features=4, n_filters=4, n_interactions=1, n_gaussians=4)
    arrays = {name: each.numpy() for name, each in SchNet(settings).state_dict().items()}
    card = PotentialCard(
        family="schnet",
        title="on EMT",
        settings=asdict(settings),
        elements=("Cu",),
        cutoff=5.0,
        references_eV={"Cu": 0.0},
        baseline=("ase", "ase.calculators.emt:EMT"),
    )
    write_potential(tmp_path, card, arrays | {SCALE: np.array(1.0)})
    return tmp_path


def test_a_folder_may_not_have_its_baseline_imported(on_emt):
    with pytest.raises(UnsafeFileError, match=re.escape(f"delta:{EMT}")):
        load_potential("schnet", str(on_emt), Compute("cpu"))


def test_a_baseline_that_the_user_names_with_the_folder_is_imported(on_emt):
    found = load_potential("delta", f"{EMT}+schnet:{on_emt}", Compute("cpu"))
    assert isinstance(found, DeltaPotential)
    assert f"{found.baseline.key}:{found.baseline.model}" == EMT


def test_another_baseline_than_that_of_the_folder_allows_nothing(on_emt):
    with pytest.raises(UnsafeFileError):
        load_potential("delta", f"{MORSE}+schnet:{on_emt}", Compute("cpu"))


def test_a_table_outside_of_the_folder_is_taken_only_where_the_user_names_it(on_emt):
    table = on_emt.with_name("outside.toml")
    table.write_bytes((resource("potentials/morse") / "girifalco-weizer.toml").read_bytes())
    card, arrays = read_potential(on_emt)
    write_potential(on_emt, replace(card, baseline=("morse", str(table))), arrays)
    with pytest.raises(FileUnreadableError, match="name both"):
        load_potential("schnet", str(on_emt), Compute("cpu"))
    found = load_potential("delta", f"morse:{table}+schnet:{on_emt}", Compute("cpu"))
    assert found.key == "delta"


def test_a_correction_stands_on_the_baseline_that_its_card_names():
    found = on_baseline(part(MORSE), ("lennard-jones", "reduced"), Compute())
    assert (found.baseline.key, found.correction.key) == ("lennard-jones", "morse")


def test_free_atoms_lose_their_baseline_too():
    frame = LabelledFrame(copper(), energy=-10.0)
    split = SplitFrames((frame,), (frame,), free_atoms={"Cu": -3.0})
    less = less_baseline(split, part(EMT), RunControl())
    assert len(less.train) == len(less.validation) == 1
    emt_atom = float(said(part(EMT), _atom(29), want=frozenset()).energy)
    assert less.free_atoms["Cu"] == pytest.approx(-3.0 - emt_atom, abs=ROUNDING)


def test_free_atoms_that_a_baseline_does_not_know_are_fitted_instead():
    frame = LabelledFrame(copper(), energy=-10.0)
    split = SplitFrames((frame,), (), free_atoms={"Cu": -3.0, "H": -13.6})
    assert less_baseline(split, part(MORSE), RunControl()).free_atoms == {}


@pytest.mark.parametrize("model", ["", f"{MORSE}+delta:{SUM}"])
def test_names_that_make_no_sum_are_refused(model):
    with pytest.raises(InvalidSpecError):
        load_potential("delta", model, Compute())


def test_no_baseline_is_computed_of_frames_that_only_judge():
    """They may hold elements that it does not know."""
    frame = LabelledFrame(copper(), energy=-10.0)
    judging = LabelledFrame(_atom(36), energy=0.0)
    split = SplitFrames((frame,), (frame,), (judging,))
    assert less_baseline(split, part(EMT), RunControl()).test == ()


def _atom(number):
    return structure_from_atoms(Atoms([number], [[0.0, 0, 0]]))
