"""Ranking of catalysts: with a head that is known, and with slabs by EMT."""

import math
from dataclasses import replace

import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.db import connect

from designer_app.device import Compute
from designer_app.errors import (
    FileUnreadableError,
    InvalidSpecError,
    MissingPackageError,
    UnknownKeyError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import load_potential
from designer_app.screening.catalyst import CatalystDesigner
from designer_app.screening.catalyst_selectivity import family
from designer_app.screening.catalyst_tuning import OwnEnergy, corrections, read_own
from designer_app.specs.adsorption import AdsorptionSpec
from designer_app.specs.estimates import Estimate

HYDROGEN = {"Pt": -0.27, "Cu": 0.03, "Au": 0.39, "Ni": -0.47}
"""eV (FACTS of the field: Nørskov et al. 2005, doi:10.1149/1.1856988)."""
OTHERS = {"N": 0.2, "NH": -0.3, "CO": -0.5, "OH": 0.6, "O": 1.6}


def _head(adsorbate, surface):
    """A head that knows four metals."""
    if surface not in HYDROGEN or adsorbate not in ("H", *OTHERS):
        return None
    value = HYDROGEN[surface] if adsorbate == "H" else OTHERS[adsorbate]
    return Estimate(
        key="adsorption",
        value=value,
        unit="eV",
        low=value - 0.2,
        high=value + 0.2,
        method=f"learned head, hollow of {adsorbate}",
        origin="a head of this test",
        light="amber",
    )


@pytest.fixture
def designer():
    return CatalystDesigner(head=_head, source="heads")


@pytest.fixture(scope="module")
def emt():
    return load_potential("ase", "ase.calculators.emt:EMT", Compute())


def test_the_most_active_comes_first(designer):
    rows = designer.screen_materials(list(HYDROGEN), "her")
    scores = [row.score for row in rows]
    assert rows[0].name == "Pt"
    assert scores == sorted(scores, reverse=True)


def test_every_row_names_its_numbers(designer):
    for row in designer.screen_materials(list(HYDROGEN), "her"):
        assert row.activity.origin
        assert row.activity.low < row.activity.value <= row.activity.high
        assert row.volcano.y == row.score
        assert row.descriptors[0].key == "adsorption H"


def test_a_row_that_fails_says_why_and_the_rest_goes_on(designer):
    rows = designer.screen_materials(["Pt", "Xe", "Cu"], "her")
    assert [row.name for row in rows] == ["Pt", "Cu", "Xe"]
    assert rows[-1].error.endswith(".")
    assert math.isnan(rows[-1].score)


def test_rows_are_told_of_as_they_are_done(designer):
    told = []
    designer.screen_materials(["Au", "Pt"], "her", on_row=lambda row: told.append(row.name))
    assert told == ["Au", "Pt"]


def test_nitrogen_reduction_names_barrier_and_competitor(designer):
    (row,) = designer.screen_materials(["Pt"], "nrr")
    assert row.activation.value > 2.0  # 0.90 x 0.4 + 2.07 eV on a flat face
    assert [each.key for each in row.selectivity] == ["over HER"]
    assert 0.0 < row.selectivity[0].probability < 1.0


def test_selectivity_is_the_difference_of_potentials_at_which_reductions_set_in(designer):
    """N to NH: -0.3 + 0.50 - (0.2 + 0.30) = -0.30 eV; NH to NH3: (-0.17 - 0.20) / 2 = -0.185 eV
    an electron, the harder one; H on Pt: |-0.27 + 0.24| = 0.03 eV. That N2 breaks up is left out.
    """
    said = designer.selectivity("Pt", "nrr")
    assert said.value == pytest.approx(0.185 + 0.03)
    assert said.unit == "V"
    assert "N2 must break up first" in said.reason


def test_oxygen_reduction_sets_in_far_above_hydrogen_evolution(designer):
    """Its activity is counted from 1.23 V, that of hydrogen from 0 V."""
    orr, her = (designer.activity("Pt", key).value for key in ("orr", "her"))
    assert designer.selectivity("Pt", "orr").value == pytest.approx(orr + 1.23 - her)


def test_an_oxidation_does_not_compete_with_a_reduction(designer):
    with pytest.raises(InvalidSpecError) as told:
        designer.selectivity("Pt", "oer")
    assert "reductions" in told.value.reason


def test_shipped_heads_rank_noble_metals_first_for_hydrogen():
    """They were trained on these metals (BEEF-vdW); the order measured in acid is the same
    (Nørskov et al. 2005, doi:10.1149/1.1856988). `bench heads` prints the order of metals left out.
    """
    best, others = {"Pt", "Pd", "Rh", "Ir"}, {"Ni", "Cu", "Au", "Ag", "Mo"}
    rows = CatalystDesigner(source="heads").screen_materials([*others, *best], "HER")
    assert {row.name for row in rows[:4]} == best
    assert {row.name for row in rows[4:]} == others
    for row in rows:
        assert row.volcano.y == pytest.approx(-abs(row.volcano.x))
        assert row.volcano.x == pytest.approx(row.descriptors[0].value + 0.24)


def test_the_ratio_of_rates_follows_boltzmann(designer):
    decades = designer.selectivity("Pt", "nrr").value / 0.05916
    assert designer.ratio("Pt", "nrr").value == pytest.approx(decades, rel=1e-3)


def test_the_product_of_co2_is_named(designer):
    said = designer.selectivity("Cu", "co2rr")
    assert said.reason.startswith("beyond CO")
    assert 0.0 < said.probability < 1.0


def test_reactions_are_named_in_any_case(designer):
    assert designer.activity("Pt", "HER") == designer.activity("Pt", "her")


def test_an_unknown_reaction_is_refused(designer):
    with pytest.raises(UnknownKeyError):
        designer.screen_materials(["Pt"], "combustion")


def test_slabs_are_relaxed_where_no_head_knows(emt):
    settings = AdsorptionSpec(spacing=4.5, potential="ase", sites=1)
    designer = CatalystDesigner(emt, head=lambda _a, _s: None, settings=settings)
    (row,) = designer.screen_materials([structure_from_atoms(bulk("Cu", a=3.6), "copper")])
    assert row.name == "copper"
    assert row.formula == "Cu"
    assert row.descriptors[0].method == "relaxation"


def test_methods_are_never_mixed_in_one_reaction(emt):
    def only_hydroxide(adsorbate, _surface):
        return _head("OH", "Pt") if adsorbate == "OH" else None

    settings = AdsorptionSpec(spacing=4.5, potential="ase", sites=1)
    designer = CatalystDesigner(emt, head=only_hydroxide, settings=settings)
    platinum = structure_from_atoms(bulk("Pt", a=3.92), "Pt")
    (row,) = designer.screen_materials([platinum], "orr")
    assert {family(each) for each in row.descriptors} == {"learned head", "relaxation"}
    assert row.error or "head" not in row.activity.origin


def test_a_formula_alone_cannot_be_cut(emt):
    designer = CatalystDesigner(emt, head=_head, source="slabs")
    (row,) = designer.screen_materials(["Pt"])
    assert row.error


# --- own data -----------------------------------------------------------------------------------


def _table(path, rows):
    lines = ["adsorbate,surface,energy_eV", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_constant_shift_is_learned_and_used(designer, tmp_path):
    own = [("H", metal, value + 0.3) for metal, value in HYDROGEN.items()]
    found = designer.fine_tune(_table(tmp_path / "own.csv", own))["H"]
    assert found.raw_error == pytest.approx(0.3)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    (row,) = designer.screen_materials(["Pt"])
    assert row.descriptors[0].value == pytest.approx(HYDROGEN["Pt"] + 0.3)
    assert "4 own rows" in row.descriptors[0].origin


def test_noise_is_not_learned():
    guesses = dict(zip("ABCD", (0.0, 0.1, 0.2, 0.3), strict=True))
    rows = [
        OwnEnergy("H", key, value + sign * 0.3)
        for (key, value), sign in zip(guesses.items(), (1, -1, 1, -1), strict=True)
    ]
    (found,) = corrections(rows, lambda _a, surface: guesses[surface]).values()
    assert not found.helps
    given = replace(_head("H", "Pt"))
    assert found.applied(given) is given


def test_a_line_is_fitted_where_rows_suffice():
    guesses = {f"M{k}": 0.2 * k for k in range(8)}
    rows = [OwnEnergy("H", key, 0.5 * value + 0.1) for key, value in guesses.items()]
    found = corrections(rows, lambda _a, surface: guesses[surface])["H"]
    assert found.slope == pytest.approx(0.5)
    assert found.error == pytest.approx(0.0, abs=1e-9)


def test_an_ase_database_of_slabs_is_read(tmp_path):
    path = tmp_path / "own.db"
    with connect(path) as database:
        slab = Atoms("Pt8H", positions=[(0, 0, k) for k in range(9)])
        database.write(slab, adsorbate="H", adsorption_energy=-0.31)
    assert read_own(path) == [OwnEnergy("H", "Pt", -0.31)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "adsorbate,energy_eV\nH,0.1",
        "adsorbate,surface,energy_eV\nH,Pt,strong",
        "adsorbate,surface,energy_eV\nH,Pt,nan",
        "adsorbate,surface,energy_eV\n",
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text):
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileUnreadableError):
        read_own(path)


def test_a_database_without_energies_is_refused(tmp_path):
    path = tmp_path / "own.db"
    with connect(path) as database:
        database.write(molecule("H2O"))
    with pytest.raises(FileUnreadableError) as told:
        read_own(path)
    assert "adsorbate" in told.value.reason


def test_an_own_table_that_no_head_knows_is_told_of(designer, tmp_path):
    own = [("H", "UO2", 0.1), ("H", "UO3", 0.2), ("H", "U", 0.3)]
    with pytest.raises(InvalidSpecError):
        designer.fine_tune(_table(tmp_path / "own.csv", own))


# --- speed --------------------------------------------------------------------------------------


def test_the_speed_is_measured_against_any_calculator(emt):
    designer = CatalystDesigner(emt, head=_head)
    slab = structure_from_atoms(bulk("Cu", a=3.6, cubic=True))
    found = designer.speed_up(slab, "ase.calculators.lj:LennardJones(sigma=2.3, epsilon=0.4)")
    assert found.n_atoms == 4
    assert found.factor == found.engine_s / found.our_s > 0


def test_a_code_that_is_not_installed_is_not_guessed_at(emt, monkeypatch):
    from designer_app.screening import speed_up

    monkeypatch.setattr(speed_up, "find_spec", lambda _name: None)
    designer = CatalystDesigner(emt, head=_head)
    with pytest.raises(MissingPackageError):
        designer.speed_up(structure_from_atoms(bulk("Cu")))
