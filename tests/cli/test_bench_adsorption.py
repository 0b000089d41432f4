"""The comparison with tables, with a fast potential in CHGNet's place."""

from designer_app.cli.benches import adsorption
from designer_app.device import Compute
from designer_app.potentials import load_potential


def test_metals_and_means_are_rows(data_folder, monkeypatch):
    emt = load_potential("ase", "ase.calculators.emt:EMT", Compute())
    monkeypatch.setattr(adsorption, "load_potential", lambda *_: emt)
    monkeypatch.setattr(adsorption, "FACES_TABULATED", adsorption.FACES_TABULATED[:1])
    told = []
    rows = list(adsorption.rows(True, told.append, data_folder))
    metals = [row for row in rows if "site" in row]
    assert [row["case"] for row in metals] == [f"H on {m}(111)" for m in adsorption.QUICK]
    assert all(row["ours - table eV"] == row["ours eV"] - row["table eV"] for row in metals)
    (mean,) = [row for row in rows if "MAE" in str(row["case"])]
    assert "3 metals" in mean["case"]
    assert any("overpotential" in str(row["case"]) for row in rows)
    assert len(told) == len(metals)
