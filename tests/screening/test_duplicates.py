"""Duplicates are found whatever cell and origin describe a crystal."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from pymatgen.core.structure_matcher import StructureMatcher

from designer_app.io.examples import example
from designer_app.io.structures import read_document
from designer_app.screening.duplicates import (
    KnownCrystals,
    fingerprint,
    is_primitive,
    pymatgen_of,
)
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure


@pytest.fixture(scope="module")
def olivine() -> Structure:
    return read_document(ReadSpec(path=example("LiFePO4").path)).structure()


@pytest.fixture
def known(olivine: Structure) -> KnownCrystals:
    found = KnownCrystals()
    found.add("olivine", olivine)
    return found


def _repeated(structure: Structure, a: int, b: int, c: int) -> Structure:
    shifts = np.array(list(product(range(a), range(b), range(c)))) @ structure.cell
    return replace(
        structure,
        numbers=np.tile(structure.numbers, len(shifts)),
        positions=np.concatenate([structure.positions + shift for shift in shifts]),
        cell=structure.cell * np.array([[a], [b], [c]]),
    )


def test_a_supercell_is_the_same_crystal(known: KnownCrystals, olivine: Structure):
    assert known.same_as(_repeated(olivine, 1, 2, 1)) == "olivine"


def test_another_origin_is_the_same_crystal(known: KnownCrystals, olivine: Structure):
    assert known.same_as(replace(olivine, positions=olivine.positions + 0.7)) == "olivine"


def test_another_setting_is_the_same_crystal(known: KnownCrystals, olivine: Structure):
    sheared = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]]) @ olivine.cell
    assert known.same_as(replace(olivine, cell=sheared)) == "olivine"


def test_a_little_larger_is_the_same_crystal(known: KnownCrystals, olivine: Structure):
    larger = replace(olivine, cell=olivine.cell * 1.03, positions=olivine.positions * 1.03)
    assert known.same_as(larger) == "olivine"


def test_another_formula_is_another_crystal(known: KnownCrystals, olivine: Structure):
    sodium = replace(olivine, numbers=np.where(olivine.numbers == 3, 11, olivine.numbers))
    assert known.same_as(sodium) is None


def test_another_arrangement_is_another_crystal(known: KnownCrystals, olivine: Structure):
    swapped = {3: 26, 26: 3}
    numbers = np.array([swapped.get(number, number) for number in olivine.numbers])
    assert known.same_as(replace(olivine, numbers=numbers)) is None


def test_the_distances_do_not_depend_on_the_cell(olivine: Structure):
    # Distances are sums of rounded products: twelve digits agree.
    assert fingerprint(_repeated(olivine, 2, 1, 1)) == pytest.approx(fingerprint(olivine), rel=1e-9)


def _drawn(seed: int) -> Structure:
    """A crystal of two elements in a cell of up to eight atoms, often of translations shorter than
    its cell.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 4))
    found = Structure(
        numbers=np.array([3] * n + [17] * n),
        positions=np.concatenate([rng.random((n, 3)) * 4.0, rng.random((n, 3)) * 4.0]),
        cell=np.eye(3) * 4.0 + rng.normal(size=(3, 3)) * 0.3,
        pbc=(True, True, True),
    )
    if seed % 2:
        found = _repeated(found, *(1 + np.eye(3, dtype=int)[seed % 3]))
        found = replace(found, positions=found.positions + rng.normal(size=(2 * 2 * n, 3)) * 0.1)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_what_is_called_primitive_has_no_smaller_cell_for_pymatgen(seed: int):
    crystal = _drawn(seed)
    smaller = len(pymatgen_of(crystal).get_primitive_structure()) < len(crystal)
    assert not (is_primitive(crystal) and smaller)


def test_few_crystals_are_searched_for_a_smaller_cell(olivine: Structure):
    assert is_primitive(olivine)
    assert not is_primitive(_repeated(olivine, 1, 2, 1))


def test_quick_comparisons_say_what_the_whole_matcher_says():
    crystals = [_drawn(seed) for seed in range(20)]
    matcher = StructureMatcher(primitive_cell=False)
    whole = [pymatgen_of(each).get_primitive_structure() for each in crystals]
    for first, second in product(range(20), repeat=2):
        known = KnownCrystals()
        known.add("it", crystals[first])
        alike = np.abs(fingerprint(crystals[first]) - fingerprint(crystals[second]))
        expected = bool(np.nanmax(alike) <= 0.15 and matcher.fit(whole[second], whole[first]))
        assert (known.same_as(crystals[second]) == "it") is expected
