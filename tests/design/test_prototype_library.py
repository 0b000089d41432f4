import numpy as np
import pytest

from designer_app.design.representation.frameworks import frameworks, likenesses
from designer_app.design.representation.library import (
    PrototypeLibrary,
    Reason,
    known_tokens,
    load_library,
    read_library,
)
from designer_app.design.representation.library_file import read_file, write_file
from designer_app.design.representation.tokens import MAX_ORBITS, MAX_SLOTS, CrystalTokens
from designer_app.design.representation.volumes import fitted_atomic_volumes
from designer_app.errors import FileUnreadableError
from designer_app.resources import resource
from designer_app.screening.duplicates import same_crystal
from designer_app.screening.reference.table import load_reference
from designer_app.specs.structure import Structure

ROUNDING = 1e-5
"""Token tables hold single precision."""
FAMILIES = {
    "layered", "spinel", "olivine", "NASICON", "garnet", "argyrodite", "LGPS", "antiperovskite",
    "rutile", "perovskite", "double perovskite", "rock salt", "fluorite", "tavorite",
    "A1 alloy", "A2 alloy", "A3 alloy", "L1_0 alloy", "L1_2 alloy", "B2 alloy",
}  # fmt: skip
N_SAMPLE = 60


@pytest.fixture(scope="module")
def library() -> PrototypeLibrary:
    return load_library()


def tokens_of(library: PrototypeLibrary, structure: Structure) -> CrystalTokens:
    found = library.tokens_of(structure)
    assert isinstance(found, CrystalTokens), found
    return found


@pytest.mark.parametrize("framework", frameworks(), ids=lambda each: each.name)
def test_each_framework_comes_back_from_its_tokens(library, framework):
    tokens = tokens_of(library, framework.structure)
    assert same_crystal(framework.structure, library.structure_of(tokens))


@pytest.mark.parametrize("framework", frameworks(), ids=lambda each: each.name)
def test_each_framework_stands_in_its_family(library, framework):
    tokens = tokens_of(library, framework.structure)
    assert tokens.prototype in library.family(framework.family)


