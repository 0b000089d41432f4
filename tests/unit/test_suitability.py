import numpy as np
import pytest

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.potential_cards import PotentialCard, families, write_potential_card
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import doubt, kind_of_matter, thin_cell


def structure(*symbols, periodic=True):
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in symbols])
    return Structure(
        numbers=numbers,
        positions=np.arange(3.0 * len(numbers)).reshape(-1, 3),
        cell=np.eye(3) * 9.0,
        pbc=(periodic,) * 3,
    )


@pytest.mark.parametrize(
    ("symbols", "periodic", "kind"),
    [
        (("Li", "Fe", "P", "O"), True, "solid"),
        (("Cu",), True, "metal"),
        (("Ar",), True, "noble-gas"),
        (("O", "H", "H"), True, "liquid"),
        (("C", "O"), False, "molecule"),
    ],
)
def test_matter_is_told_by_elements_and_periodicity(symbols, periodic, kind):
    assert kind_of_matter(structure(*symbols, periodic=periodic)) == kind


@pytest.mark.parametrize("symbols", [("Li", "O"), ("Cu",)])
def test_chgnet_is_not_doubted_for_crystals_and_metals(symbols):
    assert doubt("chgnet", structure(*symbols)) == ""


@pytest.mark.parametrize(
    ("symbols", "periodic", "word"),
    [(("O", "H", "H"), True, "liquid"), (("C", "O"), False, "molecule")],
)
def test_chgnet_is_doubted_for_molecules_and_their_liquids(symbols, periodic, word):
    assert word in doubt("chgnet", structure(*symbols, periodic=periodic))


def test_a_thin_cell_is_doubted_where_one_k_point_is_computed():
    told = doubt("tight-binding", structure("O", "H", "H"))
    assert "only 9.0 Å thick" in told
    assert "supercell of 2 x 2 x 2" in told
    assert "24 atoms" in told


def test_a_molecule_is_never_too_thin():
    assert doubt("tight-binding", structure("O", "H", "H", periodic=False)) == ""


def test_a_potential_of_atoms_alone_takes_any_cell():
    assert thin_cell(POTENTIALS["chgnet"], structure("Li", "O")) == ("", "")


@pytest.mark.parametrize("potential", ["delta", "ensemble"])
def test_a_part_that_needs_a_thick_cell_makes_the_whole_need_it(potential):
    parts = families(potential, "tight-binding:GFN1-xTB+chgnet:0.3.0")
    assert "only 9.0 Å thick" in doubt(potential, structure("Li", "O"), parts)
    assert "thick" not in doubt(potential, structure("Li", "O"), families(potential, "chgnet"))


def test_the_baseline_on_a_card_counts_as_a_part(tmp_path):
    card = PotentialCard(
        family="schnet",
        title="",
        settings={},
        elements=("Li", "O"),
        cutoff=5.0,
        references_eV={},
        baseline=("tight-binding", "GFN1-xTB"),
    )
    write_potential_card(tmp_path, card)
    assert families("schnet", str(tmp_path)) == ("schnet", "tight-binding")
    assert families("delta", str(tmp_path)) == ("delta", "tight-binding")
    assert families("ensemble", f"schnet:{tmp_path}+morse")[1:] == (
        "schnet",
        "tight-binding",
        "morse",
    )


def test_a_file_that_lists_members_is_as_thin_as_they_are(tmp_path):
    listed = tmp_path / "both.toml"
    listed.write_text('members = ["tight-binding:GFN1-xTB", "chgnet:0.3.0"]\n')
    parts = families("ensemble", str(listed))
    assert parts == ("ensemble", "tight-binding", "chgnet")
    assert "thick" in doubt("ensemble", structure("Li", "O"), parts)
    listed.write_text("members = 7\n")
    assert families("ensemble", str(listed)) == ("ensemble",)
