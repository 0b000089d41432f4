import gzip
import json

import numpy as np
import pytest

from designer_app.errors import MissingDataError
from designer_app.training.published.matbench import read_matbench
from designer_app.training.published.matcalc import (
    ELASTICITY,
    PHONONS,
    read_elasticity,
    read_heat_capacities,
)


@pytest.fixture
def tables(tmp_path):
    """Small tables in the published forms, with made-up numbers."""
    gaps = [
        "mbid,gap pbe,composition,spg_num,crys_sys",
        "a,1.0,Na4 Cl4,225,cubic",
        "b,1.1,Na1 Cl1,225,cubic",
        "c,0.0,Si2,227,cubic",
        "d,2.0,Si8,227,cubic",
    ]
    (tmp_path / "matbench").mkdir()
    with gzip.open(tmp_path / "matbench" / "matbench_mp_gap.csv.gz", "wt") as file:
        file.write("\n".join(gaps) + "\n")
    (tmp_path / "matcalc").mkdir()
    crystal = {
        "lattice": {"matrix": [[0.0, 2.8, 2.8], [2.8, 0.0, 2.8], [2.8, 2.8, 0.0]]},
        "sites": [
            {"species": [{"element": "Na", "occu": 1}], "abc": [0, 0, 0]},
            {"species": [{"element": "Cl", "occu": 1}], "abc": [0.5, 0.5, 0.5]},
        ],
    }
    elastic = [
        {"mp_id": "x", "structure": crystal, "bulk_modulus_vrh": 25.0, "shear_modulus_vrh": 10.0},
        {"mp_id": "y", "structure": crystal, "bulk_modulus_vrh": 25.0, "shear_modulus_vrh": -3.0},
    ]
    heat = [
        {"mp_id": "x", "structure": crystal, "heat_capacity": 48.0},
        {"mp_id": "y", "structure": crystal, "heat_capacity": 60.0},
    ]
    for name, rows in ((ELASTICITY, elastic), (PHONONS, heat)):
        with gzip.open(tmp_path / "matcalc" / name, "wt") as file:
            json.dump(rows, file)
    return tmp_path


def test_rows_of_one_formula_and_group_are_averaged_however_large_their_cell(tables):
    assert read_matbench(tables, "band_gap")["NaCl", 225] == pytest.approx(1.05)


def test_rows_that_contradict_each_other_are_left_out(tables):
    assert ("Si", 227) not in read_matbench(tables, "band_gap")


def test_moduli_are_logarithms_and_unphysical_ones_are_left_out(tables):
    (found,) = read_elasticity(tables)
    assert found.values == {
        "log_bulk_modulus": pytest.approx(np.log10(25.0)),
        "log_shear_modulus": pytest.approx(1.0),
    }
    assert found.structure.numbers.tolist() == [11, 17]


def test_heat_capacities_are_an_atom_and_below_the_classical_limit(tables):
    (found,) = read_heat_capacities(tables)  # 30 J/(mol K) an atom is more than 3 R
    assert found.values == {"heat_capacity": pytest.approx(24.0)}


def test_a_missing_table_is_told_by_its_path(tmp_path):
    with pytest.raises(MissingDataError):
        read_matbench(tmp_path, "band_gap")
