"""Adsorption energies with EMT, which is fast, and judged by what must hold for any potential."""

from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import (
    DisorderedStructureError,
    InvalidSpecError,
    UnknownKeyError,
    UnsupportedElementError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import load_potential
from designer_app.properties import adsorption
from designer_app.properties.adsorbate_fate import distances_to_slab, outcome_of
from designer_app.properties.adsorbates import (
    ADSORBATES,
    adsorbates_from_text,
    molecule,
    placed,
)
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.adsorption_errors import SlabError, measured
from designer_app.properties.slabs import cut_slabs
from designer_app.properties.surface_sites import distinct_sites, surface_sites
from designer_app.specs.adsorption import AdsorptionSpec

SMALL = {"spacing": 5.0, "potential": "ase"}


@pytest.fixture(scope="module")
def emt():
    return load_potential("ase", "ase.calculators.emt:EMT", Compute())


@pytest.fixture(scope="module")
def copper():
    return structure_from_atoms(bulk("Cu", a=3.6), "copper")


@pytest.fixture(scope="module")
def hydrogen_on_copper(emt, copper):
    return adsorption_energies(copper, AdsorptionSpec(adsorbate="H", **SMALL), emt)


@pytest.fixture(scope="module")
def clean():
    return cut_slabs(structure_from_atoms(bulk("Cu", a=3.6)), (1, 1, 1), spacing=5.0)[0]


# --- energies -----------------------------------------------------------------------------------


def test_every_kind_of_site_is_computed(hydrogen_on_copper):
    names = {each.site for each in hydrogen_on_copper.sites}
    assert names == {"hollow fcc", "hollow hcp", "bridge", "ontop"}


def test_the_best_site_is_the_lowest(hydrogen_on_copper):
    lowest = min(each.energy.value for each in hydrogen_on_copper.sites)
    assert hydrogen_on_copper.best[0].value == lowest


def test_the_energy_is_that_of_its_definition(emt, copper, hydrogen_on_copper):
    from designer_app.properties.single_points import energies_of
    from designer_app.relaxation import Goal, relax

    gas = relax([molecule("H2")], emt, Goal(fix_cell=True))[0].energy
    site = hydrogen_on_copper.sites[0]
    slab, full = hydrogen_on_copper.slab.structure, site.structure
    with_it, without = energies_of([full, slab], emt)
    # The job reuses energies of the last step; the same positions give the same energy.
    assert site.energy.value == pytest.approx(with_it - without - 0.5 * gas, abs=1e-6)


def test_surfaces_cost_energy(hydrogen_on_copper):
    # EMT was fitted to metals; Cu(111) is 1.3-1.8 J/m^2 in experiment and 0.9-1.1 in EMT.
    assert 0.5 < hydrogen_on_copper.slab.surface_energy < 2.0


def test_the_surface_energy_converges_with_layers(emt, copper):
    found = [
        adsorption_energies(
            copper, AdsorptionSpec(layers=n, sites=1, **SMALL), emt
        ).slab.surface_energy
        for n in (4, 6, 8)
    ]
    assert abs(found[2] - found[1]) <= abs(found[1] - found[0]) + 1e-3
    assert found[2] == pytest.approx(found[1], rel=0.02)


def test_the_origin_names_potential_surface_and_reference(hydrogen_on_copper):
    said = hydrogen_on_copper.best[0]
    for part in ("EMT", "Cu(111)", "1/2 H2", "4 layers"):
        assert part in said.origin
    assert said.light == "amber"
    assert said.reason


def test_moving_the_crystal_changes_no_energy(emt, copper, hydrogen_on_copper):
    moved = replace(copper, positions=copper.positions + np.array([0.4, 0.2, 0.9]))
    found = adsorption_energies(moved, AdsorptionSpec(adsorbate="H", **SMALL), emt)
    ours = sorted(each.energy.value for each in found.sites)
    before = sorted(each.energy.value for each in hydrogen_on_copper.sites)
    np.testing.assert_allclose(ours, before, atol=5e-3)  # what the force criterion leaves open


def test_a_lattice_kept_is_cut_as_given(emt, copper):
    wide = replace(copper, cell=1.02 * copper.cell)
    spec = AdsorptionSpec(keep_lattice=True, sites=1, **SMALL)
    area = adsorption_energies(wide, spec, emt).slab.area
    relaxed = adsorption_energies(wide, replace(spec, keep_lattice=False), emt).slab.area
    assert area > 1.02 * relaxed


# --- adsorbates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ADSORBATES)
def test_the_gases_hold_the_atoms_of_the_adsorbate(key):
    counted: dict[int, float] = {}
    for name, amount in ADSORBATES[key].gases:
        for number in molecule(name).numbers:
            counted[int(number)] = counted.get(int(number), 0.0) + amount
    for number in placed_numbers(key):
        counted[number] = counted.get(number, 0.0) - 1.0
    assert all(abs(left) < 1e-9 for left in counted.values())


def placed_numbers(key):
    from designer_app.elements import ATOMIC_NUMBERS

    return [ATOMIC_NUMBERS[symbol] for symbol, _ in ADSORBATES[key].atoms]


@pytest.mark.parametrize("key", ADSORBATES)
def test_an_adsorbate_starts_intact_and_touching(key, clean):
    for site in distinct_sites(surface_sites(clean)):
        start = placed(ADSORBATES[key], clean, site.place)
        assert outcome_of(ADSORBATES[key], clean.structure, start) == "stays"
        apart = distances_to_slab(start, len(clean.structure))
        assert apart.min() > 1.2  # A: no bond to a metal is shorter


def test_adsorbates_are_named_in_any_case_and_once():
    assert [each.key for each in adsorbates_from_text("oh, *H,h")] == ["OH", "H"]


@pytest.mark.parametrize("text", ["", "Xe", "H2O", "H;O"])
def test_an_unknown_adsorbate_is_refused_with_the_known_ones(text):
    with pytest.raises(UnknownKeyError) as told:
        adsorbates_from_text(text)
    assert "OOH" in told.value.choices


# --- what can happen ----------------------------------------------------------------------------


def _ended(clean, key, change):
    start = placed(ADSORBATES[key], clean, distinct_sites(surface_sites(clean))[0].place)
    positions = start.positions.copy()
    change(positions, len(clean.structure))
    return outcome_of(ADSORBATES[key], clean.structure, replace(start, positions=positions))


def test_an_adsorbate_that_left_is_told_of(clean):
    def lifted(positions, n):
        positions[n:, 2] += 4.0

    assert _ended(clean, "OH", lifted) == "desorbed"


def test_an_adsorbate_that_broke_is_told_of(clean):
    def torn(positions, n):
        positions[n + 1, :2] += 2.5

    assert _ended(clean, "OH", torn) == "dissociated"


def test_a_surface_that_changed_is_told_of(clean):
    def lifted(positions, n):
        positions[int(np.argmax(positions[:n, 2])), 2] += 1.5

    assert _ended(clean, "H", lifted) == "reconstructed"


def test_what_broke_is_no_adsorption_energy(emt):
    # EMT splits OH on the hollows of copper.
    crystal = structure_from_atoms(bulk("Cu", a=3.6))
    found = adsorption_energies(crystal, AdsorptionSpec(adsorbate="OH", **SMALL), emt)
    broken = [each for each in found.sites if each.outcome == "dissociated"]
    intact = [each for each in found.sites if each.outcome in ("stays", "moved")]
    assert broken
    assert all(each.energy.light == "red" for each in broken)
    assert found.best[0].value == min(each.energy.value for each in intact)


def test_sites_beyond_the_limit_are_told_of(emt, copper):
    found = adsorption_energies(copper, AdsorptionSpec(sites=2, **SMALL), emt)
    assert len(found.sites) == 2
    assert any("4 different sites" in each for each in found.warnings)


# --- bad input ----------------------------------------------------------------------------------


def test_an_element_outside_the_potential_is_refused():
    gases = load_potential("lennard-jones", "noble-gases", Compute())
    argon = structure_from_atoms(bulk("Ar", "fcc", a=5.3))
    with pytest.raises(UnsupportedElementError):
        adsorption_energies(argon, AdsorptionSpec(potential="lennard-jones"), gases)


def test_a_disordered_crystal_is_refused(emt, copper):
    with pytest.raises(DisorderedStructureError):
        adsorption_energies(replace(copper, disordered_sites=1), AdsorptionSpec(), emt)


def test_an_unknown_termination_is_refused_with_the_known_ones(emt, copper):
    with pytest.raises(InvalidSpecError) as told:
        adsorption_energies(copper, AdsorptionSpec(termination="CuO", **SMALL), emt)
    assert "Cu" in told.value.reason


def test_a_shift_is_refused_where_nothing_was_compared(emt, copper):
    with pytest.raises(InvalidSpecError):
        adsorption_energies(copper, AdsorptionSpec(reference="calibrated", **SMALL), emt)


# --- deviations ---------------------------------------------------------------------------------


def test_a_constant_difference_is_shifted_away():
    ours = {"A": 0.1, "B": 0.4, "C": -0.3, "D": 0.9}
    found = measured(ours, {metal: value + 0.25 for metal, value in ours.items()}, "a table")
    assert found.error == pytest.approx(0.25)
    assert found.shift == pytest.approx(0.25)
    assert found.shifted_error == pytest.approx(0.0, abs=1e-12)
    assert found.rank_correlation == pytest.approx(1.0)


def test_a_metal_is_judged_by_the_shift_of_the_others():
    ours = {"A": 0.0, "B": 0.1, "C": 0.2}
    found = measured(ours, {"A": 0.0, "B": 0.1, "C": 0.5}, "a table")
    # C by the mean of A and B, 0; A and B by (0 + 0.3)/2 each.
    assert found.shifted_error == pytest.approx((0.3 + 0.15 + 0.15) / 3)


def test_a_measured_shift_is_applied_and_said(emt, copper, monkeypatch, hydrogen_on_copper):
    known = SlabError(
        n_metals=9,
        error=0.3,
        half_width=0.6,
        shift=0.25,
        shifted_error=0.1,
        shifted_half_width=0.2,
        rank_correlation=0.9,
        source="a table",
    )
    monkeypatch.setattr(adsorption, "slab_error", lambda _potential, _adsorbate: known)
    spec = AdsorptionSpec(adsorbate="H", reference="calibrated", **SMALL)
    found = adsorption_energies(copper, spec, emt).best[0]
    assert found.value == pytest.approx(hydrogen_on_copper.best[0].value + 0.25, abs=5e-3)
    assert found.low == pytest.approx(found.value - 0.2)
    assert found.high == pytest.approx(found.value + 0.2)
    assert "shifted by +0.25 eV" in found.origin
