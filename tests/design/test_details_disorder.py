"""Orderings of disordered phases are recognised, real orders are left alone."""

import tarfile
from itertools import combinations
from pathlib import Path

import pytest

from designer_app.design.details.disorder import disorder_of, mixing_pairs
from designer_app.io.formulas import amounts_of
from designer_app.io.structures import read_document
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.specs.documents import ReadSpec

SHARE = 0.6
"""Of pairs that share a site in measured structures: 60 of 90 passed in every third file."""


@pytest.fixture(scope="module")
def table() -> ReferenceTable:
    found = load_reference()
    assert found is not None
    return found


def warned(table: ReferenceTable, source: str) -> str:
    index = table.index(source)
    assert index is not None
    found = disorder_of(table.structure(index), table)
    return "" if found is None else found.sentence


def test_ordered_mixtures_of_end_members_are_recognised_as_such(table: ReferenceTable):
    said = warned(table, "mp-582681")  # CuAu
    assert "Au and Cu may share sites" in said
    assert "end members" in said


def test_cations_ordered_on_the_sites_of_rock_salt_are_recognised(table: ReferenceTable):
    said = warned(table, "mp-38280")  # LiTiO2
    assert "to Fm-3m" in said
    assert "Their charges differ by 2" in said


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("mp-18951", "Li and Fe of LiFePO4 lie on sites that no average makes one"),
        ("mp-3536", "Mg and Al of spinel differ too much in size"),
        ("mp-3442", "Ca and Ti of CaTiO3 have little in common"),
        ("mp-18857", "Fe and Mo of Sr2FeMoO6 differ too much in charge"),
    ],
)
def test_crystals_whose_order_is_real_get_no_warning(table: ReferenceTable, source: str, why: str):
    assert warned(table, source) == "", why


def test_ions_of_unlike_charge_do_not_mix():
    assert mixing_pairs({"Ba": 2, "Mg": 1, "W": 1, "O": 6}) == []


def test_nickel_and_manganese_of_layered_oxides_may_mix():
    assert ("Mn", "Ni") in mixing_pairs({"Li": 2, "Ni": 1, "Mn": 1, "O": 4})


def test_anions_of_argyrodites_may_mix():
    assert mixing_pairs({"Li": 6, "P": 1, "S": 5, "Cl": 1}) == [("Cl", "S")]


def test_most_pairs_that_share_a_site_in_measured_structures_may_mix(
    data_folder: Path, tmp_path: Path
):
    with tarfile.open(data_folder / "conductivity" / "obelix_train_cifs.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    passed = total = 0
    for path in sorted(tmp_path.rglob("*.cif"))[::3]:
        document = read_document(ReadSpec(path=path))
        allowed = mixing_pairs(amounts_of(document.content.numbers, document.occupancies))
        pairs = {
            pair
            for shares in document.occupancies
            for pair in combinations(sorted(each for each, n in shares.items() if n > 0.02), 2)
        }
        total += len(pairs)
        passed += len(pairs & set(allowed))
    assert passed >= SHARE * total
