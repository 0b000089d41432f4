"""CIFs as labs have them: symmetry, settings, shared sites, gaps and oddities."""

from pathlib import Path

import numpy as np
import pytest
from ase.io import read as ase_read
from ase.spacegroup import crystal as ase_crystal
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import FileUnreadableError, InvalidPositionsError
from designer_app.io.cif_block import number, species_of
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.structures import read_document
from designer_app.resources import resource
from designer_app.specs.documents import ReadSpec

SITE_A = 1e-3
"""A. CIFs with four decimals place atoms no better."""

CELL = """_cell_length_a {a}
_cell_length_b {b}
_cell_length_c {c}
_cell_angle_alpha {alpha}
_cell_angle_beta {beta}
_cell_angle_gamma {gamma}
"""
ATOMS = """loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""


def block(sites, cell=(4, 4, 4, 90, 90, 90), tags="", name="test"):
    named = dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), cell, strict=True))
    return f"data_{name}\n{CELL.format(**named)}{tags}\n{ATOMS}{sites}\n"


def read(tmp_path, text, index=-1, name="file.cif"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_document(ReadSpec(path=path, index=index))


def composition(document):
    return formula(reduced(amounts_of(document.structure().numbers, document.occupancies))[0])


SPINEL = "Li1 Li 0.125 0.125 0.125 1\nMn1 Mn 0.5 0.5 0.5 1\nO1 O 0.2632 0.2632 0.2632 1"
SPINEL_FIRST_ORIGIN = "Li1 Li 0 0 0 1\nMn1 Mn 0.625 0.625 0.625 1\nO1 O 0.3882 0.3882 0.3882 1"
CUBE = (8.2442, 8.2442, 8.2442, 90, 90, 90)


@pytest.mark.parametrize("sites", [SPINEL, SPINEL_FIRST_ORIGIN])
@pytest.mark.parametrize(
    "tags",
    [
        "_space_group_IT_number 227",
        "_symmetry_space_group_name_H-M 'F d -3 m'",
        "_symmetry_space_group_name_H-M 'Fd-3m'\n_chemical_formula_sum 'Li Mn2 O4'",
    ],
)
def test_a_spinel_without_stated_origin_gets_the_origin_that_fits(sites, tags, tmp_path):
    document = read(tmp_path, block(sites, CUBE, tags))
    assert len(document) == 56
    assert composition(document) == "LiMn2O4"


def test_a_stated_origin_is_obeyed(tmp_path):
    tags = "_space_group_name_H-M_alt 'F d -3 m :2'"
    assert len(read(tmp_path, block(SPINEL, CUBE, tags))) == 56
    wrong = read(tmp_path, block(SPINEL_FIRST_ORIGIN, CUBE, tags))
    assert composition(wrong) == "Li2MnO4"
    assert any("apart" in warning for warning in wrong.warnings)


def test_a_rhombohedral_cell_gets_rhombohedral_axes(tmp_path):
    tags = "_symmetry_space_group_name_H-M 'R -3 m'"
    sites = "Li1 Li 0 0 0 1\nCo1 Co 0.5 0.5 0.5 1\nO1 O 0.23968 0.23968 0.23968 1"
    angle = 32.97
    document = read(tmp_path, block(sites, (4.9606, 4.9606, 4.9606, angle, angle, angle), tags))
    assert len(document) == 4
    hexagonal = sites.replace("0.5 0.5 0.5", "0 0 0.5").replace("0.23968 0.23968", "0 0")
    document = read(tmp_path, block(hexagonal, (2.8161, 2.8161, 14.0536, 90, 90, 120), tags))
    assert len(document) == 12


def test_a_monoclinic_cell_gets_its_unique_axis(tmp_path):
    tags = "_space_group_IT_number 14"
    by_b = read(tmp_path, block("C1 C 0.1 0.2 0.3 1", (5, 6, 7, 90, 105, 90), tags))
    by_c = read(tmp_path, block("C1 C 0.1 0.2 0.3 1", (5, 6, 7, 90, 90, 105), tags))
    assert len(by_b) == len(by_c) == 4


@pytest.mark.parametrize("name", ["LiFePO4", "LiCoO2", "LiMn2O4", "NaCl", "SrTiO3", "Si"])
def test_the_whole_cell_agrees_with_ase(name, tmp_path):
    path = resource("examples") / f"{name}.cif"
    ours = read_document(ReadSpec(path=path)).atoms()
    theirs = ase_read(path)
    assert len(ours) == len(theirs)
    apart = ours.get_scaled_positions()[:, None] - theirs.get_scaled_positions()[None, :]
    distances = np.linalg.norm((apart - np.rint(apart)) @ theirs.cell.array, axis=-1)
    distances[ours.numbers[:, None] != theirs.numbers[None, :]] = np.inf
    assert distances.min(axis=1).max() < SITE_A


def test_special_positions_survive_rounded_thirds(tmp_path):
    tags = "_symmetry_space_group_name_H-M 'P 63/m m c'"
    cell = (2.66, 2.66, 4.95, 90, 90, 120)
    document = read(tmp_path, block("Zn1 Zn 0.333 0.667 0.25 1", cell, tags))
    assert len(document) == 2
    fractional = document.atoms().get_scaled_positions()
    np.testing.assert_allclose(sorted(fractional[:, 0]), [1 / 3, 2 / 3], atol=1e-9)


def test_species_on_one_place_become_one_shared_site(tmp_path):
    sites = "Ni1 Ni 0 0 0 0.4\nMn1 Mn 0 0 0 0.35\nCo1 Co 0 0 0 0.25\nO1 O 0.5 0.5 0.5 1"
    document = read(tmp_path, block(sites))
    assert document.occupancies == ({"Ni": 0.4, "Mn": 0.35, "Co": 0.25}, {"O": 1.0})
    found = document.structure()
    assert list(found.numbers) == [28, 8]
    assert found.disordered_sites == 1
    assert found.disorder_example == "Ni 0.40 Mn 0.35 Co 0.25 at (0, 0, 0)"


def test_species_are_joined_also_through_symmetry(tmp_path):
    tags = "_symmetry_space_group_name_H-M 'F m -3 m'"
    document = read(tmp_path, block("Ni1 Ni 0 0 0 0.5\nMg1 Mg 0 0.5 0.5 0.5", tags=tags))
    assert document.occupancies == ({"Ni": 0.5, "Mg": 0.5},) * 4


def test_split_positions_stay_apart_and_are_told(tmp_path):
    sites = "Li1 Li 0 0 0 0.3\nLi2 Li 0.02 0 0 0.3\nO1 O 0.5 0.5 0.5 1"
    document = read(tmp_path, block(sites))
    assert len(document) == 3
    assert document.structure().disordered_sites == 2
    assert any("positions of one atom" in warning for warning in document.warnings)
    assert not any("apart" in warning for warning in document.warnings)


def test_a_site_listed_with_its_own_images_counts_once(tmp_path):
    tags = "_symmetry_space_group_name_H-M 'I m -3 m'"
    document = read(tmp_path, block("Fe1 Fe 0 0 0 1\nFe2 Fe 0.5 0.5 0.5 1", tags=tags))
    assert len(document) == 2
    assert not document.is_disordered
    assert any("Listed twice" in warning for warning in document.warnings)


def test_the_first_of_several_blocks_is_taken_and_the_others_named(tmp_path):
    text = (
        "data_global\n_journal_year 2020\n"
        + block("Na1 Na 0 0 0 1", name="cold")
        + block("K1 K 0 0 0 1", name="hot")
    )
    document = read(tmp_path, text)
    assert list(document.structure().numbers) == [11]
    assert "hot" in document.warnings[0]
    assert list(read(tmp_path, text, index=1).structure().numbers) == [19]
    with pytest.raises(FileUnreadableError, match="2 data blocks"):
        read(tmp_path, text, index=2)


def test_missing_hydrogen_is_told(tmp_path):
    tags = "_chemical_formula_sum 'Li O H'"
    document = read(tmp_path, block("Li1 Li 0 0 0 1\nO1 O 0.5 0.5 0.5 1", tags=tags))
    assert any("no hydrogen has coordinates" in warning for warning in document.warnings)


def test_atoms_that_disagree_with_the_formula_are_told(tmp_path):
    tags = "_chemical_formula_sum 'Li2 O'"
    document = read(tmp_path, block("Li1 Li 0 0 0 1\nO1 O 0.5 0.5 0.5 1", tags=tags))
    assert any("differ in" in warning for warning in document.warnings)


def test_sites_without_coordinates_are_left_out_and_named(tmp_path):
    document = read(tmp_path, block("Li1 Li 0 0 0 1\nH1 H ? ? ? 1\nH2 H . . . 1"))
    assert len(document) == 1
    assert any("H1, H2" in warning for warning in document.warnings)


def test_deuterium_is_heavy_hydrogen(tmp_path):
    document = read(tmp_path, block("O1 O 0 0 0 1\nD1 D 0.25 0 0 1"))
    found = document.structure()
    assert list(found.numbers) == [8, 1]
    assert found.masses[1] == pytest.approx(2.014, abs=1e-3)
    assert any("Deuterium" in warning for warning in document.warnings)


def test_an_unknown_species_is_shown_as_such(tmp_path):
    document = read(tmp_path, block("Q1 Qq 0 0 0 1\nO1 O 0.5 0.5 0.5 1"))
    assert list(document.structure().numbers) == [0, 8]
    assert any("no element" in warning for warning in document.warnings)


def test_missing_cell_lengths_are_told(tmp_path):
    with pytest.raises(FileUnreadableError, match="cell lengths"):
        read(tmp_path, f"data_x\n{ATOMS}C1 C 0 0 0 1\n")


@pytest.mark.parametrize(
    "cell", [(0, 4, 4, 90, 90, 90), (4, 4, 4, 0, 90, 90), (4, 4, 4, 10, 90, 170)]
)
def test_a_cell_without_volume_is_told(cell, tmp_path):
    with pytest.raises(InvalidPositionsError, match="cell"):
        read(tmp_path, block("C1 C 0 0 0 1", cell))


def test_a_molecule_in_cartesian_coordinates_needs_no_cell(tmp_path):
    text = f"data_x\n{ATOMS.replace('fract', 'Cartn')}C1 C 0 0 0 1\nO1 O 0 0 1.15 1\n"
    found = read(tmp_path, text).structure()
    assert found.pbc == (False, False, False)
    np.testing.assert_allclose(found.positions[1], [0, 0, 1.15])


def test_atoms_on_top_of_each_other_do_not_fill_the_memory(tmp_path):
    sites = "\n".join(f"C{n} C 0 0 0 0.001" for n in range(2000))
    with pytest.raises(InvalidPositionsError, match="on top"):
        read(tmp_path, block(sites))


def test_line_ends_and_byte_order_marks_do_not_matter(tmp_path):
    text = block("Na1 Na 0 0 0 1")
    path = tmp_path / "windows.cif"
    for content in (
        text.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        b"# a comment of the diffractometer\r\n\r\n" + text.encode(),
    ):
        path.write_bytes(content)
        assert len(read_document(ReadSpec(path=path))) == 1


def test_magnetic_operations_count_without_their_time_reversal(tmp_path):
    tags = (
        "loop_\n_space_group_symop_magn_operation.id\n_space_group_symop_magn_operation.xyz\n"
        "1 x,y,z,+1\n2 -x,-y,-z,-1\n"
        "loop_\n_space_group_symop_magn_centering.id\n_space_group_symop_magn_centering.xyz\n"
        "1 x,y,z,+1\n2 x+1/2,y+1/2,z,-1\n"
    )
    assert len(read(tmp_path, block("Mn1 Mn 0.1 0.2 0.3 1", tags=tags))) == 4


@pytest.mark.parametrize(
    ("name", "elements", "species"),
    [
        ("Fe3+", {}, "Fe"),
        ("O2-", {}, "O"),
        ("LI1", {"Li": 1}, "Li"),
        ("CA1", {"C": 1}, "C"),
        ("CA1", {"Ca": 1}, "Ca"),
        ("OW2", {"O": 1}, "O"),
        ("Wat1", {}, "O"),
        ("D3", {}, "D"),
        ("M1", {}, ""),
        ("?", {}, ""),
    ],
)
def test_species_are_read_from_symbols_and_labels(name, elements, species):
    assert species_of(name, elements) == species


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.25(3)", 0.25),
        ("1/3", 1 / 3),
        ("-1.2e-3", -1.2e-3),
        (".5", 0.5),
        ("?", None),
        ("x", None),
    ],
)
def test_numbers_may_have_uncertainties_and_be_fractions(text, value):
    assert number(text) == (None if value is None else pytest.approx(value))


CELLS = (
    (2, (5, 6, 7, 80, 95, 105)),
    (15, (5, 6, 7, 90, 105, 90)),
    (74, (5, 6, 7, 90, 90, 90)),
    (142, (5, 5, 7, 90, 90, 90)),
    (194, (5, 5, 7, 90, 90, 120)),
    (230, (9, 9, 9, 90, 90, 90)),
)
"""(last space-group number, a cell of that crystal system)."""


@given(
    group=st.sampled_from([2, 14, 62, 88, 122, 148, 167, 176, 194, 205, 216, 227]),
    place=st.tuples(*[st.integers(1, 95)] * 3),
)
def test_general_positions_have_the_multiplicity_of_the_group(group, place, tmp_path_factory):
    cell = next(cell for last, cell in CELLS if group <= last)
    x, y, z = (value / 97 for value in place)
    text = block(f"C1 C {x:.8f} {y:.8f} {z:.8f} 1", cell, f"_space_group_IT_number {group}")
    found = read(tmp_path_factory.mktemp("cif"), text)
    theirs = ase_crystal("C", [(x, y, z)], spacegroup=group, cellpar=cell)
    assert len(found) == len(theirs)


@pytest.mark.filterwarnings("ignore")
def test_the_first_example_is_read_like_pymatgen_reads_it(tmp_path):
    from pymatgen.core import Structure

    path = Path(resource("examples") / "LiFePO4.cif")
    theirs = Structure.from_file(path)
    ours = read_document(ReadSpec(path=path)).structure()
    assert len(ours) == len(theirs)
    assert ours.volume == pytest.approx(theirs.volume)


def test_a_file_without_symmetry_is_told(tmp_path):
    document = read(tmp_path, block("Na1 Na 0 0 0 1\nCl1 Cl 0.5 0.5 0.5 1"))
    assert any("names no symmetry" in warning for warning in document.warnings)
    stated = read(tmp_path, block("Na1 Na 0 0 0 1", tags="_space_group_IT_number 1"))
    assert not any("names no symmetry" in warning for warning in stated.warnings)


def test_a_place_with_too_many_atoms_is_told_once(tmp_path):
    sites = "Ni1 Ni 0.1 0 0 0.9\nMn1 Mn 0.1 0 0 0.5"
    document = read(tmp_path, block(sites, tags="_space_group_IT_number 2"))
    told = [warning for warning in document.warnings if "add up to 1.40" in warning]
    assert len(document) == 2
    assert len(told) == 1
    assert "impossible" in told[0]


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ((4, 4, "xx.y", 90, 90, 90), "_cell_length_c xx.y"),
        ((4, 4, 4, 90, "9O", 90), "_cell_angle_beta 9O"),
    ],
)
def test_a_cell_that_is_no_number_is_named_by_its_line(cell, line, tmp_path):
    with pytest.raises(FileUnreadableError) as caught:
        read(tmp_path, block("Na1 Na 0 0 0 1", cell))
    assert line in caught.value.reason
