import pytest

from designer_app.io.pair_tables import own_tables, read_pair_table
from designer_app.ui.dialogs.pair_table import PairTableDialog
from designer_app.ui.panels.potential_choice import PotentialChoice


@pytest.fixture
def dialog(qtbot, theme, folders_of_the_user):
    made = PairTableDialog(read_pair_table("lennard-jones", "noble-gases"))
    qtbot.addWidget(made)
    return made


def test_the_table_shows_what_the_file_says(dialog):
    assert dialog.table() == read_pair_table("lennard-jones", "noble-gases")
    assert dialog.rows.horizontalHeaderItem(1).text() == "sigma (Å)"


def test_a_changed_table_is_saved_as_one_s_own_and_offered(qtbot, dialog, theme):
    dialog.name.setText("Softer argon")
    dialog.rows.item(1, 2).setText("0.009")
    dialog.add.click()
    for column, text in enumerate(("Ne-Ar", "3.1", "0.005")):
        dialog.rows.setItem(4, column, dialog.rows.item(0, column).clone())
        dialog.rows.item(4, column).setText(text)
    with qtbot.waitSignal(dialog.saved) as saved:
        dialog.save.click()
    path = saved.args[0]
    assert dict(read_pair_table("lennard-jones", str(path)).rows)["Ne-Ar"] == (3.1, 0.005)
    assert own_tables("lennard-jones") == [(str(path), "Softer argon")]
    choice = PotentialChoice(theme)
    qtbot.addWidget(choice)
    choice.set_values("lennard-jones", str(path))
    assert choice._model.currentText() == "Softer argon"
    assert choice.values() == {"potential": "lennard-jones", "model": str(path)}


@pytest.mark.parametrize("text", ["much", "-1", ""])
def test_a_wrong_number_is_told_and_nothing_is_saved(dialog, text):
    dialog.rows.item(0, 1).setText(text)
    dialog.save.click()
    assert "sigma" in dialog.problem.text()
    assert own_tables("lennard-jones") == []
