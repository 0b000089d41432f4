from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from ase.build import bulk

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.io.documents import structure_from_atoms
from designer_app.screening.crystal_gnn.substituted import (
    Substitution,
    atomic_volumes,
    substitutions,
)
from designer_app.screening.crystal_gnn.substituted_table import (
    VALUES,
    read_substituted,
    write_substituted,
)

LATTICE = {"NaCl": 5.64, "LiF": 4.03, "KBr": 6.60, "NaF": 4.63, "LiCl": 5.14, "KCl": 6.29}
SALTS = [
    replace(structure_from_atoms(bulk(name, "rocksalt", a=a)), name=name)
    for name, a in LATTICE.items()
]
ELEMENTS = [3, 9, 11, 17, 19, 35]


def made(seed, number):
    stream = substitutions(SALTS, atomic_volumes(SALTS), ELEMENTS, np.random.default_rng(seed))
    return list(islice(stream, number))


def test_volumes_of_atoms_add_up_to_those_of_crystals():
    volumes = atomic_volumes(SALTS)
    for salt in SALTS:
        # six salts, six elements: additive to about a tenth
        assert volumes[salt.numbers].sum() == pytest.approx(salt.volume, rel=0.12)


def test_a_swap_scales_the_cell_with_the_volumes_of_the_atoms():
    volumes = atomic_volumes(SALTS)
    by_name = {salt.name: salt for salt in SALTS}
    for how, new in made(3, 20):
        old = by_name[how.prototype]
        expected = volumes[new.numbers].sum() / volumes[old.numbers].sum()
        assert new.volume / old.volume == pytest.approx(expected)


def test_a_swap_puts_the_new_element_where_the_old_one_was():
    new = Substitution("NaCl", {ATOMIC_NUMBERS["Na"]: ATOMIC_NUMBERS["K"]}, 1.1).of(SALTS[0])
    assert new.numbers.tolist() == [19, 17]
    np.testing.assert_allclose(new.positions, 1.1 * SALTS[0].positions)


def test_one_generator_always_makes_the_same_crystals():
    assert [how for how, _ in made(7, 12)] == [how for how, _ in made(7, 12)]


def test_swaps_leave_different_elements_different():
    assert all(len(np.unique(each.numbers)) == 2 for _, each in made(1, 50))


def test_a_table_gives_back_the_crystals_that_were_written(tmp_path):
    path, pairs = tmp_path / "t.npz", made(5, 8)
    values = np.array([[-1.0, 0.02, 0.01, np.nan]] * len(pairs))
    write_substituted(path, {"potential": "made up"}, [how for how, _ in pairs], values)
    rows = list(read_substituted(path).rows({salt.name: salt for salt in SALTS}))
    for (_, crystal), (start, said) in zip(pairs, rows, strict=True):
        assert np.array_equal(start.numbers, crystal.numbers)
        assert np.array_equal(start.positions, crystal.positions)
        assert said == pytest.approx(dict(zip(VALUES[:3], values[0], strict=False)))


def test_crystals_whose_prototype_is_not_there_are_left_out(tmp_path):
    path, pairs = tmp_path / "t.npz", made(5, 8)
    write_substituted(path, {}, [how for how, _ in pairs], np.zeros((8, 4)))
    assert not list(read_substituted(path).rows({}))


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(b"not a table")
    with pytest.raises(FileUnreadableError):
        read_substituted(path)


def test_half_of_the_shipped_crystals_are_worth_a_relaxation():
    table = read_substituted()
    assert table.values.shape == (len(table.prototypes), len(VALUES))
    share = (table.values[:, VALUES.index("e_above_hull")] <= 0.1).mean()
    assert 0.3 < share < 0.7
