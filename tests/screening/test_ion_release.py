"""Which share of its ions an electrode can give up, from known electrodes and electrolytes."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.io.examples import example
from designer_app.io.formulas import amounts_in, amounts_of, reduced
from designer_app.io.structures import read_document
from designer_app.jobs.screen import run
from designer_app.properties import heads
from designer_app.running.control import RunControl
from designer_app.screening.battery import BatteryElectrodeDesigner
from designer_app.screening.battery_estimates import learned_voltage
from designer_app.screening.battery_rules import BatteryRules
from designer_app.screening.ion_release import ion_release
from designer_app.specs.documents import ReadSpec
from designer_app.specs.estimates import LearnedEstimate
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import LOST
from designer_app.specs.structure import Structure

FULL = (
    "LiFePO4 LiCoO2 LiMn2O4 LiNiPO4 LiTiS2 LiFeS2 LiVPO4F Li2MnSiO4 NaCrO2 MgMn2O4 Na2Ni2TeO6 "
    "Li3V2P3O12 LiPdO2 LiFeP"
)
NONE = (
    "LiMgPO4 LiMgVO4 Li2MnO3 Li3PS4 Li10GeP2S12 Li6PS5Cl Li3YCl6 LiBH4 Li7La3Zr2O12 Li3OCl "
    "Li4Ti5O12 LiPN2 LiZnPS4 Na2MnCl4 Li2CoCl4 Li2NiBr4 LiFeI3 LiCuI2"
)
CATHODES = ScreenSpec(energy_density=500.0, test_conductivity=False)
ELECTROLYTES = ScreenSpec(energy_density=0.0, voltage_low=0.0, voltage_high=10.0)


class Head:
    """Says 3.5 V, 1e-6 S/cm and 5 %, whatever it is asked."""

    def predict(self, _: str, ion: str = "", **__: object) -> LearnedEstimate:
        value, unit = (3.5, "V") if ion else (-6.0, "log10(S/cm)")
        return LearnedEstimate(
            key="told", value=value, unit=unit, distribution=(value - 0.5, value + 0.5)
        )

    def predict_crystal(self, *_: object) -> LearnedEstimate:
        return self.predict("")

    def predict_volume_change(self, *_: object, **__: object) -> LearnedEstimate:
        return LearnedEstimate(key="told", value=0.05, unit="")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "voltage_head", Head)
    monkeypatch.setattr(heads, "conductivity_head", Head)


def share(formula: str, ion: str = ""):
    ion = ion or next(each for each in ("Li", "Na", "Mg") if each in amounts_in(formula))
    return ion_release(amounts_in(formula), ion)


def olivine(metal: int) -> Structure:
    found = read_document(ReadSpec(path=example("LiFePO4").path)).structure()
    numbers = np.where(found.numbers == 26, metal, found.numbers)
    return Structure(numbers, found.positions, found.cell, found.pbc, name="")


@pytest.mark.parametrize("formula", FULL.split())
def test_electrodes_give_up_all(formula: str):
    found = share(formula)
    assert (found.value, found.light) == (1.0, "green")


@pytest.mark.parametrize("formula", NONE.split())
def test_what_has_nothing_to_oxidise_gives_up_none(formula: str):
    found = share(formula)
    assert (found.value, found.light) == (0.0, "red")
    assert found.reason.startswith("nothing to oxidise: ")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("Li2FeSiO4", 1 / 2),
        ("Li3MnNiO5", 1 / 3),
        ("NaFeO2", 1 / 2),
        ("Li2RuO3", 1 / 2),
        ("Li2FeCl4", 1 / 2),
    ],
)
def test_some_give_up_a_part(formula: str, expected: float):
    found = share(formula)
    assert found.value == pytest.approx(expected)
    assert found.light == "amber"
    assert "anions oxidised" in found.reason


def test_an_alloy_has_no_charges_to_balance():
    assert share("LiAlSi").value == 1.0


def test_an_anode_is_told_that_it_may_take_up_more():
    assert "take up more Li" in share("Li4Ti5O12").reason
    assert "take up more" not in share("LiMgPO4").reason


def test_capacity_and_energy_density_are_those_of_the_usable_share():
    full, none = (
        {each.key: each for each in learned_voltage(olivine(metal), "Li")} for metal in (26, 12)
    )
    # 169.9 mAh/g is F / (3.6 * 157.76 g/mol), the known capacity of LiFePO4.
    assert full["capacity"].value == pytest.approx(169.9, abs=0.1)
    assert none["capacity"].value == none["energy_density"].value == 0.0
    assert "0 % of the ions removed" in none["energy_density"].origin
    assert none["energy_density"].light == "red"
    assert full["energy_density"].value == pytest.approx(
        full["capacity"].value * full["voltage"].value
    )


def test_the_job_and_the_designer_both_say_that_there_is_nothing_to_oxidise():
    crystals = (olivine(12), olivine(26))
    asked = replace(CATHODES, structures=crystals, relax_best=0, physics_best=0)
    rows = {row.formula: row for row in run(asked, RunControl()).rows}
    limits = {"energy_density": 500.0, "ionic_conductivity": None}
    found = BatteryElectrodeDesigner().screen_materials(crystals, limits)
    same = {row.formula: row for row in found.judged}
    for each in (rows, same):
        assert {"ion_release", "energy_density"} <= set(each["LiMgPO4"].failing)
        assert "nothing to oxidise" in each["LiMgPO4"].reason
        assert "ion_release" not in each["LiFePO4"].failing


def test_electrolytes_are_not_asked_for_ions_to_give_up():
    asked = {each.key for each in BatteryRules(ELECTROLYTES).criteria}
    assert asked == {"ionic_conductivity", "stability", "e_above_hull"}
    assert {"ion_release", "energy_density"} <= {e.key for e in BatteryRules(CATHODES).criteria}
    designer = BatteryElectrodeDesigner()
    (row,) = designer.screen_materials([olivine(12)], {"energy_density": None}).judged
    assert row.estimate("ion_release") is None
    assert not {"ion_release", "energy_density"} & set(row.failing)


def test_a_binary_may_be_an_electrolyte_but_no_electrode():
    edge = 5.13
    salt = Structure(
        numbers=np.array([3, 17]),
        positions=np.array([[0.0, 0.0, 0.0], [edge / 2] * 3]),
        cell=edge / 2 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]),
        pbc=(True, True, True),
    )
    assert reduced(amounts_of(salt.numbers))[0] == {"Li": 1.0, "Cl": 1.0}
    assert BatteryRules(CATHODES).refusal(salt).startswith("no electrode")
    assert BatteryRules(ELECTROLYTES).refusal(salt) == ""
    designer = BatteryElectrodeDesigner()
    (row,) = designer.screen_materials([salt], {"energy_density": None}).judged
    assert row.verdict != LOST
