"""Published tables that heads learn from."""

import math

import pytest

from designer_app.errors import InvalidSpecError, MissingDataError
from designer_app.jobs.train import run
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.training.published.adsorption import PROTOTYPES, read_adsorption
from designer_app.training.published.battery import read_insertions
from designer_app.training.published.conductivity import read_conductivities
from designer_app.training.published.hydrogen import read_hydrogen

HEADER = "ID,True Composition,Ionic conductivity (S cm-1),Space group #,a,b,c,alpha,beta,gamma"


def _table(folder, sigma):
    path = folder / "conductivity" / "obelix_train.csv"
    path.parent.mkdir()
    path.write_text(f"{HEADER},Family,DOI\nx,Li2.0O1.0,{sigma},225,4.6,4.6,4.6,90,90,90,,d\n")


@pytest.mark.parametrize(("sigma", "is_bound"), [("1e-10", False), ("<1E-10", True)])
def test_less_than_is_read_as_a_bound(tmp_path, sigma, is_bound):
    _table(tmp_path, sigma)
    (row,) = read_conductivities(tmp_path)
    assert row.is_bound is is_bound
    assert row.log10_sigma == pytest.approx(-10.0)
    assert row.system == "Li-O"


def test_every_measurement_has_a_cell(data_folder):
    for row in read_conductivities(data_folder):
        assert "Li" in row.amounts
        assert 1 <= row.space_group <= 230
        assert all(math.isfinite(each) and each > 0 for each in row.lattice)


def test_voltages_outside_of_what_can_be_are_left_out(data_folder):
    rows = read_insertions(data_folder)
    assert len(rows) > 4000
    assert all(0 <= row.voltage <= 6 for row in rows)


def test_every_site_touches_atoms_of_its_alloy(data_folder):
    for row in read_adsorption(data_folder):
        assert set(row.atoms) <= set(row.amounts)
        assert row.below not in PROTOTYPES


def test_hydrogen_on_alloys_stands_once_for_a_composition(data_folder):
    rows = read_hydrogen(data_folder)
    assert len({row.alloy for row in rows}) == len(rows)


def test_a_head_cannot_be_trained_without_its_table(tmp_path):
    spec = TrainSpec(model="voltage", out=tmp_path / "out", data=tmp_path)
    with pytest.raises(MissingDataError):
        run(spec, RunControl())


def test_only_adsorption_learns_from_own_rows(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("surface,adsorbate,energy_eV\nPt,OH,0.5\n")
    spec = TrainSpec(model="voltage", out=tmp_path / "out", table=table)
    with pytest.raises(InvalidSpecError):
        run(spec, RunControl())


def test_adsorption_heads_are_corrected_by_own_rows(tmp_path):
    table = tmp_path / "own.csv"
    lines = [f"{metal},OH,{energy}" for metal, energy in OWN]
    table.write_text("\n".join(["surface,adsorbate,energy_eV", *lines]) + "\n")
    out = tmp_path / "out"
    found = run(TrainSpec(model="adsorption", out=out, table=table), RunControl())
    assert found["version"].endswith("+own")
    assert (out / "card.json").is_file()


OWN = (("Pt", 1.4), ("Cu", 0.6), ("Ag", 0.9), ("Pd", 1.1), ("Au", 1.9), ("Ir", 0.9))
"""Made-up energies: the head must take them, whatever they are."""
