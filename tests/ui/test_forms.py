from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from designer_app.errors import InvalidSpecError
from designer_app.specs.analyse import AnalyseSpec
from designer_app.specs.documents import BondsSpec, DeviceSpec, InspectSpec, ReadSpec
from designer_app.specs.md import MDSpec
from designer_app.specs.order import OrderSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.single_point import EnergySpec
from designer_app.specs.structure import Structure
from designer_app.ui.forms import SpecForm
from designer_app.ui.number_editor import number_text

ATOM = Structure(
    numbers=np.array([3]), positions=np.zeros((1, 3)), cell=np.eye(3), pbc=(True, True, True)
)
SPECS = [
    MDSpec(structure=ATOM, temperature=612.5, temperature_end=900.0, ensemble="npt", seed=7),
    MDSpec(friction=0.0000312, timestep=0.25),
    RelaxSpec(structures=(ATOM,), fmax=0.0123, fix_cell=True),
    EnergySpec(structure=ATOM, potential="morse", model="girifalco-weizer"),
    AnalyseSpec(trajectory=Path("a b.traj"), rdf=True, msd="Li", charge=1.0),
    ReadSpec(path=Path("x.cif")),
    InspectSpec(structure=ATOM),
    BondsSpec(structure=ATOM),
    OrderSpec(structure=ATOM),
    DeviceSpec(),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda each: type(each).__name__)
def test_a_form_gives_back_every_spec_it_was_given(qtbot, theme, spec):
    form = SpecForm(spec, theme)
    qtbot.addWidget(form)
    assert form.spec() == spec


def test_typing_changes_the_spec(qtbot, theme):
    form = SpecForm(MDSpec(), theme)
    qtbot.addWidget(form)
    editor = form.editor("temperature")
    editor.selectAll()
    with qtbot.waitSignal(form.edited):
        qtbot.keyClicks(editor, "650")
    assert form.spec().temperature == 650.0


def test_a_wrong_number_is_told_beside_its_field(qtbot, theme):
    form = SpecForm(MDSpec(), theme)
    qtbot.addWidget(form)
    editor = form.editor("timestep")
    editor.selectAll()
    qtbot.keyClicks(editor, "0")
    assert form.problems() == {"timestep": "it must be above 0 fs"}
    with pytest.raises(InvalidSpecError):
        form.spec()


def test_text_in_a_number_is_no_number(qtbot, theme):
    form = SpecForm(MDSpec(), theme)
    qtbot.addWidget(form)
    form.editor("steps").setText("many")
    assert form.problems() == {"steps": "give a whole number"}


def test_an_empty_optional_number_is_none(qtbot, theme):
    form = SpecForm(MDSpec(temperature_end=500.0), theme)
    qtbot.addWidget(form)
    form.editor("temperature_end").clear()
    assert form.spec().temperature_end is None


def test_fields_appear_only_where_they_matter(qtbot, theme):
    form = SpecForm(MDSpec(), theme)
    qtbot.addWidget(form)
    assert form.editor("pressure").isHidden()
    form.set_spec(MDSpec(ensemble="npt"))
    assert not form.editor("pressure").isHidden()
    assert form.editor("friction").isHidden()


def test_a_hidden_field_cannot_be_wrong(qtbot, theme):
    form = SpecForm(MDSpec(ensemble="npt"), theme)
    qtbot.addWidget(form)
    form.editor("pressure").setText("much")
    form.editor("ensemble").set_value("nve")
    assert form.problems() == {}


def test_advanced_fields_are_folded(qtbot, theme):
    form = SpecForm(MDSpec(), theme)
    qtbot.addWidget(form)
    form.show()
    assert not form.editor("seed").isVisible()
    form.unfold()
    assert form.editor("seed").isVisible()


def test_every_field_has_a_name_and_a_tooltip_for_everyone(qtbot, theme):
    form = SpecForm(MDSpec(), theme)
    qtbot.addWidget(form)
    for name in ("temperature", "ensemble", "device", "timestep"):
        assert form.editor(name).accessibleName()
        assert form.editor(name).toolTip()
    assert "fs" in form.editor("timestep").toolTip()


def test_arrow_keys_step_a_number_by_its_size(qtbot, theme):
    form = SpecForm(replace(MDSpec(), temperature=600.0), theme)
    qtbot.addWidget(form)
    qtbot.keyClick(form.editor("temperature"), Qt.Key.Key_Up)
    assert form.spec().temperature == 700.0


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1.0, 2, "1.0"), (600.0, 0, "600"), (0.05, 4, "0.05"), (1e-7, 2, "1e-07"), (3, None, "3")],
)
def test_numbers_show_the_digits_they_have(value, decimals, text):
    assert number_text(value, decimals) == text
