"""Well-known compounds made from structure types of the reference set."""

import numpy as np
import pytest

from designer_app.design.details.named_compounds import named_compound
from designer_app.design.representation import textbook
from designer_app.design.representation.library import load_library
from designer_app.design.representation.textbook import TEXTBOOK, textbook_crystals
from designer_app.errors import FileUnreadableError
from designer_app.io.formulas import amounts_of, formula
from designer_app.io.space_groups import symmetry_dataset
from designer_app.screening.duplicates import reduced_formula
from designer_app.screening.reference.table import load_reference

VOLUME = np.log(2.0)
"""Largest |ln| of the volume per atom, relaxed over start: a factor of two."""


@pytest.fixture(scope="module")
def reference():
    table = load_reference()
    assert table is not None
    return table


@pytest.fixture(scope="module")
def starts(reference):
    return {each.name: each for each in textbook_crystals(reference, load_library())}


def test_every_compound_of_the_list_is_in_the_shipped_table_and_no_other(starts, reference):
    held = [source for source in reference.sources if source.startswith(TEXTBOOK)]
    assert sorted(starts) == sorted(held)


def test_relaxed_crystals_hold_the_elements_and_about_the_volume_of_their_starts(starts, reference):
    for name, start in starts.items():
        relaxed = reference.structure(reference.index(name))
        assert reduced_formula(relaxed) == reduced_formula(start), name
        ratio = (relaxed.volume / len(relaxed)) / (start.volume / len(start))
        assert abs(np.log(ratio)) < VOLUME, name


def test_elements_take_the_places_of_those_of_the_structure_type(starts):
    olivine = starts["textbook-CaMgSiO4-olivine"]
    assert formula(amounts_of(olivine.numbers)) == "Ca4Mg4Si4O16"


def test_an_element_of_the_structure_type_can_be_left_out(starts):
    assert formula(amounts_of(starts["textbook-FePO4-heterosite"].numbers)) == "Fe4P4O16"


@pytest.mark.parametrize(
    ("source", "lengths"),
    [
        # Measured lattice constants of the conventional cell, A.
        ("textbook-Nb3Sn-A15", (5.29,)),  # Villars and Calvert, Pearson's Handbook
        ("textbook-LiCrO2-layered", (2.90, 14.42)),  # Hewston and Chamberland 1987
        ("textbook-NaFePO4-maricite", (8.99, 6.86, 5.04)),  # Avdeev et al. 2013
        ("textbook-Li3InCl6-Li3InCl6", (6.41, 11.10, 6.40)),  # Schmidt et al. 1999
    ],
)
def test_relaxed_lattices_are_near_measured_ones(reference, source, lengths):
    crystal = reference.structure(reference.index(source))
    fractional = np.linalg.solve(crystal.cell.T, crystal.positions.T).T
    found = symmetry_dataset(crystal.cell, fractional, crystal.numbers, 0.01)
    assert found is not None
    constants = set(np.linalg.norm(found.std_lattice, axis=1).round(3).tolist())
    assert sorted(constants) == pytest.approx(sorted(lengths), rel=0.03)


def test_a_compound_of_other_counts_than_its_structure_type_is_refused(reference, monkeypatch):
    row = {"name": "A15", "like": "Nb3Sn", "crystal": "textbook-Nb3Sn-A15", "compounds": "NbSn2"}
    monkeypatch.setattr(textbook, "read_toml", lambda _: {"crystal": [], "type": [row]})
    with pytest.raises(FileUnreadableError, match="NbSn2 has other counts than Nb3Sn"):
        list(textbook_crystals(reference, load_library()))


def test_a_published_crystal_without_clear_symmetry_is_refused(reference, monkeypatch):
    monkeypatch.setattr(textbook, "describe", lambda *_: None)
    with pytest.raises(FileUnreadableError, match="is not clear"):
        next(textbook_crystals(reference, load_library()))


def test_battery_compounds_of_the_list_have_names():
    for compound in ("Na3V2P3O12", "NaFePO4", "LiCrO2", "Li6PS5Cl", "Li3InCl6", "Nb3Sn", "Ni4W"):
        assert named_compound(compound), compound
