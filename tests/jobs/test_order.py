"""Ordered cells of disordered structures."""

from itertools import combinations

import numpy as np
import pytest

from designer_app.errors import Cancelled, InvalidSpecError, MissingCellError
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.structures import read_document
from designer_app.jobs.order import run
from designer_app.properties.arrangements import Sublattice, best_arrangements
from designer_app.properties.charges import oxidation_states
from designer_app.properties.ordering import LONGEST, ewald_matrix
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.documents import ReadSpec
from designer_app.specs.order import OrderSpec
from designer_app.specs.structure import Structure
from designer_app.state import check_computable

ENERGY_EV = 1e-6

NMC = """data_NMC
_cell_length_a 2.87
_cell_length_b 2.87
_cell_length_c 14.25
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_symmetry_space_group_name_H-M 'R -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li+ 0 0 0.5 1
Ni1 Ni2+ 0 0 0 0.40
Mn1 Mn4+ 0 0 0 0.35
Co1 Co3+ 0 0 0 0.25
O1 O2- 0 0 0.2405 1
"""

# Garnet framework of cubic Li7La3Zr2O12 (Awaka et al. 2011, doi:10.1246/cl.2011.60), its lithium
# content lowered as in doped ceramics: more than half of its sites are empty.
GARNET = """data_garnet
_cell_length_a 12.9827
_cell_length_b 12.9827
_cell_length_c 12.9827
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'I a -3 d'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0.375 0 0.25 0.52
Li2 Li 0.0970 0.6855 0.5775 0.40
La1 La 0.125 0 0.25 1
Zr1 Zr 0 0 0 1
O1 O 0.1004 -0.0549 0.1950 1
"""


def opened(tmp_path, text):
    path = tmp_path / "disordered.cif"
    path.write_text(text, encoding="utf-8")
    return read_document(ReadSpec(path=path))


def ordered(document, **given):
    spec = OrderSpec(structure=document.structure(), occupancies=document.occupancies, **given)
    return run(spec, RunControl())


def composition(document):
    return formula(reduced(amounts_of(document.structure().numbers))[0])


def test_a_layered_oxide_gets_whole_atoms_in_the_smallest_cell_that_fits(tmp_path):
    document = opened(tmp_path, NMC)
    found = ordered(document)
    assert np.prod(found["repeats"]) == 4  # Ni5 Mn4 Co3 on 12 sites is the first within 0.02
    best = found["documents"][0]
    assert composition(best) == "Li12Mn4Co3Ni5O24"
    assert found["occupancy_error"] == pytest.approx(0.0167, abs=1e-3)
    assert any("Ni 0.400 to 0.417" in warning for warning in best.warnings)
    check_computable(best.structure())


def test_exact_occupancies_need_a_larger_cell(tmp_path):
    found = ordered(opened(tmp_path, NMC), tolerance=0.001, max_atoms=250, candidates=1)
    assert found["occupancy_error"] < 1e-3
    amounts = amounts_of(found["documents"][0].structure().numbers)
    metals = amounts["Ni"] + amounts["Mn"] + amounts["Co"]
    assert amounts["Mn"] / metals == pytest.approx(0.35)


def test_candidates_are_ranked_and_different(tmp_path):
    found = ordered(opened(tmp_path, NMC), candidates=3)
    energies = found["ewald_energies_eV_atom"]
    assert energies == sorted(energies)
    assert len(set(np.round(energies, 6))) == len(energies)
    for first, second in combinations(found["documents"], 2):
        assert not np.array_equal(first.structure().numbers, second.structure().numbers)


def test_the_same_seed_gives_the_same_cell(tmp_path):
    document = opened(tmp_path, NMC)
    first, second = (ordered(document, seed=5)["documents"][0].structure() for _ in range(2))
    np.testing.assert_array_equal(first.numbers, second.numbers)


