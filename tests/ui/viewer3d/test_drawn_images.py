"""Which images of atoms and bonds are drawn."""

import numpy as np
import pytest

from designer_app.ui.viewer3d.scene import DETAILED, Scene
from designer_app.ui.viewer3d.wrapping import molecules

SINGLE = 1e-4
"""A; positions are drawn in float32."""

ROCK_SALT = np.array(
    [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
)


@pytest.fixture
def salt(make_structure):
    """Rock salt with a = 5.64 A, and its nearest neighbours as bonds."""
    positions = ROCK_SALT * 2.82
    pairs, shifts = [], []
    for i in range(4):
        for j in range(4, 8):
            for shift in np.ndindex(3, 3, 3):
                image = np.array(shift) - 1
                away = positions[j] + image * 5.64 - positions[i]
                if np.linalg.norm(away) < 3.0:
                    pairs.append((i, j))
                    shifts.append(image)
    structure = make_structure([11] * 4 + [17] * 4, positions, np.eye(3) * 5.64)
    return structure, np.array(pairs), np.array(shifts)


def scene_of(structure, pairs=None, shifts=None, **given):
    scene = Scene()
    for name, value in given.items():
        setattr(scene, name, value)
    scene.set_structure(structure, None)
    if pairs is not None:
        scene.set_bonds(pairs, shifts)
    return scene


def stick_ends(scene):
    """Where the colours meet, per stick."""
    return scene.stick_starts + scene.stick_axes


def test_a_rock_salt_cell_is_drawn_with_its_27_atoms(salt):
    scene = scene_of(*salt)
    assert len(scene.balls.atoms) == 27
    assert scene.positions.min() == pytest.approx(0.0)
    assert scene.positions.max() == pytest.approx(5.64, abs=SINGLE)


def test_copies_on_faces_tell_their_atom(salt):
    scene = scene_of(*salt)
    home = salt[0].positions[scene.balls.atoms]
    cells = (scene.positions - home) / 5.64
    np.testing.assert_allclose(cells, np.rint(cells), atol=SINGLE)


def test_every_bond_inside_the_drawn_cell_has_both_halves_that_meet(salt):
    scene = scene_of(*salt)
    assert len(scene.sticks.balls) == 2 * 54  # 54 edges of a 3 x 3 x 3 grid
    ends = np.round(stick_ends(scene), 3) + 0.0
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts == 2).all()


def test_without_copies_bonds_through_a_face_are_drawn_from_both_ends(salt):
    scene = scene_of(*salt, boundary=False)
    assert len(scene.balls.atoms) == 8
    assert len(scene.sticks.balls) == 2 * 24


def test_a_bond_given_from_both_ends_is_drawn_once(salt):
    structure, pairs, shifts = salt
    doubled = np.concatenate([pairs, pairs[:, ::-1]]), np.concatenate([shifts, -shifts])
    assert len(scene_of(structure, *doubled).sticks.balls) == 2 * 54


CHAIN = np.array([[0, 1], [0, 1]]), np.array([[-1, 0, 0], [0, 0, 0]])
"""Two atoms that alternate along a: each has the other on both sides."""


def test_anions_around_a_cation_inside_the_cell_are_drawn_beyond_its_faces(make_structure):
    phosphate = make_structure([15, 8], [[0.5, 4, 4], [7.0, 4, 4]], np.eye(3) * 8.0)
    scene = scene_of(phosphate, *CHAIN)
    assert scene.balls.atoms.tolist() == [0, 1, 1]
    assert scene.positions[2, 0] == pytest.approx(-1.0, abs=SINGLE)
    assert len(scene.sticks.balls) == 4


def test_cations_around_an_anion_are_not_drawn_beyond_the_faces(make_structure):
    oxide = make_structure([8, 26], [[0.5, 4, 4], [7.0, 4, 4]], np.eye(3) * 8.0)
    scene = scene_of(oxide, *CHAIN)
    assert scene.balls.atoms.tolist() == [0, 1, 0]
    assert scene.positions[2, 0] == pytest.approx(8.5, abs=SINGLE)


