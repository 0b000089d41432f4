import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.design.representation.alignment import aligned
from designer_app.design.representation.describing import coarse, describe
from designer_app.design.representation.frameworks import frameworks, likenesses
from designer_app.design.representation.matching import Target
from designer_app.design.representation.normalizers import normalizer
from designer_app.io.space_groups import operations
from designer_app.screening.duplicates import same_crystal
from designer_app.screening.reference.symmetry import SymmetricCrystal, expanded
from designer_app.screening.reference.table import load_reference
from designer_app.specs.structure import Structure

SYMPREC_A = 0.01
ROUNDING = 1e-4
"""spglib brings a cell to its standard with this accuracy, in units of (volume per atom)^(1/3)."""
HALL_PNMA, HALL_FM3M, HALL_P1BAR, HALL_PMC21 = 292, 523, 2, 143

STRUCTURES = [*(each.structure for each in frameworks()), *(each for _, each in likenesses())]


def known(source: str) -> Structure:
    """A crystal of the shipped reference table."""
    reference = load_reference()
    assert reference is not None
    phase = reference.by_source(source)
    assert phase is not None
    return phase.structure()


def target_of(crystal: SymmetricCrystal) -> Target:
    return Target(crystal.kind, crystal.shape, crystal.free)


def moved(structure: Structure, shift: list[float], sign: float) -> Structure:
    """Another origin, the mirror image, and the atoms in another order."""
    fractional = sign * structure.positions @ np.linalg.inv(structure.cell) + np.array(shift)
    order = np.random.default_rng(0).permutation(len(structure))
    return Structure(
        numbers=structure.numbers[order],
        positions=(fractional @ structure.cell)[order],
        cell=structure.cell.copy(),
        pbc=(True, True, True),
    )


@pytest.mark.parametrize(
    ("hall_number", "n_shifts"), [(HALL_PNMA, 8), (HALL_FM3M, 2), (HALL_P1BAR, 8)]
)
def test_normalizers_have_the_shifts_of_the_international_tables(hall_number, n_shifts):
    assert len(normalizer(hall_number).shifts[0]) == n_shifts


@pytest.mark.parametrize("hall_number", [HALL_PNMA, HALL_FM3M, 9, 61, 429, 512])
def test_a_normalizer_carries_every_operation_onto_one_of_the_group(hall_number):
    group = operations(hall_number)
    known = {
        (R.tobytes(), *np.rint(t * 24).astype(int) % 24)
        for R, t in zip(np.rint(group.rotations).astype(int), group.translations, strict=True)
    }
    found = normalizer(hall_number)
    for P, shifts in zip(found.linear, found.shifts, strict=True):
        inverse = np.rint(np.linalg.inv(P)).astype(int)
        for R, t in zip(group.rotations, group.translations, strict=True):
            image = P @ np.rint(R).astype(int) @ inverse
            moved_t = P @ (t * 24) + (np.eye(3, dtype=int) - image) @ shifts[-1]
            assert (image.tobytes(), *np.rint(moved_t).astype(int) % 24) in known


def test_polar_groups_have_a_free_origin_along_their_axis():
    assert normalizer(HALL_PMC21).polar.tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda each: each.name)
def test_each_framework_lies_over_itself_from_any_origin(structure):
    first = describe(structure, SYMPREC_A)
    second = describe(moved(structure, [0.5, 0.5, 0.0], -1.0), SYMPREC_A)
    assert first is not None
    assert second is not None
    rising = np.arange(95.0)
    itself, found = (aligned(each, target_of(first), rising) for each in (first, second))
    assert itself is not None
    assert found is not None
    assert found.distance == pytest.approx(itself.distance, abs=ROUNDING)
    assert found.crystal.elements == itself.crystal.elements


@given(shift=st.lists(st.floats(0, 1), min_size=3, max_size=3), sign=st.sampled_from((1.0, -1.0)))
def test_a_crystal_without_symmetry_is_known_wherever_its_origin_lies(shift, sign):
    structure = Structure(
        numbers=np.array([3, 8, 9, 15]),
        positions=np.array([[0, 0, 0], [1.9, 0.3, 0.4], [0.5, 2.2, 1.0], [2.4, 2.0, 2.9]]),
        cell=np.array([[3.9, 0, 0], [0.3, 4.6, 0], [0.7, 0.5, 5.2]]),
        pbc=(True, True, True),
    )
    first = describe(structure, SYMPREC_A)
    second = describe(moved(structure, shift, sign), SYMPREC_A)
    assert first is not None
    assert second is not None
    found = aligned(second, target_of(first))
    assert found is not None
    assert found.distance < ROUNDING


def test_laying_over_another_geometry_keeps_the_crystal():
    crystal = describe(known("example-LiFePO4"), SYMPREC_A)
    assert crystal is not None
    other = Target(crystal.kind, (0.6, 0.5), tuple((np.array(crystal.free) + 0.52) % 1.0))
    found = aligned(crystal, other)
    assert found is not None
    assert same_crystal(expanded(crystal), expanded(found.crystal))


def test_crystals_of_other_classes_do_not_align():
    spinel = describe(known("example-LiMn2O4"), SYMPREC_A)
    olivine = describe(known("example-LiFePO4"), SYMPREC_A)
    assert spinel is not None
    assert olivine is not None
    assert coarse(spinel.kind) != coarse(olivine.kind)
    assert aligned(spinel, target_of(olivine)) is None


def test_of_exchangeable_slots_the_less_electronegative_element_comes_first():
    crystal = describe(known("mp-22862"), SYMPREC_A)
    assert crystal is not None
    swapped = SymmetricCrystal(crystal.kind, crystal.elements[::-1], 1.0, (), ())
    rising = np.arange(95.0)
    for each in (crystal, swapped):
        found = aligned(each, target_of(crystal), rising)
        assert found is not None
        assert found.crystal.elements == (11, 17)


def test_both_hands_of_a_crystal_are_described_alike():
    quartz = Structure(  # Levien et al., Am. Mineral. 65 (1980) 920
        numbers=np.array([14, 14, 14, 8, 8, 8, 8, 8, 8]),
        positions=np.zeros((9, 3)),
        cell=np.array([[4.916, 0, 0], [-2.458, 4.25738, 0], [0, 0, 5.4054]]),
        pbc=(True, True, True),
    )
    u, x, y, z = 0.4697, 0.4135, 0.2669, 0.1191 + 2 / 3
    third = 1 / 3
    fractions = np.array(
        [
            [u, 0, 2 * third],
            [0, u, third],
            [-u, -u, 0],
            [x, y, z],
            [-y, x - y, z + 2 * third],
            [y - x, -x, z + third],
            [y, x, -z],
            [x - y, -y, third - z],
            [-x, y - x, 2 * third - z],
        ]
    )
    one = Structure(quartz.numbers, fractions @ quartz.cell, quartz.cell, (True, True, True))
    other = moved(one, [0, 0, 0], -1.0)
    found = [describe(each, SYMPREC_A) for each in (one, other)]
    assert all(each is not None and each.kind.space_group == 152 for each in found)
    assert same_crystal(one, other)
