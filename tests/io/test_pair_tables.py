from dataclasses import replace

import pytest

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.pair_tables import (
    PairTable,
    check_pair_table,
    own_tables,
    read_pair_table,
    write_pair_table,
)
from designer_app.io.user_folders import potentials_folder
from designer_app.potentials import load_potential
from designer_app.specs.potentials import POTENTIALS

OURS = PairTable(
    form="lennard-jones", name='Argon and "krypton"\n', source="ours", unit="sigma",
    begin=2.5, end=3.0,
    rows=(("Ar", (3.4, 0.0104)), ("Kr", (3.65, 0.014)), ("Ar-Kr", (3.5, 0.012))),
)  # fmt: skip
SHIPPED = [
    (form, model) for form in ("lennard-jones", "morse") for model, _ in POTENTIALS[form].models
]


@pytest.mark.parametrize(("form", "model"), SHIPPED)
def test_shipped_tables_come_back_from_a_file_as_they_were(tmp_path, form, model):
    table = read_pair_table(form, model)
    write_pair_table(tmp_path / "again.toml", table)
    assert read_pair_table(form, str(tmp_path / "again.toml")) == table


def test_a_table_of_one_s_own_is_read_by_the_potential(tmp_path):
    path = tmp_path / "own.toml"
    write_pair_table(path, OURS)
    assert read_pair_table("lennard-jones", str(path)) == OURS
    potential = load_potential("lennard-jones", str(path), Compute())
    assert potential.elements == {18, 36}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": ()}, "no elements"),
        ({"rows": (("Qq", (1.0, 1.0)),)}, "no element"),
        ({"rows": (("", (1.0, 1.0)),)}, "no element"),
        ({"rows": (("Ar", (1.0, 1.0)), ("Ar", (1.0, 1.0)))}, "twice"),
        ({"rows": (("Ar", (1.0, 1.0)), ("Ar-Xe", (1.0, 1.0)))}, "no pair"),
        ({"rows": (*OURS.rows, ("Kr-Ar", (1.0, 1.0)))}, "twice"),
        ({"rows": (("Ar", (-1.0, 1.0)),)}, "sigma of Ar"),
        ({"rows": (("Ar", (1.0, float("nan"))),)}, "epsilon of Ar"),
        ({"begin": 3.0}, "before it ends"),
        ({"unit": "decay"}, "must be A or sigma"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(tmp_path, change, said):
    wrong = replace(OURS, **change)
    with pytest.raises(InvalidSpecError, match=said):
        check_pair_table(wrong)
    with pytest.raises(InvalidSpecError):
        write_pair_table(tmp_path / "wrong.toml", wrong)
    assert not (tmp_path / "wrong.toml").exists()


@pytest.mark.parametrize("text", ["", "form = 1", 'form = "morse"\n[elements]\nAr = 3', "\x00"])
def test_what_is_no_table_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(FileUnreadableError):
        read_pair_table("morse", str(path))


def test_one_s_own_tables_are_listed_by_their_form(tmp_path, monkeypatch):
    monkeypatch.setenv("DESIGNER_APP_HOME", str(tmp_path))
    path = potentials_folder() / "lennard-jones-ours.toml"
    write_pair_table(path, replace(OURS, name="Ours"))
    (potentials_folder() / "lennard-jones-broken.toml").write_text("[")
    assert own_tables("lennard-jones") == [(str(path), "Ours")]
    assert own_tables("morse") == own_tables("chgnet") == []