def test_no_atoms_are_repeated_across_a_vacuum(make_structure):
    layer = make_structure([78], [[0, 0, 0]], np.diag([2.8, 2.8, 20.0]))
    assert len(scene_of(layer).balls.atoms) == 4


def test_large_crystals_are_drawn_without_repeated_atoms(make_structure):
    grid = np.array(list(np.ndindex(8, 8, 8))) * 2.0
    crystal = make_structure([29] * 512, grid, np.eye(3) * 16.0)
    assert len(scene_of(crystal).balls.atoms) == 512
    assert len(scene_of(crystal, boundary=True).balls.atoms) == 9**3


def test_a_molecule_cut_by_the_cell_is_drawn_in_one_piece(make_structure):
    water = make_structure([8, 1, 1], [[9.8, 5, 5], [0.4, 5.6, 5], [9.2, 5.7, 5]], np.eye(3) * 10.0)
    scene = scene_of(water, np.array([[0, 1], [0, 2]]), np.array([[1, 0, 0], [0, 0, 0]]))
    assert len(scene.balls.atoms) == 3
    assert np.linalg.norm(np.ptp(scene.positions, axis=0)) < 2.0


def test_molecules_of_a_wrapped_frame_stay_in_one_piece(make_structure):
    water = np.array([[4.8, 5, 5], [5.4, 5.6, 5], [4.2, 5.7, 5]])
    scene = scene_of(
        make_structure([8, 1, 1], water, np.eye(3) * 10.0),
        np.array([[0, 1], [0, 2]]),
        np.zeros((2, 3)),
    )
    scene.set_frame(np.mod(water + np.array([5.0, 0, 0]), 10.0).astype(np.float32), None)
    assert np.linalg.norm(np.ptp(scene.positions, axis=0)) < 2.0
    assert (np.linalg.norm(scene.stick_axes, axis=1) > 0.3).all()


def test_bonds_through_a_face_survive_a_growing_cell(make_structure):
    row = make_structure([29, 29], [[0, 5, 5], [18, 5, 5]], np.diag([20.0, 10, 10]))
    scene = scene_of(row, np.array([[1, 0]]), np.array([[1, 0, 0]]), boundary=False)
    scene.set_frame(np.array([[0, 5, 5], [19.8, 5, 5]], np.float32), np.diag([22.0, 10, 10]))
    assert np.linalg.norm(scene.stick_axes, axis=1).sum() == pytest.approx(2.2, abs=SINGLE)


def test_an_endless_chain_is_not_a_molecule():
    pairs, shifts = np.array([[0, 1], [1, 0]]), np.array([[0, 0, 0], [1, 0, 0]])
    molecule, image = molecules(2, pairs, shifts)
    assert molecule[0] != molecule[1]
    assert not image.any()


