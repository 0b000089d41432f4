import numpy as np
import pytest

from designer_app.design.heads.computed import FILE, fingerprints, moved_computed
from designer_app.design.heads.moved_labels import Mover
from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.representation.tokens import TokenTable
from designer_app.resources import resource
from designer_app.screening.duplicates import same_crystal

TOKENS = ("prototype", "elements", "log_volume")
N_SAMPLE = 12
HALF = 1e-3
"""Volumes of labels are kept in half precision."""


@pytest.fixture(scope="module")
def table() -> TokenTable:
    """Some known crystals with the medians of their prototypes."""
    every, _ = known_tokens(load_library())
    some = every.rows(np.random.default_rng(0).permutation(len(every))[:N_SAMPLE])
    return TokenTable(some.prototype, some.elements, some.log_volume, np.zeros_like(some.geometry))


def test_crystals_moved_to_the_library_they_come_from_stay_what_they_are(table):
    library = load_library()
    moved, held = Mover(library, library).moved(table)
    assert held.all()
    for row in range(N_SAMPLE):
        before, after = (library.tokens(each, row) for each in (table, moved))
        assert after.volume == pytest.approx(before.volume)
        assert same_crystal(library.structure_of(before), library.structure_of(after))


def test_every_made_crystal_of_the_shipped_labels_has_a_prototype():
    with np.load(resource(FILE), allow_pickle=False) as shipped:
        assert np.isin(shipped["prototype"], fingerprints(load_library())).all()


def test_a_file_moved_to_its_own_library_keeps_all_labels(tmp_path):
    library = load_library()
    with np.load(resource(FILE), allow_pickle=False) as shipped:
        arrays = {name: shipped[name] for name in shipped.files}
    few = {
        name: each[:N_SAMPLE] if name.startswith("made_") or name in TOKENS else each
        for name, each in arrays.items()
    }
    path = tmp_path / "labels.npz"
    np.savez(path, **few)
    assert moved_computed(path, library, library) == (N_SAMPLE, N_SAMPLE)
    with np.load(path, allow_pickle=False) as moved:
        assert moved["made_e_above_hull"] == pytest.approx(few["made_e_above_hull"], nan_ok=True)
        assert moved["log_volume"] == pytest.approx(few["log_volume"], abs=HALF)
        assert bytes(moved["header"]) == bytes(few["header"])
