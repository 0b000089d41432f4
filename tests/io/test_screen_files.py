"""Files around a screening."""

from designer_app.io.formulas import amounts_in
from designer_app.io.screen_files import structure_files


def test_structures_of_a_folder_are_found_below_it_and_nothing_else(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.cif", "a.CIF", "notes.txt", "POSCAR_1", "deep/c.vasp"):
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in structure_files(tmp_path)]
    assert sorted(found) == ["POSCAR_1", "a.CIF", "b.cif", "deep/c.vasp"]


def test_a_formula_gives_its_amounts():
    assert amounts_in("LiFe0.5Mn0.5PO4") == {"Li": 1, "Fe": 0.5, "Mn": 0.5, "P": 1, "O": 4}