def test_a_chain_of_many_atoms_is_followed_along_all_its_bonds():
    n = 300
    along = np.arange(n - 1)
    pairs = np.c_[along, along + 1]
    shifts = np.zeros((n - 1, 3), dtype=np.int64)
    shifts[99::100, 0] = 1
    molecule, image = molecules(n, pairs, shifts)
    assert set(molecule) == {0}
    np.testing.assert_array_equal(image[:, 0] - image[0, 0], np.arange(n) // 100)


@pytest.mark.parametrize("seed", range(5))
def test_images_agree_along_every_bond_of_a_forest(seed):
    rng = np.random.default_rng(seed)
    n = 400
    names = rng.permutation(n)
    joined = np.flatnonzero(rng.random(n - 1) < 0.9) + 1
    pairs = np.c_[names[[rng.integers(0, k) for k in joined]], names[joined]]
    shifts = rng.integers(-2, 3, (len(pairs), 3))
    molecule, image = molecules(n, pairs, shifts)
    np.testing.assert_array_equal(image[pairs[:, 0]] + shifts, image[pairs[:, 1]])
    assert (molecule[pairs[:, 0]] == molecule[pairs[:, 1]]).all()
    assert len(set(molecule)) == n - len(pairs)


def test_a_wrapped_frame_and_an_unwrapped_one_are_drawn_alike(salt):
    structure, pairs, shifts = salt
    rng = np.random.default_rng(2)
    moved = (structure.positions + rng.normal(0, 0.1, (8, 3))).astype(np.float32)
    first, second = scene_of(structure, pairs, shifts), scene_of(structure, pairs, shifts)
    first.set_frame(moved, None)
    second.set_frame(np.mod(moved, np.float32(5.64)), None)

    def ends_of(scene):
        ends = np.round(stick_ends(scene), 2)
        return ends[np.lexsort(ends.T)]

    np.testing.assert_allclose(ends_of(first), ends_of(second), atol=0.02)


def test_an_atom_that_vibrates_about_a_face_does_not_jump(make_structure):
    scene = scene_of(make_structure([3], [[5, 5, 0.2]], np.eye(3) * 10.0), boundary=False)
    scene.set_frame(np.array([[5, 5, -0.4]], dtype=np.float32), None)
    assert scene.positions[0, 2] == pytest.approx(-0.4)


def test_an_atom_that_leaves_the_cell_comes_in_on_the_other_side(make_structure):
    scene = scene_of(make_structure([3], [[5, 5, 0.2]], np.eye(3) * 10.0), boundary=False)
    changed = scene.set_frame(np.array([[5, 5, -0.9]], dtype=np.float32), None)
    assert changed
    assert scene.positions[0, 2] == pytest.approx(9.1, abs=SINGLE)


def test_atoms_of_a_slab_are_not_wrapped_where_it_is_not_periodic(make_structure):
    slab = make_structure([78], [[1, 1, 25]], np.eye(3) * 10.0, pbc=(True, True, False))
    assert scene_of(slab).positions[0, 2] == pytest.approx(25.0)


def test_broken_bonds_vanish(make_structure):
    scene = scene_of(
        make_structure([1, 1], [[0, 0, 0], [0.74, 0, 0]]), np.array([[0, 1]]), np.zeros((1, 3))
    )
    assert np.abs(scene.stick_axes).max() > 0.3
    scene.set_frame(np.array([[0, 0, 0], [3.0, 0, 0]], dtype=np.float32), None)
    assert not scene.stick_axes.any()


def test_bonds_of_atoms_that_are_not_there_are_left_out(make_structure):
    scene = scene_of(make_structure([1], [[0, 0, 0]]), np.array([[0, 9]]), np.zeros((1, 3)))
    assert len(scene.sticks.balls) == 0


def test_very_many_atoms_are_sent_as_they_come_and_picked_where_they_are_drawn(make_structure):
    n = DETAILED + 1
    positions = np.zeros((n, 3))
    positions[0] = [-1.0, 5.0, 12.0]
    scene = scene_of(make_structure([14] * n, positions, np.eye(3) * 10.0))
    np.testing.assert_allclose(scene.positions[0], positions[0])
    np.testing.assert_allclose(scene.ball_positions()[0], [9.0, 5.0, 2.0], atol=SINGLE)


def test_the_legend_names_elements_that_share_sites(make_structure):
    scene = Scene()
    scene.set_structure(make_structure([28], [[0, 0, 0]]), {0: {"Ni": 0.4, "Mn": 0.35, "Co": 0.25}})
    assert [symbol for symbol, _ in scene.legend()] == ["Mn", "Co", "Ni"]


def test_shares_take_their_part_of_the_circle_and_the_rest_is_white(make_structure):
    scene = Scene()
    scene.set_structure(make_structure([3], [[0, 0, 0]]), [{"Li": 0.25}])
    row = scene.sector_colors[int(scene.balls.sectors[0])]
    assert (row.min(axis=1) < 200).mean() == pytest.approx(0.25, abs=0.01)
    assert (row[-1] > 245).all()


def test_a_full_site_has_no_sectors(make_structure):
    scene = Scene()
    scene.set_structure(make_structure([3], [[0, 0, 0]]), {0: {"Li": 1.0}})
    assert scene.balls.sectors[0] == -1.0
