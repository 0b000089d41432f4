import gzip
from pathlib import Path

import pytest

from designer_app.errors import FileUnreadableError
from designer_app.training.published.perovskites import FILE, read_perovskites


def _written(folder: Path, rows: str) -> Path:
    (folder / "matbench").mkdir()
    with gzip.open(folder / "matbench" / FILE, "wt", encoding="utf-8") as file:
        file.write("mbid,e_form,composition,spg_num,crys_sys\n" + rows)
    return folder


def test_of_two_orders_of_the_metals_the_lower_energy_is_taken(tmp_path):
    rows = "a,0.9,Sr1 Ti1 O3,221,cubic\nb,0.2,Ti1 Sr1 O3,221,cubic\n"
    table = read_perovskites(_written(tmp_path, rows))
    assert (table.metals.tolist(), table.energies.tolist()) == ([[22, 38]], [0.2])


def test_one_metal_may_be_on_both_places(tmp_path):
    table = read_perovskites(_written(tmp_path, "a,1.5,Ti2 N1 O2,99,tetragonal\n"))
    assert (table.metals.tolist(), table.anions) == ([[22, 22]], ("N O2",))


def test_what_is_no_perovskite_is_refused(tmp_path):
    with pytest.raises(FileUnreadableError, match="Sr2Ti1 O4 is no perovskite"):
        read_perovskites(_written(tmp_path, "a,1.5,Sr2Ti1 O4,139,tetragonal\n"))


def test_the_table_holds_every_pair_of_52_metals_with_seven_sets_of_anions(data_folder):
    table = read_perovskites(data_folder)
    assert (len(table), len(table.anion_sets)) == (52 * 53 // 2 * 7, 7)
