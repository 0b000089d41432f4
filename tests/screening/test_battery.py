"""The battery screen with heads and a network that say what the test tells them to."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from ase.spacegroup import crystal

from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.documents import structure_from_atoms
from designer_app.properties import heads
from designer_app.properties.working_ions import capacity, host_of
from designer_app.screening.battery import BatteryElectrodeDesigner
from designer_app.screening.battery_estimates import learned_conductivity, learned_voltage
from designer_app.screening.battery_rules import BatteryRules
from designer_app.screening.given_crystals import as_structure
from designer_app.screening.network import Network
from designer_app.specs.estimates import Estimate, LearnedEstimate
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import FAILS, LOST, PASSES

VOLTS = {"CoO2": 3.9, "NiO2": 3.7, "TiO2": 1.5, "MnO2": 3.4}
STABLE = {"Co": 0.95, "Ni": 0.97, "Ti": 0.99, "Mn": 0.4}
SPREAD_V = 0.4


def layered(metal, ion="Li"):
    atoms = crystal(
        [ion, metal, "O"],
        [(0, 0, 0), (0, 0, 0.5), (0, 0, 0.2397)],
        spacegroup=166,
        cellpar=[2.816, 2.816, 14.054, 90, 90, 120],
        primitive_cell=True,
    )
    return structure_from_atoms(atoms, f"Li{metal}O2")


def learned(value, unit, spread):
    return LearnedEstimate(
        key="told",
        value=value,
        unit=unit,
        low=value - spread,
        high=value + spread,
        error=spread / 2,
        method="learned head",
        origin="test head",
        distribution=tuple(np.linspace(value - spread, value + spread, 20)),
    )


@dataclass
class Told:
    """A head that was told what to say."""

    log_sigma: float = -6.0

    def predict(self, formula, _ion, before=0.0, after=1.0):
        assert (before, after) == (0.0, 1.0)
        return learned(VOLTS[formula], "V", SPREAD_V)

    def predict_crystal(self, formula, structure):
        assert formula.startswith("Li")
        assert len(structure.numbers) == 4
        return learned(self.log_sigma, "log10(S/cm)", 1.5)

    def predict_volume_change(self, *_, **__):
        return learned(0.05, "", 0.04)


def chance(value):
    return Estimate(
        key="stability", value=value, unit="", method="crystal network", origin="test network"
    )


class ToldEnsemble:
    def estimates(self, structures):
        symbols = {27: "Co", 28: "Ni", 22: "Ti", 25: "Mn"}
        metals = [next(symbols[z] for z in s.numbers.tolist() if z in symbols) for s in structures]
        return [{"stability": chance(STABLE[metal])} for metal in metals]


@pytest.fixture(autouse=True)
def told(monkeypatch):
    head = Told()
    monkeypatch.setattr(heads, "voltage_head", lambda: head)
    monkeypatch.setattr(heads, "conductivity_head", lambda: head)
    return head


@pytest.fixture
def designer():
    return BatteryElectrodeDesigner(network=Network(ToldEnsemble(), "test network"))


CANDIDATES = [layered(metal) for metal in ("Ti", "Co", "Ni", "Mn")]


def test_only_what_is_over_all_thresholds_is_kept_and_sorted(designer):
    found = designer.screen_materials(CANDIDATES, {"ionic_conductivity": None})
    assert {row.formula for row in found.rows} == {"LiNiO2", "LiCoO2"}
    assert all(row.verdict == PASSES for row in found.rows)
    scores = [row.score for row in found.rows]
    assert scores == sorted(scores, reverse=True)
    assert found.n_passing == 2
    assert dict(found.failing_counts) == {"energy_density": 1, "stability": 1}


def test_where_none_passes_the_best_are_shown_with_what_they_miss(designer):
    found = designer.screen_materials(CANDIDATES)
    assert found.n_passing == 0
    assert len(found.rows) == 4
    assert all("ionic_conductivity" in row.failing for row in found.rows)
    assert dict(found.failing_counts)["ionic_conductivity"] == 4
    assert "ionic conductivity 4" in found.sentence
    fewest = [len(row.failing) for row in found.rows]
    assert fewest == sorted(fewest)


def test_the_conductivity_is_asked_as_a_chance_and_stays_amber(designer, told):
    told.log_sigma = -2.6
    found = designer.screen_materials([layered("Co")])
    conductivity = found.rows[0].estimate("ionic_conductivity")
    assert 0.5 < conductivity.probability < 1.0
    assert conductivity.light == "amber"
    assert conductivity.value == pytest.approx(10**-2.6)
    assert found.rows[0].verdict == PASSES


def test_thresholds_can_be_edited_but_not_invented(designer):
    found = designer.screen_materials(
        CANDIDATES, {"energy_density": 2000.0, "ionic_conductivity": None}
    )
    assert found.n_passing == 0
    assert dict(found.failing_counts)["energy_density"] == 4
    with pytest.raises(InvalidSpecError):
        designer.screen_materials(CANDIDATES, {"energy": 1.0})


def test_what_cannot_be_asked_is_refused(designer):
    with pytest.raises(InvalidSpecError):
        designer.screen_materials([], physics=-1)
    with pytest.raises(InvalidSpecError):
        BatteryElectrodeDesigner(ion="Xe").screen_materials([])


def test_a_candidate_without_the_ion_says_so_and_the_others_go_on(designer):
    found = designer.screen_materials([layered("Co"), layered("Co", "Na")])
    lost = found.judged[-1]
    assert lost.verdict == LOST
    assert "holds no Li" in lost.reason
    assert found.judged[0].verdict == FAILS


def test_a_disordered_candidate_says_so(designer):
    shared = replace(layered("Co"), disordered_sites=1, disorder_example="Ni 0.5 Co 0.5")
    (row,) = designer.screen_materials([shared]).judged
    assert row.verdict == LOST
    assert "disordered" in row.reason


def test_the_learned_energy_density_is_voltage_times_capacity():
    structure = layered("Co")
    _, charge, voltage, density, swelling = learned_voltage(structure, "Li")
    host = host_of(structure, "Li")
    assert voltage.error is not None
    assert isinstance(density, LearnedEstimate)
    assert charge.value == pytest.approx(capacity(host.amounts, "Li", 0, 1))
    assert density.value == pytest.approx(voltage.value * charge.value)
    assert swelling.key == "volume_change"
    assert density.error == pytest.approx(voltage.error * charge.value)
    assert density.probability_above(density.value) == pytest.approx(0.5, abs=0.06)


def test_without_a_head_only_charges_and_capacity_are_known(monkeypatch):
    def missing():
        raise FileUnreadableError("weights", "there is no such file")

    monkeypatch.setattr(heads, "voltage_head", missing)
    monkeypatch.setattr(heads, "conductivity_head", missing)
    found = learned_voltage(layered("Co"), "Li")
    assert [each.key for each in found] == ["ion_release", "capacity"]
    assert learned_conductivity(layered("Co"), 1e-3) == ()


def test_an_ion_without_data_is_told_of_and_not_judged_well(designer, monkeypatch):
    unknown = replace(learned(np.nan, "V", 0.1), light="red", reason="No data: only 3 electrodes.")
    monkeypatch.setattr(Told, "predict", lambda *_, **__: unknown)
    (row,) = designer.screen_materials([layered("Co")], {"ionic_conductivity": None}).rows
    assert "energy_density" in row.failing
    assert row.estimate("voltage").reason.startswith("No data")
    assert row.light == "red"


def test_the_cathode_preset_leaves_conductivity_off():
    asked = {each.key for each in BatteryRules(ScreenSpec(test_conductivity=False)).criteria}
    assert "ionic_conductivity" not in asked
    assert {"energy_density", "stability", "e_above_hull"} <= asked


def test_crystals_of_ase_and_pymatgen_are_taken():
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure

    shared = PymatgenStructure(
        Lattice.cubic(4), [{"Ni": 0.5, "Co": 0.5}, "O2-"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    found = as_structure(shared)
    assert found.disordered_sites == 1
    assert found.numbers.tolist()[1] == 8
    ordered = as_structure(shared.replace_species({"Ni": "Co"}, in_place=False).to_ase_atoms())
    assert ordered.disordered_sites == 0


def test_the_best_are_computed_by_relaxation_on_request(designer):
    found = designer.screen_materials(CANDIDATES, {"ionic_conductivity": None}, physics=1)
    computed = [row for row in found.judged if row.estimate("energy") is not None]
    assert len(computed) == 1
    (row,) = computed
    voltage = row.estimate("voltage")
    assert voltage.method == "relaxation"
    assert voltage.value == pytest.approx(3.7, abs=0.5)
    assert row.estimate("e_above_hull").value < 0.1
    assert row.estimate("stability").method == "relaxation"
