"""Fine-tuning: a training that begins with the weights of a trained potential."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.errors import Cancelled, FileUnreadableError, InvalidSpecError, ResumeError
from designer_app.io.potential_cards import PotentialCard
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.training.carried_baseline import on_carried_baseline
from designer_app.training.frames import SplitFrames, StoppedFitError
from designer_app.training.network_training import fit
from designer_app.training.plans import RATES, TUNING, plan
from designer_app.training.starting import check_start, with_baseline_of_start
from designer_app.weights.potential_cards import read_potential, write_potential

ALONE = ("", "")
"""No baseline."""
STANDSTILL = 1e-12
"""A learning rate at which weights in single precision stay as they are."""
OTHER_ORIGIN = 5.0
"""eV an atom, by which another code counts energies."""
ROUNDING = 1e-5
"""eV an atom, in single precision."""


class Stopping(RunControl):
    """Is cancelled in the second epoch."""

    left = 6

    def checkpoint(self):
        self.left -= 1
        if not self.left:
            self.cancel()
        super().checkpoint()


@pytest.fixture
def trained(copper_frames, tiny_training, tmp_path):
    """A folder with a potential, and the fit that it came of."""
    spec = tiny_training(epochs=3, out=tmp_path / "before")
    fitted = fit(copper_frames, spec, RunControl())
    card = PotentialCard(
        family="schnet",
        title="SchNet for Cu",
        settings=fitted.settings,
        elements=("Cu",),
        cutoff=fitted.cutoff,
        references_eV=fitted.references,
    )
    folder = tmp_path / "trained"
    folder.mkdir()
    write_potential(folder, card, fitted.arrays)
    return folder, fitted


def test_it_begins_where_the_other_training_ended(copper_frames, tiny_training, trained):
    folder, before = trained
    spec = tiny_training(start=folder, options=(), epochs=1, learning_rate=STANDSTILL)
    after = fit(copper_frames, spec, RunControl())
    assert before.arrays.keys() == after.arrays.keys()
    assert all(
        np.allclose(after.arrays[name], before.arrays[name], rtol=0.0, atol=1e-9)
        for name in before.arrays
    )


def test_energies_counted_from_another_origin_are_taken_over(copper_frames, tiny_training, trained):
    folder, _ = trained
    spec = tiny_training(start=folder, options=(), epochs=1, learning_rate=STANDSTILL)
    shifted = SplitFrames(
        *(
            tuple(replace(f, energy=f.energy + OTHER_ORIGIN * len(f)) for f in frames)
            for frames in (copper_frames.train, copper_frames.validation)
        )
    )
    here = fit(copper_frames, spec, RunControl())
    there = fit(shifted, replace(spec, out=spec.out / "there"), RunControl())
    apart = there.references["Cu"] - here.references["Cu"]
    assert apart == pytest.approx(OTHER_ORIGIN, abs=ROUNDING)


def test_it_says_where_it_began(copper_frames, tiny_training, trained):
    fitted = fit(copper_frames, tiny_training(start=trained[0], options=(), epochs=1), RunControl())
    assert "SchNet for Cu" in fitted.notes


def test_sizes_come_from_where_it_begins(copper_frames, tiny_training, trained):
    made = plan(copper_frames, tiny_training(start=trained[0], options=(), preset="minutes"))
    assert made.settings == trained[1].settings
    assert made.learning_rate == pytest.approx(TUNING * RATES["schnet"])


def test_other_sizes_are_refused(copper_frames, tiny_training, trained):
    with pytest.raises(InvalidSpecError, match="sizes"):
        plan(copper_frames, tiny_training(start=trained[0], options=("n_features=16",)))


def test_elements_that_it_has_not_seen_are_refused(tiny_training, trained):
    check_start(tiny_training(start=trained[0]), ["Cu"], ALONE)
    with pytest.raises(InvalidSpecError, match="never seen Ni"):
        check_start(tiny_training(start=trained[0]), ["Cu", "Ni"], ALONE)


@pytest.mark.parametrize("model", ["nequip", "gap", "chgnet"])
def test_another_family_is_refused(tiny_training, trained, model):
    with pytest.raises(InvalidSpecError):
        check_start(tiny_training(start=trained[0], model=model), ["Cu"], ALONE)


def test_another_baseline_is_refused(tiny_training, trained):
    spec = tiny_training(start=trained[0], baseline="morse")
    with pytest.raises(InvalidSpecError, match="baseline"):
        check_start(spec, ["Cu"], ("morse", ""))


@pytest.fixture
def own_table(tmp_path):
    """Morse's potential in a file of one's own."""
    path = tmp_path / "base.toml"
    path.write_bytes((resource("potentials/morse") / "girifalco-weizer.toml").read_bytes())
    return f"morse:{path}"


@pytest.fixture
def correction(trained, own_table):
    """The folder of one that corrects a table, which lies in it."""
    folder = trained[0]
    card, arrays = read_potential(folder)
    write_potential(folder, on_carried_baseline(card, own_table, folder, begun=False), arrays)
    return folder


def test_a_correction_begins_on_the_same_table_wherever_it_lies(
    tiny_training, correction, own_table
):
    spec = tiny_training(start=correction, baseline=own_table)
    check_start(spec, ["Cu"], tuple(own_table.split(":", 1)))
    check_start(spec, ["Cu"], ("morse", str(correction / "baseline" / "base.toml")))
    with pytest.raises(InvalidSpecError, match=r"morse:base\.toml"):
        check_start(spec, ["Cu"], ("morse", "girifalco-weizer-soft"))


def test_a_correction_begins_on_its_own_baseline_where_none_is_named(tiny_training, correction):
    spec = with_baseline_of_start(tiny_training(start=correction))
    assert spec.baseline == f"morse:{correction / 'baseline' / 'base.toml'}"


def test_a_baseline_that_is_code_is_named_by_the_user_again(tiny_training, correction):
    card, arrays = read_potential(correction)
    card = replace(card, baseline=("ase", "ase.calculators.emt:EMT"), baseline_sha256={})
    write_potential(correction, card, arrays)
    assert with_baseline_of_start(tiny_training(start=correction)).baseline == ""


def test_a_folder_without_a_potential_is_refused(tiny_training, tmp_path):
    with pytest.raises(FileUnreadableError):
        check_start(tiny_training(start=tmp_path), ["Cu"], ALONE)


def test_it_goes_on_from_a_checkpoint_as_if_it_never_stopped(
    copper_frames, tiny_training, trained, tmp_path
):
    spec = tiny_training(start=trained[0], options=(), epochs=3)
    whole = fit(copper_frames, spec, RunControl())
    parted = replace(spec, out=tmp_path / "parted")
    with pytest.raises((Cancelled, StoppedFitError)):
        fit(copper_frames, parted, Stopping())
    again = fit(copper_frames, replace(parted, resume=True), RunControl())
    assert all(np.array_equal(whole.arrays[name], again.arrays[name]) for name in whole.arrays)


def test_a_training_from_chance_is_not_gone_on_with_as_a_fine_tuning(
    copper_frames, tiny_training, trained
):
    spec = tiny_training(epochs=1)
    fit(copper_frames, spec, RunControl())
    with pytest.raises(ResumeError):
        fit(copper_frames, replace(spec, start=trained[0], resume=True), RunControl())
