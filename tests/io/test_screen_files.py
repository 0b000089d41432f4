"""Files around a screening: folders of structures, and rows as a table."""

import csv

from designer_app.io.formulas import amounts_in
from designer_app.io.screen_files import structure_files, write_csv
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import ScreenRow


def test_structures_of_a_folder_are_found_below_it_and_nothing_else(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.cif", "a.CIF", "notes.txt", "POSCAR_1", "deep/c.vasp"):
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in structure_files(tmp_path)]
    assert sorted(found) == ["POSCAR_1", "a.CIF", "b.cif", "deep/c.vasp"]


def test_a_table_holds_values_bounds_and_origins(tmp_path):
    voltage = Estimate(key="voltage", value=3.4, unit="V", low=3.0, high=3.8, method="head")
    rows = [
        ScreenRow(id="00001", formula="LiFePO4", estimates=(voltage,)),
        ScreenRow(id="00002", formula="LiO"),
    ]
    with write_csv(rows, tmp_path / "table.csv").open(encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert (first["voltage (V)"], first["voltage low"], first["voltage method"]) == (
        "3.4",
        "3.0",
        "head",
    )
    assert second["voltage (V)"] == ""


def test_a_text_that_a_spreadsheet_would_run_is_quoted(tmp_path):
    row = ScreenRow(id="00001", formula="LiO", reason="=cmd|' /C calc'!A0")
    path = write_csv([row], tmp_path / "table.csv")
    assert "'=cmd" in path.read_text(encoding="utf-8")


def test_a_formula_gives_its_amounts():
    assert amounts_in("LiFe0.5Mn0.5PO4") == {"Li": 1, "Fe": 0.5, "Mn": 0.5, "P": 1, "O": 4}
