from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from designer_app.design.representation.library import load_library
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.vae import VAESettings, build, read_vae
from designer_app.design.vae.dataset import CrystalTable, kept
from designer_app.design.vae.training import VAETraining
from designer_app.errors import InvalidSpecError
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.weights.cards import ModelCard

WITHOUT = "olivine: P; Pt3Ni"
SMALL = replace(
    build.SETTINGS,
    network=VAESettings(latent=8, hidden=32, class_size=16, choice_hidden=16, geometry_hidden=16),
    epochs=1,
    batch=1024,
    swapped=0.0,
)


@dataclass(frozen=True)
class Made:
    """A training of seconds without some crystals, and what it learned from."""

    folder: Path
    card: ModelCard
    given: CrystalTable
    seen: TokenTable


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """On every tenth shipped crystal, and all that are left out."""
    library = load_library()
    crystals = build.known_crystals(library)
    chosen = ~kept(crystals, library, WITHOUT)
    chosen[::10] = True
    given, seen = crystals.rows(chosen), []

    def watched(library, table, *rest):
        seen.append(table)
        return VAETraining(library, table, *rest)

    spec = TrainSpec(
        model="material-vae", out=tmp_path_factory.mktemp("made"), without=WITHOUT, threads=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "SETTINGS", SMALL)
        patch.setattr(build, "SAMPLES", 10)
        patch.setattr(build, "known_crystals", lambda _: given)
        patch.setattr(build, "VAETraining", watched)
        card = build.train(spec, RunControl())
    return Made(spec.out, card, given, seen[0])


def test_a_training_does_not_see_what_it_is_to_leave_out(made):
    given = made.given.rows(made.given.split == "train")
    stays = kept(given, load_library(), WITHOUT)
    assert 0 < stays.sum() < len(given)
    assert np.array_equal(made.seen.elements, given.tokens.elements[stays])
    assert np.array_equal(made.seen.prototype, given.tokens.prototype[stays])


def test_its_weights_are_read_like_others_and_say_what_was_left_out(made):
    vae, card = read_vae(made.folder, load_library())
    assert vae.n_prototypes == len(load_library())
    assert card.settings["without"] == WITHOUT
    assert f'--without "{WITHOUT}"' in card.made_by
    assert card.heads[0].n_labels == len(made.seen)


def test_an_unknown_family_is_told_before_a_training(tmp_path):
    spec = TrainSpec(model="material-vae", out=tmp_path, without="unobtainium: P", threads=1)
    with pytest.raises(InvalidSpecError, match="no such family"):
        build.train(spec, RunControl())
