"""A property of one's own in the wizard: the folder of its heads, and targets that it offers."""

import json
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QFileDialog

from designer_app.errors import FileUnreadableError
from designer_app.io.own_heads import own_columns
from designer_app.specs.design import DesignSpec
from designer_app.ui.design.purpose_page import PurposePage
from designer_app.ui.design.target_checks import target_cautions
from designer_app.ui.design.targets_page import TargetsPage
from designer_app.ui.theme import Theme

OWN = DesignSpec(purpose="own", targets=("own:hardness=5..", "e_above_hull=..0.05"))


@pytest.fixture
def theme(qapp):
    return Theme(qapp)


@pytest.fixture
def folder(tmp_path):
    """What a training on a table leaves, as far as the window reads it."""
    heads = [{"key": "voltage", "unit": "V"}, {"key": "own:hardness", "unit": "GPa"}]
    card = {"key": "design-heads", "heads": heads}
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return tmp_path


def test_a_folder_of_heads_tells_its_own_columns(folder):
    assert own_columns(folder) == (("hardness", "GPa"),)


@pytest.mark.parametrize("text", [None, "no json", '{"key": "material-vae"}', "[]"])
def test_a_folder_without_property_heads_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(FileUnreadableError):
        own_columns(tmp_path)


def test_heads_are_taken_on_the_first_page_and_say_what_they_learned(
    qtbot, theme, folder, monkeypatch
):
    page = PurposePage(theme)
    qtbot.addWidget(page)
    page.set_spec(replace(OWN, targets=()))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    page.heads.click()
    assert page.spec().heads == folder
    assert "hardness (GPa)" in page._own.text()
    assert page.problems() == ()


def test_a_folder_that_holds_none_stops_with_a_way_out(qtbot, theme, tmp_path):
    page = PurposePage(theme)
    qtbot.addWidget(page)
    page.set_spec(replace(OWN, heads=tmp_path))
    (caution,) = page.problems()
    assert caution.stops
    assert dict(caution.changes) == {"heads": None}


def test_what_heads_learned_is_offered_as_a_target(qtbot, theme, folder):
    page = TargetsPage(theme)
    qtbot.addWidget(page)
    page.set_spec(replace(OWN, heads=folder, targets=()))
    assert next(iter(page.rows)) == "own:hardness"


def test_an_own_target_without_heads_stops():
    (caution,) = target_cautions(OWN, lambda _key: None)
    assert caution.stops
    assert "“hardness”" in caution.text
    assert dict(caution.changes) == {"targets": ("e_above_hull=..0.05",)}
