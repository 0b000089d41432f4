import pytest

from designer_app.errors import WriteFailedError
from designer_app.io.series import SeriesWriter, read_series

COLUMNS = ("step", "energy_eV")


def rows(steps):
    return [{"step": step, "energy_eV": -0.1 * step, "unused": 1.0} for step in steps]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "series.csv"


def extended(path, new, columns=COLUMNS, **given):
    with SeriesWriter(path, columns, **given) as writer:
        last = writer.last_step
        writer.extend(new)
    return last


def test_numbers_come_back_to_the_last_bit(path):
    extended(path, rows(range(50)))
    assert read_series(path)["energy_eV"].tolist() == [-0.1 * step for step in range(50)]


def test_a_series_without_rows_has_empty_columns(path):
    extended(path, [])
    assert {name: len(values) for name, values in read_series(path).items()} == {
        "step": 0,
        "energy_eV": 0,
    }


def test_rows_that_are_there_are_not_written_again(path):
    extended(path, rows(range(10)))
    assert extended(path, rows(range(5, 15))) == 9
    assert read_series(path)["step"].tolist() == list(range(15))


def test_later_rows_are_dropped(path):
    extended(path, rows(range(10)))
    extended(path, rows([4]), keep_until=3)
    assert read_series(path)["step"].tolist() == [0, 1, 2, 3, 4]


def test_a_torn_last_line_is_cut_off(path):
    extended(path, rows(range(3)))
    path.write_bytes(path.read_bytes()[:-2])
    assert extended(path, []) == 1


def test_other_columns_begin_a_new_file(path):
    extended(path, [{"step": 1, "old": 2.0}], columns=("step", "old"))
    assert extended(path, []) == -1
    assert path.read_text() == "step,energy_eV\n"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailedError):
        SeriesWriter(tmp_path / "file" / "series.csv", COLUMNS)