@pytest.mark.parametrize(
    ("family", "structure"),
    likenesses(),
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_a_crystal_that_names_a_family_stands_in_it_and_comes_back(library, family, structure):
    tokens = tokens_of(library, structure)
    assert tokens.prototype in library.family(family)
    assert same_crystal(structure, library.structure_of(tokens))


def test_every_family_that_is_asked_for_is_there(library):
    assert set(library.families) == FAMILIES
    assert all(library.family(name) for name in FAMILIES)


def test_known_crystals_come_back_from_their_shipped_tokens(library):
    reference = load_reference()
    assert reference is not None
    table, sources = known_tokens(library)
    for row in np.random.default_rng(0).permutation(len(table))[:N_SAMPLE]:
        index = reference.index(sources[row])
        assert index is not None
        back = library.structure_of(library.tokens(table, int(row)))
        assert same_crystal(reference.structure(index), back)


def test_a_token_table_gives_back_what_it_was_made_of(library):
    found = [tokens_of(library, each.structure) for each in frameworks()]
    table = library.table_of(found)
    for row, each in enumerate(found):
        back = library.tokens(table, row)
        assert back.elements == each.elements
        assert back.volume == pytest.approx(each.volume, rel=ROUNDING)
        assert back.shape == pytest.approx(each.shape, rel=ROUNDING)
        assert np.cos(2 * np.pi * (np.array(back.free) - each.free)) == pytest.approx(1.0)


def test_the_medians_of_a_prototype_are_the_zero_of_its_geometry(library):
    prototype = library.prototypes[library.family("olivine")[0]]
    tokens = CrystalTokens(
        library.family("olivine")[0], (3, 26, 15, 8), 12.0, prototype.shape, prototype.free
    )
    assert np.abs(library.table_of([tokens]).geometry).max() == pytest.approx(0.0, abs=ROUNDING)


def test_arrays_tell_of_each_prototype_what_its_class_says(library):
    for row in range(0, len(library), 97):
        kind = library.prototypes[row].kind
        assert len(kind.orbits) <= MAX_ORBITS
        assert kind.n_slots <= MAX_SLOTS
        assert library.slot_counts[row].sum() == kind.n_atoms == library.n_atoms[row]
        assert library.space_groups[row] == kind.space_group
        shape, free = library.prototypes[row].shape, library.prototypes[row].free
        assert library.n_geometry[row].sum() == len(shape) + len(free)


def test_prototypes_come_with_the_most_common_first(library):
    assert (np.diff(library.n_members[: len(library) // 2]) <= 0).all()
    assert (library.n_train <= library.n_members).all()


def test_templates_of_a_class_are_counted_from_zero(library):
    seen: dict[object, int] = {}
    for prototype in library.prototypes:
        assert prototype.template == seen.get(prototype.kind, 0)
        seen[prototype.kind] = prototype.template + 1


def test_volumes_expected_of_ionic_crystals_are_near_the_measured_ones(library):
    reference = load_reference()
    assert reference is not None
    salt = reference.by_source("mp-22862")
    assert salt is not None
    row = library.table_of([tokens_of(library, salt.structure())])
    assert abs(float(row.log_volume[0])) < 0.3


def test_a_crystal_with_many_sites_has_no_tokens_and_says_why(library):
    generator = np.random.default_rng(0)
    structure = Structure(
        numbers=np.full(20, 14),
        positions=generator.uniform(0, 9, (20, 3)),
        cell=np.eye(3) * 9.0,
        pbc=(True, True, True),
    )
    found = library.tokens_of(structure)
    assert isinstance(found, Reason)
    assert "inequivalent sites" in found.text


def test_a_molecule_has_no_tokens_and_says_why(library):
    molecule = Structure(
        numbers=np.array([8, 1, 1]),
        positions=np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=float),
        cell=np.zeros((3, 3)),
        pbc=(False, False, False),
    )
    assert library.tokens_of(molecule) == Reason("it is not periodic in three directions")


def test_tokens_of_another_library_are_refused(library, monkeypatch):
    monkeypatch.setattr(library, "hash", "of another file")
    with pytest.raises(FileUnreadableError):
        known_tokens(library)


def test_a_damaged_library_is_refused(tmp_path):
    path = tmp_path / "prototypes.npz"
    path.write_bytes(resource("data/prototypes.npz").read_bytes()[:1000])
    with pytest.raises(FileUnreadableError):
        read_library(path)


def test_a_library_of_a_newer_program_is_refused(tmp_path):
    header, arrays = read_file(resource("data/prototypes.npz"), "prototype library")
    header.pop("version")
    write_file(tmp_path / "newer.npz", {**header}, arrays)
    changed = (tmp_path / "newer.npz").read_bytes()
    assert read_library(tmp_path / "newer.npz").families
    write_file(tmp_path / "newer.npz", {**header, "version": 99}, arrays)
    assert (tmp_path / "newer.npz").read_bytes() != changed
    with pytest.raises(FileUnreadableError):
        read_library(tmp_path / "newer.npz")


def test_atomic_volumes_are_found_from_volumes_that_are_their_sums():
    generator = np.random.default_rng(0)
    true = np.array([12.0, 9.0, 30.0])
    amounts = generator.dirichlet(np.ones(3), 200)
    found = fitted_atomic_volumes(amounts, amounts @ true)
    assert found == pytest.approx(true, rel=1e-3)


def test_angles_that_span_no_cell_go_back_towards_those_of_the_prototype(library):
    row = int(np.flatnonzero(library.space_groups == 1)[0])
    prototype = library.prototypes[row]
    crystal = CrystalTokens(
        row, (26,) * prototype.kind.n_slots, 15.0, prototype.shape, prototype.free
    )
    table = library.table_of([crystal])
    table.geometry[0, 2:5] = np.array([80.0, -80.0, -80.0]) / library.geometry_scales[2:5]
    structure = library.structure_of(library.tokens(table, 0))
    assert np.linalg.det(structure.cell) > 0.0