def test_split_lithium_is_never_placed_on_both_halves(tmp_path):
    sites = (
        "Li1 Li 0.00 0 0 0.3\nLi2 Li 0.02 0 0 0.3\nNa1 Na 0.5 0.5 0 1\n"
        "F1 F 0.5 0 0 0.8\nF2 F 0 0.5 0.5 0.8"
    )
    head = NMC[: NMC.index("Li1")].replace("'R -3 m'", "'P 1'").replace("14.25", "4.1")
    head = head.replace("2.87", "4.1").replace("120", "90")
    found = ordered(opened(tmp_path, head + sites + "\n"), max_atoms=60)
    atoms = found["documents"][0].atoms()
    distances = atoms.get_all_distances(mic=True)
    assert distances[distances > 0].min() > 1.5


def test_a_garnet_with_empty_lithium_sites_is_ordered(tmp_path):
    document = opened(tmp_path, GARNET)
    found = ordered(document, max_atoms=200, tolerance=0.03, candidates=2)
    best = found["documents"][0]
    amounts = amounts_of(best.structure().numbers)
    assert amounts["La"] == 24
    assert amounts["O"] == 96
    assert amounts["Li"] == pytest.approx(24 * 0.52 + 96 * 0.40, abs=3)
    lithium = best.atoms()[best.structure().numbers == 3]
    distances = lithium.get_all_distances(mic=True)
    assert distances[distances > 0].min() > 1.5  # never both of two sites 0.8 A apart
    assert found["charges"]["Li"] == 1.0


def test_a_cell_that_cannot_be_made_says_what_would_do(tmp_path):
    with pytest.raises(InvalidSpecError, match="must move by"):
        ordered(opened(tmp_path, NMC), tolerance=0.0, max_atoms=30)
    with pytest.raises(InvalidSpecError, match="one cell alone"):
        ordered(opened(tmp_path, NMC), max_atoms=5)


def test_an_ordered_structure_is_left_alone(tmp_path):
    text = NMC.replace("0.40", "1").replace("Mn1 Mn4+ 0 0 0 0.35\nCo1 Co3+ 0 0 0 0.25\n", "")
    with pytest.raises(InvalidSpecError, match="already"):
        ordered(opened(tmp_path, text))


def test_a_molecule_cannot_be_ordered():
    structure = Structure(
        numbers=np.array([3]), positions=np.zeros((1, 3)), cell=np.zeros((3, 3)), pbc=(False,) * 3
    )
    with pytest.raises(MissingCellError):
        run(OrderSpec(structure=structure, occupancies=({"Li": 0.5},)), RunControl())


def test_an_alloy_without_oxidation_states_is_mixed_evenly(tmp_path):
    text = NMC[: NMC.index("Li1")] + "Cu1 Cu 0 0 0 0.5\nAu1 Au 0 0 0 0.5\n"
    found = ordered(opened(tmp_path, text))
    assert composition(found["documents"][0]) == "CuAu"
    assert any("alternated" in warning for warning in found["documents"][0].warnings)


def test_ordering_can_be_cancelled(tmp_path):
    document = opened(tmp_path, NMC)
    control = RunControl()
    control.cancel()
    spec = OrderSpec(structure=document.structure(), occupancies=document.occupancies)
    with pytest.raises(Cancelled):
        run(spec, control)


def test_the_result_crosses_between_processes(tmp_path):
    found = ordered(opened(tmp_path, NMC), candidates=1)
    again = decode(*encode(found))
    assert len(again["documents"][0]) == 48


def test_annealing_finds_what_enumeration_finds(monkeypatch):
    rng = np.random.default_rng(2)
    positions = rng.uniform(0, 8, (10, 3))
    matrix = ewald_matrix(positions, np.eye(3) * 8.0)
    charges = {"Na": 1.0, "Mg": 2.0, "": 0.0}
    lattice = [Sublattice(np.arange(10), {"Na": 3, "Mg": 3, "": 4}, charges)]
    whole = best_arrangements(lattice, matrix, 1, 0, RunControl())
    monkeypatch.setattr("designer_app.properties.arrangements.MOST_ENUMERATED", 0)
    annealed = best_arrangements(lattice, matrix, 1, 0, RunControl())
    assert annealed[0].energy == pytest.approx(whole[0].energy, abs=ENERGY_EV)
    q = np.array([charges[name] for name in annealed[0].species])
    assert annealed[0].energy == pytest.approx(q @ matrix @ q, abs=ENERGY_EV)


