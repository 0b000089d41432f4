from itertools import islice

import numpy as np
import pytest
from ase.build import bulk

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.io.documents import structure_from_atoms
from designer_app.screening.crystal_gnn.substituted import (
    atomic_volumes,
    substituted_crystals,
    swapped,
)
from designer_app.screening.crystal_gnn.substituted_table import (
    VALUES,
    read_substituted,
    write_substituted,
)

LATTICE = {"NaCl": 5.64, "LiF": 4.03, "KBr": 6.60, "NaF": 4.63, "LiCl": 5.14, "KCl": 6.29}
SALTS = [structure_from_atoms(bulk(name, "rocksalt", a=a)) for name, a in LATTICE.items()]


def test_volumes_of_atoms_add_up_to_those_of_crystals():
    volumes = atomic_volumes(SALTS)
    for salt in SALTS:
        # six salts, six elements: additive to about a tenth
        assert volumes[salt.numbers].sum() == pytest.approx(salt.volume, rel=0.12)


def test_a_swap_scales_the_cell_with_the_volumes_of_the_atoms():
    volumes = atomic_volumes(SALTS)
    new = swapped(SALTS[0], {ATOMIC_NUMBERS["Na"]: ATOMIC_NUMBERS["K"]}, volumes)
    assert new.numbers.tolist() == [19, 17]
    expected = volumes[[19, 17]].sum() / volumes[[11, 17]].sum()
    assert new.volume / SALTS[0].volume == pytest.approx(expected)


def test_one_generator_always_makes_the_same_crystals():
    volumes, elements = atomic_volumes(SALTS), [3, 9, 11, 17, 19, 35]

    def made():
        stream = substituted_crystals(SALTS, volumes, elements, np.random.default_rng(7))
        return [each.numbers.tolist() for each in islice(stream, 12)]

    assert made() == made()


def test_swaps_leave_different_elements_different():
    stream = substituted_crystals(
        SALTS, atomic_volumes(SALTS), [3, 9, 11, 17, 19, 35], np.random.default_rng(1)
    )
    assert all(len(np.unique(each.numbers)) == 2 for each in islice(stream, 50))


def test_a_table_gives_back_what_was_written(tmp_path):
    path = tmp_path / "t.npz"
    values = np.array([[-1.0, 0.02, 0.01, np.nan]] * len(SALTS))
    write_substituted(path, {"potential": "made up"}, SALTS, values)
    rows = list(read_substituted(path).rows())
    for salt, (start, said) in zip(SALTS, rows, strict=True):
        assert np.array_equal(start.numbers, salt.numbers)
        moved = np.linalg.solve(salt.cell.T, (start.positions - salt.positions).T)
        # positions in 65536ths of the cell, and brought into it
        np.testing.assert_allclose(moved, moved.round(), atol=2e-5)
        assert said == pytest.approx(dict(zip(VALUES[:3], values[0], strict=False)))


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(b"not a table")
    with pytest.raises(FileUnreadableError):
        read_substituted(path)


def test_half_of_the_shipped_crystals_are_worth_a_relaxation():
    table = read_substituted()
    assert table.values.shape == (len(table.n_atoms), len(VALUES))
    share = (table.values[:, VALUES.index("e_above_hull")] <= 0.1).mean()
    assert 0.3 < share < 0.7