@pytest.mark.parametrize(
    ("amounts", "states"),
    [
        ({"Li": 1, "Co": 1, "O": 2}, {"Li": 1, "Co": 3, "O": -2}),
        ({"Li": 1, "Mn": 2, "O": 4}, {"Li": 1, "Mn": 3.5, "O": -2}),
        ({"Li": 1, "Fe": 1, "P": 1, "O": 4}, {"Li": 1, "Fe": 2, "P": 5, "O": -2}),
        ({"Li": 10, "Ge": 1, "P": 2, "S": 12}, {"Li": 1, "Ge": 4, "P": 5, "S": -2}),
        ({"Na": 1, "Cl": 1}, {"Na": 1, "Cl": -1}),
        ({"Li": 2, "S": 1, "O": 4}, {"Li": 1, "S": 6, "O": -2}),
        ({"Li": 1, "Mn": 1, "P": 1, "O": 4}, {"Li": 1, "Mn": 2, "P": 5, "O": -2}),
        (  # NMC622: Ni +3, Mn +4, Co +3 have 0.2 e too much on one metal
            {"Li": 1, "Ni": 0.6, "Mn": 0.2, "Co": 0.2, "O": 2},
            {"Li": 1, "Ni": 2.8, "Mn": 3.8, "Co": 2.8, "O": -2},
        ),
    ],
)
def test_oxidation_states_are_the_common_ones(amounts, states):
    found = oxidation_states(amounts).charges
    assert found == {element: pytest.approx(charge) for element, charge in states.items()}
    assert sum(found[each] * amounts[each] for each in found) == pytest.approx(0, abs=1e-9)


def test_an_alloy_has_no_oxidation_states():
    assert oxidation_states({"Cu": 1, "Au": 1}) is None


def test_charges_that_do_not_balance_are_said_to_be_shifted():
    told = oxidation_states({"Li": 1, "Ni": 0.6, "Mn": 0.2, "Co": 0.2, "O": 2}).sentence
    assert "Ni +3" in told
    assert "Mn +4" in told
    assert "charges of Co, Mn, Ni shifted by -0.2 for neutrality" in told


def test_an_ordered_cell_is_no_rod(tmp_path):
    """NMC622 with 4 % Li/Ni exchange fits 7 cells, which could only be a rod of 20 x 2.9 A."""
    mixed = (
        "Li1 Li 0 0 0.5 0.96\nNi2 Ni 0 0 0.5 0.04\nNi1 Ni 0 0 0 0.56\nLi2 Li 0 0 0 0.04\n"
        "Mn1 Mn 0 0 0 0.20\nCo1 Co 0 0 0 0.20\nO1 O 0 0 0.2405 1\n"
    )
    found = ordered(opened(tmp_path, NMC[: NMC.index("Li1")] + mixed), candidates=1)
    lengths = found["documents"][0].atoms().cell.lengths()
    assert lengths.max() / lengths.min() < LONGEST
    assert found["charges"]["Mn"] == pytest.approx(4.0, abs=0.25)
    assert found["charges"]["Co"] == pytest.approx(3.0, abs=0.25)


def test_the_ewald_matrix_gives_the_madelung_energy_of_rock_salt():
    # M = 1.747565 (Crandall and Buhler 1987, doi:10.1088/0305-4470/20/16/024); -M e2/(4 pi eps0 r)
    a = 5.64
    fcc = np.array([(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)])
    positions = np.concatenate([fcc, fcc + 0.5]) * a
    q = np.repeat([1.0, -1.0], 4)
    energy = q @ ewald_matrix(positions, np.eye(3) * a) @ q / 4
    assert energy == pytest.approx(-1.747565 * 14.399645 / (a / 2), rel=1e-4)
